"""What fleetdeck costs, measured: `python -m benchmarks` runs the real program in a real terminal beside its peers and
prints one table. docs/benchmarks.md says how each figure is taken, and keeps the last ones."""
