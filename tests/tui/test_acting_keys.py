"""No key, no pair of keys and no text starts anything: tried from every view, every page, every sheet and dialog.

A write is whatever reaches the fleet or lifts a protection: to start, abort or unlock, to freeze without `R`, to silence,
acknowledge or end a silence. `R` itself freezes at once: that only takes rights away.

Keys of a pair follow each other as a hand that types ahead makes them: the clock stands still. A first key that leaves
all as it was (`tests.tui.key_walk.state`: view, what is on top of it, focus, what is typed into, and every key that does
something) makes of its pairs single keys, which are tried anyhow; so does one that leads to a state in which every key
was tried already. From all other states every second key is tried.

By default that is done for every single key, and of the pairs for those whose second key is one that a dialog could be
confirmed by; `FLEETDECK_ALL_KEY_PAIRS=1` (`make keys`) tries them all.
"""

import os
import string
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from fleet.actions.plan import Tier
from tests.tui.acting_stores import rollback_plan, submit_plan
from tests.tui.key_walk import Tried, Walk, go_to, press, state, worked_off
from tests.tui.key_world import DIALOGS, Place, World, close_all, places
from tui.acting.unhurried import Unhurried

pytestmark = pytest.mark.anyio

SIZE = (100, 30)
ALL = bool(os.environ.get("FLEETDECK_ALL_KEY_PAIRS"))
_NAMED = (
    "enter",
    "escape",
    "tab",
    "shift+tab",
    "space",
    "backspace",
    "delete",
    "insert",
    "up",
    "down",
    "left",
    "right",
    "home",
    "end",
    "pageup",
    "pagedown",
    "shift+up",
    "shift+down",
    "shift+left",
    "shift+right",
    "ctrl+up",
    "ctrl+down",
    "ctrl+left",
    "ctrl+right",
    "ctrl+home",
    "ctrl+end",
    "ctrl+@",
    "ctrl+backslash",
    "ctrl+right_square_bracket",
    "ctrl+underscore",
)
_SIGNS = tuple(char for char in string.punctuation)
KEYS = (
    *string.ascii_letters,
    *string.digits,
    *_SIGNS,
    *_NAMED,
    *(f"ctrl+{letter}" for letter in string.ascii_lowercase),
    *(f"f{number}" for number in range(1, 13)),
    *(f"alt+{letter}" for letter in string.ascii_lowercase),
)
"""All printable ASCII, what has a name, all letters with ctrl and with alt, the function keys."""
CONFIRMING = ("y", "Y", "enter", "space", "d", "tab")
"""What a dialog could be confirmed by."""
SECONDS = KEYS if ALL else CONFIRMING


@pytest.fixture(scope="module")
def tried() -> Iterator[Tried]:
    """What was tried by all tests of this module; said at the end."""
    made = Tried(states=set(), led={})
    yield made
    print(f"\n{'all' if ALL else 'a share of the'} pairs of {len(KEYS)} keys: {made}")


EVERYWHERE = [(group, place.name) for group, found in places().items() for place in found]


@pytest.mark.parametrize("group", places())
async def test_no_key_starts_anything(group: str, tried: Tried) -> None:
    world = World()
    async with world.app.run_test(size=SIZE) as pilot:
        walk = Walk(pilot, world, tried)
        for place in places()[group]:
            await walk.singles(place, KEYS)
        walk.stop()
    assert tried.writes == 0


@pytest.mark.parametrize("group", places())
async def test_no_pair_of_keys_starts_anything(group: str, tried: Tried) -> None:
    world = World()
    async with world.app.run_test(size=SIZE) as pilot:
        walk = Walk(pilot, world, tried)
        for place in places()[group]:
            if place.name not in tried.led:
                await walk.singles(place, KEYS)
            await walk.pairs(place, KEYS, SECONDS)
        walk.stop()
    assert tried.writes == 0


async def test_every_place_is_the_one_that_it_is_called() -> None:
    """A place that could not be opened would be another one under its name."""
    world, seen = World(), {}
    async with world.app.run_test(size=SIZE) as pilot:
        for found in places().values():
            for place in found:
                there = await go_to(pilot, world, place)
                assert there not in seen, (place.name, seen[there])
                seen[there] = place.name
    assert len(seen) == len(EVERYWHERE)
