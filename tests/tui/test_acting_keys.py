"""No key, no pair of keys and no text starts anything: tried from every view and every page.

Keys of a pair follow each other as a hand that types ahead makes them: the clock stands still. What opens a dialog
has been followed by its own `y` then, and by every other key.

By default the views that differ in their keys get their share, the same every time: each key that is bound there, and
after each of those that opened something the keys that a dialog could be confirmed by. `FLEETDECK_ALL_KEY_PAIRS=1`
tries every pair of all keys in every view, which takes hours.
"""

import os
import string
from typing import Any

import pytest
from textual.pilot import Pilot

from fleet.actions.plan import Tier
from fleet.alerts.model import Silence
from fleet.view_line import VIEWS
from tests.tui.acting_stores import NOTE, REVIEW, Remembered, acted_store, batch_action, rollback_plan, submit_plan
from tests.tui.alert_stores import burning_store
from tests.tui.curves import sinking
from tests.tui.factories import deck
from tests.tui.test_acting import clock_of
from tui.acting.ask import AskSheet
from tui.acting.confirm import ConfirmSheet
from tui.app import FleetdeckApp
from tui.screens.deck import DeckScreen

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
    "ctrl+@",
    "ctrl+backslash",
    "ctrl+right_square_bracket",
    "ctrl+underscore",
)
_SIGNS = (
    "exclamation_mark",
    "quotation_mark",
    "number_sign",
    "dollar_sign",
    "percent_sign",
    "ampersand",
    "apostrophe",
    "left_parenthesis",
    "right_parenthesis",
    "asterisk",
    "plus",
    "comma",
    "minus",
    "full_stop",
    "slash",
    "colon",
    "semicolon",
    "less_than_sign",
    "equals_sign",
    "greater_than_sign",
    "question_mark",
    "at",
    "left_square_bracket",
    "backslash",
    "right_square_bracket",
    "circumflex_accent",
    "underscore",
    "grave_accent",
    "left_curly_bracket",
    "vertical_line",
    "right_curly_bracket",
    "tilde",
)
KEYS = (
    *string.ascii_letters,
    *string.digits,
    *_SIGNS,
    *_NAMED,
    *(f"ctrl+{letter}" for letter in string.ascii_lowercase if letter not in "him"),
    *(f"f{number}" for number in range(1, 13)),
    *(f"alt+{letter}" for letter in "adsuxy"),
)
"""All printable keys of a keyboard, those with ctrl, the function keys, and some with alt."""
CONFIRMING = ("y", "Y", "enter", "space", "d", "tab", "n", "a")
"""What a dialog could be confirmed by."""

SURE = ("y", "enter")
"""The likeliest of them."""

DIFFERENT = ("overview", "agents", "alerts", "tasks", "queues", "actions")
LINES = (*(VIEWS if ALL else DIFFERENT), "agent coder-1", "receipt", "query")


