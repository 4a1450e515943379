"""What outlives the process: roll-ups of SLO series, the state of alerts, silences. SQLite, bounded, crash-safe."""
