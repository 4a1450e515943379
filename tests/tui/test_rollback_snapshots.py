"""How rolling back looks; `pytest --snapshot-update` after looking at the pictures."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from fleet.actions.action import Action, ActionState
from fleet.errors import Fault, OutsideError
from tests.tui.acting_desk import acting_deck, settled
from tests.tui.rolling_stores import ended, failed_stage, mid_stage, rolling, rolling_store, succeeded
from tests.tui.test_app import until
from tui.acting.confirm import ConfirmSheet
from tui.acting.picker import RollbackPicker

Compare = Callable[..., bool]
Before = Callable[[Pilot[None]], Awaitable[None]]

SMALL, MIDDLE = (80, 24), (120, 40)


async def picker(pilot: Pilot[None]) -> None:
    await opened(pilot)
    await pilot.pause()


async def quiet(pilot: Pilot[None]) -> None:
    """Once the proposal was told, and the toast is away."""
    app: Any = pilot.app
    await until(pilot, lambda: bool(app._standing))
    await pilot.pause()
    app.clear_notifications()
    await pilot.pause()


async def opened(pilot: Pilot[None]) -> None:
    app: Any = pilot.app
    await quiet(pilot)
    app.roll_back(("coder",))
    await until(pilot, lambda: isinstance(app.screen, RollbackPicker) and not app.screen._busy)
    await pilot.pause()


async def at_once(pilot: Pilot[None]) -> None:
    await opened(pilot)
    await pilot.press("s", "down", "down", "down")
    await pilot.pause()


async def dead(pilot: Pilot[None]) -> None:
    app: Any = pilot.app
    app.context.acting.listed["coder"] = OutsideError(Fault.UNREACHABLE, "127.0.0.1:5010")
    await opened(pilot)


async def which(pilot: Pilot[None]) -> None:
    app: Any = pilot.app
    await quiet(pilot)
    app.roll_back(("coder-1",))
    await pilot.pause()


async def confirm(pilot: Pilot[None]) -> None:
    await opened(pilot)
    app: Any = pilot.app
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ConfirmSheet) and app.screen._pending.found is not None)
    await settled(pilot)


def watching(row: Action) -> Before:
    async def before(pilot: Pilot[None]) -> None:
        app: Any = pilot.app
        await quiet(pilot)
        app.context.store.actions.put(row.id, row)
        await app.show_action(row.id)
        await pilot.pause()

    return before


async def slo_page(pilot: Pilot[None]) -> None:
    await quiet(pilot)
    await pilot.press("enter")
    await pilot.pause()


LOOKS: list[Any] = [
    pytest.param(before, view, size, id=f"{name}-{size[0]}x{size[1]}")
    for name, before, view in (
        ("picker", picker, "rollbacks"),
        ("picker-at-once", at_once, "rollbacks"),
        ("picker-dead", dead, "rollbacks"),
        ("which", which, "agents"),
        ("confirm", confirm, "rollbacks"),
        ("watch", watching(mid_stage()), "rollbacks"),
        ("watch-failed", watching(ended(failed_stage(), ActionState.FAILED)), "rollbacks"),
        ("watch-succeeded", watching(succeeded()), "rollbacks"),
        ("rollbacks", quiet, "rollbacks"),
        ("proposed", slo_page, "slos name:availability/coder"),
    )
    for size in (SMALL, MIDDLE)
]


@pytest.fixture(autouse=True)
def in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests without colour sees the pictures in colour all the same."""
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize(("before", "view", "size"), LOOKS)
def test_it_looks_as_it_did(snap_compare: Compare, before: Before, view: str, size: tuple[int, int]) -> None:
    app = acting_deck(rolling(rolling_store(proposed=True)), view)
    assert snap_compare(app, run_before=before, terminal_size=size)
