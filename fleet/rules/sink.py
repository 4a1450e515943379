"""Where rules write: recorded series, `ALERTS` and `ALERTS_FOR_STATE`."""

from typing import Protocol

from fleet.promql.labels import Labels


class Sink(Protocol):
    """Takes single samples. `fleet.samples.samples.Samples` is one."""

    def may_want(self, name: str, /) -> bool:
        """Whether anybody may ask for a series of this metric name; what nobody asks for is not written."""
        ...

    def add(self, labels: Labels, at_ms: int, value: float, /) -> object:
        """Keep a sample; the value may be the staleness marker. What is returned is not looked at.

        Raises QueryError where the sample cannot be taken (another one is there at that time): the rule fails, its
        other samples are kept, as in Prometheus.
        """
        ...
