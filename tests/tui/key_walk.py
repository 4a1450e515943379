"""Presses keys as a terminal sends them, as quickly as they are worked off, and says what state that leads to."""

import asyncio
import time
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from textual import events
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.widgets import Input
from textual.worker import WorkerState

from fleet.actions.plan import Plan
from tests.tui.key_world import Place, World, close_all
from tui.screens.columns import ColumnSheet
from tui.screens.copy_as import CopyAs
from tui.screens.deck import DeckScreen
from tui.screens.filters import FiltersSheet
from tui.screens.help import HelpScreen
from tui.screens.palette import Palette
from tui.screens.table import TableScreen

State = tuple[object, ...]
ALONE = (HelpScreen, CopyAs, FiltersSheet, ColumnSheet, Palette)
"""Sheets that give no answer to what lies under them, or only one about how it is shown."""
_STILL = 8
"""Turns of the loop in which nothing is waiting anywhere, until all is worked off."""
_MOST_TURNS = 20_000
_ASKING = 4
"""Where in a state stands what is asked for."""


class Tried(Struct):
    """What was tried: keys, pairs of keys, and states whose every second key was."""

    places: int = 0
    keys: int = 0
    pairs: int = 0
    same: int = 0
    """Pairs that need no trying: their first key left all as it was, or led to where every key was tried."""
    cpu_s: float = 0.0
    seconds: float = 0.0
    wrong: list[tuple[str, tuple[str, ...], object]] = []
    """What was written, from where, and after which keys."""
    left: int = 0
    """States after a first key from which every second one was tried."""
    states: set[State] = set()
    """Those from which every key was tried."""
    led: dict[str, list[tuple[str, State]]] = {}
    """By place: what each key led to that did not leave all as it was."""

    def __str__(self) -> str:
        return (
            f"{self.places} places, {self.keys:,} keys, {self.pairs:,} pairs pressed and {self.same:,} that come to "
            f"the same, {self.left:,} states after a first key, {self.seconds:.0f} s ({self.cpu_s:.0f} s of "
            f"CPU), writes: {len(self.wrong)}"
        )


async def press(pilot: Pilot[None], key: str) -> None:
    """Send a key, and wait until nothing is left of it."""
    app: Any = pilot.app
    bound = key in app.screen.active_bindings
    driver = app._driver
    assert driver is not None
    event = key_event(key)
    event.set_sender(app)
    driver.send_message(event)
    await worked_off(app)
    if bound:
        await pilot._wait_for_screen()
        await worked_off(app)


