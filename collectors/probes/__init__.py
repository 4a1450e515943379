"""Probes of agents and of this machine: health, metrics, process, host, and fleetdeck itself."""
