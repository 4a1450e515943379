"""The gates: claimed beside observed, the target, and how each value went."""

import pytest
from msgspec.structs import replace

from fleet.gates.model import GateState
from tests.tui.asked import Asked, series, waves
from tests.tui.factories import deck, empty_store
from tests.tui.slo_stores import gate, gate_store
from tests.tui.test_app import table_of, text_of, typed, until
from tui.gates.page import GatePage

pytestmark = pytest.mark.anyio

SIZE = (120, 40)


async def test_the_view_is_opened_by_its_name_and_shows_both() -> None:
    async with deck(gate_store()).run_test(size=SIZE) as pilot:
        await typed(pilot, ":gates")
        await pilot.press("enter")
        text = text_of(pilot)
        assert "203/203 passing" in text
        assert "198/203" in text
        assert text.index("agent_health_checks") < text.index("rollout_errors") < text.index("response_time_p95")
        assert table_of(pilot).total == 4


async def test_the_page_has_each_value_with_its_verdict_worst_first() -> None:
    asked = Asked(waves(3))
    async with deck(gate_store(), "gates name:mcp_server_uptime", querying=asked).run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: "Observed  3" in text_of(pilot))
        text = text_of(pilot)
        for words in ("✖ fail", ">99.9%", "99.99%", '97.41% {agent="mcp-4"}', "target >99.9%", "since 09:14:53"):
            assert words in text, words
        rows = [line for line in text.splitlines() if "✖ fail" in line and "coder-" in line]
        values = [float(line.split("✖ fail")[1].split("%")[0]) for line in rows]
        assert values == sorted(values)


async def test_values_are_compared_in_the_unit_that_the_expression_counts_in() -> None:
    store = empty_store()
    row = gate("latency", GateState.PASS, "<500ms", expr="p95_ms", unit="milliseconds", observed=0.25)
    store.gates.put("latency", row)
    asked = Asked([series("p95_ms", [250.0] * 60, agent="a"), series("p95_ms", [700.0] * 60, agent="b")])
    async with deck(store, "gates", querying=asked).run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: "Observed  2" in text_of(pilot))
        lines = text_of(pilot).splitlines()
        assert any("✖ fail" in line and "700ms" in line for line in lines)
        assert any("● pass" in line and "250ms" in line for line in lines)


async def test_without_samples_it_says_so_and_nothing_passes() -> None:
    async with deck(gate_store(), "gates name:rollout_errors", querying=Asked()).run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: "there are no samples" in text_of(pilot))
        assert "● pass" not in text_of(pilot)
    async with deck(gate_store(), "gates").run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        assert "no series is kept here" in text_of(pilot)


async def test_the_page_stays_when_the_gate_goes_and_is_found_again() -> None:
    store = gate_store()
    async with deck(store, "gates", querying=Asked(waves(2))).run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, GatePage)
        store.gates.put("agent_health_checks", replace(store.gates["agent_health_checks"], observed_text="201/203"))
        await until(pilot, lambda: "201/203" in text_of(pilot))
        store.gates.drop("agent_health_checks")
        await until(pilot, lambda: "gone" in text_of(pilot).splitlines()[1])
        await pilot.press("escape", "left_square_bracket")
        assert isinstance(pilot.app.screen, GatePage)


async def test_hostile_words_of_a_gate_are_only_words() -> None:
    bad = "[/red]\x1b]0;x\x07"
    store = empty_store()
    store.gates.put("x", gate("x", GateState.FAIL, "nonsense " + bad, error=bad, expr=bad, claimed=bad))
    asked = Asked([series("up", [1.0], agent=bad)])
    async with deck(store, "gates", querying=asked).run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        assert "[/red]" in text_of(pilot)
        assert "\x1b" not in text_of(pilot)
