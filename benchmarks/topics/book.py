"""What the alert book costs: alerts that come and go at once, in steps; alerts that did not change, one that
did, and what a silence editor asks at each key."""

import gc
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from benchmarks.row import Figure, Figures, Row, Topic
from benchmarks.steps import steps_of
from cli.dashboard.garbage import release
from fleet.alerts.book import AlertBook
from fleet.alerts.matching import parse_matchers
from fleet.alerts.model import AlertReading
from fleet.alerts.silences import MatchCounter
from fleet.store import Store

ALERTS = 10_000
_AT = datetime(2026, 3, 1, tzinfo=UTC)
_RUNS = 15

TOPIC_ROWS = (
    Row(id="book/first", what=f"taking in {ALERTS:,} new alerts", unit="ms"),
    Row(id="book/values", what=f"taking in new values of {ALERTS:,} alerts", unit="ms"),
    Row(
        id="book/step",
        what="the longest step of both, and of their end, that holds the loop",
        unit="ms",
        at_most=20,
    ),
    Row(id="book/unchanged", what=f"delivering {ALERTS:,} unchanged alerts, as new objects", unit="ms"),
    Row(id="book/same", what=f"delivering {ALERTS:,} unchanged alerts, the same tuple", unit="ms"),
    Row(id="book/one", what=f"one of {ALERTS:,} alerts changed", unit="ms"),
    Row(id="book/count-plain", what=f"“matches k of {ALERTS:,}”, equality and prefix", unit="ms"),
    Row(
        id="book/count-regex",
        what=f"“matches k of {ALERTS:,}”, a pattern over as many values",
        unit="ms",
        at_most=20,
    ),
)


def readings(count: int, changed: int = -1) -> tuple[AlertReading, ...]:
    """Alerts of two names; the one at `changed` has another value."""
    return tuple(
        AlertReading(
            labels={
                "alertname": "AgentDown" if place % 2 else "AgentUnhealthy",
                "agent": f"agent-{place}",
                "instance": f"10.0.{place // 250}.{place % 250}:9100",
                "job": "agents",
                "severity": "critical" if place % 2 else "high",
            },
            annotations={"summary": f"agent-{place} is down"},
            value=float(place == changed),
            since=_AT,
        )
        for place in range(count)
    )


def measure(_: Path) -> Figures:
    """CPU time of this process, the median of several runs."""
    taken = _taken_in()
    store = Store()
    book = AlertBook(store)
    book.deliver("rules", readings(ALERTS), _AT)
    equal = iter([readings(ALERTS) for _ in range(_RUNS)])
    unchanged = _median(lambda: book.deliver("rules", next(equal), _AT))
    same = book_same = readings(ALERTS)
    book.deliver("rules", same, _AT)
    again = _median(lambda: book.deliver("rules", book_same, _AT))
    others = iter([(*same[:place], readings(place + 1, place)[place], *same[place + 1 :]) for place in range(_RUNS)])
    one = _median(lambda: book.deliver("rules", next(others), _AT))
    counter = MatchCounter(store.alerts.values())
    plain = parse_matchers('alertname="AgentDown",agent=~"agent-1.*"')
    patterns = iter([parse_matchers(f'agent=~"agent-[0-9]*{place}5?"') for place in range(_RUNS)])
    return {
        "first": Figure(sum(taken[0]) * 1000, f"{len(taken[0])} steps"),
        "values": Figure(sum(taken[1]) * 1000, f"{len(taken[1])} steps"),
        "step": Figure(max(map(max, taken)) * 1000),
        "unchanged": Figure(unchanged),
        "same": Figure(again),
        "one": Figure(one),
        "count-plain": Figure(_median(lambda: counter.count(plain))),
        "count-regex": Figure(_median(lambda: counter.count(next(patterns))), "each run another pattern"),
    }


def _taken_in() -> list[list[float]]:
    """CPU seconds of the steps in which alerts come, get other values and end; Python looks for garbage as it does in
    the dashboard."""
    book = AlertBook(Store())
    new = readings(ALERTS)
    before = gc.get_threshold()
    release()
    found = []
    for place, said in enumerate((new, tuple(replace(one, value=7.0) for one in new), ())):
        book.offer("rules", said, _AT + timedelta(seconds=15 * place))
        found.append(steps_of(book.take_in))
    gc.unfreeze()
    gc.set_threshold(*before)
    return found


def _median(act: Callable[[], object]) -> float:
    times = []
    for _ in range(_RUNS):
        began = time.process_time()
        act()
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


TOPIC = Topic(name="book", rows=TOPIC_ROWS, measure=measure)
