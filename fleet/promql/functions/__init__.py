"""The functions of PromQL, one module a topic, each exporting `FUNCTIONS`."""
