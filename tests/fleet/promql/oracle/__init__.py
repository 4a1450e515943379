"""PromQL against a real Prometheus: generated series and expressions, asked of both."""
