"""How acting looks; `pytest --snapshot-update` after looking at the pictures."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from fleet.actions.plan import Tier
from tests.tui.acting_desk import acting_deck, settled, shown
from tests.tui.acting_stores import NOTE, REVIEW, Remembered, acted_store, rollback_plan, submit_plan
from tests.tui.test_app import table_of, text_of, until
from tui.acting.item_input import ItemInput
from tui.acting.submit import SubmitSheet

Compare = Callable[..., bool]
Before = Callable[[Pilot[None]], Awaitable[None]]

SMALL, MIDDLE = (80, 24), (120, 40)


async def tier_one(pilot: Pilot[None]) -> None:
    await shown(pilot, submit_plan())


async def tier_two(pilot: Pilot[None]) -> None:
    await shown(pilot, rollback_plan())
    await pilot.press("tab", *"gateway", "tab")


async def tier_three(pilot: Pilot[None]) -> None:
    await shown(pilot, rollback_plan(Tier.TWO))


async def refused(pilot: Pilot[None]) -> None:
    acting(pilot).against = ("gateway is locked by anna@host since 12s", "the data are 4m old")
    await shown(pilot, rollback_plan())


async def form(pilot: Pilot[None]) -> None:
    table_of(pilot).go_to("coder-1")
    await pilot.press("t")
    await until(pilot, lambda: isinstance(pilot.app.screen, SubmitSheet))
    await pilot.pause()


async def wrong(pilot: Pilot[None]) -> None:
    await form(pilot)
    await pilot.press(*"app-1", "tab", "tab", "backspace", "1", "2", "enter")
    await pilot.pause()


async def batch(pilot: Pilot[None]) -> None:
    await form(pilot)
    await pilot.press("f2")
    await until(pilot, lambda: isinstance(pilot.app.focused, ItemInput))
    box = pilot.app.focused
    assert isinstance(box, ItemInput)
    box.post_message(ItemInput.Pasted("project=app-1\nproject=app-2 priority=12\nproject=app-3"))
    await pilot.pause()
    await pilot.pause()


async def which(pilot: Pilot[None]) -> None:
    app: Any = pilot.app
    app.submit()
    await pilot.pause()


async def page(pilot: Pilot[None], place: int) -> None:
    app: Any = pilot.app
    await app.show_action(list(app.context.store.actions)[place])
    await pilot.pause()


async def receipt(pilot: Pilot[None]) -> None:
    app: Any = pilot.app
    await app.show_receipt(next(iter(app.context.store.actions)))
    await pilot.pause()


async def unknown(pilot: Pilot[None]) -> None:
    await page(pilot, 1)


async def progress(pilot: Pilot[None]) -> None:
    await page(pilot, 2)


async def abort(pilot: Pilot[None]) -> None:
    await page(pilot, 2)
    await pilot.press("x")
    await settled(pilot)


async def frozen(pilot: Pilot[None]) -> None:
    await pilot.press("R")
    await until(pilot, lambda: "FROZEN by" in text_of(pilot))
    pilot.app.clear_notifications()


async def nothing(pilot: Pilot[None]) -> None:
    await pilot.pause()


def acting(pilot: Pilot[None]) -> Remembered:
    app: Any = pilot.app
    found = app.context.acting
    assert isinstance(found, Remembered)
    return found


LOOKS: list[Any] = [
    pytest.param(before, view, size, id=f"{name}-{size[0]}x{size[1]}")
    for name, before, view in (
        ("tier-1", tier_one, "agents"),
        ("tier-2", tier_two, "agents"),
        ("tier-3", tier_three, "agents"),
        ("refused", refused, "agents"),
        ("form", form, "agents"),
        ("form-wrong", wrong, "agents"),
        ("batch", batch, "agents"),
        ("which", which, "agents"),
        ("progress", progress, "actions"),
        ("abort", abort, "actions"),
        ("receipt", receipt, "actions"),
        ("unknown", unknown, "actions"),
        ("actions", nothing, "actions"),
        ("frozen", frozen, "actions"),
        ("locked", nothing, "agent coder-1"),
    )
    for size in (SMALL, MIDDLE)
]


@pytest.fixture(autouse=True)
def in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests without colour sees the pictures in colour all the same."""
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize(("before", "view", "size"), LOOKS)
def test_it_looks_as_it_did(
    snap_compare: Compare, request: pytest.FixtureRequest, before: Before, view: str, size: tuple[int, int]
) -> None:
    templates = (REVIEW, NOTE) if "which" in request.node.name else (REVIEW,)
    app = acting_deck(Remembered(acted_store(), templates), view)
    assert snap_compare(app, run_before=before, terminal_size=size)