def key_event(key: str) -> events.Key:
    """A key as a driver makes it of what a terminal sends."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    try:
        char: str | None = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
    except KeyError:
        char = name if len(name) == 1 else None
    return events.Key(name, char)


async def worked_off(app: Any) -> None:
    """Wait until no message waits anywhere, and no work goes on."""
    still = 0
    for turn in range(_MOST_TURNS):
        # The driver hands a key over from another thread: it is not in a queue at once.
        await asyncio.sleep(0)
        busy = any(not one._message_queue.empty() or one._next_callbacks for one in _pumps(app))
        busy = busy or any(one.state in (WorkerState.PENDING, WorkerState.RUNNING) for one in app.workers)
        still = 0 if busy else still + 1
        if still >= _STILL:
            return
        if turn % 200 == 199:
            await asyncio.sleep(0.001)
    raise AssertionError(f"work goes on: {list(app.workers)}")


def _pumps(app: Any) -> Iterable[Any]:
    yield app
    yield from app.screen_stack[:-1]
    if app.screen_stack:
        yield from app.screen.walk_children(with_self=True)


def state(app: Any) -> State:
    """All that decides what the next key does: what is shown and what lies under it, what has the focus, what is asked
    for, whether something is typed, and every key that does something, with what it does.

    What lies under a sheet does not count where the sheet gives it no answer, and neither does it while a line is
    typed after `:` or `/`: keys go nowhere else until that is entered, which takes a third key at least.
    """
    screen, focused = app.screen, app.focused
    asking = screen._prompt._asking if isinstance(screen, DeckScreen) and screen.is_asking else None
    alone = asking is not None or isinstance(screen, ALONE)
    shown = () if asking is not None else tuple((type(one).__name__, one.id, _about(one)) for one in app.screen_stack)
    typed = isinstance(focused, Input) and bool(focused.value)
    keys = frozenset(
        (key, active.binding.action, active.enabled, "" if alone else type(active.node).__name__)
        for key, active in screen.active_bindings.items()
    )
    mode = "" if alone else app.current_mode
    shown = shown[-1:] if alone else shown
    return mode, shown, type(focused).__name__, getattr(focused, "id", None), asking, typed, keys


def _about(screen: Any) -> str:
    """What a page or a dialog is about."""
    if not isinstance(screen, DeckScreen):
        plan = getattr(screen, "_plan", None)
        return f"{plan.title} {plan.tier} {plan.act}" if isinstance(plan, Plan) else ""
    visit = screen.visit()
    return str((visit.line.view, visit.line.subject, visit.detail, visit.query, visit.why))


async def go_to(pilot: Pilot[None], world: World, place: Place) -> State:
    """Be where a place is, as if one had just come there."""
    app = world.app
    await close_all(app)
    await app.context.read_command(place.line)()
    app.paused = False
    await worked_off(app)
    _as_at_first(world, place)
    await worked_off(app)
    for key in place.keys:
        await press(pilot, key)
    if place.way is not None:
        await place.way(app)
    await worked_off(app)
    await pilot._wait_for_screen()
    await worked_off(app)
    world.forget()
    return state(app)


def _as_at_first(world: World, place: Place) -> None:
    """The same focus, filter, order, columns, cursor as when one came there for the first time; nothing marked."""
    screen = world.app.screen
    if place.line not in world.firsts:
        world.firsts[place.line] = (screen.visit(), screen.focused)
    visit, focused = world.firsts[place.line]
    if isinstance(screen, TableScreen) and screen.visit() != visit:
        screen.restore(visit)
    if screen.focused is not focused:
        screen.set_focus(focused)


class Walk:
    """Tries keys from places, and keeps count."""

    def __init__(self, pilot: Pilot[None], world: World, tried: Tried) -> None:
        self.pilot = pilot
        self.world = world
        self.tried = tried
        self._began, self._cpu = time.monotonic(), time.process_time()

    def stop(self) -> None:
        """Note the time."""
        self.tried.seconds += time.monotonic() - self._began
        self.tried.cpu_s += time.process_time() - self._cpu

    async def singles(self, place: Place, keys: Sequence[str]) -> None:
        """Every key, each as the first there. Notes what each led to."""
        there = await go_to(self.pilot, self.world, place)
        depth = len(self.world.app.screen_stack)
        self.tried.places += 1
        # All keys are tried from here, whichever way one comes here.
        self.tried.states.add(there)
        led = self.tried.led.setdefault(place.name, [])
        for key in keys:
            await press(self.pilot, key)
            self.tried.keys += 1
            self._check(place, key)
            after = state(self.world.app)
            if after != there:
                led.append((key, after))
                if not await self._is_back(there, depth):
                    there = await go_to(self.pilot, self.world, place)

    async def pairs(self, place: Place, keys: Sequence[str], seconds: Sequence[str]) -> None:
        """Every second key after those of `keys` that led to where not every key was tried. After `singles`."""
        led = dict(self.tried.led[place.name])
        for first in keys:
            after = led.get(first)
            if after is None or after in self.tried.states:
                self.tried.same += len(seconds)
                continue
            self.tried.states.add(after)
            self.tried.left += 1
            await self._seconds(place, first, after, seconds)

    async def _seconds(self, place: Place, first: str, after: State, seconds: Sequence[str]) -> None:
        depth, is_there = 0, False
        for second in seconds:
            if not is_there:
                await go_to(self.pilot, self.world, place)
                await press(self.pilot, first)
                depth = len(self.world.app.screen_stack)
            await press(self.pilot, second)
            self.tried.pairs += 1
            self._check(place, first, second)
            is_there = await self._is_back(after, depth)

    async def _is_back(self, wanted: State, depth: int) -> bool:
        """Close what was opened on top; whether all is then as wanted."""
        app = self.world.app
        if state(app) == wanted:
            return True
        while len(app.screen_stack) > max(depth, 1):
            await app.pop_screen()
        if isinstance(app.screen, DeckScreen) and app.screen.is_asking and wanted[_ASKING] is None:
            app.screen._close_prompt()
        await worked_off(app)
        return state(app) == wanted

    def _check(self, place: Place, *pressed: str) -> None:
        writes = self.world.writes(pressed)
        if place.enters and len(pressed) > 1 and pressed[-1] == "enter":
            writes = [one for one in writes if place.enters not in (one, *one[:1])]
        self.tried.wrong += [(place.name, pressed, write) for write in writes]
        self.world.forget()
