"""The table as its operator knows it: the cursor stays with its agent, whatever the fleet does."""

from typing import Any

import anyio
import pytest
from textual.containers import Container
from textual.screen import ModalScreen, Screen
from textual.widgets import ContentSwitcher, Label

from fleet.actions.action import Lock
from fleet.actions.revision import RollbackRow
from fleet.errors import FilterError
from fleet.filters.filter import parse_filter
from fleet.views.agents import VIEW
from fleet.views.rollbacks import VIEW as ROLLBACKS
from fleet.views.view import View
from fleet.vocabulary import AgentState
from tests.tui.tables import NOW, CountingTable, TableApp, fleet_of, lines, put
from tui.table.table import Table

pytestmark = pytest.mark.anyio


async def test_the_cursor_stays_with_its_agent_and_on_its_line() -> None:
    store = fleet_of(100)
    app = TableApp(store)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "down", "k")
        table = app.table
        assert table.cursor_key == "a002"
        line = next(y for y, text in enumerate(lines(app)) if "▌" in text)
        for number in range(50, 60):
            put(store, f"a{number:03}", AgentState.DOWN)
        table.flush()
        await pilot.pause()
        assert table.cursor_key == "a002"
        assert "a002" in lines(app)[line]
        assert "▌" in lines(app)[line]


async def test_the_cursor_of_an_agent_that_goes_is_on_the_one_that_took_its_place() -> None:
    store = fleet_of(5)
    app = TableApp(store)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j")
        store.status.drop("a002")
        store.status.drop("a000")
        app.table.flush()
        assert app.table.cursor_key == "a003"
        await pilot.press("G")
        store.status.drop("a004")
        app.table.flush()
        assert app.table.cursor_key == "a003"
        for name in list(store.status):
            store.status.drop(name)
        app.table.flush()
        assert app.table.cursor_key is None
        await pilot.press("j", "enter", "space", "ctrl+@", "G", "g")
        put(store, "new")
        app.table.flush()
        assert app.table.cursor_key == "new"


async def test_a_table_that_nobody_touched_stays_at_its_top() -> None:
    store = fleet_of(100)
    app = TableApp(store)
    async with app.run_test(size=(80, 24)) as pilot:
        for number in range(60, 99):
            put(store, f"a{number:03}", AgentState.DOWN)
        app.table.flush()
        await pilot.pause()
        assert "down" in lines(app)[1]
        assert any("▌" in text for text in lines(app))


async def test_keys_move_through_the_list() -> None:
    app = TableApp(fleet_of(100))
    async with app.run_test(size=(80, 24)) as pilot:
        for keys, key in (
            (["G"], "a099"),
            (["g"], "a000"),
            (["end"], "a099"),
            (["home"], "a000"),
            (["ctrl+d"], "a011"),
            (["ctrl+u"], "a000"),
            (["ctrl+f"], "a023"),
            (["pagedown"], "a046"),
            (["ctrl+b", "pageup"], "a000"),
            (["k", "up"], "a000"),
            (["j", "down"], "a002"),
        ):
            await pilot.press(*keys)
            assert app.table.cursor_key == key, keys
            assert any("▌" in text and key in text for text in lines(app))


async def test_sorting_by_keys_keeps_the_agent_and_shows_an_arrow() -> None:
    store = fleet_of(10)
    for number in range(10):
        put(store, f"a{number:03}", latency_s=float(10 - number))
    app = TableApp(store)
    async with app.run_test(size=(160, 24)) as pilot:
        await pilot.press("j")
        app.table.set_sort([("latency", True)])
        await pilot.pause()
        assert app.table.cursor_key == "a001"
        assert "LATENCY▼" in lines(app)[0]
        assert "a000" in lines(app)[1]
        await pilot.press("o")
        assert "LATENCY▲" in lines(app)[0]
        assert "a009" in lines(app)[1]
        await pilot.press("O")
        assert list(app.table.sort) == []
        await pilot.press(">")
        assert list(app.table.sort) == [("state", False)]
        await pilot.press(">", "shift+right")
        assert list(app.table.sort) == [("claimed", False)]
        await pilot.press("<", "shift+left", "<")
        assert list(app.table.sort) == []
        with pytest.raises(FilterError):
            app.table.set_sort([("colour", True)])


