"""The filter of `/`, of `get --filter` and of view lines: read, resolved against a view, completed, saved."""
