"""Samples against a model that is too simple to be wrong: for each series a list of (time, value or staleness)."""

import math
from array import array

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fleet.model import Page, SeriesId
from fleet.promql.labels import NAME, Labels
from fleet.promql.matching import series_test
from fleet.promql.storage import STALE, Matcher, Matchers, MatchOp, is_stale
from fleet.samples.samples import SampleLimits, Samples
from fleet.samples.wants import LOOK_BACK_S
from tests.fleet.samples.asked import Asks, named

REACH_S = 120.0
TARGETS = {
    "t1": {"job": "agents", "instance": "a:1", "agent": "t1"},
    "t2": {"job": "agents", "instance": "b:1", "agent": "t2"},
    "exporter": {"job": "exporter", "instance": "c:1"},
}
SERIES = [
    SeriesId("up_tasks"),
    SeriesId("tasks", (("kind", "a"),)),
    SeriesId("tasks", (("kind", "b"),)),
    SeriesId("tasks", (("agent", "other"), ("kind", "c"))),
    SeriesId("load"),
    SeriesId("scrape_samples_scraped"),
]
SINGLES = [Labels.of({NAME: "ALERTS", "alertname": name}) for name in ("A", "B")]
VECTOR = [Labels.of({NAME: "job:rate", "job": name}) for name in ("x", "y", "z")]
SELECTORS: list[Matchers] = [
    named("tasks"),
    named("tasks", ("agent", MatchOp.EQUAL, "t1")),
    named("tasks", ("kind", MatchOp.MATCHES, "a|b.*"), ("exported_agent", MatchOp.EQUAL, "")),
    named("up"),
    named("scrape_samples_scraped"),
    named("ALERTS", ("alertname", MatchOp.NOT_EQUAL, "A")),
    named("job:rate"),
    (Matcher("agent", MatchOp.MATCHES, "t.+"),),
    (Matcher(NAME, MatchOp.NOT_MATCHES, "tas.*"), Matcher("agent", MatchOp.NOT_EQUAL, "t2")),
]
WANTS = [named("tasks"), named("up"), named("load"), (Matcher("agent", MatchOp.EQUAL, "t2"),)]
VALUES = st.one_of(st.floats(allow_nan=False, width=32), st.just(math.nan), st.just(math.inf))


def series_of(series: SeriesId, target: str) -> Labels:
    """The labels of a page's series, made the simple way."""
    own = TARGETS[target]
    theirs = {(f"exported_{name}" if name in own else name): value for name, value in series.labels}
    return Labels.of({NAME: series.name, **own, **theirs})