async def test_filters_and_faults_count_what_they_show() -> None:
    store = fleet_of(20)
    put(store, "a007", AgentState.DOWN)
    app = TableApp(store)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G")
        app.table.set_filter(parse_filter("a01", app.table.view))
        await pilot.pause()
        counted = app.last(Table.Counted)
        assert (counted.shown, counted.total, counted.marked) == (10, 20, 0)
        assert counted.control is app.table
        assert app.table.cursor_key == "a019"
        app.table.set_filter(None)
        app.table.faults_only = True
        await pilot.pause()
        assert (app.table.shown, app.table.cursor_key) == (1, "a007")
        put(store, "a008", AgentState.DEGRADED)
        app.table.flush()
        assert app.table.shown == 2
        put(store, "a007", AgentState.UP)
        put(store, "a008", AgentState.UP)
        app.table.flush()
        await pilot.pause()
        assert "nothing is wrong here: none of 20 is at fault" in " ".join(lines(app))
        app.table.set_filter(parse_filter("nobody", app.table.view))
        await pilot.pause()
        assert "none of 20 matches the filter and is at fault" in " ".join(lines(app))


async def test_an_empty_view_says_what_would_fill_it() -> None:
    app = TableApp(fleet_of(0))
    async with app.run_test(size=(60, 15)) as pilot:
        await pilot.pause()
        shown = " ".join(" ".join(lines(app)).split())
        assert "no agents found yet: discovery in the configuration says where to look" in shown
        assert app.last(Table.Counted).total == 0


async def test_marks_belong_to_agents() -> None:
    store = fleet_of(20)
    app = TableApp(store)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "space", "j", "j", "ctrl+@")
        assert list(app.table.marked) == ["a001", "a002", "a003"]
        assert app.last(Table.Counted).marked == 3
        put(store, "a019", AgentState.DOWN)
        store.status.drop("a002")
        app.table.flush()
        await pilot.pause()
        assert list(app.table.marked) == ["a001", "a003"]
        assert [text[0] for text in lines(app)[1:5]] == [" ", " ", "✓", "✓"]
        await pilot.press("space")
        assert list(app.table.marked) == ["a001"]
        app.table.set_filter(parse_filter("a01", app.table.view))
        assert list(app.table.marked) == ["a001"]
        await pilot.press("ctrl+backslash")
        assert list(app.table.marked) == []


async def test_enter_and_a_double_click_open_the_row() -> None:
    app = TableApp(fleet_of(20))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "enter")
        opened = app.last(Table.Opened)
        assert (opened.view.name, opened.key) == ("agents", "a001")
        await pilot.double_click(app.table, offset=(5, 4))
        assert app.last(Table.Opened).key == "a003"
        assert app.last(Table.Highlighted).key == "a003"
        await pilot.click(app.table, offset=(5, 23))
        assert app.table.cursor_key == "a003"


async def test_the_mouse_sorts_scrolls_and_drags() -> None:
    app = TableApp(fleet_of(200))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(app.table, offset=(15, 0))
        assert list(app.table.sort) == [("name", False)]
        await pilot.click(app.table, offset=(15, 0))
        assert list(app.table.sort) == [("name", True)]
        await pilot.press("O", "g")
        await pilot._post_mouse_events([_wheel_down()], app.table, offset=(5, 5))
        assert "a003" in lines(app)[1]
        assert app.table.cursor_key == "a003"
        await pilot.mouse_down(app.table, offset=(79, 23))
        await pilot.mouse_up(app.table, offset=(79, 23))
        assert "a199" in lines(app)[23]


def _wheel_down() -> type:
    from textual.events import MouseScrollDown

    return MouseScrollDown


