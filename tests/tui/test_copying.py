"""Copying by key: what of a screen is copied, in which words the toast tells it, and the sheet of formats."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from fleet.clipboard import Escape, Program, Routes, Wrap
from fleet.errors import Fault, OutsideError
from fleet.model import Agent, Endpoint
from tests.tui.alert_stores import burning_store
from tests.tui.factories import agent_store, deck, empty_store
from tests.tui.test_app import here, table_of, text_of, typed, until
from tui.app import FleetdeckApp
from tui.chrome.prompt import PromptInput
from tui.screens.copy_as import CopyAs
from tui.table.table import Table

pytestmark = pytest.mark.anyio

SIZE = (120, 40)
TERMINAL = Escape((Wrap.PLAIN,))
XCLIP = Program(name="xclip", argv=("xclip",))
XSEL = Program(name="xsel", argv=("xsel",))
TMUX = Program(name="tmux", argv=("tmux",))


class Board:
    """A clipboard of one's own: it keeps what each way was given. `broken` ways fail."""

    def __init__(self, *ways: Escape | Program, broken: tuple[str, ...] = (), has_files: bool = True) -> None:
        self.routes = Routes(ways, "the hint")
        self.given: list[tuple[str, str]] = []
        self.broken = broken
        self.has_files = has_files

    async def pipe(self, program: Program, text: str) -> None:
        if program.name in self.broken:
            raise OutsideError(Fault.TIMEOUT, f"{program.name} is [/red] slow")
        self.given.append((program.name, text))

    def keep(self, text: str) -> Path:
        if not self.has_files:
            raise OutsideError(Fault.PERMISSION, "no file")
        self.given.append(("file", text))
        return Path("/run/copied.txt")

    @property
    def text(self) -> str:
        return self.given[-1][1]


def copying(board: Board, view: str = "agents", **more: object) -> FleetdeckApp:
    store = agent_store()
    store.agents.put("coder-1", Agent(name="coder-1", health=Endpoint(url="http://127.0.0.1:9501/health")))
    return deck(store, view, clipboard=board, **more)


async def told(pilot: Pilot[None], words: str) -> None:
    """Wait for a toast; it may be broken over lines."""
    await until(pilot, lambda: words in " ".join(text_of(pilot).replace("▌", " ").split()))


def go(key: str) -> Callable[[Pilot[None]], None]:
    def moved(pilot: Pilot[None]) -> None:
        assert table_of(pilot).go_to(key)

    return moved


async def test_the_row_under_the_cursor_and_marked_rows() -> None:
    board = Board(XCLIP)
    async with copying(board).run_test(size=SIZE, notifications=True) as pilot:
        go("coder-1")(pilot)
        await pilot.press("y")
        await told(pilot, "copied 1 name, 7 bytes: xclip")
        assert board.text == "coder-1"
        await pilot.press("space", "home", "space", "y")
        await told(pilot, "copied 2 names")
        assert board.text.split("\n") == list(table_of(pilot).marked)
        await pilot.press("Y")
        await told(pilot, "copied 2 rows as JSON")
        assert [row["name"] for row in msgspec.json.decode(board.text)] == list(table_of(pilot).marked)


async def test_a_format_is_chosen_by_number_or_from_the_list() -> None:
    board = Board(XCLIP)
    async with copying(board).run_test(size=SIZE, notifications=True) as pilot:
        go("coder-1")(pilot)
        await pilot.press("ctrl+y")
        assert isinstance(pilot.app.screen, CopyAs)
        assert "4 curl of what is asked" in text_of(pilot)
        assert "curl -fsS" in text_of(pilot)
        await pilot.press("4")
        await told(pilot, "1 row as curl")
        assert board.text == "curl -fsS --max-time 5 http://127.0.0.1:9501/health"
        await pilot.press("ctrl+y", "j", "j", "enter")
        await told(pilot, "1 row as Markdown")
        await pilot.press("ctrl+y", "k", "enter")
        await told(pilot, "1 row as the command of their view")
        assert board.text == "fleetdeck --view agents"
        count = len(board.given)
        await pilot.press("ctrl+y", "9", "escape")
        assert (here(pilot), len(board.given)) == ("agents", count)


