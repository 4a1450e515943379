"""Places that tasks are submitted to: one file is one kind, and exports `KIND`."""
