"""Cells: exactly as wide as their column, whatever the text; and columns: as many as fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from fleet.model import AgentStatus
from fleet.store import Store
from fleet.views.agents import VIEW
from fleet.views.view import Cell, Column, look
from fleet.vocabulary import AgentState
from tui.cells import cut, fit, title_text
from tui.ink import Ink
from tui.table.columns import GUTTER, SCROLLBAR, lay_out
from tui.table.painter import Painter, Palette
from tui.theme import RowLook
from tui.themes import DARK

ANY = st.text(st.characters(exclude_categories=()), max_size=80)


@given(ANY, st.integers(0, 40), st.booleans())
def test_a_cell_takes_exactly_its_width(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right)) == width


@given(ANY, st.integers(0, 40))
def test_a_cut_text_is_a_start_of_it_that_fits(text: str, width: int) -> None:
    start = cut(text, width)
    assert text.startswith(start)
    assert cell_len(start) <= width or not start


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("planner", 7, "planner"),
        ("planner", 9, "planner  "),
        ("planner-1", 7, "planne…"),
        ("漢字漢字", 8, "漢字漢字"),
        ("漢字漢字", 7, "漢字漢…"),
        ("漢字漢字", 6, "漢字… "),
        ("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
        ("👩\u200d🚀 ok", 8, "👩🚀 ok "),
        ("⚠\ufe0f warn", 6, "⚠ warn"),
        ("x", 0, ""),
        ("long", 1, "…"),
        ("a\x1b]0;t\x07", 14, "a\\x1b]0;t\\x07 "),
        ("[/red]", 8, "[/red]  "),
    ],
)
def test_texts_and_what_is_shown_of_them(text: str, width: int, shown: str) -> None:
    assert fit(text, width) == shown


def test_text_outside_tables_is_as_wide_in_every_terminal() -> None:
    assert Ink({}).write("👩\u200d🚀 ok\x07").plain == "👩🚀 ok\\x07"


def test_numbers_stand_at_the_right() -> None:
    assert fit("42", 6, right=True) == "    42"
    assert fit("1234567", 6, right=True) == "12345…"


@given(
    st.text("ABC漢", max_size=12), st.sampled_from(["", "▲", "▼"]), st.integers(1, 12), st.integers(0, 2), st.booleans()
)
def test_a_title_with_its_arrow_takes_width_and_gap(title: str, arrow: str, width: int, gap: int, right: bool) -> None:
    text = title_text(title, arrow, width, gap, right)
    assert cell_len(text) == width + gap
    assert arrow in text


@given(st.integers(0, 300), st.lists(st.tuples(st.integers(1, 30), st.integers(0, 4), st.integers(0, 3)), max_size=14))
def test_columns_never_overlap_nor_leave_the_table(width: int, shapes: list[tuple[int, int, int]]) -> None:
    columns: list[Column[str]] = [
        Column(id=str(n), title="T", width=w, grow=g, priority=p, cell=lambda row, _: Cell(row))
        for n, (w, g, p) in enumerate(shapes)
    ]
    placed = lay_out(columns, width)
    edge = GUTTER
    for place in placed:
        assert place.x == edge
        assert place.width > 0
        edge = place.end
    assert edge <= max(GUTTER, width - SCROLLBAR)


def ids(width: int) -> list[str]:
    return [VIEW.columns[place.index].id for place in lay_out(VIEW.columns, width)]


def test_a_narrow_terminal_drops_what_matters_least() -> None:
    assert ids(200) == [column.id for column in VIEW.columns]
    assert {"state", "name", "detail"} <= set(ids(80))
    assert "since" not in ids(80)
    assert ids(40)[:2] == ["state", "name"]
    assert ids(20) == ["state", "name"]
    assert ids(2) == []
    for width in range(20, 200):
        assert set(ids(width)) <= set(ids(width + 1)) or len(ids(width)) <= len(ids(width + 1)) + 1


def test_spare_width_is_shared_to_the_last_cell() -> None:
    for width in range(120, 220, 7):
        placed = lay_out(VIEW.columns, width)
        assert placed[-1].x + placed[-1].width == width - SCROLLBAR


@given(ANY, st.integers(1, 120), st.sampled_from(RowLook))
def test_a_line_is_as_wide_as_the_table_and_carries_no_markup(text: str, width: int, row_look: RowLook) -> None:
    store = Store()
    store.status.put("a", AgentStatus(name=text, kind=text, detail=text, claimed=text, state=AgentState.UP))
    painter = Painter(VIEW.columns, width)
    line = painter.line(store.status["a"], look(store, store.status, "a"), row_look, marked=True, thumb=True)
    palette = Palette({**DARK.to_color_system().generate(), **DARK.variables}, Style())
    for strip in (painter.strip(line, palette), painter.header([("name", True)], palette)):
        assert isinstance(strip, Strip)
        assert sum(cell_len(segment.text) for segment in strip) == width
        assert all(segment.style is not None and not segment.style.meta and not segment.style.link for segment in strip)
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in strip.text)


def test_only_what_looks_other_is_repainted() -> None:
    store = Store()
    store.status.put("a", AgentStatus(name="a", state=AgentState.UP, tasks_queued=1, detail="x" * 300))
    painter = Painter(VIEW.columns, 160)
    row, at = store.status["a"], look(store, store.status, "a")
    old = painter.line(row, at, RowLook.PLAIN, marked=False, thumb=False)
    queued = next(place for place in painter.placed if VIEW.columns[place.index].id == "queued")

    more = painter.line(replace(row, tasks_queued=2), at, RowLook.PLAIN, marked=False, thumb=False)
    assert [(r.x, r.width) for r in painter.regions(3, old, more)] == [(queued.x, queued.width + queued.gap)]
    beyond = painter.line(replace(row, detail="x" * 301), at, RowLook.PLAIN, marked=False, thumb=False)
    assert list(painter.regions(3, old, beyond)) == []
    marked = painter.line(row, at, RowLook.PLAIN, marked=True, thumb=True)
    assert [(r.x, r.width) for r in painter.regions(3, old, marked)] == [(0, GUTTER), (159, SCROLLBAR)]
    here = painter.line(row, at, RowLook.CURSOR, marked=False, thumb=False)
    assert [(r.x, r.y, r.width) for r in painter.regions(3, old, here)] == [(0, 3, 160)]
