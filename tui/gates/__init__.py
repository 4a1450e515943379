"""Quality gates in full."""
