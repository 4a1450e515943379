"""The answers that the real systems gave, where their captures are on this machine."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fleet.errors import Fault, OutsideError
from fleet.exposition.page import parse_page
from fleet.health.body import read_health
from fleet.vocabulary import AgentState


def captured(shared: Path, name: str) -> tuple[int, str, bytes]:
    """Status, content type and body of a capture: a remark or two, the header, a blank line, the body."""
    text = (shared / "fixtures" / "tools-automation" / name).read_bytes()
    head, _, body = text[text.index(b"HTTP/1.") :].replace(b"\r\n", b"\n").partition(b"\n\n")
    status, *lines = head.decode().split("\n")
    kinds = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("content-type:")]
    return int(status.split()[1]), kinds[0] if kinds else "", body.partition(b"### curl exit")[0]


@pytest.mark.parametrize(
    ("name", "claimed", "observed"),
    [
        ("mcp_03_health_cold.http", "healthy", AgentState.UP),
        ("mcp_05_v1health.http", "healthy", AgentState.UP),
        ("mcp_90_health_503.http", "degraded", AgentState.DEGRADED),
        ("exp_2_health.http", "healthy", AgentState.UP),
    ],
)
def test_health_answers(shared: Path, name: str, claimed: str, observed: AgentState) -> None:
    reading = read_health(*captured(shared, name))
    assert (reading.claimed, reading.observed) == (claimed, observed)
    assert reading.reported_at is not None


@pytest.mark.parametrize("name", ["exp_1_metrics_asis.http", "mcp_17_404.http", "mcp_19_head.http"])
def test_answers_that_are_none_about_health(shared: Path, name: str) -> None:
    with pytest.raises(OutsideError) as caught:
        read_health(*captured(shared, name))
    assert caught.value.fault is Fault.STATUS


@pytest.mark.parametrize("name", ["mcp_08_metrics.http", "exp_7_metrics_clean232.http"])
def test_metrics_pages_read_as_the_library_reads_them(shared: Path, name: str) -> None:
    _, content_type, body = captured(shared, name)
    page = parse_page(body, content_type)
    theirs = [sample.value for family in text_string_to_metric_families(body.decode()) for sample in family.samples]
    assert sorted(page.values) == sorted(theirs)
    assert (page.cut, page.duplicates) == (0, 0)
    agents = {dict(series.labels).get("agent_name") for series in page.series if series.name == "agent_status"}
    assert len(agents) == (233 if name.startswith("exp") else 0)
