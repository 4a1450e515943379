"""What can be watched on this machine: its ports, its files, its processes, looked at once for `fleetdeck init`.

Nothing is believed by its name: each find was read by the source or probe that would watch it.
"""
