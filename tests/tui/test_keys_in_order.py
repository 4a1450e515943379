"""Keys that come in one burst, as somebody who types fast, or a multiplexer, sends them: each is heard by whoever has
the focus once those before it are done."""

import asyncio
import time

import pytest
from textual import events
from textual.pilot import Pilot

from tests.tui.acting_desk import SIZE, acting_deck, form, shown, to_agent
from tests.tui.acting_stores import Remembered, rollback_plan
from tests.tui.factories import agent_store
from tests.tui.test_app import until
from tui.acting.watch import WatchPage
from tui.keys.in_order import PATIENCE_S, OrderlyApp

pytestmark = pytest.mark.anyio

_NAMED = {" ": "space", "-": "minus", "\t": "tab", "\n": "enter"}


def burst(pilot: Pilot[None], text: str) -> None:
    """All of it at once: nothing is waited for in between."""
    for char in text:
        pilot.app.post_message(events.Key(_NAMED.get(char, char), char if char.isprintable() else None))


@pytest.mark.parametrize("between", ["\t", "\n"], ids=["tab", "enter"])
async def test_what_is_typed_behind_a_tab_or_an_enter_is_in_the_next_line_and_not_in_the_one_that_was_left(
    between: str,
) -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await shown(pilot, rollback_plan())
        burst(pilot, f"\tgateway{between}it burns\n")
        await until(pilot, lambda: isinstance(pilot.app.screen, WatchPage))
        ((_, _, confirmation, _),) = acting.writes()
        assert (confirmation.typed, confirmation.reason) == ("gateway", "it burns")


async def test_a_program_that_is_stopped_while_it_hears_keys_gives_none_of_them_to_another_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a machine that is busy, or slept: for longer than a key is waited for, at each moment on its way."""
    loop, stops = asyncio.get_running_loop(), 0
    monkeypatch.setattr(loop, "time", lambda: time.monotonic() + stops * 2 * PATIENCE_S)
    async with acting_deck(Remembered(agent_store())).run_test(size=SIZE) as pilot:
        screen = await shown(pilot, rollback_plan())
        box = next(iter(screen._boxes.values()))
        for turns in range(40):
            screen.set_focus(screen._cancel)
            box.value = ""
            burst(pilot, "\tab")
            for _ in range(turns):
                await asyncio.sleep(0)
            stops += 1
            await until(pilot, lambda: box.value == "ab")


async def test_a_key_that_nobody_says_was_heard_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.keys.in_order.PATIENCE_S", 0.02)
    async with acting_deck(Remembered(agent_store())).run_test(size=SIZE) as pilot:
        screen = await shown(pilot, rollback_plan())
        box = next(iter(screen._boxes.values()))
        monkeypatch.setattr(OrderlyApp, "_key_passed", lambda *_, **__: None)
        burst(pilot, "\tab")
        await until(pilot, lambda: box.value == "ab")


async def test_a_paste_is_in_its_place_too() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        screen = await form(pilot)
        burst(pilot, "app-1\t\t\t\t\t")
        pilot.app.post_message(events.Paste("look at this"))
        burst(pilot, " and that")
        await until(pilot, lambda: screen._rows["prompt"].box.value == "look at this and that")
        assert screen._rows["project"].box.value == "app-1"


async def test_a_key_whose_hearer_is_gone_holds_up_none_of_the_others() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        app = pilot.app
        assert isinstance(app, OrderlyApp)
        lost = events.Key("x", "x")
        app._key_under_way = lost
        burst(pilot, ":")
        await pilot.pause()
        assert not any(screen.is_modal for screen in app.screen_stack) and app._keys_behind
        app._key_done(lost)
        await until(pilot, lambda: not app._keys_behind)