class Silent:
    """A silencer that must never be asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def silence(self, *args: Any, **more: Any) -> Silence:
        self.asked.append("silence")
        raise AssertionError("silenced")

    async def acknowledge(self, *args: Any, **more: Any) -> tuple[Silence, ...]:
        self.asked.append("acknowledge")
        raise AssertionError("acknowledged")

    async def expire(self, *args: Any, **more: Any) -> None:
        self.asked.append("expire")
        raise AssertionError("expired")


class Unleavable(FleetdeckApp):
    """A dashboard whose keys to quit and to suspend are noted and do nothing."""

    def exit(self, *args: Any, **more: Any) -> None:
        """Stay."""

    def action_suspend_process(self) -> None:
        """Stay."""


def watched() -> tuple[Unleavable, Remembered, Silent]:
    store = acted_store()
    fires = burning_store()
    for name in ("alerts", "alert_groups", "silences"):
        getattr(store, name).replace(getattr(fires, name))
    acting, silent = Remembered(store, (REVIEW, NOTE)), Silent()
    # The keys are to go on being tried after `R`.
    acting.freezes = False
    made = deck(store, "agents", acting=acting, silencer=silent, graphing=sinking, operator="ops@desk")
    made.__class__ = Unleavable
    assert isinstance(made, Unleavable)
    return made, acting, silent


async def go_to(pilot: Pilot[None], line: str) -> None:
    """Show a view or a page as if one had just come there, with nothing on top of it."""
    app: Any = pilot.app
    for _ in range(8):
        if len(app.screen_stack) <= 1 and not (isinstance(app.screen, DeckScreen) and app.screen.is_asking):
            break
        if isinstance(app.screen, DeckScreen) and app.screen.is_asking:
            app.screen._close_prompt()
        elif len(app.screen_stack) > 1:
            await app.pop_screen()
    if line == "receipt":
        await app.show_action(batch_action().id)
    elif line == "query":
        await app.open_query("up")
    else:
        await app.context.read_command(line)()
    await pilot.pause()


@pytest.mark.parametrize("line", LINES)
async def test_no_key_and_no_pair_of_keys_starts_anything(line: str) -> None:
    app, acting, silent = watched()
    opened = []
    async with app.run_test(size=SIZE) as pilot:
        await go_to(pilot, line)
        there = state(app)
        bound = {key for active in app.screen.active_bindings.values() for key in active.binding.key.split(",")}
        for first in KEYS if ALL else sorted({*bound, *CONFIRMING} & {*KEYS}):
            await pilot.press(first)
            assert not (acting.writes() or silent.asked), (line, first)
            if state(app) != there:
                opened.append(first)
                await go_to(pilot, line)
                there = state(app)
        for first in KEYS if ALL else opened:
            for second in KEYS if ALL else SURE:
                await pilot.press(first, second)
                assert not (acting.writes() or silent.asked), (line, first, second)
                if state(app) != there:
                    await go_to(pilot, line)
                    there = state(app)
    assert opened


def state(app: FleetdeckApp) -> tuple[object, ...]:
    """What is on top, and whether something is being typed."""
    screen = app.screen
    return screen, screen.focused, isinstance(screen, DeckScreen) and screen.is_asking


@pytest.mark.parametrize("kind", ["tier-1", "tier-2", "tier-3", "abort"])
async def test_no_key_and_no_pair_that_is_typed_ahead_is_heard_by_a_dialog(kind: str) -> None:
    app, acting, _ = watched()
    async with app.run_test(size=SIZE) as pilot:
        for first in KEYS if ALL else CONFIRMING:
            for second in ("", *(KEYS if ALL else SURE)):
                await open_dialog(pilot, kind)
                await pilot.press(first, *[second] * bool(second))
                assert not acting.writes(), (first, second)
                await close_dialog(pilot)


@pytest.mark.parametrize("kind", ["tier-1", "tier-2", "tier-3", "abort"])
async def test_in_a_dialog_that_was_read_only_its_own_keys_do_something(kind: str) -> None:
    app, acting, _ = watched()
    started = set()
    async with app.run_test(size=SIZE) as pilot:
        for key in KEYS if ALL else CONFIRMING:
            await open_dialog(pilot, kind)
            clock_of(pilot).advance(1_000.0)
            app.screen.awake()  # type: ignore[attr-defined]
            await pilot.press(key)
            await pilot.pause()
            started |= {(key, *one[3:4]) if one[0] == "start" else (key,) for one in acting.writes()}
            acting.asked.clear()
            await close_dialog(pilot)
    wanted: dict[str, set[tuple[object, ...]]] = {
        "tier-1": {("y", False), ("d", True)},
        "tier-2": {("d", True)},
        "tier-3": {("d", True)},
        "abort": {("y",)},
    }
    assert started == wanted[kind]


async def open_dialog(pilot: Pilot[None], kind: str) -> None:
    app: Any = pilot.app
    if kind == "abort":
        page = AskSheet("Abort", (), app.context)
        app.push_screen(page, lambda yes: acting_of(pilot).asked.append(("abort",)) if yes else None)
    else:
        plans = {"tier-1": submit_plan(), "tier-2": rollback_plan(), "tier-3": rollback_plan(Tier.TWO)}
        app.act(plans[kind])
    await pilot.pause()
    assert isinstance(app.screen, AskSheet | ConfirmSheet)


async def close_dialog(pilot: Pilot[None]) -> None:
    while len(pilot.app.screen_stack) > 1:
        await pilot.app.pop_screen()
    await pilot.pause()


def acting_of(pilot: Pilot[None]) -> Remembered:
    app: Any = pilot.app
    found = app.context.acting
    assert isinstance(found, Remembered)
    return found


TEXTS = ("y\ny\n", "coder-1\nyes\n", "dd\ty")


@pytest.mark.parametrize("text", TEXTS)
async def test_no_text_that_is_typed_anywhere_starts_anything(text: str) -> None:
    app, acting, silent = watched()
    keys = ["enter" if char == "\n" else "tab" if char == "\t" else "space" if char == " " else char for char in text]
    keys = ["colon" if key == ":" else "minus" if key == "-" else key for key in keys]
    openers = (("slash",), ("colon",), ("f1", "slash"), ("ctrl+p",), ("t",), ("t", "enter"), ("t", "enter", "f2"))
    async with app.run_test(size=SIZE) as pilot:
        for opener in openers:
            await go_to(pilot, "agents name:coder-1")
            await pilot.press(*opener)
            await pilot.pause()
            await pilot.press(*keys)
            assert not acting.writes(), (opener, text)
            assert not silent.asked, (opener, text)
