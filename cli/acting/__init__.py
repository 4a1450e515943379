"""Acting from the command line, and the wiring of what acts."""
