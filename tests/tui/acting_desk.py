"""What the tests of acting from the keyboard share: a deck that can act, the dialog over a plan, an agent's form."""

from typing import Any

from textual.pilot import Pilot

from fleet.actions.plan import Plan
from fleet.clock import ManualClock
from tests.tui.acting_stores import Remembered
from tests.tui.factories import deck
from tests.tui.test_app import table_of, until
from tui.acting.confirm import ConfirmSheet
from tui.acting.submit import SubmitSheet
from tui.acting.unhurried import Quiet
from tui.app import FleetdeckApp
from tui.screens.help import live_keys

SIZE = (120, 40)
SMALL = (80, 24)
LONG_S = 100.0
"""Much longer than a dialog wants to be seen, and than a key of a test waits anywhere."""


def acting_deck(acting: Remembered, view: str = "agents", **more: object) -> FleetdeckApp:
    more.setdefault("operator", "ops@desk")
    return deck(acting.store, view, acting=acting, **more)


def clock_of(pilot: Pilot[None]) -> ManualClock:
    app: Any = pilot.app
    clock = app.context.clock
    assert isinstance(clock, ManualClock)
    return clock


async def settled(pilot: Pilot[None]) -> None:
    """Let the dialog on top be seen for as long as it wants to, by its clock."""
    screen = pilot.app.screen
    assert isinstance(screen, Quiet)
    await until(pilot, lambda: screen._hears_from is not None)
    clock_of(pilot).advance(LONG_S)
    screen.awake()
    await pilot.pause()


async def shown(pilot: Pilot[None], plan: Plan) -> ConfirmSheet:
    """The dialog over a plan, once it is known what stands against it and it can be read."""
    app: Any = pilot.app
    app.act(plan)
    await until(pilot, lambda: isinstance(app.screen, ConfirmSheet) and app.screen._pending.found is not None)
    screen = app.screen
    assert isinstance(screen, ConfirmSheet)
    await settled(pilot)
    return screen


def keys_of(pilot: Pilot[None]) -> set[str]:
    return {key.id for key in live_keys(pilot.app.screen)}


async def form(pilot: Pilot[None]) -> SubmitSheet:
    await until(pilot, lambda: isinstance(pilot.app.screen, SubmitSheet))
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, SubmitSheet)
    return screen


async def to_agent(pilot: Pilot[None], name: str) -> None:
    assert table_of(pilot).go_to(name)
    await pilot.pause()
