"""Agents from an exporter's page."""

from pathlib import Path

import pytest

from agents_registry.sources.metrics_page import MetricsPage, MetricsPageOptions
from config.values import HttpUrl
from fleet.errors import Fault, OutsideError
from fleet.model import Discovery
from fleet.ports import Limits
from tests.agents_registry.web import captured, reach, reply, serving

pytestmark = pytest.mark.anyio

TEXT = "text/plain; version=0.0.4"
PAGE = """\
# TYPE agent_status gauge
agent_status{agent_name="planner",agent_type="testing",env="prod"} 1
agent_status{agent_name="coder",agent_type="web"} 0
# TYPE agent_tasks_completed_total counter
agent_tasks_completed_total{agent_name="planner",task_type="all"} 42
agent_tasks_completed_total{agent_name="planner",task_type="fix"} 40
agent_tasks_failed_total{agent_name="planner",task_type="fix"} 1
agent_tasks_failed_total{agent_name="planner",task_type="review"} 2
agent_cpu_usage_percent{agent_name="planner"} 12.5
agent_memory_usage_bytes{agent_name="planner"} 1e6
agent_tasks_queued{agent_name="coder"} NaN
agent_slo_latency_ms{agent_name="quiet"} 1000
agent_status{agent_name=""} 1
up 1
"""


async def discovered(answer: bytes, tmp_path: Path, *, limits: Limits | None = None) -> Discovery:
    async with serving() as server:
        server.answer = answer
        options = MetricsPageOptions(url=HttpUrl(server.url + "/metrics"), label="agent_name")
        return await MetricsPage(options, reach(tmp_path, limits=limits)).discover()


async def test_each_value_of_the_label_is_an_agent_with_its_claims(tmp_path: Path) -> None:
    found = await discovered(reply(PAGE, content_type=TEXT), tmp_path)
    planner, coder, quiet = found.sightings
    assert (planner.name, planner.kind, planner.labels) == ("planner", "testing", {"env": "prod"})
    claim = planner.claim
    assert claim and claim.status == "running"
    assert (claim.tasks_completed, claim.tasks_failed, claim.cpu_percent, claim.memory_bytes) == (42, 3, 12.5, 1e6)
    assert coder.claim and coder.claim.status == "not running" and coder.claim.tasks_queued is None
    assert (quiet.name, quiet.claim) == ("quiet", None)
    assert found.complete
    assert found.page and len(found.page.series) == 12


async def test_the_real_page_has_232_agents(shared: Path, tmp_path: Path) -> None:
    answer = captured(shared / "fixtures/tools-automation/exp_7_metrics_clean232.http")
    found = await discovered(answer, tmp_path)
    assert len(found.sightings) == 232
    assert found.complete
    # It has a 233rd, as the exporter was once given a file with the key "agents", and forgets nothing.
    assert found.problems == ("agents of unknown type is a key of the status file, no agent; it was left out",)
    running = [one.name for one in found.sightings if one.claim and one.claim.status == "running"]
    assert running == ["agent_dashboard", "agent_code_review", "agent_automation"]
    assert found.sightings[0].claim and found.sightings[0].claim.tasks_completed == 42


async def test_the_exporter_that_answers_500_is_a_failure(shared: Path, tmp_path: Path) -> None:
    answer = captured(shared / "fixtures/tools-automation/exp_1_metrics_asis.http")
    with pytest.raises(OutsideError) as caught:
        await discovered(answer, tmp_path)
    assert caught.value.fault is Fault.STATUS
    assert "500" in caught.value.detail


async def test_a_page_that_is_none_says_where(tmp_path: Path) -> None:
    with pytest.raises(OutsideError) as caught:
        await discovered(reply("<html>no page</html>\n", content_type=TEXT), tmp_path)
    assert caught.value.fault is Fault.PAYLOAD


async def test_new_numbers_on_the_same_page_are_new_claims(tmp_path: Path) -> None:
    async with serving() as server:
        source = MetricsPage(MetricsPageOptions(url=HttpUrl(server.url), label="agent_name"), reach(tmp_path))
        statuses = []
        for number in (1, 0, 1):
            server.answer = reply(f'agent_status{{agent_name="x"}} {number}\n', content_type=TEXT)
            claim = (await source.discover()).sightings[0].claim
            statuses.append(claim.status if claim else None)
    assert statuses == ["running", "not running", "running"]


async def test_what_limits_cut_makes_the_answer_incomplete(tmp_path: Path) -> None:
    found = await discovered(reply(PAGE, content_type=TEXT), tmp_path, limits=Limits(samples=2))
    assert not found.complete
    assert "cut" in found.problems[0]
    found = await discovered(reply(PAGE, content_type=TEXT), tmp_path, limits=Limits(agents=1))
    assert [one.name for one in found.sightings] == ["planner"]
    assert not found.complete


async def test_an_exporter_that_shows_more_than_it_counts_is_told_of(tmp_path: Path) -> None:
    found = await discovered(reply(PAGE + "system_agents_total 2\n", content_type=TEXT), tmp_path)
    assert found.problems == ("it counts 2 agents and shows 3, some of them gone",)


async def test_a_page_without_the_label_says_so(tmp_path: Path) -> None:
    found = await discovered(reply("up 1\n", content_type=TEXT), tmp_path)
    assert found.sightings == ()
    assert "agent_name" in found.problems[0]
