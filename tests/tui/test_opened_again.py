"""Screens that are kept and opened again show what a new one would show, and nothing of what they showed before."""

import asyncio
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from tests.tui.alert_stores import alert, burning_store, calm_store, many_store
from tests.tui.alert_stores import put_alerts as put
from tests.tui.factories import deck
from tests.tui.test_alerts import SIZE, pane
from tests.tui.test_app import text_of, until
from tui.alerts.ack import AckSheet
from tui.alerts.page import AlertPage
from tui.alerts.pane import AlertsScreen
from tui.alerts.silence import MatcherInput, SilenceSheet
from tui.chrome.page_scroll import PageScroll
from tui.screens.kept import kept, made_ready

pytestmark = pytest.mark.anyio


async def _open(pilot: Pilot[None], kind: type[Screen[Any]], *keys: str) -> Screen[Any]:
    await pilot.press(*keys)
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    await pilot.pause()
    return pilot.app.screen


async def _back(pilot: Pilot[None]) -> None:
    await pilot.press("escape")
    await until(pilot, lambda: isinstance(pilot.app.screen, AlertsScreen))
    await pilot.pause()


def _without_time(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


async def test_a_page_that_is_opened_again_is_as_a_new_one() -> None:
    line = "alerts sort=name"
    async with pane(burning_store(), line).run_test(size=SIZE) as pilot:
        await pilot.press("down", "down")
        await _open(pilot, AlertPage, "enter")
        await until(pilot, lambda: "▁" in text_of(pilot) or "no graph" in text_of(pilot))
        new = _without_time(text_of(pilot))
    async with pane(burning_store(), line).run_test(size=SIZE) as pilot:
        first = await _open(pilot, AlertPage, "enter")
        await pilot.press("tab", "space", "down", "end")
        await _back(pilot)
        await pilot.press("down", "down")
        assert await _open(pilot, AlertPage, "enter") is first
        assert isinstance(first.focused, PageScroll)
        await until(pilot, lambda: _without_time(text_of(pilot)) == new)


async def test_a_page_that_lies_below_is_not_taken_from_there() -> None:
    async with pane(burning_store(), "alerts sort=name").run_test(size=SIZE) as pilot:
        below = await _open(pilot, AlertPage, "enter")
        said = text_of(pilot)
        app = pilot.app
        await app.open_row("alerts", "AgentDown/coder-1")  # type: ignore[attr-defined]
        assert isinstance(app.screen, AlertPage)
        assert app.screen is not below
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is below)
        await pilot.pause()
        assert text_of(pilot) == said


@pytest.mark.parametrize("change", ["theme", "size"])
async def test_what_would_look_different_is_made_anew(change: str) -> None:
    async with pane(burning_store(), "alerts sort=name").run_test(size=SIZE) as pilot:
        first = await _open(pilot, AlertPage, "enter")
        await _back(pilot)
        if change == "theme":
            pilot.app.theme = "light" if pilot.app.theme != "light" else "dark"
        else:
            await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert await _open(pilot, AlertPage, "enter") is not first
        await until(pilot, lambda: not first.is_running)


async def test_a_sheet_forgets_what_was_typed() -> None:
    store = many_store()
    async with pane(store).run_test(size=SIZE) as pilot:
        await _open(pilot, AckSheet, "a", *"old words", "tab", *"nobody")
        await _back(pilot)
        await pilot.press("t")
        sheet = await _open(pilot, AckSheet, "a")
        assert isinstance(sheet, AckSheet)
        text = text_of(pilot)
        assert "Acknowledge 1 alert " in text
        assert "old words" not in text
        assert "nobody" not in text
        assert sheet.focused is sheet.query_one("#reason")


async def test_the_editor_of_a_silence_has_as_many_matchers_as_are_shared() -> None:
    rows = (alert("One", labels={"a": "1", "b": "2", "c": "3"}), alert("Two", labels={"z": "9"}))
    async with pane(put(calm_store(), rows), "alerts sort=name").run_test(size=SIZE) as pilot:
        for keys, name in ((("g",), "One"), (("down",), "Two"), (("up",), "One")):
            await pilot.press(*keys)
            sheet = await _open(pilot, SilenceSheet, "s", "x")
            assert isinstance(sheet, SilenceSheet)
            values = [box.value for box in sheet.query(MatcherInput)]
            assert f'alertname="{name}"' in " ".join(values)
            assert values[-1] == ""
            assert ("9" in " ".join(values)) is (name == "Two")
            assert "matches 1 of 2" in text_of(pilot)
            await _back(pilot)


async def test_what_is_made_beforehand_is_what_is_opened() -> None:
    async with pane(burning_store(), "alerts sort=name").run_test(size=SIZE) as pilot:
        app, context = pilot.app, pilot.app.screen.context  # type: ignore[attr-defined]
        await made_ready(app, AlertPage, lambda: AlertPage(context, ""))
        ready = kept(app, AlertPage, lambda: AlertPage(context, ""), lambda _: None)
        page = await _open(pilot, AlertPage, "enter")
        assert page is ready
        assert "not known" not in text_of(pilot)
        await _back(pilot)


async def test_styles_are_what_textual_makes_of_them() -> None:
    async with pane(burning_store(), "alerts sort=name").run_test(size=SIZE) as pilot:
        for keys in ((), ("enter",), ("tab",), ("a",), ("tab",), ("escape",), ("escape",), ("s",), ("escape",)):
            await pilot.press(*keys)
            await pilot.pause()
            for widget in pilot.app.screen.walk_children(Widget, with_self=True):
                ours = dict(widget.styles.base.get_rules())
                Stylesheet.apply(pilot.app.stylesheet, widget)
                assert dict(widget.styles.base.get_rules()) == ours, widget


async def test_a_screen_that_never_rests_is_drawn_all_the_same() -> None:
    store = burning_store()
    async with deck(store, "alerts").run_test(size=SIZE) as pilot:
        screen = pilot.app.screen
        busy = True

        async def work() -> None:
            while busy:
                screen.call_later(lambda: None)
                await asyncio.sleep(0)

        task = asyncio.ensure_future(work())
        pilot.app.screen.query_one("#groups").focus()
        pilot.app.call_later(pilot.app.action_pause)  # type: ignore[attr-defined]
        for _ in range(4000):
            await asyncio.sleep(0.001)
            if "PAUSED" in text_of(pilot):
                break
        busy = False
        await task
        assert "PAUSED" in text_of(pilot)
