"""A store of samples for tests: nothing but lists, so that what is compared with it shares no code with it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from fleet.promql.labels import Labels
from fleet.promql.storage import Latest, Matchers, MatchOp, Series
from fleet.slo.definition import Counted, Indicator, Objective, Rolling, SloDefinition, Window
from fleet.slo.engine import SloEngine

START = datetime(2026, 3, 1, tzinfo=UTC)


class Lists:
    """A `Storage` that answers equality matchers."""

    def __init__(self) -> None:
        self.series: dict[Labels, tuple[list[int], list[float]]] = {}

    def put(self, at_s: float, value: float, name: str, **labels: str) -> None:
        found = self.series.setdefault(Labels.of({"__name__": name, **labels}), ([], []))
        found[0].append(ms(at_s))
        found[1].append(value)

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterable[Series]:
        for labels, (times, values) in self.series.items():
            kept = [place for place, at in enumerate(times) if from_ms <= at <= until_ms]
            if kept and _fits(labels, matchers):
                yield Series(labels, [times[place] for place in kept], [values[place] for place in kept])

    def latest(self, matchers: Matchers, after_ms: int, until_ms: int) -> Latest:
        found = list(self.range(matchers, after_ms + 1, until_ms))
        return Latest(
            [one.labels for one in found], [one.times[-1] for one in found], [one.values[-1] for one in found]
        )


def _fits(labels: Labels, matchers: Matchers) -> bool:
    assert all(one.op is MatchOp.EQUAL for one in matchers)
    return all(labels.get(one.name) == one.value for one in matchers)


def ms(at_s: float) -> int:
    return round(START.timestamp() * 1000 + at_s * 1000)


def at(at_s: float) -> datetime:
    return START + timedelta(seconds=at_s)


def never() -> bool:
    return False


def run(engine: SloEngine, at_s: float) -> None:
    """A whole round."""
    assert not engine.step(at(at_s), never)


def slo(
    name: str = "slo",
    *,
    target: float = 0.9,
    indicator: Indicator | None = None,
    window: Window | None = None,
    by: tuple[str, ...] = (),
    **more: object,
) -> SloDefinition:
    indicator = indicator or Counted(total="all_total", good="good_total")
    objective = Objective(target=target, indicator=indicator)
    return SloDefinition(
        name=name,
        objectives=(objective,),
        window=window or Rolling(7200.0),
        by=by,
        **more,  # type: ignore[arg-type]
    )
