"""Curves of alerts: the series that an alert is about, from what is kept here, else from a Prometheus."""

from collections.abc import Sequence

import pytest

from cli.judging.graphs import Graphs, own_curve
from fleet.errors import QueryError
from fleet.promql.evaluate import Answer
from fleet.promql.labels import Labels
from fleet.promql.storage import Series
from tests.cli.test_queries import Asking, through
from tests.fleet.samples.test_own import START
from tui.queries.answers import curves_of


class Server:
    """A Prometheus that has two series of whatever it is asked."""

    async def ranged(self, query: str, start_ms: int, end_ms: int, step_ms: int) -> Sequence[Series]:
        times = range(start_ms, end_ms + 1, step_ms)
        return [_series({"__name__": query, "agent": name}, times) for name in ("a1", "a2")]


def _series(labels: dict[str, str], times: Sequence[int]) -> Series:
    return Series(Labels.of(labels), times, [1.0] * len(times))


def test_the_series_with_most_of_the_alerts_labels() -> None:
    series = [_series(labels, (1_000, 2_000)) for labels in ({}, {"a": "1"}, {"a": "1", "b": "2"}, {"a": "2"})]
    found = own_curve([*series, _series({"a": "1", "c": "3"}, ())], {"a": "1", "c": "3", "alertname": "Odd"})
    assert found is not None
    assert (found.labels, list(found.times), list(found.values)) == ({"a": "1"}, [1.0, 2.0], [1.0, 1.0])
    assert own_curve(series[3:], {"a": "1"}) is None


def test_the_curve_of_one_of_many_comes_in_steps() -> None:
    asking = Asking(120)
    everyone = curves_of(_answered(asking))
    labels = {**everyone[7].labels.as_dict(), "alertname": "Odd", "severity": "page"}
    curve, steps = through(Graphs(asking.queries, lambda: None).kept("m", labels, START.timestamp(), asking.now_s))
    assert curve is not None
    assert curve.labels == everyone[7].labels.as_dict()
    assert list(curve.values) == list(everyone[7].values)
    assert steps > len(curve.times)


def _answered(asking: Asking) -> Answer:
    return through(asking.queries.curves("m", START.timestamp(), asking.now_s))[0]


def test_what_is_not_kept_is_none_and_what_is_no_expression_is_said() -> None:
    asking = Asking(1)
    graphs = Graphs(asking.queries, lambda: None)
    assert through(graphs.kept("nothing", {}, START.timestamp(), asking.now_s))[0] is None
    with pytest.raises(QueryError):
        through(graphs.kept("m +", {}, START.timestamp(), asking.now_s))


@pytest.mark.anyio
async def test_a_prometheus_is_asked_for_the_same_range() -> None:
    server, asking = Server(), Asking(1)
    found = await Graphs(asking.queries, lambda: server).served("m", {"agent": "a2"}, 1_000.0, 4_600.0)
    assert found is not None
    assert found.labels["agent"] == "a2"
    assert (found.times[0], found.times[-1], len(found.times)) == (1_000.0, 4_600.0, 121)
    assert await Graphs(asking.queries, lambda: None).served("m", {"agent": "a2"}, 1_000.0, 4_600.0) is None
