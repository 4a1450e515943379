"""Filters and view lines: what matches, and what is refused with a reason."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import FilterError
from fleet.filter import parse_filter
from fleet.model import AgentStatus
from fleet.store import Store
from fleet.view_line import VIEWS, ViewLine, parse_view_line
from fleet.views.agents import VIEW
from fleet.views.view import look
from fleet.vocabulary import AgentState

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def matches(text: str) -> bool:
    store = Store()
    store.now = NOW
    store.status.put(
        "planner-1",
        AgentStatus(
            name="planner-1",
            kind="planner",
            state=AgentState.DOWN,
            detail="refused: 127.0.0.1:9",
            labels={"env": "prod"},
            sources=("static", "agent_status"),
            tasks_queued=7,
        ),
    )
    store.status.touch("planner-1", NOW - timedelta(minutes=10))
    at = look(store, store.status, "planner-1")
    return parse_filter(text, VIEW).matches(VIEW, store.status["planner-1"], at)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PLAN",
        "^planner-\\d",
        "!coder",
        "state:down",
        "state=down",
        "!state:up",
        "tasks_queued>5 tasks_queued<=7",
        "queued=7",
        "age_s>5m",
        "age>=600",
        "sources:status",
        "sources=static",
        "latency_s=null",
        "-l env=prod",
        "-l env",
        "-l team!=core",
        "plan -l env=prod state:down",
        "'refused: 127'",
    ],
)
def test_it_matches(text: str) -> None:
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "coder",
        "!plan",
        "state:up",
        "state=dow",
        "state!=down",
        "tasks_queued>7",
        "tasks_failed>0",
        "tasks_failed<1",
        "age_s<5m",
        "sources=agent",
        "-l env=staging",
        "-l team",
        "plan coder",
    ],
)
def test_it_does_not_match(text: str) -> None:
    assert not matches(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [("(", "'('"), ("bogus=3", "bogus"), ("-l", "-l"), ("'open", "open"), ("a" * 300, "256"), ("!*", "'*'")],
)
def test_a_bad_filter_says_what_is_wrong(text: str, named: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text, VIEW)
    assert named in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    with contextlib.suppress(FilterError):
        matches(text)


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_opens_by_its_name(name: str) -> None:
    assert parse_view_line(name) == ViewLine(view=name)
    assert parse_view_line(f":{name[:2]}").view == name


def test_a_line_carries_filter_order_and_faults() -> None:
    line = parse_view_line("agents /state:down -l env=prod sort=-age,name faults")
    assert line == ViewLine(
        view="agents", filter="state:down -l env=prod", sort=(("age", True), ("name", False)), faults=True
    )
    assert parse_view_line(str(line)) == line
    assert parse_view_line("agents state:down").filter == "state:down"
    assert parse_view_line("agent planner-1").subject == "planner-1"


def test_an_unknown_view_is_named_with_those_there_are() -> None:
    with pytest.raises(FilterError, match=r"'agnets'.*overview, agents"):
        parse_view_line("agnets")
