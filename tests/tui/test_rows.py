"""Rows while their operator is at work on them: nothing moves under the cursor, nothing is missed, marks stay."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fleet.actions.action import Lock
from fleet.actions.revision import RollbackRow
from fleet.filters.filter import parse_filter
from fleet.model import Event, EventKind
from fleet.store import Store
from fleet.views.agents import VIEW
from fleet.views.events import VIEW as EVENTS
from fleet.vocabulary import AgentState
from tests.tui.tables import NOW, fleet_of, put
from tui.table.rows import Rows
from tui.table.standstill import Behind


def rows_of(store: Store, height: int = 10, **options: Any) -> Rows:
    rows = Rows(options.pop("view", VIEW), store)
    rows.resize(height)
    rows.open(lambda: None)
    return rows


def names(rows: Rows) -> list[str]:
    return [row.row.name for row in rows.visible(focused=True)]


# ── An order that stands still ─────────────────────────────────────────────────────────────────────────────────────


def test_values_go_on_while_the_order_stands_still() -> None:
    store = fleet_of(5)
    rows = rows_of(store)
    rows.stand_still(True)
    put(store, "a004", AgentState.DOWN, detail="refused")
    assert names(rows) == ["a000", "a001", "a002", "a003", "a004"]
    assert rows.visible(focused=True)[4].row.detail == "refused"
    assert rows.behind == Behind(moved=1)
    put(store, "a004", AgentState.UP)
    rows.drain()
    assert not rows.behind
    put(store, "a004", AgentState.DOWN)
    rows.stand_still(False)
    assert names(rows)[0] == "a004"


def test_rows_that_come_are_counted_and_rows_that_go_stay_as_they_were() -> None:
    store = fleet_of(4)
    put(store, "a002", detail="last words")
    rows = rows_of(store)
    rows.stand_still(True)
    put(store, "a0005", AgentState.DOWN)
    store.status.drop("a002")
    shown = rows.visible(focused=True)
    assert [(row.row.name, row.gone) for row in shown] == [
        ("a000", False),
        ("a001", False),
        ("a002", True),
        ("a003", False),
    ]
    assert shown[2].row.detail == "last words"
    assert rows.behind == Behind(come=1, gone=1)
    put(store, "a002")
    rows.drain()
    assert rows.behind.gone == 0
    rows.stand_still(False)
    assert names(rows) == ["a0005", "a000", "a001", "a002", "a003"]


def test_only_rows_that_would_be_shown_count_as_new() -> None:
    store = fleet_of(3)
    rows = rows_of(store)
    rows.filter(parse_filter("a00", VIEW))
    rows.stand_still(True)
    put(store, "other")
    put(store, "a009")
    rows.drain()
    assert rows.behind == Behind(come=1)


def test_a_filter_is_obeyed_at_once_and_the_order_stands_still_again() -> None:
    store = fleet_of(20)
    rows = rows_of(store)
    rows.stand_still(True)
    put(store, "a019", AgentState.DOWN)
    rows.filter(parse_filter("a01", VIEW))
    assert names(rows)[0] == "a019"
    assert rows.still
    assert not rows.behind
    put(store, "a015", AgentState.DOWN)
    assert names(rows)[0] == "a019"


def test_ages_are_judged_again_when_the_order_is_let_go() -> None:
    store = fleet_of(3)
    for number, name in enumerate(sorted(store.status)):
        store.status.touch(name, NOW - timedelta(seconds=30 * number))
    rows = rows_of(store)
    rows.filter(parse_filter("age_s<50", VIEW))
    assert names(rows) == ["a000", "a001"]
    rows.stand_still(True)
    store.now = NOW + timedelta(seconds=30)
    rows.look_again()
    assert names(rows) == ["a000", "a001"]
    rows.stand_still(False)
    assert names(rows) == ["a000"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 9), st.sampled_from(AgentState)),
        st.tuples(st.just("drop"), st.integers(0, 9)),
        st.tuples(st.sampled_from(["hold", "free", "drain", "mark", "down", "all", "others", "range"])),
    ),
    max_size=40,
)


@given(STEPS)
def test_nothing_is_missed_and_no_mark_is_on_what_is_gone(steps: list[tuple[Any, ...]]) -> None:
    store = fleet_of(6)
    rows = rows_of(store, 4)
    for step in steps:
        before = [row.row.name for row in rows.visible(focused=True)] if rows.still else None
        match step:
            case ("put", number, state):
                put(store, f"a00{number}", state)
            case ("drop", number):
                store.status.drop(f"a00{number}")
            case ("mark",) if rows.cursor is not None:
                rows.marks.toggle(rows.cursor)
            case ("range",) if rows.cursor is not None:
                rows.marks.range_to(rows.cursor)
            case ("all",):
                rows.marks.toggle_shown()
            case ("others",):
                rows.marks.invert()
            case ("down",):
                rows.move(1)
            case ("hold",):
                rows.stand_still(True)
            case ("free",):
                rows.stand_still(False)
        shown = [row.row.name for row in rows.visible(focused=True)]
        if before is not None and rows.still and step[0] != "down":
            assert shown == before
        assert all(key in store.status for key in rows.marks)
    rows.stand_still(False)
    anew = rows_of(store, 100)
    rows.resize(100)
    rows.first()
    assert names(rows) == names(anew)


# ── Following ──────────────────────────────────────────────────────────────────────────────────────────────────────


def event(seq: int) -> Event:
    return Event(seq=seq, at=NOW, kind=EventKind.AGENT, subject=f"a{seq}", before="up", after="down")


def test_the_newest_row_is_followed_until_the_cursor_is_moved() -> None:
    store = fleet_of(0)
    for seq in range(30):
        store.events.put(seq, event(seq))
    rows = rows_of(store, view=EVENTS)
    rows.last()
    rows.follow(True)
    assert rows.cursor == 29
    store.events.put(30, event(30))
    rows.drain()
    assert rows.cursor == 30
    rows.follow(False)
    rows.move(1)
    store.events.put(31, event(31))
    rows.drain()
    assert rows.cursor == 29


# ── Marks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_that_a_filter_shows_is_marked_and_unmarked() -> None:
    rows = rows_of(fleet_of(20))
    rows.marks.toggle("a003")
    rows.filter(parse_filter("a01", VIEW))
    rows.marks.toggle_shown()
    assert len(rows.marks) == 11
    assert rows.marks.hidden == 1
    rows.marks.toggle("a015")
    rows.marks.toggle_shown()
    assert len(rows.marks) == 11
    rows.marks.toggle_shown()
    assert list(rows.marks) == ["a003"]


def test_the_other_rows_are_marked_instead_and_hidden_ones_keep_theirs() -> None:
    rows = rows_of(fleet_of(12))
    for key in ("a003", "a010"):
        rows.marks.toggle(key)
    rows.filter(parse_filter("a01", VIEW))
    rows.marks.invert()
    assert sorted(rows.marks) == ["a003", "a011"]


def test_from_mark_to_mark() -> None:
    rows = rows_of(fleet_of(50))
    rows.go_to_mark(1)
    assert rows.cursor == "a000"
    for key in ("a010", "a030", "a040"):
        rows.marks.toggle(key)
    visited = []
    for step in (1, 1, 1, 1, -1, -1):
        rows.go_to_mark(step)
        visited.append(rows.cursor)
    assert visited == ["a010", "a030", "a040", "a010", "a040", "a030"]
    rows.filter(parse_filter("!a030", VIEW))
    rows.go_to("a012")
    rows.go_to_mark(1)
    assert rows.cursor == "a040"


def test_marks_stay_with_their_rows_through_sorts_and_changes() -> None:
    store = fleet_of(9)
    rows = rows_of(store)
    rows.marks.toggle("a004")
    store.status.put("a008", replace(store.status["a008"], state=AgentState.DOWN))
    rows.sort_by([("name", True)])
    assert [row.row.name for row in rows.visible(focused=True) if row.marked] == ["a004"]
    store.status.drop("a004")
    rows.drain()
    assert len(rows.marks) == 0


# ── What cells look into beside the row ────────────────────────────────────────────────────────────────────────────


def locked(rows: Rows) -> list[str]:
    return [
        row.row.name for row in rows.visible(focused=True) if "locked" in VIEW.columns[-1].cell(row.row, row.at).text
    ]


def test_a_lock_is_news_of_the_rows_that_it_shows_on_and_of_no_others() -> None:
    store = fleet_of(5)
    store.rollbacks.put("gateway", RollbackRow(name="gateway", kind="demo", agents=("a001", "a003", "elsewhere")))
    woken: list[str] = []
    rows = Rows(VIEW, store)
    rows.resize(10)
    rows.open(lambda: woken.append("woken"))
    rows.filter(parse_filter("locked_by=anna", VIEW))
    assert rows.shown == 0
    store.locks.replace({"gateway": Lock(target="gateway", owner="anna", since=NOW)})
    assert woken == ["woken"]
    assert names(rows) == ["a001", "a003"]
    rows.filter(None)
    assert locked(rows) == ["a001", "a003"]
    # Said again as it is, which happens every few seconds, it is no news.
    store.locks.replace({"gateway": Lock(target="gateway", owner="anna", since=NOW)})
    assert woken == ["woken"]
    store.locks.replace({"a004": Lock(target="a004", owner="bert", since=NOW)})
    assert woken == ["woken", "woken"]
    assert locked(rows) == ["a004"]
    rows.close()
    store.locks.replace({})
    assert woken == ["woken", "woken"]