async def test_ten_thousand_writes_are_one_flush() -> None:
    store = fleet_of(50)
    app = TableApp(store, pace_s=0.01)
    async with app.run_test(size=(80, 60)) as pilot:
        await pilot.pause()
        done, before = app.table.flushed, app.table.flushes
        for number in range(10_000):
            put(store, f"a{number % 50:03}", tasks_queued=number)
        with anyio.fail_after(30):
            await done.wait()
        await pilot.pause()
        assert app.table.flushes == before + 1
        assert "9999" in next(text for text in lines(app) if "a049" in text)


async def test_a_hidden_table_arms_nothing_and_catches_up_when_shown() -> None:
    store = fleet_of(5)

    class Two(TableApp):
        def compose(self):  # type: ignore[no-untyped-def]
            with ContentSwitcher(initial="other"):
                with Container(id="here"):
                    yield self.table
                yield Label("x", id="other")

    app = Two(store, pace_s=0.01, follow_time=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        put(store, "a003", AgentState.DOWN)
        await pilot.pause()
        assert not app.table._armed
        assert app.table._clockwork is None
        app.query_one(ContentSwitcher).current = "here"
        await pilot.pause()
        await pilot.pause()
        assert "a003" in lines(app)[1]
        app.query_one(ContentSwitcher).current = "other"
        await pilot.pause()
        put(store, "a004", AgentState.DOWN)
        assert not app.table._armed
        assert app.table._clockwork is None


async def test_a_modal_freezes_nothing_but_a_covering_screen_rests_the_table() -> None:
    store = fleet_of(5)
    app = TableApp(store, pace_s=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await app.push_screen(ModalScreen())
        await pilot.pause()
        done = app.table.flushed
        put(store, "a003", AgentState.DOWN)
        with anyio.fail_after(30):
            await done.wait()
        await app.pop_screen()
        await app.push_screen(Screen())
        await pilot.pause()
        put(store, "a004", AgentState.DOWN)
        assert not app.table._armed
        await app.pop_screen()
        app.table.refresh_rows()
        await pilot.pause()
        assert ["down" in text for text in lines(app)[1:4]] == [True, True, False]


async def test_paused_the_picture_stands_while_the_store_goes_on() -> None:
    store = fleet_of(50)
    app = TableApp(store, pace_s=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.table.paused = True
        before = lines(app)
        put(store, "a049", AgentState.DOWN)
        store.status.drop("a000")
        assert not app.table._armed
        app.table.refresh_rows()
        await pilot.pause()
        assert lines(app) == before
        await pilot.press("j")
        assert app.table.cursor_key == "a001"
        assert "a000" in lines(app)[1]
        await pilot.resize_terminal(100, 30)
        await pilot.press("g")
        assert app.table.total == 50
        app.table.paused = False
        await pilot.pause()
        assert "a049" in lines(app)[1]
        assert app.table.total == 49


async def test_going_to_a_key() -> None:
    app = TableApp(fleet_of(100))
    async with app.run_test(size=(80, 24)):
        assert app.table.go_to("a077")
        assert app.table.cursor_key == "a077"
        assert not app.table.go_to("nobody")
        assert app.table.cursor_key == "a077"


async def test_rows_that_go_between_drawing_and_resizing_are_no_harm() -> None:
    store = fleet_of(50)
    app = TableApp(store, pace_s=3600)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G")
        for number in range(10, 50):
            store.status.drop(f"a{number:03}")
        for size in ((200, 50), (1, 1), (60, 2), (20, 10), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert app.table.cursor_key == "a009"
        assert "▌" in lines(app)[10]


async def test_ages_are_looked_at_again_when_time_is_followed() -> None:
    store = fleet_of(3)
    app = TableApp(store, follow_time=0.01)
    async with app.run_test(size=(160, 24)) as pilot:
        assert store.now is not None
        for name in store.status:
            store.status.touch(name, store.now)
        app.table.refresh_rows()
        await pilot.pause()
        assert "fresh" in lines(app)[1]
        store.now = store.now.replace(hour=13)
        with anyio.fail_after(30):
            while "1h" not in lines(app)[1]:  # the clockwork has no event of its own
                await pilot.pause()


@pytest.mark.parametrize(("view", "row"), [(VIEW, "a001"), (ROLLBACKS, "gateway")], ids=["agents", "rollbacks"])
async def test_a_lock_is_drawn_on_a_row_that_nothing_else_happens_to(view: View[Any], row: str) -> None:
    store = fleet_of(100)
    store.rollbacks.put("gateway", RollbackRow(name="gateway", kind="demo", agents=("a001", "a099")))
    app = TableApp(store, view)

    async def said_after(locks: dict[str, Lock]) -> str:
        heard = app.table.flushed
        store.locks.replace(locks)
        with anyio.fail_after(30):
            await heard.wait()
        return next(text for text in lines(app) if row in text)

    async with app.run_test(size=(160, 24)):
        before = app.table.flushes
        assert "locked <1m by anna" in await said_after({"gateway": Lock(target="gateway", owner="anna", since=NOW)})
        assert "locked" not in await said_after({})
        assert app.table.flushes == before + 2


async def test_a_table_that_is_removed_hears_no_more() -> None:
    store = fleet_of(3)
    app = TableApp(store, pace_s=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await app.table.remove()
        put(store, "a000", AgentState.DOWN)
        await pilot.pause()
        assert isinstance(app.table, CountingTable)
        assert not store.status._subscriptions


async def test_rows_do_not_move_under_a_cursor_that_moves() -> None:
    store = fleet_of(40)
    app = TableApp(store, pace_s=0.01, hold_s=3600.0)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j")
        before = lines(app)[1:]
        done = app.table.flushed
        put(store, "a030", AgentState.DOWN)
        put(store, "a001", tasks_queued=7)
        store.status.drop("a002")
        with anyio.fail_after(30):
            await done.wait()
        await pilot.pause()
        after = lines(app)[1:]
        assert [text[2:30] for text in after] == [text[2:30] for text in before]
        assert "7" in after[1]
        assert after[2].startswith("×")
        assert app.last(Table.Steered).mode == "order held · 1 gone"
        await pilot.press("enter", "space")
        assert app.last(Table.Opened).key == "a002"
        assert app.table.marked == ()
        await pilot.press("g")
        assert "a030" in lines(app)[1]
        assert app.last(Table.Steered).mode == ""


async def test_the_order_goes_on_when_the_operator_has_been_still_for_a_while() -> None:
    store = fleet_of(40)
    app = TableApp(store, pace_s=0.01, hold_s=0.05)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "k", "j")
        put(store, "a030", AgentState.DOWN)
        with anyio.fail_after(30):
            while app.table.window.cursor != 2:  # a timer has no event of its own
                await pilot.pause(0.01)
        assert app.table.cursor_key == "a001"
        assert app.table._calm is None


async def test_an_order_that_is_held_by_a_key_stays_until_that_key() -> None:
    store = fleet_of(5)
    app = TableApp(store, pace_s=0.01, hold_s=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("F")
        put(store, "new", AgentState.DOWN)
        app.table.flush()
        await pilot.press("j", "g")
        await pilot.pause(0.1)
        assert app.table.mode == "order held · 1 new"
        await pilot.press("F")
        assert app.table.mode == ""
        assert "new" in lines(app)[1]


async def test_all_shown_others_and_from_mark_to_mark() -> None:
    app = TableApp(fleet_of(30))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("asterisk")
        assert len(app.table.marked) == 30
        await pilot.press("asterisk", "space", "j", "j", "space", "apostrophe")
        assert app.table.cursor_key == "a000"
        await pilot.press("quotation_mark")
        assert app.table.cursor_key == "a002"
        await pilot.press("tilde")
        assert len(app.table.marked) == 28
        assert "a000" not in app.table.marked


async def test_a_click_with_a_key_sorts_by_one_more_column() -> None:
    app = TableApp(fleet_of(5))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(app.table, offset=(3, 0))
        await pilot.click(app.table, offset=(15, 0), control=True)
        assert app.table.sort == (("state", False), ("name", False))
        await pilot.click(app.table, offset=(3, 0))
        assert app.table.sort == (("state", True), ("name", False))
