"""Silences, ours and those of Alertmanagers, stand in the audit log: what was asked for, and what became of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.alertmanager import AlertmanagerWriter
from actions.audit import AuditLog
from actions.recorded_intents import RecordedIntents
from actions.silencing import LocalSilencer
from fleet.actions.audit import AuditEntry, Who, decoded
from fleet.alerts.book import AlertBook
from fleet.alerts.matching import parse_matchers
from fleet.alerts.silences import ACK_S
from fleet.clock import ManualClock
from fleet.errors import OutsideError, RefusedError
from fleet.ports import Limits
from fleet.store import Store
from journal.silences import SilenceFile
from tests.actions.test_silencing import DOWN
from tests.actions.test_silencing import Bench as Silences
from tests.hostile_server import HostileServer, reply
from transport.http.client import HttpClient

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MADE = reply("200 OK", b'{"silenceID": "made"}', "Content-Type: application/json", "Connection: close")
OK = reply("200 OK", b"{}", "Content-Type: application/json", "Connection: close")
WRONG = reply("400 Bad Request", b'"bad matcher"', "Content-Type: application/json", "Connection: close")


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(Limits(), environ={})
    yield client
    await client.aclose()


class Bench:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(NOW)
        self.folder = folder
        log = AuditLog(folder / "audit", Who(actor="anna@edge-1", host="edge-1"), self.clock)
        self.intents = RecordedIntents(log, "blue", self.clock)
        self.log = log

    def lines(self) -> list[AuditEntry]:
        path = self.log.path
        return [decoded(line) for line in path.read_bytes().splitlines()] if path.exists() else []

    def told(self) -> list[tuple[str, str, str]]:
        return [(line.action, line.decision, line.outcome) for line in self.lines()]


async def test_a_silence_at_an_alertmanager_is_two_lines_of_one_key(tmp_path: Path, http: HttpClient) -> None:
    it = Bench(tmp_path)
    async with HostileServer() as server:
        server.add("/api/v2/silences", MADE)
        writer = AlertmanagerWriter("one", http, server.url(""), intents=it.intents)
        await writer.silence(parse_matchers("a=b"), "now", NOW, by="ben@edge-2", comment="on it")
    intent, outcome = it.lines()
    assert it.told() == [("silence", "intent", ""), ("silence", "outcome", "succeeded")]
    assert (intent.actor, intent.fleet, intent.kind, intent.reason) == ("ben@edge-2", "blue", "alertmanager", "on it")
    assert intent.targets == ("one", '{a="b"}')
    assert (intent.status, outcome.status) == (None, 200)
    assert intent.idempotency_key == outcome.idempotency_key != ""


async def test_a_refusal_is_failed_and_no_answer_is_unknown(tmp_path: Path, http: HttpClient) -> None:
    it = Bench(tmp_path)
    async with HostileServer() as server:
        server.add("/api/v2/silence/x", WRONG)
        writer = AlertmanagerWriter("one", http, server.url(""), intents=it.intents)
        with pytest.raises(OutsideError):
            await writer.expire("x")
        server.add("/api/v2/silence/x", b"not HTTP at all\r\n\r\n")
        with pytest.raises(OutsideError):
            await writer.expire("x")
    assert [told[2] for told in it.told()] == ["", "failed", "", "unknown"]
    assert [line.status for line in it.lines()] == [None, 400, None, None]
    assert it.lines()[1].error
    assert it.lines()[0].actor == "anna@edge-1"


async def test_a_post_that_says_the_same_is_recorded_once_an_hour(tmp_path: Path, http: HttpClient) -> None:
    it = Bench(tmp_path)
    async with HostileServer() as server:
        server.add("/api/v2/alerts", OK)
        writer = AlertmanagerWriter("one", http, server.url(""), intents=it.intents)
        for count, wait_s in ((3, 60), (3, 60), (4, 60), (4, 3600), (4, 0)):
            await writer.post(b"[]", count)
            it.clock.advance(wait_s)
    assert [line.targets[1] for line in it.lines() if line.decision == "intent"] == ["3 alerts", "4 alerts", "4 alerts"]


async def test_a_log_that_cannot_be_written_sends_nothing(tmp_path: Path, http: HttpClient) -> None:
    it = Bench(tmp_path)
    it.log.path.mkdir(parents=True)
    async with HostileServer() as server:
        writer = AlertmanagerWriter("one", http, server.url(""), intents=it.intents)
        for _ in range(2):
            with pytest.raises(RefusedError, match="audit log"):
                await writer.post(b"[]", 1)
        assert not server.seen


async def test_a_local_silence_is_recorded_and_not_made_where_it_cannot_be(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    store = Store()
    silences = SilenceFile(tmp_path / "s.json")
    silencer = LocalSilencer(store, AlertBook(store), silences, it.clock, intents=it.intents)
    made = await silencer.silence(parse_matchers("a=b"), for_s=60, by="anna@edge-1", comment="noise")
    await silencer.expire((made.id,))
    assert it.told() == [
        ("silence", "intent", ""),
        ("silence", "outcome", "succeeded"),
        ("expire", "intent", ""),
        ("expire", "outcome", "succeeded"),
    ]
    assert it.lines()[0].kind == "local"
    it.log.path.unlink()
    it.log.path.mkdir()
    with pytest.raises(RefusedError, match="audit log"):
        await silencer.silence(parse_matchers("c=d"), for_s=60, by="anna@edge-1", comment="")
    assert list(silences.read()) == [made.id]


async def test_an_acknowledgement_that_renews_itself_is_on_record_once_an_hour_and_its_end_too(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit", Who(actor="dashboard@edge-1"), ManualClock(NOW))
    it = Silences(tmp_path, lambda clock: RecordedIntents(log, "blue", clock))
    await it.silencer.acknowledge(it.ids[:1], by="ann@edge-1", reason="on it")
    for _ in range(35):
        await it.wait(240)
    it.book.deliver("rules", DOWN[1:], it.clock.now())
    await it.wait(1)
    lines = [decoded(line) for line in log.path.read_bytes().splitlines()]
    assert [(line.action, line.decision) for line in lines] == [
        (act, decision)
        for act in ("acknowledge", "renew", "renew", "renew", "expire")
        for decision in ("intent", "outcome")
    ]
    assert {line.actor for line in lines} == {"ann@edge-1"}
    assert {line.kind for line in lines} == {"local"}
    assert len({line.targets for line in lines}) == 1
    assert lines[-2].reason == "the alert has resolved"


async def test_an_acknowledgement_whose_renewal_cannot_be_recorded_is_not_renewed(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit", Who(actor="dashboard@edge-1"), ManualClock(NOW))
    it = Silences(tmp_path, lambda clock: RecordedIntents(log, "blue", clock))
    (made,) = await it.silencer.acknowledge(it.ids[:1], by="ann@edge-1", reason="on it")
    log.path.unlink()
    log.path.mkdir()
    it.clock.advance(ACK_S - 60)
    with pytest.raises(RefusedError, match="audit log"):
        await it.silencer.keep()
    assert SilenceFile(it.file.path).read()[made.id].ends_at == made.ends_at
