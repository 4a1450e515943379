"""How an expression went, for the pages that draw it: from what is in memory, else from a Prometheus."""

from collections.abc import Callable, Generator, Iterable, Mapping

from cli.judging.queries import step_of
from fleet.alerts.ports import Curve
from fleet.promql.labels import NAME
from fleet.promql.ports import Querying
from fleet.promql.storage import Series
from fleet.slo.ports import PrometheusQuery


class Graphs:
    """`Graphing`."""

    def __init__(self, queries: Querying, prometheus: Callable[[], PrometheusQuery | None]) -> None:
        self._queries = queries
        self._prometheus = prometheus

    def kept(
        self, expr: str, labels: Mapping[str, str], from_s: float, to_s: float
    ) -> Generator[None, None, Curve | None]:
        """As `Graphing.kept`."""
        value = (yield from self._queries.curves(expr, from_s, to_s)).value
        yield
        return own_curve((one for one in value if isinstance(one, Series)) if isinstance(value, tuple) else (), labels)

    async def served(self, expr: str, labels: Mapping[str, str], from_s: float, to_s: float) -> Curve | None:
        """As `Graphing.served`."""
        prometheus = self._prometheus()
        if prometheus is None:
            return None
        step_ms = step_of(from_s, to_s)
        found = await prometheus.ranged(expr, round(from_s * 1000), round(to_s * 1000), step_ms)
        return own_curve(found, labels)


def own_curve(series: Iterable[Series], labels: Mapping[str, str]) -> Curve | None:
    """The series that `labels` hold all labels of, the one with most of them; None where there is none."""
    fitting = [
        one
        for one in series
        if one.times and all(labels.get(name) == value for name, value in one.labels.pairs if name != NAME)
    ]
    found = max(fitting, key=lambda one: len(one.labels.pairs), default=None)
    return None if found is None else Curve(found.labels.as_dict(), [at / 1000 for at in found.times], found.values)
