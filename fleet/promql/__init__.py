"""PromQL over the series that fleetdeck keeps, with the semantics of Prometheus 2.42 on floats and classic histograms.

`promql_parser` parses; everything else is here, pure and synchronous. The oracle of the tests is a real Prometheus.
"""
