"""A `Querying` over samples that a test gives: parsed and evaluated for real, without a fleet."""

import math
from collections.abc import Iterable, Iterator, Sequence

from fleet.promql.evaluate import EvalLimits, instant, stepwise
from fleet.promql.labels import Labels
from fleet.promql.matching import series_test
from fleet.promql.parse import parse
from fleet.promql.ports import Asking
from fleet.promql.storage import Latest, Matchers, Series
from tests.tui.factories import NOW

END_MS = round(NOW.timestamp() * 1000)
STEP_MS = 15_000


class Held:
    """A `Storage` of these series."""

    def __init__(self, series: Iterable[Series]) -> None:
        self.series = list(series)

    def latest(self, matchers: Matchers, after_ms: int, until_ms: int) -> Latest:
        found = list(self.range(matchers, after_ms + 1, until_ms))
        return Latest(
            [one.labels for one in found], [one.times[-1] for one in found], [one.values[-1] for one in found]
        )

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterator[Series]:
        fits = series_test(matchers)
        for labels, times, values in self.series:
            points = [point for point in zip(times, values, strict=True) if from_ms <= point[0] <= until_ms]
            if fits(labels) and points:
                yield Series(labels, [at for at, _ in points], [value for _, value in points])


class Asked:
    """Answers at once, in two steps. `followed` is what is followed now, "" for nothing."""

    def __init__(self, series: Iterable[Series] = (), most: int = 2_000) -> None:
        self.held = Held(series)
        self.limits = EvalLimits(series=most)
        self.followed = ""
        self.asked = 0

    def follow(self, expr: str, range_s: float) -> None:
        parse(expr)
        self.followed = expr

    def leave(self) -> None:
        self.followed = ""

    def ask(self, expr: str, at_s: float) -> Asking:
        self.asked += 1
        yield
        return instant(parse(expr), self.held, round(at_s * 1000), limits=self.limits)

    def curves(self, expr: str, from_s: float, to_s: float) -> Asking:
        step_ms = max(1000, math.ceil((to_s - from_s) * 1000 / 120))
        first = math.ceil(from_s * 1000 / step_ms) * step_ms
        return stepwise(parse(expr), self.held, first, math.floor(to_s * 1000), step_ms, limits=self.limits)

    def names(self) -> Sequence[str]:
        return ("agent_errors_total", "agent_health", "rate", "up")


def series(name: str, values: Sequence[float], **labels: str) -> Series:
    """A series that ends now, a sample every 15 s."""
    times = [END_MS - STEP_MS * (len(values) - 1 - at) for at in range(len(values))]
    return Series(Labels.of({"__name__": name, **labels}), times, list(values))


def waves(count: int = 12, points: int = 240) -> list[Series]:
    """Agents whose health comes and goes, each in its own time."""
    return [
        series(
            "agent_health",
            [0.9 + 0.1 * math.sin((at + 11 * number) / (17 + number)) for at in range(points)],
            agent=f"coder-{number}",
            env="staging",
        )
        for number in range(count)
    ]
