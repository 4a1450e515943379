"""No key, no pair of keys and no text starts anything: tried from every view, every page, every sheet and dialog.

A write is whatever reaches the fleet or lifts a protection: to start, abort or unlock, to freeze without `R`, to
silence, acknowledge or end a silence. `R` itself freezes at once: that only takes rights away.

Keys of a pair follow each other as a hand that types ahead makes them: the clock stands still. A first key that leaves
all as it was (`tests.tui.key_walk.state`) makes of its pairs single keys, which are tried anyhow; so does one that
leads to a state in which every key was tried already. From all other states every second key is tried. A sheet that is
filled in and entered (acknowledge, silence, unlock) may do what it is for where a reason was typed in it and `enter`
pressed: from the view below those are three keys.

By default that is done for every single key, and of the pairs for those whose second key is one that a dialog could be
confirmed by; `FLEETDECK_ALL_KEY_PAIRS=1` (`make keys`) tries them all.
"""

import os
import string
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.tui.key_walk import Tried, Walk, go_to, press, worked_off
from tests.tui.key_world import DIALOGS, OPENED, Place, World, close_all, is_dialog, places
from tui.acting.unhurried import Quiet

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
SURE = ("y", "enter")
"""The likeliest of them."""
SECONDS = KEYS if ALL else SURE


@pytest.fixture(scope="module")
def tried() -> Iterator[Tried]:
    """What was tried by all tests of this module; said at the end."""
    made = Tried(states=set(), led={}, wrong=[])
    yield made
    print(f"\n{'all' if ALL else 'a share of the'} pairs of {len(KEYS)} keys: {made}")  # noqa: T201  # what `make keys` is for


EVERYWHERE = [(group, place.name) for group, found in places().items() for place in found]


@pytest.mark.parametrize("group", places())
async def test_no_key_starts_anything(group: str, tried: Tried) -> None:
    world = World()
    async with world.app.run_test(size=SIZE) as pilot:
        walk = Walk(pilot, world, tried)
        for place in places()[group]:
            await walk.singles(place, KEYS)
        walk.stop()
    assert not tried.wrong


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
    assert not tried.wrong


async def test_every_place_is_the_one_that_it_is_called() -> None:
    """A place that could not be opened would be another one under its name."""
    world = World()
    seen: dict[object, str] = {}
    async with world.app.run_test(size=SIZE) as pilot:
        for found in places().values():
            for place in found:
                there = await go_to(pilot, world, place)
                assert there not in seen, (place.name, seen[there])
                seen[there] = place.name
    assert len(seen) == len(EVERYWHERE)


# ── Dialogs ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(days=1), -timedelta(days=1)], ids=["still", "ahead", "back"])
async def test_no_dialog_hears_what_was_typed_ahead_wherever_the_time_of_day_is_set_to(ahead: timedelta) -> None:
    """Also a key that opens a dialog and all that could confirm it at once; the clock that counts is not set."""
    world = World()
    async with world.app.run_test(size=SIZE) as pilot:
        for place, first in OPENED:
            await go_to(pilot, world, place)
            await press(pilot, first)
            assert is_dialog(world.app), (place.name, first)
            for second in KEYS if ALL else CONFIRMING:
                world.clock.ahead = ahead
                await press(pilot, second)
                world.clock.ahead = timedelta()
                assert not world.writes((first, second)), (place.name, first, second)
                if not is_dialog(world.app):
                    await go_to(pilot, world, place)
                    await press(pilot, first)


async def read(world: World) -> None:
    """Let the dialog on top be seen for longer than it wants to."""
    screen = world.app.screen
    assert isinstance(screen, Quiet)
    for _ in range(1_000):
        if screen._hears_from is not None:
            break
        await worked_off(world.app)
    world.clock.advance(1_000.0)
    screen.awake()
    await worked_off(world.app)


WANTED: dict[str, set[tuple[str, ...]]] = {
    "confirm tier 1": {("y", "start"), ("d", "dry run")},
    "confirm a rollback, tier 1": {("y", "start"), ("d", "dry run")},
    "confirm an undo, tier 1": {("y", "start"), ("d", "dry run")},
    "confirm tier 2": {("d", "dry run")},
    "confirm tier 3": {("d", "dry run")},
    "ask": {("y", "abort")},
}


@pytest.mark.parametrize("place", DIALOGS, ids=lambda place: place.name)
async def test_in_a_dialog_that_was_read_only_its_own_keys_do_something(place: Place) -> None:
    """The one way in which a key starts something: a third one, after that which opened a form, and that which planned
    it; or the second, after one that planned what needs no form, such as cancelling. Both after a look at the plan."""
    world, did = World(), set()
    async with world.app.run_test(size=SIZE) as pilot:
        await go_to(pilot, world, place)
        await read(world)
        for key in KEYS:
            await press(pilot, key)
            done = world.writes((key,))
            for one in done:
                assert isinstance(one, tuple)
                did.add((key, "dry run" if one[0] == "start" and one[3] else one[0]))
            if done or not is_dialog(world.app) or len(world.app.screen_stack) != 2:
                await go_to(pilot, world, place)
                await read(world)
            else:
                world.app.set_focus(world.app.screen.query_one("#cancel"))
                world.forget()
    assert did == WANTED[place.name]


TEXTS = ("y\ny\n", "coder-1\nyes\n", "dd\ty", "gateway\ty\n")


@pytest.mark.parametrize("text", TEXTS)
async def test_no_text_that_is_typed_anywhere_starts_anything(text: str) -> None:
    world = World()
    keys = ["enter" if char == "\n" else "tab" if char == "\t" else char for char in text]
    openers: tuple[tuple[str, ...], ...] = (("slash",), ("colon",), ("f1", "slash"), ("ctrl+p",), ("b",), ("w",))
    openers += (("t",), ("t", "enter"), ("t", "enter", "f2"), ("b", "enter"))
    async with world.app.run_test(size=SIZE) as pilot:
        for opener in openers:
            await go_to(pilot, world, Place("agent", "agents name:coder-1"))
            for key in (*opener, *keys):
                await press(pilot, key)
            assert not world.writes(opener), (opener, text)
        await close_all(world.app)
