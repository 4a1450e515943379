"""Claimed alerts: what systems write about themselves, damaged, repeated and never resolved."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

import msgspec
import pytest

from collectors.jobs import alert_job
from config.kinds import load_kinds
from fleet.alerts.book import AlertBook
from fleet.alerts.model import AlertReading, AlertsReading, AlertState
from fleet.clock import ManualClock
from fleet.errors import OutsideError
from fleet.ports import Http, Limits, Probe, Reach
from fleet.severity import Severity
from fleet.store import Store
from transport.http.client import HttpClient

KINDS = load_kinds("collectors.alerts")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
EPOCH = int(NOW.timestamp())

Look = Callable[..., AlertsReading]


def probe(root: Path, kind: str, http: Http | None = None, **options: Any) -> Probe:
    reach = Reach(http=cast(Http, http), root=root, clock=ManualClock(NOW), limits=Limits())
    return cast(Probe, KINDS[kind].build(msgspec.convert(options, KINDS[kind].options, dec_hook=_decode), reach))


def _decode(wanted: type, value: object) -> object:
    return cast(Any, wanted).parse(value)


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def read(kind: str, **options: Any) -> AlertsReading:
        return cast(AlertsReading, asyncio.run(cast(Any, probe(tmp_path, kind, **options).probe())))

    return read


def by_name(reading: AlertsReading) -> dict[str, AlertReading]:
    return {alert.name: alert for alert in reading.alerts}


def alert_file(folder: Path, at: int, whose: str, **content: Any) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"alert_{at}_{whose}.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("kind", "file", "options"),
    [
        ("alert_files", "alerts/alert_1_ci.json", {"folder": "alerts"}),
        ("alerts_json", "alerts.json", {"path": "alerts.json"}),
    ],
)
def test_what_was_written_a_moment_ago_is_read_again_though_its_time_is_the_same(
    kind: str, file: str, options: dict[str, Any], tmp_path: Path
) -> None:
    path, looking = tmp_path / file, cast(Any, probe(tmp_path, kind, **options))
    path.parent.mkdir(exist_ok=True)
    for message in ("one", "two"):
        alert = {"message": message, "level": "error", "component": "ci", "timestamp": EPOCH}
        path.write_text(json.dumps(alert if kind == "alert_files" else [alert]))
        os.utime(path, (EPOCH, EPOCH))
        reading = cast(AlertsReading, asyncio.run(looking.probe()))
        assert [found.labels["message"] for found in reading.alerts] == [message]


def test_files_that_say_the_same_are_one_alert_of_the_last_time(tmp_path: Path, look: Look) -> None:
    folder = tmp_path / "alerts"
    for back in (300, 200, 100):
        alert_file(
            folder, EPOCH - back, "ci", message="it broke", level="error", component="ci", timestamp=EPOCH - back + 0.5
        )
    alert_file(folder, EPOCH - 10, "review", message="nearly full", level="warning")
    (folder / "notes.json").write_text("{}")
    found = by_name(look("alert_files", folder="alerts"))
    assert set(found) == {"ci", "review"}
    assert found["ci"].since == datetime.fromtimestamp(EPOCH - 99.5, UTC)
    assert found["ci"].annotations["repeated"].startswith("said 3 times")
    assert found["ci"].labels == {"alertname": "ci", "severity": "error", "component": "ci", "message": "it broke"}
    assert found["review"].since == datetime.fromtimestamp(EPOCH - 10, UTC), "its name has the time"
    assert all(alert.claimed and not alert.stale for alert in found.values())


def test_damaged_files_do_not_hide_the_others(tmp_path: Path, look: Look) -> None:
    folder = tmp_path / "alerts"
    alert_file(folder, EPOCH, "ci", message="it broke", level="error")
    (folder / "alert_2_half.json").write_text('{"message": "cut of')
    (folder / "alert_3_list.json").write_text("[1, 2]")
    (folder / "alert_4_big.json").write_text('"' + "x" * 70_000 + '"')
    (folder / "alert_5_pointer.json").write_text("version https://git-lfs.github.com/spec/v1\nsize 9\n")
    reading = look("alert_files", folder="alerts")
    assert [alert.name for alert in reading.alerts] == ["ci"]
    assert len(reading.problems) == 4
    assert any("alert_2_half.json" in problem for problem in reading.problems)


def test_a_folder_that_is_not_there_or_all_broken_is_a_failure(tmp_path: Path, look: Look) -> None:
    with pytest.raises(OutsideError, match="no folder"):
        look("alert_files", folder="alerts")
    (tmp_path / "alerts").mkdir()
    assert look("alert_files", folder="alerts").alerts == ()
    (tmp_path / "alerts" / "alert_1_x.json").write_text("{")
    with pytest.raises(OutsideError, match="alert_1_x"):
        look("alert_files", folder="alerts")


def document(*active: dict[str, Any], history: tuple[dict[str, Any], ...] = ()) -> str:
    return json.dumps({"alerts": {"active_alerts": active, "alert_history": history, "alert_rules": [{"id": "r"}]}})


def claim(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "title": id.title(), "severity": "critical", "status": "active", "timestamp": EPOCH - 60, **more}


def test_an_alert_is_what_its_own_status_says_wherever_it_stands(tmp_path: Path, look: Look) -> None:
    (tmp_path / "alerts.json").write_text(
        document(
            claim("memory", description="85 %", affected_components=["ram", "swap"]),
            claim("fixed", status="resolved", resolved_timestamp=EPOCH - 30),
            history=(claim("h1", original_id="old", status="resolved", resolved_timestamp=EPOCH - 20),),
        )
    )
    reading = look("alerts_json", path="alerts.json")
    found = by_name(reading)
    assert {name: alert.state.value for name, alert in found.items()} == {
        "Memory": "firing",
        "Fixed": "resolved",
        "H1": "resolved",
    }
    assert found["Memory"].labels["component"] == "ram, swap"
    assert found["H1"].labels["id"] == "old"
    assert found["Fixed"].resolved_at == datetime.fromtimestamp(EPOCH - 30, UTC)
    assert any("resolved by their own word" in problem for problem in reading.problems)


@pytest.mark.parametrize("cut", range(40, 330, 37))
def test_what_is_whole_of_a_damaged_file_is_kept(tmp_path: Path, look: Look, cut: int) -> None:
    whole = document(claim("one"), claim("two"), claim("three"))
    (tmp_path / "alerts.json").write_text(whole[:cut])
    try:
        reading = look("alerts_json", path="alerts.json")
    except OutsideError as error:
        assert cut < whole.index("two")
        assert "alerts.json" in str(error)
        return
    assert len(reading.alerts) == whole[:cut].count("}")
    assert any("salvaged" in problem or "empty" in problem for problem in reading.problems) or not reading.alerts


def test_ids_given_twice_and_entries_that_are_none_are_named(tmp_path: Path, look: Look) -> None:
    (tmp_path / "alerts.json").write_text(
        json.dumps([claim("one"), claim("one"), 7, {}, {"title": "x", "timestamp": "soon"}])
    )
    reading = look("alerts_json", path="alerts.json")
    assert len(reading.alerts) == 2
    assert [problem.partition(" ")[0] for problem in reading.problems] == ["1", "2", "1"]


def test_a_claim_that_nobody_ends_ages_out(tmp_path: Path, look: Look) -> None:
    (tmp_path / "alerts.json").write_text(document(claim("old", timestamp=EPOCH - 90_000), claim("new")))
    stale = {name: alert.stale for name, alert in by_name(look("alerts_json", path="alerts.json")).items()}
    assert stale == {"Old": True, "New": False}
    assert all(alert.stale for alert in look("alerts_json", path="alerts.json", stale_after="30s").alerts)


def test_a_monitor_of_todos(tmp_path: Path, look: Look) -> None:
    notes = [
        {"type": "task_count_increase", "message": "+20", "delta": number, "timestamp": f"2026-02-28T0{number}:00:00"}
        for number in range(1, 4)
    ]
    (tmp_path / "todo.json").write_text(json.dumps({"snapshots": [{"alerts": [1]}] * 10, "alerts": notes}))
    (alert,) = look("todo_monitoring", path="todo.json", severity="info").alerts
    assert (alert.name, alert.value, alert.labels["severity"]) == ("task_count_increase", 3.0, "info")
    assert alert.since == datetime(2026, 2, 28, 3, tzinfo=UTC), "a time without a zone is UTC"


def test_hostile_texts_are_harmless(tmp_path: Path, look: Look) -> None:
    (tmp_path / "alerts.json").write_text(
        json.dumps([{"title": "\x1b[2J\u202e", "message": "m\x00" * 9_000, "severity": ["x"]}])
    )
    (alert,) = look("alerts_json", path="alerts.json").alerts
    texts = "".join([*alert.labels.values(), *alert.annotations.values()])
    assert not {"\x1b", "\u202e", "\x00"} & set(texts)
    assert all(len(text) <= 512 for text in alert.annotations.values())


class _Api(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, body = cast(Any, self.server).answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Api)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def ask(server: HTTPServer, status: int, body: Any, kind: str = "application/json") -> AlertsReading:
    cast(Any, server).answer = status, kind, body if isinstance(body, bytes) else json.dumps(body).encode()
    http = HttpClient(Limits())
    try:
        url = f"http://127.0.0.1:{server.server_port}/api/alerts?hours=24"
        return cast(AlertsReading, await probe(Path(), "alerts_api", http, url=url).probe())
    finally:
        await http.aclose()


@pytest.mark.anyio
async def test_an_api_of_alerts(api: HTTPServer) -> None:
    item = {"level": "CRITICAL", "message": "disk", "component": "db", "created_at": "2026-02-28T23:59:00Z"}
    for body in ([item], {"alerts": [item], "count": 1}, {"data": {"active_alerts": [item]}}):
        (alert,) = (await ask(api, 200, body)).alerts
        assert (alert.name, alert.labels["severity"], alert.claimed) == ("db", "CRITICAL", True)
    assert (await ask(api, 200, {"alerts": []})).alerts == ()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, b"{}", "application/json"),
        (200, b"<html>", "text/html"),
        (200, b"nonsense", "text/plain"),
        (200, b"7", "application/json"),
    ],
)
async def test_an_api_that_does_not_answer_as_one(api: HTTPServer, status: int, body: bytes, kind: str) -> None:
    with pytest.raises(OutsideError):
        await ask(api, status, body, kind)


def test_a_job_brings_claims_into_the_book_and_marks_them_stale_in_time(tmp_path: Path) -> None:
    store = Store()
    book = AlertBook(store)

    class Claims:
        def deliver(self, source: str, readings: Any, at: datetime) -> None:
            book.deliver(source, readings, at)

        def failed(self, source: str) -> None:
            book.deliver(source, (), NOW, stale=True)

    (tmp_path / "alerts.json").write_text(document(claim("memory")))
    job = alert_job("claims", probe(tmp_path, "alerts_json", path="alerts.json"), Claims(), 2, 30, 5)
    assert job.deliver(asyncio.run(cast(Any, job.look())), NOW, 0.1).found == 1
    (row,) = store.alerts.values()
    assert (row.claimed, row.severity, row.source, row.stale) == (True, Severity.CRITICAL, "claims", False)
    job.fail("gone")
    assert not next(iter(store.alerts.values())).stale
    job.fail("gone")
    assert next(iter(store.alerts.values())).stale


def test_the_captured_file_of_a_real_fleet(shared: Path, look: Look) -> None:
    path = shared / "fixtures" / "tools-automation" / "alerts.json"
    reading = look("alerts_json", path=str(path))
    states = [alert.state for alert in reading.alerts]
    assert (states.count(AlertState.FIRING), states.count(AlertState.RESOLVED)) == (3, 6)
    assert all(alert.stale for alert in reading.alerts if alert.state is AlertState.FIRING)
