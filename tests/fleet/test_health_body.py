"""Health answers of every shape that the fleets send: what they claim, and what the answer itself shows."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.errors import Fault, OutsideError
from fleet.health.body import read_health
from fleet.model import HealthReading
from fleet.text import scrub
from fleet.vocabulary import AgentState

UP, DEGRADED, DOWN, UNKNOWN, WAITING = (
    AgentState.UP,
    AgentState.DEGRADED,
    AgentState.DOWN,
    AgentState.UNKNOWN,
    AgentState.WAITING,
)


def read(body: object, status: int = 200, content_type: str = "application/json") -> HealthReading:
    return read_health(status, content_type, json.dumps(body).encode())


COORDINATOR = {
    "ok": True,
    "status": "healthy",
    "timestamp": 1795265411.9,
    "uptime": True,
    "agents": {"registered": 2, "controllers": 1},
    "tasks": {"total": 3, "queued": 1, "running": 0},
    "dependencies": {"ollama": {"available": False, "endpoint": "http://localhost:11434"}},
    "system": {"disk_free_gb": 76.79, "cpu_percent": 4.8},
}


@pytest.mark.parametrize(
    ("body", "claimed", "state", "observed"),
    [
        ({"status": "healthy", "timestamp": 1795265411.9, "version": "1.0.0"}, "healthy", UP, UP),
        ({"status": "UP", "components": {"db": {"status": "UP"}}}, "UP", UP, UP),
        ({"status": "UNKNOWN"}, "UNKNOWN", UNKNOWN, UP),
        ({"status": "pass"}, "pass", UP, UP),
        ({"status": "warn"}, "warn", DEGRADED, DEGRADED),
        ({"status": "fail"}, "fail", DOWN, DEGRADED),
        ({"status": "SERVING"}, "SERVING", UP, UP),
        ({"status": "NOT_SERVING"}, "NOT_SERVING", DOWN, DEGRADED),
        ({"ready": True, "timestamp": "2025-10-11T10:00:00"}, "ready=true", UP, UP),
        ({"ready": False}, "ready=false", DEGRADED, DEGRADED),
        ({"alive": True, "pid": 7}, "alive=true", UP, UP),
        ({"alive": False}, "alive=false", DOWN, DEGRADED),
        ({"ok": True}, "ok=true", UP, UP),
        ({"ok": False, "issues": ["disk full temp missing"]}, "ok=false", DOWN, DEGRADED),
        ({"ok": False, "status": "healthy"}, "healthy", DEGRADED, DEGRADED),
        ({"ok": False, "status": "degraded"}, "degraded", DEGRADED, DEGRADED),
        ({"status": "healthy", "overall_status": "unhealthy"}, "unhealthy", DOWN, DEGRADED),
        (
            {"server": {"status": "healthy", "port": 8081}, "overall_status": "healthy_partial"},
            "healthy_partial",
            UP,
            UP,
        ),
        ({"server": {"status": "healthy"}}, "healthy", UP, UP),
        ({"status": "input_required"}, "input_required", WAITING, WAITING),
        ({"status": "TASK_IS_PLAID"}, "TASK_IS_PLAID", UNKNOWN, UP),
        ({"status": "starting"}, "starting", DEGRADED, DEGRADED),
        ({"status": True}, "true", UP, UP),
        ({"status": 200}, None, None, UP),
        ({"version": "1"}, None, None, UP),
        ({"error": "boom"}, None, None, DEGRADED),
        ({"status": "healthy", "components": {"application": {"status": "down"}}}, "healthy", UP, DEGRADED),
        ([], None, None, UP),
        ("ok", "ok", UP, UP),
        (True, "true", UP, UP),
        (None, None, None, UP),
    ],
)
def test_json_answers(body: object, claimed: str | None, state: AgentState | None, observed: AgentState) -> None:
    reading = read(body)
    assert (reading.claimed, reading.claimed_state, reading.observed) == (claimed, state, observed)


def test_the_coordinator_is_up_though_a_dependency_is_missing_which_is_told() -> None:
    reading = read(COORDINATOR)
    assert (reading.claimed, reading.claimed_state, reading.observed) == ("healthy", UP, UP)
    assert reading.detail == "ollama: not available"
    assert reading.reported_at == datetime.fromtimestamp(1795265411.9, UTC)
    facts = {fact.key: fact.value for fact in reading.facts}
    assert facts["dependencies.ollama.available"] == "false"
    assert facts["tasks.queued"] == "1"
    assert facts["timestamp"] == "1.79527e+09"
    assert facts["uptime"] == "true"


def test_issues_beside_a_good_word_are_believed() -> None:
    reading = read(COORDINATOR | {"issues": ["High CPU usage: 97.0%"]})
    assert (reading.claimed_state, reading.observed) == (UP, DEGRADED)
    assert reading.detail.startswith("High CPU usage: 97.0%")


@pytest.mark.parametrize(
    ("body", "observed"),
    [
        ({"ok": False, "status": "degraded", "issues": ["Low disk space: 95.0% used"]}, DEGRADED),
        ({"ok": False, "status": "error", "error": "no cpu_percent"}, DOWN),
        ({"status": "DOWN", "components": {"db": {"status": "DOWN", "details": {}}}}, DOWN),
        ({"status": "OUT_OF_SERVICE"}, DOWN),
        ({"status": "healthy"}, DEGRADED),
        ({"ready": False}, DEGRADED),
        ({"detail": {"status": "unhealthy"}}, DOWN),
    ],
)
def test_the_body_of_a_503_is_read_and_never_makes_it_better_than_degraded(
    body: dict[str, object], observed: AgentState
) -> None:
    reading = read(body, 503)
    assert reading.observed is observed
    assert reading.detail.startswith("503 Service Unavailable")


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (500, "text/html", b"<!doctype html><h1>Internal Server Error</h1>"),
        (500, "text/plain", b"Internal Server Error"),
        (500, "application/json", b"{\"error\": \"internal_server_error: 'list' object has no attribute 'get'\"}"),
        (500, "application/json", b'{"status": 500, "error": "Internal Server Error", "path": "/health"}'),
        (500, "application/json", b'{"status": '),
        (500, "", b""),
        (503, "text/plain", b"upstream connect error or disconnect/reset before headers"),
        (501, "text/html;charset=utf-8", b"<!DOCTYPE HTML>"),
        (404, "application/json", b'{"error": "not_found"}'),
        (401, "application/json", b'{"status": "ok"}'),
        (302, "text/plain", b"ok"),
        (999, "text/plain", b""),
    ],
)
def test_an_answer_without_a_health_body_is_a_status_fault(status: int, content_type: str, body: bytes) -> None:
    with pytest.raises(OutsideError) as caught:
        read_health(status, content_type, body)
    assert caught.value.fault is Fault.STATUS
    assert caught.value.detail.startswith(str(status))


def test_a_status_fault_names_the_status() -> None:
    with pytest.raises(OutsideError, match="status 500 Internal Server Error"):
        read_health(500, "text/html", b"<html>")


@pytest.mark.parametrize(
    ("content_type", "body", "detail"),
    [
        ("text/html; charset=utf-8", b"<title>Login</title>", "HTML, no health answer"),
        ("", b"\n<!DOCTYPE html>", "HTML, no health answer"),
        ("application/json", b'{"status": "ok",}', "malformed JSON at byte 16"),
        ("application/json", '{"é": "ok",}'.encode(), "malformed JSON at byte 12"),
        ("", b'{"status": "o', "malformed JSON at byte 11"),
        ("application/json", b'{"status": "\xff"}', "not UTF-8 at byte 12"),
        ("application/json", b"[" * 200_000, "JSON nested too deep"),
        ("application/json", b"1" * 5000, "a number in the JSON is too long"),
    ],
)
def test_a_200_that_is_no_health_answer_is_a_bad_payload(content_type: str, body: bytes, detail: str) -> None:
    with pytest.raises(OutsideError) as caught:
        read_health(200, content_type, body)
    assert (caught.value.fault, caught.value.detail) == (Fault.PAYLOAD, detail)


@pytest.mark.parametrize(
    ("body", "claimed_state", "observed"),
    [
        (b"", None, UP),
        (b"ok", UP, UP),
        (b"OK\n", UP, UP),
        (b"Prometheus Server is Healthy.\n", UP, UP),
        (b"LM Studio API is running and accessible.", UP, UP),
        (b"LM Studio API is not responding.", DOWN, DEGRADED),
        (b"Error connecting to LM Studio API: refused", DOWN, DEGRADED),
        (b"pong", UNKNOWN, UP),
        (b"degraded", DEGRADED, DEGRADED),
        (b"[+]ping ok\n[+]etcd ok\nlivez check passed\n", UNKNOWN, UP),
        (b"[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n", DOWN, DEGRADED),
    ],
)
def test_plain_text_answers(body: bytes, claimed_state: AgentState | None, observed: AgentState) -> None:
    reading = read_health(200, "text/plain; charset=utf-8", body)
    assert (reading.claimed_state, reading.observed) == (claimed_state, observed)


def test_kubernetes_checks_become_facts_and_the_failing_one_the_detail() -> None:
    reading = read_health(500, "text/plain", b"[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n")
    assert reading.observed is DOWN
    assert reading.detail == "500 Internal Server Error; etcd failed: reason withheld"
    assert [(fact.key, fact.value) for fact in reading.facts] == [("ping", "ok"), ("etcd", "failed: reason withheld")]


def test_a_health_check_tool_that_stumbled_says_why_and_invents_nothing() -> None:
    reading = read({"status": "unhealthy", "error": "'str' object has no attribute 'name'"})
    assert (reading.claimed_state, reading.observed) == (DOWN, DEGRADED)
    assert reading.detail == "'str' object has no attribute 'name'"
    assert {fact.key for fact in reading.facts} == {"status", "error"}


def test_health_json_checks_give_the_reason() -> None:
    check = {"componentType": "datastore", "observedValue": 250, "status": "warn", "output": "slow"}
    body = {"status": "warn", "checks": {"cassandra:responseTime": [check, {"status": "pass"}]}}
    reading = read(body, content_type="application/health+json")
    assert reading.detail == "cassandra:responseTime: warn (slow)"
    assert "checks.cassandra:responseTime.0.observedValue" in {fact.key for fact in reading.facts}


def test_nan_as_python_servers_write_it_is_no_reason_to_lose_the_answer() -> None:
    assert read_health(200, "application/json", b'{"status": "healthy", "cpu": NaN}').observed is UP


def test_a_naive_time_is_in_the_zone_that_the_caller_knows() -> None:
    body = b'{"status": "healthy", "timestamp": "2026-11-21T12:51:53"}'
    east = timezone(timedelta(hours=2))
    assert read_health(200, "", body).reported_at == datetime(2026, 11, 21, 12, 51, 53, tzinfo=UTC)
    assert read_health(200, "", body, naive=east).reported_at == datetime(2026, 11, 21, 10, 51, 53, tzinfo=UTC)


def test_facts_are_bounded_scrubbed_and_hide_what_is_named_like_a_secret() -> None:
    deep: object = "bottom"
    for _ in range(20):
        deep = {"a": deep}
    reading = read({"smtp_password": "hunter2", "api_key": "k", "x": "\x1b[31m", "deep": deep, "n": list(range(500))})
    facts = {fact.key: fact.value for fact in reading.facts}
    assert len(reading.facts) == 101
    assert facts["…"] == "404 fields are left out"
    assert facts["smtp_password"] == facts["api_key"] == "***"
    assert facts["x"] == "\\x1b[31m"
    assert facts["deep.a.a.a.a.a"] == "(1 items)"


def test_what_is_rate_limited_says_so() -> None:
    with pytest.raises(OutsideError) as caught:
        read_health(429, "application/json", b'{"error": "rate_limited"}')
    assert caught.value.fault is Fault.RATE_LIMITED


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["up", "down"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["status", "ok", "checks", "components", "issues", "error", "detail", "timestamp"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(st.integers(100, 599), json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60))
def test_anything_gives_a_reading_or_an_outside_error(status: int, body: bytes) -> None:
    try:
        reading = read_health(status, "", body)
    except OutsideError:
        return
    assert status < 300 or status >= 500
    assert status < 300 or reading.observed is not UP
    assert scrub(reading.detail) == reading.detail
    assert len(reading.facts) <= 100
