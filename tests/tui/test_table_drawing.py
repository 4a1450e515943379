"""What reaches the terminal: all that changed, nothing else, and nothing that a text from outside could do with it."""

import random
from typing import Any

import pytest

from fleet.filters.filter import parse_filter
from fleet.vocabulary import AgentState
from tests.tui.tables import TableApp, fleet_of, lines, put
from tests.tui.terminal import Watched


class WatchedApp(Watched[None], TableApp):
    """A table whose terminal can be looked at."""


HOSTILE = (
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]0;owned\x07\x1b[2J\x1b[1;1H",
    "\x9b31mred\x9c",
    "[/red] [bold] [@click=app.quit]quit[/]",
    "a\u202edrowssap\u2066x",
    "漢字" * 60,
    "👩\u200d🚀👨\u200d👩\u200d👧🇩🇪⚠\ufe0f",
    "e" + "\u0301" * 200,
    "line\nbreak\ttab\r",
    "\ud800 lone",
    "{0.__class__} %s %n ${HOME} $(reboot) `id`",
    "x" * 100_000,
    "",
)


@pytest.mark.anyio
async def test_hostile_text_in_every_cell_is_only_text() -> None:
    store = fleet_of(0)
    for number, text in enumerate(HOSTILE):
        put(store, f"{number}{text}", AgentState.DOWN, kind=text, claimed=text, detail=text, disagrees=True)
    app = WatchedApp(store)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("G", "g", "j", "space", ">", "o")
        app.table.set_filter(parse_filter("-l none", app.table.view))
        app.table.set_filter(None)
        await pilot.pause()
        assert app.agrees()
        assert app.is_running
        shown = "\n".join(lines(app))
        assert "[/red] [bold]" in shown
        assert "\\x1b]52" in shown
        assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in shown)


@pytest.mark.anyio
@pytest.mark.parametrize("hold_s", [0.0, 3600.0], ids=["moving", "held"])
async def test_the_terminal_always_agrees_with_the_rows(hold_s: float) -> None:
    dice = random.Random(20260301)
    store = fleet_of(60)
    app = WatchedApp(store, hold_s=hold_s)
    keys = ["j", "k", "G", "g", "ctrl+d", "ctrl+u", "space", "ctrl+@", "ctrl+backslash", ">", "<", "o", "O", "pagedown"]
    keys += ["asterisk", "tilde", "apostrophe", "plus", "F"]
    async with app.run_test(size=(110, 24)) as pilot:
        for number in range(120):
            for _ in range(dice.randrange(4)):
                name = f"a{dice.randrange(80):03}"
                if dice.random() < 0.25:
                    store.status.drop(name)
                else:
                    put(
                        store,
                        name,
                        dice.choice(list(AgentState)),
                        tasks_queued=dice.randrange(9),
                        detail="漢字 " * dice.randrange(9),
                    )
            action = dice.randrange(6)
            if action == 0:
                app.table.flush()
            elif action == 1:
                app.table.set_filter(parse_filter(dice.choice(["a00", "down", "queued>3", "nobody"]), app.table.view))
            elif action == 2:
                app.table.set_filter(None)
            elif action == 3 and dice.random() < 0.5:
                app.table.set_columns(dice.choice([(), (("age", 9), ("name", None)), (("label:env", None),)]))
            elif action == 3:
                app.table.paused = dice.random() < 0.3
            elif number % 40 == 39:
                width, height = dice.randrange(20, 200), dice.randrange(3, 40)
                await pilot.resize_terminal(width, height)
                cells = app.terminal.cells.items()
                app.terminal.cells = {(y, x): cell for (y, x), cell in cells if y < height and x < width}
            else:
                await pilot.press(dice.choice(keys))
            await pilot.pause()
            assert app.agrees(), number
        app.table.paused = False
        app.table.set_filter(None)
        await pilot.pause()
        assert app.table.shown == len(store.status)


@pytest.mark.anyio
@pytest.mark.parametrize("change", [{"tasks_queued": 7}, {"memory_bytes": 7.0}, {"detail": "two"}], ids=str)
async def test_one_changed_cell_is_a_few_bytes_wherever_it_stands(change: dict[str, Any]) -> None:
    store = fleet_of(200)
    for name in list(store.status):
        put(store, name, tasks_queued=1, memory_bytes=1e6, detail="one")
    app = WatchedApp(store)
    async with app.run_test(size=(160, 50)) as pilot:
        await pilot.pause()
        app.sent = 0
        put(store, "a020", **change)
        app.table.flush()
        await pilot.pause()
        assert 0 < app.sent <= 200
        app.sent = 0
        put(store, "a199", detail="below the window")
        app.table.flush()
        await pilot.pause()
        assert app.sent == 0


@pytest.mark.anyio
async def test_a_change_of_theme_and_focus_repaints_in_the_new_colours() -> None:
    app = WatchedApp(fleet_of(30))
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.pause()
        for theme in ("light", "high-contrast", "ansi", "dark"):
            app.theme = theme
            await pilot.pause()
            await pilot.pause()
            assert app.agrees(), theme
        app.table.blur()
        await pilot.pause()
        assert app.agrees()
