"""The read side of real servers beside fleetdeck: a Prometheus, and Alertmanagers."""
