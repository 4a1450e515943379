"""Who exists: one discovery source a file in `sources/`, merged into one list of agents by `registry.py`."""
