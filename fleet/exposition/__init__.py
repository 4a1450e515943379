"""Prometheus and OpenMetrics pages, read."""