async def test_pages_copy_what_they_are_of() -> None:
    board = Board(XCLIP)
    async with copying(board, "agent coder-1").run_test(size=SIZE, notifications=True) as pilot:
        await pilot.pause()
        await pilot.press("y")
        await told(pilot, "copied 1 name")
        assert board.text == "agent_memory_bytes" or board.text.startswith("agent_")
        pilot.app.screen.set_focus(None)
        await pilot.press("y")
        await until(pilot, lambda: board.text == "coder-1")
        await pilot.press("ctrl+y", "5")
        await until(pilot, lambda: board.text == '{instance="127.0.0.1:9501"}')
    async with copying(board, "queues").run_test(size=SIZE, notifications=True) as pilot:
        key = table_of(pilot).cursor_key
        await pilot.press("enter")
        assert here(pilot) == "DetailScreen"
        await pilot.press("Y")
        await until(pilot, lambda: msgspec.json.decode(board.text)["name"] == key)


async def test_rows_of_a_list_that_gives_no_data_are_copied_by_what_they_say() -> None:
    board = Board(XCLIP)
    line = "alerts name:AgentDown agent:coder-1"
    async with deck(burning_store(), line, clipboard=board).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        timeline = pilot.app.screen.query_one("#timeline Table", Table)
        timeline.focus()
        await until(pilot, lambda: timeline.cursor_key is not None)
        await pilot.press("y")
        await told(pilot, "copied 1 name")
        assert "firing" in board.text
        await pilot.press("Y")
        await until(pilot, lambda: "nothing as JSON" in text_of(pilot))
        assert len(board.given) == 1


async def test_where_there_is_no_row_it_is_said() -> None:
    board = Board(XCLIP)
    async with deck(empty_store(), "agents", clipboard=board).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("y", "ctrl+y")
        await told(pilot, "there is no row to copy")
        assert board.given == []


async def test_the_overview_copies_of_the_pane_in_focus() -> None:
    board = Board(XCLIP)
    async with copying(board, "overview").run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("y")
        await told(pilot, "copied 1 name")
        assert board.text == table_of(pilot).cursor_key


# ── Ways ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("board", "words"),
    [
        (Board(TERMINAL), "OSC 52 to the terminal; the hint"),
        (Board(XCLIP, XSEL, TERMINAL), "bytes: xclip, OSC 52 to the terminal"),
        (Board(TMUX, XCLIP, TERMINAL), "bytes: tmux, xclip, OSC 52 to the terminal"),
        (Board(XCLIP, XSEL, broken=("xclip",)), "bytes: xsel; time-out: xclip is [/red] slow"),
        (Board(XCLIP, TERMINAL, broken=("xclip",)), "OSC 52 to the terminal; time-out: xclip is [/red] slow; the hint"),
        (Board(), "not in the clipboard but in /run/copied.txt (the hint)"),
        (Board(XCLIP, broken=("xclip",)), "in /run/copied.txt (time-out: xclip is [/red] slow)"),
        (Board(has_files=False), "not copied: 1 name"),
    ],
    ids=["terminal", "first program", "tmux and one", "second program", "failed", "file", "failed file", "nothing"],
)
async def test_the_toast_tells_the_ways(board: Board, words: str) -> None:
    async with copying(board).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("y")
        await told(pilot, words)
        assert ("xsel" in dict(board.given)) == (words.count("xsel") > 0)


async def test_what_is_too_much_for_the_terminal_is_never_cut() -> None:
    board = Board(TERMINAL)
    app = copying(board)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.copy("x" * 60_000, "all of it")
        await told(
            pilot, "all of it, 60,000 bytes, not in the clipboard but in /run/copied.txt (too much for the terminal)"
        )
        assert board.given == [("file", "x" * 60_000)]


async def test_what_an_input_copies_goes_the_same_ways_and_is_pasted_again() -> None:
    board = Board(XCLIP)
    async with copying(board).run_test(size=SIZE, notifications=True) as pilot:
        await typed(pilot, "/coder")
        await pilot.press("ctrl+shift+a", "ctrl+c")
        await told(pilot, "copied the selection, 5 bytes: xclip")
        assert board.text == "coder"
        await pilot.press("end", "ctrl+v")
        assert pilot.app.screen.query_one(PromptInput).value == "codercoder"
