"""What is sent is the least that makes the terminal show the picture, and after it the terminal shows the picture."""

import random
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

import tui.app
from fleet.clock import ManualClock
from fleet.store import Store
from fleet.view_line import parse_view_line
from fleet.vocabulary import AgentState
from tests.tui.factories import NOW, firing_store
from tests.tui.tables import put
from tests.tui.terminal import Terminal, Watched, full_screen
from tui.app import FleetdeckApp
from tui.terminal.canvas import Canvas
from tui.terminal.sgr import PLAIN, Pen, pen_of, step, turn
from tui.terminal.thrift import is_settled

WIDTH, HEIGHT = 24, 4
TRUE = ColorSystem.TRUECOLOR

STYLES = st.sampled_from(
    [
        Style.parse(text) if text else None
        for text in (
            "",
            "red on #112233",
            "#445566 on #112233",
            "bold #445566 on #112233",
            "dim",
            "italic",
            "bold dim underline",
            "reverse #445566",
            "strike on blue",
            "default on default",
        )
    ]
)
TEXTS = st.one_of(
    st.text(st.sampled_from("ab  漢字─● e\u0301🚀👨\u200d👩\u200d👧⚠\ufe0f"), min_size=1, max_size=12),
    st.sampled_from(["   ", "\x1b]52;c;ZXZpbA==\x07", "\x9b31m", "a\u202eb", "one two three"]),
)
PUTS = st.tuples(
    st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.lists(st.tuples(TEXTS, STYLES), min_size=1, max_size=4)
)


def picture(terminal: Terminal) -> dict[tuple[int, int], object]:
    """What can be seen within the edges."""
    return {(y, x): cell for (y, x), cell in terminal.cells.items() if x < WIDTH}


@given(st.lists(st.one_of(PUTS, st.just("draw"), st.just("forget")), max_size=30))
def test_differences_add_up_to_the_whole_picture(steps: list[object]) -> None:
    canvas, terminal = Canvas(TRUE), Terminal()
    canvas.resize(WIDTH, HEIGHT)
    for one in steps:
        if isinstance(one, tuple):
            x, y, parts = one
            canvas.put(x, y, [Segment(text, style) for text, style in parts])
        elif one == "draw":
            terminal.write(canvas.draw())
            assert terminal.pen == {}
        else:
            canvas.forget()
    terminal.write(canvas.draw())
    assert canvas.draw() == ""
    afresh = Terminal()
    canvas.forget()
    afresh.write(canvas.draw())
    assert picture(terminal) == picture(afresh)


def test_only_what_changed_is_sent() -> None:
    canvas = Canvas(TRUE)
    canvas.resize(40, 2)
    style = Style.parse("#112233 on #445566")
    canvas.put(0, 0, [Segment("one two three four five six seven eight", style)])
    canvas.draw()
    canvas.put(0, 0, [Segment("one 222 three four five six seven 88888", style)])
    text = canvas.draw()
    assert "222" in text
    assert "88888" in text
    assert "three" not in text
    canvas.put(0, 0, [Segment("one 222 three four five six seven 88888", Style(meta={"@click": "quit"}) + style)])
    assert canvas.draw() == ""


def test_a_blank_in_another_colour_is_the_same_blank() -> None:
    canvas = Canvas(TRUE)
    canvas.resize(10, 1)
    canvas.put(0, 0, [Segment("          ", Style.parse("bold red on blue"))])
    canvas.draw()
    canvas.put(0, 0, [Segment("          ", Style.parse("green on blue"))])
    assert canvas.draw() == ""
    canvas.put(0, 0, [Segment("          ", Style.parse("green underline on blue"))])
    assert canvas.draw() != ""


def test_neither_links_nor_commands_reach_the_terminal() -> None:
    canvas = Canvas(TRUE)
    canvas.resize(40, 1)
    canvas.put(0, 0, [Segment("a\x1b]0;owned\x07b", Style(link="https://example.org"))])
    assert "\x1b]" not in canvas.draw()


PENS = st.builds(
    Pen,
    st.lists(st.sampled_from(["1", "2", "3", "4", "7", "9"]), unique=True, max_size=4).map(
        lambda codes: tuple(sorted(codes))
    ),
    st.sampled_from([(), ("31",), ("38", "2", "1", "2", "3")]),
    st.sampled_from([(), ("44",), ("48", "5", "9")]),
)


def pen_after(text: str) -> dict[str, str]:
    terminal = Terminal()
    terminal.write(text)
    return terminal.pen


@given(PENS, PENS)
def test_a_turn_leads_from_any_pen_to_any_other(old: Pen, new: Pen) -> None:
    assert pen_after(turn(PLAIN, old) + turn(old, new)) == pen_after(turn(PLAIN, new))
    codes, pen = step(old, new)
    assert pen == new
    assert codes == turn(old, new)


def test_a_style_is_one_pen_however_it_was_made() -> None:
    assert pen_of(Style.parse("bold red"), TRUE) is pen_of(Style(bold=True) + Style(color="red"), TRUE)
    assert pen_of(Style.parse("#ff0000"), ColorSystem.STANDARD).front == ("31",)


class WatchedDeck(Watched[None], FleetdeckApp):
    """The dashboard on a terminal that can be looked at."""

    CSS_PATH = str(Path(tui.app.__file__).with_name("fleetdeck.tcss"))


def watched(store: Store) -> WatchedDeck:
    return WatchedDeck(store, fleet_name="staging", clock=ManualClock(NOW), view=parse_view_line("overview"))


KEYS = [
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "?",
    "escape",
    "enter",
    "j",
    "k",
    "G",
    "tab",
    "space",
    ":",
    "/",
    "p",
    "minus",
]


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(3))
async def test_a_terminal_shows_what_it_should_whatever_was_pressed(seed: int) -> None:
    dice = random.Random(seed)
    store = firing_store()
    app = watched(store)
    async with app.run_test(size=(110, 30)) as pilot:
        for number in range(40):
            if number % 13 == 12:
                app.terminal = Terminal()
                await pilot.resize_terminal(dice.randrange(60, 160), dice.randrange(15, 45))
            for _ in range(dice.randrange(3)):
                put(
                    store,
                    dice.choice(list(store.status)),
                    dice.choice(list(AgentState)),
                    detail="漢 " * dice.randrange(4),
                )
            await pilot.press(dice.choice(KEYS))
            await settled(app)
            assert app.terminal.cells == full_screen(app), (seed, number)


@pytest.mark.anyio
async def test_a_screen_that_is_opened_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each comes to rest; on a busy machine not as soon as somebody who waits for it should see something.
    monkeypatch.setattr("tui.terminal.frames._LAYOUT_MOST_S", 3600.0)
    monkeypatch.setattr("tui.screens.standing._HELD_MOST_S", 3600.0)
    app = watched(firing_store())
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(app)
        for key in ("question_mark", "escape", "2", "enter", "escape", "1"):
            app.sends = app.sent = 0
            await pilot.press(key)
            await settled(app)
            assert app.sends <= 2, key
            assert app.sent <= 9_000, key


async def settled(app: WatchedDeck) -> None:
    """Wait until there is nothing left to send."""
    calm = 0
    while calm < 5:
        await anyio.sleep(0.005)
        calm = calm + 1 if is_settled(app) and not app.frames.is_waiting else 0