class Against(RuleBasedStateMachine):
    """Random writes to both, all questions asked of both."""

    @initialize()
    def begin(self) -> None:
        self.samples = Samples(SampleLimits(reach_s=REACH_S))
        self.now = 1_700_000_000_000
        self.kept: dict[Labels, list[tuple[int, float]]] = {}
        self.live: dict[object, set[Labels]] = {}
        self.newest: dict[object, int] = {}
        self.wanted: list[Matchers] = []
        self.want([named("tasks"), named("up")])

    # ── the model ──

    def row(self, source: object, at: int, values: dict[Labels, float]) -> None:
        if at <= self.newest.get(source, 0):
            return
        if not values and source not in self.newest:
            return
        ended = self.live.get(source, set()) - values.keys()
        for labels, value in (values | dict.fromkeys(ended, STALE)).items():
            self.kept.setdefault(labels, []).append((at, value))
        self.live[source] = set(values)
        self.newest[source] = at

    def accepts(self, labels: Labels) -> bool:
        return any(
            series_test(tuple(m for m in matchers if m.name == NAME) or matchers)(labels) for matchers in self.wanted
        )

    # ── what happens ──

    @rule(ms=st.sampled_from((0, 1, 999, 5_000, 15_000, 40_000, 300_000)))
    def wait(self, ms: int) -> None:
        self.now += ms

    @rule(
        name=st.sampled_from(sorted(TARGETS)),
        values=st.dictionaries(st.sampled_from(SERIES), VALUES),
        as_array=st.booleans(),
    )
    def scrape(self, name: str, values: dict[SeriesId, float], as_array: bool) -> None:
        self.now += 1
        page = Page(series=tuple(values), values=array("d", values.values()) if as_array else tuple(values.values()))
        self.samples.add_page(name, self.now / 1000, page, TARGETS[name], 0.25)
        added = {SeriesId("up"): 1.0, SeriesId("scrape_samples_scraped"): float(len(values))}
        added[SeriesId("scrape_duration_seconds")] = 0.25
        rows = {series_of(series, name): value for series, value in (added | values).items()}
        self.row(name, self.now, {labels: value for labels, value in rows.items() if self.accepts(labels)})

    @rule(name=st.sampled_from(sorted(TARGETS)))
    def fail(self, name: str) -> None:
        self.now += 1
        self.samples.failed(name, self.now / 1000, TARGETS[name])
        rows = {SeriesId("up"): 0.0, SeriesId("scrape_samples_scraped"): 0.0}
        named_rows = {series_of(series, name): value for series, value in rows.items()}
        self.row(name, self.now, {labels: value for labels, value in named_rows.items() if self.accepts(labels)})

    @rule(name=st.sampled_from(sorted(TARGETS)))
    def go(self, name: str) -> None:
        self.now += 1
        self.samples.gone(name, self.now / 1000)
        if name in self.newest:
            self.row(name, self.now, {})

    @rule(labels=st.sampled_from(SINGLES), value=VALUES, late=st.booleans())
    def one(self, labels: Labels, value: float, late: bool) -> None:
        at = self.now - (10_000 if late else 0)
        self.samples.add(labels, at, value)
        self.row(labels, at, {labels: value})

    @rule(labels=st.sampled_from(SINGLES))
    def end_one(self, labels: Labels) -> None:
        self.now += 1
        self.samples.stale(labels, self.now)
        if labels in self.newest:
            self.kept[labels].append((self.now, STALE))
            self.newest[labels] = self.now

    @rule(values=st.dictionaries(st.sampled_from(VECTOR), VALUES))
    def vector(self, values: dict[Labels, float]) -> None:
        self.now += 1
        self.samples.add_row("rule", self.now, list(values), list(values.values()))
        self.row("rule", self.now, values)

    @rule(wanted=st.lists(st.sampled_from(WANTS)))
    def want(self, wanted: list[Matchers]) -> None:
        self.wanted = wanted
        # Somebody else looks as far back as the questions below, so that what nobody wants any more stays for as long.
        self.samples.want("one", [Asks(matchers, 0.0) for matchers in wanted])
        self.samples.want("reach", [Asks(named("nothing"), REACH_S)])

    @rule(seconds=st.sampled_from((-3600.0, -0.001, 0.5, 86_400.0)))
    def set_clock(self, seconds: float) -> None:
        by = round(seconds * 1000)
        self.samples.shift(seconds)
        self.now += by
        self.kept = {labels: [(at + by, value) for at, value in points] for labels, points in self.kept.items()}
        self.newest = {source: at + by for source, at in self.newest.items()}

    # ── what must hold ──

    @invariant()
    def answers_are_the_models(self) -> None:
        if not hasattr(self, "samples"):
            return
        for matchers in SELECTORS:
            test = series_test(matchers)
            mine = {labels: points for labels, points in self.kept.items() if test(labels)}
            for back, long in ((0, 20_000), (0, 100_000), (7_000, 40_000), (60_000, 60_000)):
                self.compare(matchers, mine, self.now - back - long, self.now - back)
            for at in self.newest.values():
                if self.now - at < REACH_S * 1000:
                    self.compare(matchers, mine, at, self.now)
                    self.compare(matchers, mine, at - 1, at)

    def compare(self, matchers: Matchers, mine: dict[Labels, list[tuple[int, float]]], start: int, until: int) -> None:
        latest = self.samples.latest(matchers, start, until)
        found = dict(zip(latest.labels, zip(latest.times, latest.values, strict=True), strict=True))
        assert len(found) == len(latest.labels)
        last = {labels: point for labels, points in mine.items() for point in points if start < point[0] <= until}
        assert _bits(found) == _bits({labels: point for labels, point in last.items() if not is_stale(point[1])})
        ranged = {
            one.labels: list(zip(one.times, one.values, strict=True))
            for one in self.samples.range(matchers, start, until)
        }
        wanted = {
            labels: [(at, value) for at, value in points if start <= at <= until and not is_stale(value)]
            for labels, points in mine.items()
        }
        assert {labels: repr(points) for labels, points in ranged.items()} == {
            labels: repr(points) for labels, points in wanted.items() if points
        }

    @invariant()
    def nothing_is_kept_for_ever(self) -> None:
        if hasattr(self, "samples"):
            assert self.samples.points == sum(m.points for m in self.samples._sources.values())
            assert self.samples.reach_s == REACH_S + LOOK_BACK_S


def _bits(points: dict[Labels, tuple[int, float]]) -> dict[Labels, str]:
    """Comparable where a value is NaN."""
    return {labels: repr(point) for labels, point in points.items()}


TestAgainstModel = Against.TestCase
TestAgainstModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
