"""The sheet on which columns are chosen, with the table that follows behind it."""

import pytest
from textual.pilot import Pilot

from tests.tui.factories import deck, firing_store
from tui.app import FleetdeckApp
from tui.screens.columns import ColumnList, ColumnSheet
from tui.screens.table import TableScreen
from tui.table.table import Table

pytestmark = pytest.mark.anyio

SIZE = (120, 40)


def behind(pilot: Pilot[None]) -> Table:
    """The table of the view, whatever stands on top of it."""
    screen = next(screen for screen in pilot.app.screen_stack if isinstance(screen, TableScreen))
    return screen.table()


def titles(pilot: Pilot[None]) -> str:
    return behind(pilot).render_line(0).text


async def test_columns_are_chosen_while_the_table_follows() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await pilot.press("C")
        sheet = pilot.app.screen
        assert isinstance(sheet, ColumnSheet)
        assert "CLAIMS" in titles(pilot)
        await pilot.press("j", "j", "space")
        assert "CLAIMS" not in titles(pilot)
        await pilot.press("K", "K", "space")
        assert titles(pilot).split()[0] == "CLAIMS"
        await pilot.press("plus", "plus", "minus")
        assert behind(pilot).drawn_width("claimed") == 13
        await pilot.press("s")
        assert "CLAIMS▲" in titles(pilot)
        await pilot.press("enter")
        assert pilot.app.screen is not sheet
        assert behind(pilot).chosen[:3] == (("claimed", 13), ("state", None), ("name", None))
        assert behind(pilot).sort == (("claimed", False),)


async def test_escape_brings_back_what_was_there() -> None:
    async with deck(firing_store(), "agents sort=-queued columns=name,state").run_test(size=SIZE) as pilot:
        await pilot.press("C", "j", "space", "J", "s", "r", "escape")
        assert behind(pilot).chosen == (("name", None), ("state", None))
        assert behind(pilot).sort == (("queued", True),)


async def test_several_columns_are_sorted_by_in_the_order_of_choosing() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await pilot.press("S", "j", "j", "j", "s", "G", "s", "enter")
        last = behind(pilot).sort[1]
        assert behind(pilot).sort[0] == ("kind", False)
        assert last[0] not in dict.fromkeys(column.id for column in behind(pilot).view.columns)
        await pilot.press("O", "greater_than_sign", "plus", "greater_than_sign", "o")
        assert behind(pilot).sort == (("state", False), ("claimed", True))
        assert "STATE▲1" in titles(pilot)
        assert "CLAIMS▼2" in titles(pilot)


async def test_a_label_is_found_and_shown_as_a_column() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await pilot.press("C")
        listed = pilot.app.screen.query_one(ColumnList)
        assert listed.go_to("label:team")
        await pilot.press("space", "enter")
        assert "TEAM" in titles(pilot)


async def test_the_name_of_a_row_stays() -> None:
    async with deck(firing_store(), "agents").run_test(size=(60, 20)) as pilot:
        await pilot.press("C", "j", "space", "j", "space", "enter")
        assert "AGENT" in titles(pilot)


async def test_a_double_click_shows_or_hides() -> None:
    async with deck(firing_store(), "agents").run_test(size=SIZE) as pilot:
        await pilot.press("C")
        await pilot.double_click(ColumnList, offset=(12, 3))
        assert isinstance(pilot.app.screen, ColumnSheet)
        assert "CLAIMS" not in titles(pilot)


async def test_panes_of_the_overview_have_no_columns_to_choose() -> None:
    async with deck(firing_store()).run_test(size=SIZE) as pilot:
        await pilot.press("C")
        assert not isinstance(pilot.app.screen, ColumnSheet)
        ids = {active.binding.id for active in pilot.app.screen.active_bindings.values() if active.enabled}
        assert "table.columns" not in ids


async def test_columns_stand_in_a_view_line() -> None:
    app = deck(firing_store(), "agents columns=name,label:env,age:9 sort=-label:env")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert titles(pilot).split() == ["AGENT", "ENV▼", "SEEN"]
        assert isinstance(app, FleetdeckApp)
        assert behind(pilot).drawn_width("age") == 9
