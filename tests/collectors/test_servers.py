"""Servers that answer badly: each way has its sentence, and none takes more than its limit."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from collectors.servers.alertmanager import Alertmanager
from collectors.servers.asking import Asking
from collectors.servers.prometheus import Prometheus, external_labels
from fleet.alertmanager_api import read_about, read_alerts, read_groups, read_receivers, read_silences
from fleet.alerts.model import AlertState
from fleet.clock import SystemClock
from fleet.errors import Fault, OutsideError, QueryError
from fleet.ports import Limits
from fleet.prometheus_api import MOST_ALERTS, Said, read_answer, read_envelope, read_rules
from fleet.prometheus_api import read_alerts as read_prometheus_alerts
from fleet.promql.function import Vector
from fleet.secret import Secret
from tests.hostile_server import HostileServer, reply
from transport.http.client import HttpClient

pytestmark = pytest.mark.anyio

RULES = "/api/v1/rules?type=alert"


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with HostileServer() as one:
        yield one


@pytest.fixture
async def asking(server: HostileServer) -> AsyncIterator[Asking]:
    http = HttpClient(Limits(body_bytes=1024 * 1024), environ={})
    token = ("Authorization", Secret("Bearer s3cret"))
    yield Asking(http=http, url=server.url("/"), secret=token, timeout_s=60)
    await http.aclose()


def good(data: Any, **more: Any) -> bytes:
    body = json.dumps({"status": "success", "data": data, **more}).encode()
    return reply("200 OK", body, "Content-Type: application/json")


ALERT = {
    "labels": {"alertname": "A", "x": "1"},
    "state": "firing",
    "activeAt": "2026-11-21T10:00:00.5Z",
    "value": "1e+00",
}


def group(*alerts: dict[str, Any], **rule: Any) -> dict[str, Any]:
    """The data of an answer with one rule."""
    made = {
        "type": "alerting",
        "name": "A",
        "query": "up == 0",
        "duration": 60,
        "health": "ok",
        "alerts": alerts,
        **rule,
    }
    return {"groups": [{"name": "g", "file": "/etc/r.yml", "rules": [made]}]}


@pytest.mark.parametrize(
    ("answer", "fault", "words"),
    [
        (reply("200 OK", b"<html>Sign in", "Content-Type: text/html"), Fault.PAYLOAD, "a page for people"),
        (reply("200 OK", b"{nope", "Content-Type: application/json"), Fault.PAYLOAD, "no answer of Prometheus's API"),
        (reply("200 OK", b'{"status": "success", "data": {"groups": 3}}'), Fault.PAYLOAD, "groups"),
        (reply("200 OK", b'{"status": "success", "data": {"groups": [{"name": 1}]}}'), Fault.PAYLOAD, "groups"),
        (reply("200 OK", b'{"status": "success"}'), Fault.PAYLOAD, "object"),
        (reply("200 OK", b"\xff\xfe"), Fault.PAYLOAD, "no answer of Prometheus's API"),
        (reply("401 Unauthorized", b"Unauthorized"), Fault.STATUS, "wants a token"),
        (reply("403 Forbidden", b"no"), Fault.STATUS, "may not do this"),
        (reply("503 Service Unavailable", b"Service Unavailable"), Fault.STATUS, "503"),
        (
            reply("503 X", b'{"status": "error", "errorType": "unavailable", "error": "starting \\u001b[31mup"}'),
            Fault.STATUS,
            r"503: unavailable: starting \\x1b\[31mup",
        ),
        (reply("429 Too Many Requests", b""), Fault.RATE_LIMITED, "asks to wait"),
        (reply("200 OK", length=2_000_000), Fault.LIMIT, "over limit"),
        (reply("302 Found", b"", "Location: http://169.254.169.254/"), Fault.PROTOCOL, "not followed"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_each_bad_answer_of_a_prometheus_has_its_sentence(
    asking: Asking, server: HostileServer, answer: bytes, fault: Fault, words: str
) -> None:
    server.add(f"/{RULES.lstrip('/')}", answer)
    with pytest.raises(OutsideError, match=words) as caught:
        await Prometheus(asking).look()
    assert caught.value.fault is fault


async def test_one_that_hangs_is_a_time_out(asking: Asking, server: HostileServer) -> None:
    server.add(RULES, server._hang)
    with pytest.raises(OutsideError) as caught:
        await Prometheus(replace(asking, timeout_s=0.3)).look()
    assert caught.value.fault is Fault.TIMEOUT


async def test_rules_that_cannot_be_evaluated_and_remarks_are_shown(asking: Asking, server: HostileServer) -> None:
    data = group(ALERT, health="err", lastError="many-to-many\x1b]52;c;x\x07 matching")
    server.add(RULES, good(data, warnings=["half of it"], infos=["a metric"]))
    look = await Prometheus(asking).look()
    (alert,) = look.said.alerts
    assert (alert.state, alert.value, alert.expr, alert.for_s) == (AlertState.FIRING, 1.0, "up == 0", 60)
    assert alert.since == datetime(2026, 11, 21, 10, 0, 0, 500_000, tzinfo=UTC)
    assert look.said.problems == ("/etc/r.yml: g: A: many-to-many\\x1b]52;c;x\\x07 matching",)
    assert look.remarks == ("warning: half of it", "info: a metric")
    assert "does not tell its version" in look.summary
    assert {one.headers["authorization"] for one in server.seen} == {"Bearer s3cret"}


async def test_one_without_rules_is_asked_for_its_alerts(asking: Asking, server: HostileServer) -> None:
    server.add("/api/v1/alerts", good({"alerts": [ALERT]}))
    server.add("/api/v1/status/config", good({"yaml": "global: {external_labels: {cluster: eu, n: 007}}"}))
    server.add("/api/v1/status/buildinfo", good({"version": "9.9"}))
    look = await Prometheus(asking).look()
    assert look.said.alerts[0].labels == {"alertname": "A", "x": "1", "cluster": "eu", "n": "007"}
    assert look.summary == "Prometheus 9.9, 1 alerts"


async def test_a_question_goes_by_get_where_there_is_no_other_way(asking: Asking, server: HostileServer) -> None:
    server.add("/api/v1/query", reply("405 Method Not Allowed"))
    server.add("/api/v1/query?query=up&time=1.500", good({"resultType": "scalar", "result": [1.5, "NaN"]}))
    answer = await Prometheus(asking).instant("up", 1500)
    assert str(answer.value) == "nan"
    server.add("/api/v1/query_range", reply("422 X", b'{"status":"error","errorType":"execution","error":"too many"}'))
    with pytest.raises(QueryError, match="too many") as caught:
        await Prometheus(asking).ranged("up", 0, 1000, 1000)
    assert caught.value.kind == "execution"


def test_more_alerts_than_the_limit_are_cut_and_counted() -> None:
    body = json.dumps({"status": "success", "data": {"alerts": [ALERT] * (MOST_ALERTS + 3)}}).encode()
    said = read_prometheus_alerts(read_envelope(200, body))
    assert (len(said.alerts), said.cut) == (MOST_ALERTS, 3)


def result(kind: str, value: Any) -> Said:
    """An answer to a query."""
    data = {"resultType": kind, "result": value}
    return read_envelope(200, json.dumps({"status": "success", "data": data}).encode())


def test_native_histograms_are_refused_by_name() -> None:
    with pytest.raises(QueryError, match="native histograms"):
        read_answer(result("vector", [{"metric": {}, "histogram": [1, {"count": "1"}]}]))
    answer = read_answer(result("vector", [{"metric": {"__name__": "a"}, "value": [1, "+Inf"]}])).value
    assert isinstance(answer, Vector)
    assert list(answer.values) == [float("inf")]


@pytest.mark.parametrize("text", ["", "global: 3", "global: {external_labels: [a]}", "a: &a [*a]", "{{{", "global:"])
def test_a_configuration_without_external_labels_has_none(text: str) -> None:
    assert external_labels(text) == {}


async def test_each_bad_answer_of_an_alertmanager_has_its_sentence(asking: Asking, server: HostileServer) -> None:
    manager = Alertmanager("am", asking, SystemClock())
    for answer, words in (
        (reply("200 OK", b"<html>", "Content-Type: text/html"), "a page for people"),
        (reply("200 OK", b'{"a": 1}'), "no answer of Alertmanager's API"),
        (reply("200 OK", b'[{"labels": {"a": 1}, "fingerprint": "x"}]'), "labels"),
        (reply("500 Oops", b'"bad \\u001b[0m matcher"'), r"500: bad \\x1b\[0m matcher"),
        (reply("410 Gone", b'{"message": "v1 is gone"}'), "410: v1 is gone"),
        (reply("404 Not Found", b"<html>nope"), "a page for people"),
    ):
        server.add("/api/v2/alerts", answer)
        with pytest.raises(OutsideError, match=words):
            await manager.look()
    server.add("/api/v2/alerts", reply("200 OK", b"[]"))
    server.add("/api/v2/silences", reply("200 OK", b'[{"id": "x", "matchers": [], "startsAt": "?", "endsAt": "?"}]'))
    with pytest.raises(OutsideError, match="no beginning or no end"):
        await manager.look()


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["labels", "status", "data", "groups", "rules", "alerts", "id", "matchers", "name", "result"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(_JSON)
def test_whatever_json_comes_nothing_but_the_named_errors_is_raised(value: Any) -> None:
    body = json.dumps(value).encode()
    now = datetime(2026, 11, 21, tzinfo=UTC)
    for read in (
        read_alerts,
        lambda body: read_silences(body, "am", now),
        read_about,
        read_receivers,
        read_groups,
        lambda body: read_rules(read_envelope(200, body)),
        lambda body: read_answer(read_envelope(200, b'{"status": "success", "data": ' + body + b"}")),
        lambda body: read_rules(read_envelope(200, b'{"status": "success", "data": ' + body + b"}")),
    ):
        try:
            read(body)
        except (OutsideError, QueryError):
            continue
