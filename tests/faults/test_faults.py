"""Every fault on everything that it can hit, one after the other, on one deck that is never restarted.

While a fault lasts: the last good data stay, the row says why in words, and nothing else is touched. After it: all is
well again within two intervals.
"""

from functools import partial

import pytest

from fleet.model import SourceState
from tests.faults.fleet import BY_NAME, EVERY_S, TIMEOUT_S, WATCHERS, Fleet, Watcher
from tests.faults.table import FAULTS, Fault

RECOVERY_LOOKS = 2 + TIMEOUT_S / EVERY_S + 1
"""Looks of another at the same interval until all is well: two intervals after the look that was under way, and the
one that is counted when it begins."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_said_survived_and_over_when_it_is_over(fleet: Fleet, fault: Fault) -> None:
    fleet.do(played(fleet, fault))


async def played(fleet: Fleet, fault: Fault) -> None:
    hit = {BY_NAME[name]: word for name, word in fault.hits.items()}
    await fleet.until(fleet.all_is_well, "all is well before")
    before = {watcher: fleet.data(watcher) for watcher in WATCHERS}
    try:
        await fault.start(fleet)
        await while_it_lasts(fleet, fault, hit)
        for watcher in WATCHERS:
            if watcher.name not in fault.changes:
                assert fleet.data(watcher) == before[watcher], f"{watcher.name} keeps its last good data"
    finally:
        looks, held_up_s = fleet.looks(), fleet.held_up_s
        await fault.end(fleet)
    quick = [watcher for watcher in hit if not watcher.slow]
    await fleet.until(lambda: all(map(fleet.is_well, quick)), "all is well again")
    # What hangs is waited for as much longer as we were held up, and the other goes on being looked at meanwhile, as it
    # does while a look takes its time on a busy machine: the one that was under way, and the one that finds all well.
    look_s = max(fleet.store.sources[watcher.job].cost_s or 0.0 for watcher in quick)
    granted = (fleet.held_up_s - held_up_s + 2 * look_s) / EVERY_S
    assert fleet.looks() - looks <= RECOVERY_LOOKS + granted, "within two intervals"
    await fleet.until(lambda: all(map(fleet.is_well, hit)), "what is looked at less often is well again, too")
    for watcher in hit:
        assert fleet.data(watcher) == before[watcher]
    assert fleet.work is not None
    assert not fleet.work.done()
    assert not [event for event in fleet.store.events.values() if "internal error" in event.detail]


def says(fleet: Fleet, watcher: Watcher, word: str) -> bool:
    return word in fleet.said(watcher)


async def while_it_lasts(fleet: Fleet, fault: Fault, hit: dict[Watcher, str]) -> None:
    """The reason is said, since when too, and the others are looked at as before and are well."""
    for watcher, word in hit.items():
        await fleet.until(partial(says, fleet, watcher, word), f"{watcher.name} says {word!r}")
        source = fleet.store.sources.get(watcher.job)
        if source is not None and source.state is SourceState.FAILING:
            assert source.last_success is not None, f"{watcher.name} says since when"
    others = [watcher for watcher in WATCHERS if watcher not in hit]
    seen, looks = {watcher: fleet.store.sources.seen(watcher.job) for watcher in others}, fleet.looks()
    await fleet.until(lambda: fleet.looks() >= looks + 3, "the one that is always well is looked at")

    def go_on() -> bool:
        return all((fleet.store.sources.seen(watcher.job) or at) > at for watcher, at in seen.items() if at is not None)

    await fleet.until(lambda: go_on() and all(map(fleet.is_well, others)), "the others go on and are well")
