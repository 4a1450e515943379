"""The vocabulary and the rules of fleetdeck, pure: no I/O, no tasks, and no clock read outside `clock.py`."""
