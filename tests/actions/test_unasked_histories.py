"""Whatever two services that share an objective release, and whoever of them burns it: what goes by itself never rolls
the other one, and never goes more than one step for one burn."""

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fleet.actions.history import Between
from fleet.model import AgentStatus
from fleet.slo.model import SloStatus
from fleet.vocabulary import AgentState
from tests.actions.rollbacks.bench import AT, bench
from tests.actions.rollbacks.gateway import releases, slo_row
from tests.actions.test_unasked import Auto, other, release

NAMES = ("gateway", "model")
STEP_S = 20
LONG_S, SHORT_S, FACTOR, BUDGET = 300.0, 60.0, 14.4, 0.01
NOISE, BAD = 0.001, 0.4


class Event(NamedTuple):
    """After `minutes` one of the two releases, something `bad` or not; `by_hand`: an operator rolls it back instead."""

    minutes: int
    which: int
    bad: bool
    by_hand: bool


class Fleet:
    """What the two run, what the objective of both saw of that by the minute, and who had the bad events."""

    def __init__(self) -> None:
        self.bad: set[tuple[str, str]] = set()
        self.live = dict.fromkeys(NAMES, "r3")
        self.minutes: dict[int, list[float]] = {}
        self.who: dict[int, list[str]] = {}

    def guilty(self) -> str:
        return next((name for name in NAMES if (name, self.live[name]) in self.bad), "")

    def look(self, now: datetime) -> None:
        minute, guilty = int(now.timestamp() // 60), self.guilty()
        self.minutes.setdefault(minute, []).append(BAD if guilty else NOISE)
        self.who.setdefault(minute, []).append(guilty)

    def between(self, slo: str, start: datetime, end: datetime) -> Between | None:
        first, last = -int(-start.timestamp() // 60), int(end.timestamp() // 60)
        known = [sum(seen) / len(seen) for minute in range(first, last) if (seen := self.minutes.get(minute))]
        return Between(sum(100 * (1 - one) for one in known), 100.0 * len(known), len(known), max(0, last - first))

    def rate(self, now: datetime, window_s: float) -> float:
        last = int(now.timestamp() // 60)
        seen = [one for minute in range(last - int(window_s // 60), last + 1) for one in self.minutes.get(minute, ())]
        return sum(seen) / len(seen) / BUDGET if seen else 0.0

    def row(self, now: datetime) -> SloStatus:
        long, short = self.rate(now, LONG_S), self.rate(now, SHORT_S)
        burning = long >= FACTOR and short >= FACTOR
        made = slo_row(firing=burning)
        windows = {"long_s": LONG_S, "short_s": SHORT_S, "long_rate": long, "short_rate": short}
        return replace(made, burns=(replace(made.burns[0], firing=burning, **windows),))

    def blame(self, now: datetime) -> dict[str, float]:
        """Who had them in the short window."""
        last = int(now.timestamp() // 60)
        counted = {"gw-1": 0.0, "ms-1": 0.0}
        for minute in range(last - int(SHORT_S // 60), last + 1):
            for guilty in self.who.get(minute, ()):
                for name, agent in zip(NAMES, counted, strict=True):
                    counted[agent] += BAD if name == guilty else NOISE
        return counted


class Rolled(NamedTuple):
    """What went by itself, who burned then, and whether that one had been rolled back already since its release."""

    name: str
    guilty: str
    further: bool


async def run(root: Path, events: Sequence[Event], *, blamed: bool) -> list[Rolled]:
    fleet, found = Fleet(), list[Rolled]()
    for ago in range(3600 * 10, 0, -60):
        fleet.look(AT - timedelta(seconds=ago))
    shared = {"auto": {"most_per_day": 24, "after": "20s"}}
    async with bench(root, releases(root) | shared, other(root) | shared, history=fleet) as it:
        for agent in ("gw-1", "ms-1"):
            it.store.status.put(agent, AgentStatus(name=agent, state=AgentState.UP))
        auto, stepped = Auto(it), set[str]()

        async def go(seconds: int) -> None:
            for _ in range(seconds // STEP_S):
                fleet.look(it.clock.now())
                row = fleet.row(it.clock.now())
                it.store.slos.put(row.name, row)
                auto.blamed = fleet.blame(it.clock.now()) if blamed else None
                guilty = fleet.guilty()
                await auto.proposer.step()
                for plan in auto.desk.started:
                    found.append(Rolled(plan.source, guilty, plan.source in stepped))
                    fleet.live[plan.source] = plan.revision
                    stepped.add(plan.source)
                auto.desk.started.clear()
                it.clock.advance(STEP_S)

        for number, event in enumerate(events):
            await go(event.minutes * 60)
            name = NAMES[event.which]
            if event.by_hand:
                plan = await it.book.plan(name, "r1")
                auto.desk.record(plan, "ann@edge")
                fleet.live[name] = "r1"
                stepped.add(name)
                continue
            revision = f"r{number + 4}"
            if event.bad and fleet.guilty() in ("", name):
                fleet.bad.add((name, revision))
            release(it, revision, name)
            fleet.live[name] = revision
            stepped.discard(name)
        await go(1200)
    return found


EVENTS = st.lists(
    st.builds(
        Event, st.integers(1, 12), st.integers(0, 1), st.booleans(), st.integers(0, 4).map(lambda number: not number)
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(events=EVENTS, blamed=st.booleans())
def test_never_the_innocent_and_one_step_for_a_burn(events: list[Event], blamed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rolled = asyncio.run(run(Path(folder), events, blamed=blamed))
    assert all(one.name == one.guilty for one in rolled), rolled
    assert not any(one.further for one in rolled), rolled
    assert blamed or not rolled


def test_the_guilty_one_is_rolled(tmp_path: Path) -> None:
    events = [Event(2, 0, False, False), Event(5, 1, True, False), Event(12, 1, False, False)]
    rolled = asyncio.run(run(tmp_path, events, blamed=True))
    assert [(one.name, one.guilty) for one in rolled] == [("model", "model")]
