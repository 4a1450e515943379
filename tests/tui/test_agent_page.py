"""The page of one agent: what is observed beside what is claimed, its metrics, its work, its past."""

import pytest

from fleet.model import Agent, AgentStatus, Page, Scrape, SeriesId
from fleet.store import Store
from tests.tui.factories import NOW, agent_store, deck
from tui.agent_metrics import metric_rows, metric_text
from tui.agent_rows import claim_rows
from tui.snapshot import render, screen_text

pytestmark = pytest.mark.anyio

AGENT = "agent coder-1"


@pytest.mark.parametrize("size", [(120, 40), (200, 50)])
async def test_a_page_shows_all_that_is_known(size: tuple[int, int]) -> None:
    frame = (await render(deck(agent_store(), AGENT), size)).text()
    for words in (
        "◐ degraded  since 09:22:51Z",
        "dependencies.ollama is not",
        "≠ active",
        "✖ 09:19:26",
        "52ms  ▂▇",
        "env=staging  team=core",
        "coordinator:5005",
        "its health page",
        "agent_requests_total",
        "review change 4102",
        "dependencies.ollama.available",
        "▼ up → down",
    ):
        assert words in frame, words


async def test_a_narrow_page_scrolls_to_all_of_it() -> None:
    app = deck(agent_store(), AGENT)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "observed" in screen_text(app)
        seen = ""
        for _ in range(6):
            seen += screen_text(app)
            await pilot.press("pagedown")
            await pilot.pause()
        assert all(words in seen for words in ("WHO SAYS", "METRIC", "TASK", "FIELD", "CHANGE"))


async def test_the_metrics_are_searched_from_anywhere_on_the_page() -> None:
    app = deck(agent_store(), AGENT)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"-l", "space", *"status=500", "enter")
        frame = screen_text(app)
        assert "1/6  /-l status=500" in frame
        assert "llm_tokens_total" not in frame


async def test_a_new_page_of_metrics_is_shown() -> None:
    store = agent_store()
    app = deck(store, AGENT)
    async with app.run_test(size=(120, 40)) as pilot:
        page = Page(series=(SeriesId("queue_depth", ()),), values=(41.0,))
        store.scrapes.put("coder-1", Scrape(page=page))
        for _ in range(400):
            await pilot.pause(0.05)
            if "queue_depth" in screen_text(app):
                break
        assert "agent_requests_total" not in screen_text(app)


def test_series_of_a_shared_page_are_those_that_name_the_agent() -> None:
    store = Store()
    series = (
        SeriesId("agent_up", (("agent_name", "alpha"),)),
        SeriesId("agent_up", (("agent_name", "beta"),)),
        SeriesId("exporter_up", ()),
    )
    store.scrapes.put("metrics_page:8080", Scrape(page=Page(series=series, values=(1.0, 0.0, 1.0))))
    rows = metric_rows(store, "alpha", ("metrics_page:8080", "static"))
    assert [(row.series, row.target) for row in rows.values()] == [(series[0], "metrics_page:8080")]


def test_what_is_observed_stands_before_what_is_claimed() -> None:
    rows = list(claim_rows(agent_store(), "coder-1").values())
    assert rows[0].observed
    assert {row.says for row in rows[1:]} == {"ok", "active", "idle"}


def test_an_agent_without_anything_has_an_empty_page() -> None:
    store = Store()
    store.now = NOW
    store.agents.put("bare", Agent(name="bare"))
    store.status.put("bare", AgentStatus(name="bare"))
    assert list(claim_rows(store, "bare")) == ["observed"]
    assert metric_rows(store, "bare", ()) == {}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("process_resident_memory_bytes", 89_128_960.0, "85M"),
        ("request_seconds", 0.25, "250ms"),
        ("process_start_time_seconds", 1_773_500_000.0, "03-14 14:53"),
        ("hit_ratio", 0.4567, "45.7%"),
        ("requests_total", 12_345.0, "12.3k"),
        ("tiny", 0.00012, "0.00012"),
        ("odd", float("nan"), "NaN"),
        ("odd", float("-inf"), "-Inf"),
        ("clock_seconds", 1e300, "1e+300"),
    ],
)
def test_a_sample_reads_by_the_unit_of_its_name(name: str, value: float, text: str) -> None:
    assert metric_text(name, value) == text
