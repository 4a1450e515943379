"""The budget against a brute-force model: random counters with resets, gaps, late members and missed looks, and a
restart in the middle."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from fleet.slo.definition import Rolling
from fleet.slo.engine import SloEngine
from fleet.slo.model import SloStatus
from fleet.slo.ports import Kept
from fleet.store import Slice
from tests.fleet.slo.samples import START, Lists, at, never, run, slo

SCRAPE_S = 15.0
WINDOW_S = 7200.0
GAP_S = 300.0


class Event(Struct, frozen=True):
    """What a member does at one scrape: is not seen, grows, or begins anew."""

    kind: str
    good: int
    bad: int


EVENTS = st.builds(
    Event, st.sampled_from(["grow"] * 8 + ["away", "reset"]), st.integers(0, 5), st.sampled_from([0, 0, 0, 1, 3])
)
RUNS = st.lists(st.tuples(EVENTS, st.integers(1, 6)), min_size=1, max_size=8)
MEMBERS = st.lists(st.tuples(st.integers(0, 30), RUNS), min_size=1, max_size=3)

Members = list[tuple[int, list[tuple[Event, int]]]]


class Model:
    """Growth as the definition of it says, kept as a list; sums by looking at all of it."""

    def __init__(self) -> None:
        self.growth: list[tuple[int, float]] = []
        self.last: dict[object, tuple[float, float]] = {}
        self.seen: set[int] = set()

    def sample(self, series: object, at_s: float, value: float, *, total: bool) -> None:
        minute = minute_of(at_s)
        if total:
            self.seen.add(minute)
        before = self.last.get(series)
        self.last[series] = (at_s, value)
        if before is None:
            return
        if value < before[1]:
            self.growth.append((minute, value))
        elif at_s - before[0] <= GAP_S:
            self.growth.append((minute, value - before[1]))
        else:
            minutes = range(minute_of(before[0]) + 1, minute + 1)
            self.growth += [(one, (value - before[1]) / len(minutes)) for one in minutes]

    def over(self, seconds: float, now_s: float) -> float:
        end = minute_of(now_s) + 1
        return math.fsum(amount for minute, amount in self.growth if end - seconds / 60 <= minute < end)

    def lately(self, seconds: float, now_s: float) -> float:
        """As `over`, with what the window covers of the minute in which it began."""
        began = minute_of(now_s) - seconds / 60
        cut = math.fsum(amount for minute, amount in self.growth if minute == began)
        return self.over(seconds, now_s) + cut * (60 - now_s % 60) / 60


def minute_of(at_s: float) -> int:
    return int((START.timestamp() + at_s) // 60)


def played(members: Members, storage: Lists, good: Model, total: Model) -> list[float]:
    """Write every member's samples into the storage and the models; the times of all scrapes, in order."""
    written: list[tuple[float, str, float, float]] = []
    for number, (late, runs) in enumerate(members):
        at_s, counts = late * SCRAPE_S + number, [0.0, 0.0]
        for event, times in runs:
            for _ in range(times):
                at_s += SCRAPE_S * (15 if event.kind == "away" else 1)
                if event.kind == "away":
                    continue
                if event.kind == "reset":
                    counts = [0.0, 0.0]
                counts = [counts[0] + event.good, counts[1] + event.good + event.bad]
                written.append((at_s, f"m{number}", counts[0], counts[1]))
    for at_s, member, good_count, total_count in sorted(written):
        storage.put(at_s, good_count, "good_total", member=member)
        storage.put(at_s, total_count, "all_total", member=member)
        good.sample(member, at_s, good_count, total=False)
        total.sample(member, at_s, total_count, total=True)
    return sorted({at_s for at_s, *_ in written})


def same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    MEMBERS, st.sets(st.integers(0, 400), max_size=60), st.none() | st.integers(0, 300), st.sampled_from([0, 1, 30, 59])
)
def test_the_row_is_what_the_model_says(
    members: Members, missed: set[int], restart_at: int | None, into_minute_s: int
) -> None:
    storage, good, total = Lists(), Model(), Model()
    times = played(members, storage, good, total)
    definition = slo(window=Rolling(WINDOW_S))
    rows: Slice[str, SloStatus] = Slice()
    engine = SloEngine(rows, [definition], storage)
    engine.start()
    ticks = int((times[-1] if times else 0.0) // SCRAPE_S) + 2
    # Within the next minute: a row is judged once a minute, and written when it shows.
    end = math.ceil(ticks * SCRAPE_S / 60) * 60.0 + into_minute_s
    for tick in range(ticks):
        # What is only kept in memory for five minutes must be looked at within them.
        if tick in missed and tick % 12:
            continue
        run(engine, tick * SCRAPE_S)
        if tick == restart_at:
            kept = engine.all_unsaved()
            rows = Slice()
            engine = SloEngine(rows, [definition], storage)
            engine.load(Kept(kept.hours, ()))
            engine.load(Kept((), kept.marks))
            engine.start()
    # A row whose counts alone moved is not written again; here they are what is compared.
    rows.drop("slo")
    run(engine, end)
    row = rows["slo"]
    events, fine = total.over(WINDOW_S, end), good.over(WINDOW_S, end)
    ratio = fine / events if events else None
    assert same(row.total or 0.0, events)
    assert same(row.sli_ratio, ratio)
    assert same(row.budget_remaining_ratio, None if ratio is None else 1 - (1 - ratio) / (1 - 0.9))
    first = minute_of(end) + 1 - WINDOW_S / 60
    assert same(row.coverage_ratio, sum(minute >= first for minute in total.seen) / (WINDOW_S / 60))
    for burn in row.burns:
        for seconds, rate in ((burn.long_s, burn.long_rate), (burn.short_s, burn.short_rate)):
            events = total.lately(seconds, end)
            expected = (events - good.lately(seconds, end)) / events / (1 - 0.9) if events > 1e-12 else None
            assert same(rate, expected if expected is None else max(0.0, expected))


def test_a_step_stops_when_it_is_told_to_and_goes_on_later() -> None:
    storage, rows = Lists(), Slice[str, SloStatus]()
    for number in range(300):
        for tick in range(3):
            storage.put(tick * 15, tick * 4.0, "all_total", agent=f"a{number}")
            storage.put(tick * 15, tick * 4.0, "good_total", agent=f"a{number}")
    engine = SloEngine(rows, [slo(by=("agent",))], storage)
    engine.start()
    steps = 0
    while engine.step(at(30), lambda: True):
        steps += 1
    assert steps > 300
    assert len(rows) == 300
    assert not engine.step(at(31), never), "the next round is not due"
