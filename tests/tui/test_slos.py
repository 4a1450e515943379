"""The objectives as an on-call engineer reads them: the table, the page of one, the formula, and the counts that are in
every view."""

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from fleet.slo.model import SloState
from tests.tui.factories import deck, empty_store
from tests.tui.slo_stores import (
    burning_slo,
    burning_slo_store,
    kept_store,
    put_slos,
    slo,
    spent_store,
    unknown_store,
)
from tests.tui.test_app import table_of, text_of, until
from tui.screens.table import TableScreen
from tui.slos.page import SloPage, budget_plot

pytestmark = pytest.mark.anyio

SIZE = (120, 40)
SMALL = (80, 24)


def line_of(pilot: Pilot[None], words: str) -> str:
    return next(line for line in text_of(pilot).splitlines() if words in line)


async def test_worst_budget_first_and_what_is_not_known_before_what_is_well() -> None:
    async with deck(spent_store(), "slos").run_test(size=SMALL) as pilot:
        text = text_of(pilot)
        found = [text.index(name) for name in ("latency", "tools/search", "▲ burning", "nightly", "freshness")]
        assert found == sorted(found)
        assert "-234%" in line_of(pilot, "latency")
        assert "18h 40m" in line_of(pilot, "▲ burning")


async def test_a_narrow_terminal_has_budget_burn_time_left_and_coverage() -> None:
    async with deck(burning_slo_store(), "slos").run_test(size=SMALL) as pilot:
        titles = line_of(pilot, "STATE")
        for title in ("SLO", "OBJ", "SLI", "BUDGET", "LEFT", "BURN", "LASTS", "COVER"):
            assert title in titles, title
        row = line_of(pilot, "▲ burning")
        for part in ("▲ burning", "99.9%", "99.94%", "42%", "21", "18h 40m", "100%"):
            assert part in row, part
    async with deck(burning_slo_store(), "slos").run_test(size=(200, 50)) as pilot:
        assert "16.2/21!" in line_of(pilot, "▲ burning")
        assert "TICK SLOW" in line_of(pilot, "STATE")


async def test_what_is_not_known_is_never_green_and_a_low_coverage_is_marked() -> None:
    async with deck(unknown_store(), "slos").run_test(size=SMALL) as pilot:
        text = text_of(pilot)
        assert text.count("? no data") == 3
        assert "● ok" not in text
        assert "◌ 31%" in line_of(pilot, "freshness")
    store = put_slos(empty_store(), (slo("availability", float("nan"), state=SloState.NO_DATA),))
    async with deck(store, "slos").run_test(size=SMALL) as pilot:
        assert "? no data" in line_of(pilot, "availability")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, SloPage)


async def test_every_view_says_how_many_budgets_are_in_trouble() -> None:
    store = spent_store()
    async with deck(store, "agents").run_test(size=SIZE) as pilot:
        assert "SLO ✖ 2 ▲ 1" in text_of(pilot).splitlines()[1]
        await pilot.press("1")
        assert "✖ 2 exhausted" in text_of(pilot)
        for name in list(store.slos):
            store.slos.put(name, replace(store.slos[name], state=SloState.OK))
        await until(pilot, lambda: "SLO ✖" not in text_of(pilot).splitlines()[1])
        await until(pilot, lambda: "● 6 ok" in text_of(pilot))
        store.slos.replace({})
        await until(pilot, lambda: "SLOs" not in text_of(pilot))


async def test_the_page_has_the_numbers_the_windows_and_the_formula() -> None:
    async with deck(burning_slo_store(), "slos").run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, SloPage)
        text = " ".join(text_of(pilot).split())
        for words in (
            "OBJECTIVE",
            "99.9%",
            "99.94%",
            "spent in 18h 40m at this rate",
            "99.9% of all events",
            "16.2! in 1h",
            "12.1! in 30m",
            "✖ fires",
            "● quiet",
            "budget left over 30d",
            "SLI = good / total events",
            "43,180 samples",
            "kind coder",
        ):
            assert words in text, words


async def test_the_formula_is_one_key_away_and_the_way_back_is_kept() -> None:
    async with deck(burning_slo_store(), "slos").run_test(size=SMALL) as pilot:
        await pilot.press("i")
        assert "BUDGET LEFT" not in text_of(pilot)
        assert 'result="ok"} 43,180 samples' in " ".join(text_of(pilot).split())
        await pilot.press("i")
        assert "BUDGET LEFT" in text_of(pilot)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, TableScreen)
        await pilot.press("left_square_bracket")
        assert isinstance(pilot.app.screen, SloPage)
        await pilot.press("right_square_bracket")
        assert table_of(pilot).cursor_key == "availability/coder"


async def test_the_page_follows_its_objective_and_stays_when_it_goes() -> None:
    store = burning_slo_store()
    async with deck(store, "slos").run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        store.slos.put("availability/coder", replace(burning_slo(), budget_remaining_ratio=-0.5, exhaustion_s=0.0))
        await until(pilot, lambda: "-50%" in text_of(pilot))
        store.slos.drop("availability/coder")
        await until(pilot, lambda: "gone" in text_of(pilot).splitlines()[1])
        assert "-50%" in text_of(pilot)


async def test_hostile_words_of_an_objective_are_only_words() -> None:
    bad = "[/red]\x1b]52;c;eA==\x07 [@click=app.quit]x[/]"
    row = slo("[/bold]\x1b[2J", 0.5, labels={bad: bad}, description=bad, error=bad, formula=bad, inputs=((bad, 1),))
    async with deck(put_slos(empty_store(), (row,)), "slos").run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        text = text_of(pilot)
        assert "[/red]" in text
        assert "\x1b" not in text


async def test_a_line_opens_the_burning_ones_only() -> None:
    async with deck(spent_store(), "slos state:burning").run_test(size=SIZE) as pilot:
        assert table_of(pilot).shown == 1
    async with deck(kept_store(), "slos faults").run_test(size=SIZE) as pilot:
        assert table_of(pilot).shown == 0


def test_a_budget_is_drawn_from_whole_to_what_is_left() -> None:
    plot = budget_plot(burning_slo())
    assert (plot.values[0], plot.values[-1]) == (1.0, 0.42)
    assert plot.times[-1] == plot.end_s
    assert budget_plot(slo("x", None)).note
