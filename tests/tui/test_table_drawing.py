"""What reaches the terminal: all that changed, nothing else, and nothing that a text from outside could do with it."""

import random
from typing import Any

import pytest
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from fleet.filter import parse_filter
from fleet.store import Store
from fleet.vocabulary import AgentState
from tests.tui.tables import TableApp, fleet_of, lines, put
from tests.tui.terminal import Terminal, full_screen
from tui.thrift import ThriftyUpdate, thrifty


class WatchedApp(TableApp):
    """Sends everything that it would send to a terminal to one that can be looked at."""

    def __init__(self, store: Store, **options: Any) -> None:
        super().__init__(store, **options)
        self.terminal = Terminal()
        self.sent = 0

    def _display(self, screen: Any, renderable: RenderableType | None) -> None:
        update = thrifty(renderable)
        if isinstance(update, ThriftyUpdate):
            text = update.render_segments(self.console)
            self.terminal.write(text)
            self.sent += len(text.encode())
        super()._display(screen, renderable)


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
        assert app.terminal.cells == full_screen(app)
        assert app.is_running
        shown = "\n".join(lines(app))
        assert "[/red] [bold]" in shown
        assert "\\x1b]52" in shown
        assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in shown)


@pytest.mark.anyio
async def test_the_terminal_always_agrees_with_the_rows() -> None:
    dice = random.Random(20260301)
    store = fleet_of(60)
    app = WatchedApp(store)
    keys = ["j", "k", "G", "g", "ctrl+d", "ctrl+u", "space", "ctrl+@", "ctrl+backslash", ">", "<", "o", "O", "pagedown"]
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
            elif action == 3:
                app.table.paused = dice.random() < 0.3
            elif number % 40 == 39:
                await pilot.resize_terminal(dice.randrange(20, 200), dice.randrange(3, 40))
                app.terminal = Terminal()
                app.screen.refresh()
                app.table.refresh()
            else:
                await pilot.press(dice.choice(keys))
            await pilot.pause()
            if number % 40 != 39:
                assert app.terminal.cells == full_screen(app), number
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
        for theme in ("fleetdeck-light", "nord", "ansi-dark", "fleetdeck"):
            app.theme = theme
            await pilot.pause()
            await pilot.pause()
            assert app.terminal.cells == full_screen(app), theme
        app.table.blur()
        await pilot.pause()
        assert app.terminal.cells == full_screen(app)


def strip(*parts: tuple[str, str]) -> Strip:
    return Strip([Segment(text, Style.parse(style) if style else None) for text, style in parts])


LINE = strip(
    ("plain", ""),
    ("red", "red on #112233"),
    ("more", "#445566 on #112233"),
    ("bold", "bold #445566 on #112233"),
    ("漢字", "#445566 on #112233"),
    ("none", "on default"),
    ("rev", "reverse"),
    ("end", ""),
)


def shown(text: str) -> Terminal:
    terminal = Terminal()
    terminal.write(text)
    return terminal


def test_a_full_update_is_the_same_picture_in_fewer_bytes() -> None:
    console = Console(color_system="truecolor", force_terminal=True)
    update = LayoutUpdate([[LINE, LINE], [LINE]], Region(2, 3, 60, 2))
    small = thrifty(update)
    assert isinstance(small, ThriftyUpdate)
    thin, full = small.render_segments(console), update.render_segments(console)
    assert shown(thin).cells == shown(full).cells
    assert shown(thin).pen == {}
    assert len(thin) < len(full)


@pytest.mark.parametrize(("start", "stop"), [(0, 33), (5, 8), (8, 12), (16, 18), (28, 33), (6, 30)])
def test_a_change_is_sent_from_where_it_begins(start: int, stop: int) -> None:
    console = Console(color_system="truecolor", force_terminal=True)
    update = ChopsUpdate([{0: LINE, 33: None}], [(0, start, stop)], [[33, 40]])
    small = thrifty(update)
    assert isinstance(small, ThriftyUpdate)
    cells = shown(small.render_segments(console)).cells
    whole = shown("\x1b[1;1H" + LINE.render(console)).cells
    assert {at: cell for at, cell in whole.items() if start <= at[1] < stop} == cells


def test_links_survive() -> None:
    console = Console(color_system="truecolor", force_terminal=True)
    linked = Strip([Segment("a", Style(color="red")), Segment("b", Style(color="red", link="https://example.org"))])
    text = ThriftyUpdate([(0, 0, linked)]).render_segments(console)
    assert "https://example.org" in text
    assert text.count("\x1b]8;") == 2
    assert thrifty(None) is None
    assert thrifty("text") == "text"
