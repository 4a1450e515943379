"""What the two clocks tell of a clock that was set, and of a stretch in which nobody looked."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.timekeeper import Change, Gaps, Timekeeper

START = datetime(2026, 1, 1, tzinfo=UTC)


class TwoClocks:
    """A clock whose two halves are moved one by one."""

    def __init__(self) -> None:
        self.wall = START
        self.ticks = 0.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    def pass_(self, wall_s: float, ticks_s: float) -> None:
        self.wall += timedelta(seconds=wall_s)
        self.ticks += ticks_s


@pytest.mark.parametrize(
    ("wall_s", "ticks_s", "change"),
    [
        (1.0, 1.0, Change()),
        (1.9, 1.0, Change()),
        (3601.0, 1.0, Change(set_by_s=3600.0)),
        (-3599.0, 1.0, Change(set_by_s=-3600.0)),
        (60.0, 60.0, Change(paused_s=60.0)),
        (3660.0, 60.0, Change(set_by_s=3600.0, paused_s=60.0)),
        (2.5, 2.5, Change()),
    ],
)
def test_what_happened_between_two_looks(wall_s: float, ticks_s: float, change: Change) -> None:
    clock = TwoClocks()
    keeper = Timekeeper(clock)
    clock.pass_(wall_s, ticks_s)
    assert keeper.look(1.0) == change
    clock.pass_(1.0, 1.0)
    assert keeper.look(1.0) == Change(), "a change is told once"


def test_between_two_looks_its_own_time_runs_evenly() -> None:
    clock = TwoClocks()
    keeper = Timekeeper(clock)
    clock.pass_(-3599.5, 0.5)
    assert keeper.now() == START + timedelta(seconds=0.5)
    assert keeper.look(1.0).set_by_s == -3600.0
    assert keeper.now() == clock.now()


def test_only_gaps_after_it_was_seen_count_for_nothing() -> None:
    gaps = Gaps()
    assert gaps.after(START) == 0.0
    gaps.add(START + timedelta(seconds=10), 60.0)
    gaps.add(START + timedelta(seconds=100), 5.0)
    assert [gaps.after(START + timedelta(seconds=at)) for at in (0, 10, 30, 70, 105)] == [65.0, 65.0, 45.0, 5.0, 0.0]
    assert gaps.after(None) == 0.0
    gaps.shift(timedelta(hours=1))
    assert gaps.after(START + timedelta(hours=1, seconds=70)) == 5.0


def test_gaps_are_bounded() -> None:
    gaps = Gaps()
    for number in range(1_000):
        gaps.add(START + timedelta(seconds=number), 1.0)
    assert gaps.after(START) == 16.0
