"""Silences where they belong, with Alertmanagers that answer, fail, or may not be written to."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from actions.alertmanager import AlertmanagerWriter
from actions.intents import Intent
from actions.posting import AlertPoster
from actions.routing import Member, RoutedSilencer
from actions.silencing import LocalSilencer
from fleet.alertmanager_api import About, Held
from fleet.alerts.book import AlertBook
from fleet.alerts.managers import MARK, Look, Managers
from fleet.alerts.matching import parse_matchers
from fleet.alerts.model import AlertReading, AlertState
from fleet.clock import ManualClock
from fleet.errors import FleetdeckError, OutsideError, RefusedError
from fleet.ports import Limits
from fleet.store import Store
from journal.silences import SilenceFile
from tests.fleet.alerts.making import AT, reading
from tests.hostile_server import HostileServer, reply
from transport.http.client import HttpClient

pytestmark = pytest.mark.anyio

MADE = reply("200 OK", b'{"silenceID": "made"}', "Content-Type: application/json", "Connection: close")
SILENCES = "/api/v2/silences"


class Recording:
    """Records intents; full, it refuses."""

    def __init__(self) -> None:
        self.intents: list[Intent] = []
        self.full = False

    async def record(self, intent: Intent) -> None:
        if self.full:
            raise RefusedError("the audit log cannot be written")
        self.intents.append(intent)

    async def refused(self, intent: Intent, error: str) -> None:
        """Nothing here asks for it."""

    async def ended(self, intent: Intent, error: str = "", *, maybe: bool = False, status: int | None = None) -> None:
        """Nothing here asks for it."""


class Bench:
    """Two Alertmanagers, `one` and `two`, which are a cluster or not, each with an alert that it holds."""

    def __init__(
        self, folder: Path, urls: tuple[str, str], http: HttpClient, *, cluster: bool, read_only: bool = False
    ) -> None:
        self.store, self.clock = Store(), ManualClock(AT)
        self.book = AlertBook(self.store)
        local = LocalSilencer(self.store, self.book, SilenceFile(folder / "s.json"), self.clock, read_only=read_only)
        self.managers = Managers(self.book, {"fleet": "blue"})
        self.silencer = RoutedSilencer(local, self.managers, self.store, self.clock, read_only=read_only)
        self.recording = Recording()
        self.managers.expect(("one", "two"), AT)
        for name, url in zip(("one", "two"), urls, strict=True):
            writer = AlertmanagerWriter(name, http, url, timeout_s=0.5, intents=self.recording)
            self.silencer.members[name] = Member(writer, self._nothing)
            self.deliver(name, 1, peers=frozenset({"p", "q"} if cluster else {name}))
        self.book.deliver("rules", (reading(agent="local"),), AT)

    def deliver(self, name: str, number: int, *, peers: frozenset[str] = frozenset()) -> None:
        labels = {"alertname": "Held", "at": "am", "replica": name}
        look = Look(number=number, alerts=(Held("f", AlertReading(labels=labels)),), about=About(peers=peers))
        self.managers.deliver(name, look, self.clock.now())

    def id(self, name: str) -> str:
        return next(row.id for row in self.store.alerts.values() if row.name == name)

    async def _nothing(self) -> None:
        return


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(Limits(), environ={})
    yield client
    await client.aclose()


async def test_the_other_server_of_a_cluster_is_asked_only_where_the_first_fails(
    tmp_path: Path, http: HttpClient
) -> None:
    async with HostileServer() as one, HostileServer() as two:
        it = Bench(tmp_path, (one.url(""), two.url("")), http, cluster=True)
        one.add(SILENCES, MADE)
        two.add(SILENCES, MADE)
        made = await it.silencer.silence(parse_matchers("a=b"), for_s=60, by="ann", comment="c")
        assert (made.origin, made.id, len(one.seen), len(two.seen)) == ("one", "made", 1, 0)
        one.add(SILENCES, reply("500 Oops", b'"no disk"', "Connection: close"))
        made = await it.silencer.silence(parse_matchers("a=b"), for_s=60, by="ann", comment="c")
        assert (made.origin, len(two.seen)) == ("two", 1)
        two.add(SILENCES, reply("302 Found", b"", "Location: /login", "Connection: close"))
        with pytest.raises(FleetdeckError, match=r"one: status 500: no disk; two: .*not followed"):
            await it.silencer.silence(parse_matchers("a=b"), for_s=60, by="ann", comment="c")
        # One that is away is asked last.
        it.managers.failed("one", AT)
        two.add(SILENCES, MADE)
        asked = len(one.seen)
        await it.silencer.silence(parse_matchers("a=b"), for_s=60, by="ann", comment="c")
        assert len(one.seen) == asked


async def test_servers_that_are_no_cluster_all_get_it_and_a_part_that_failed_is_said(
    tmp_path: Path, http: HttpClient
) -> None:
    async with HostileServer() as one, HostileServer() as two:
        it = Bench(tmp_path, (one.url(""), two.url("")), http, cluster=False)
        one.add(SILENCES, MADE)
        with pytest.raises(FleetdeckError, match=r"two: status 404.*1 of 2 were not done"):
            await it.silencer.silence(parse_matchers("a=b"), for_s=60, by="ann", comment="c")
        assert len(one.seen) == 1


async def test_what_alertmanagers_hold_is_acknowledged_there_and_the_rest_here(
    tmp_path: Path, http: HttpClient
) -> None:
    async with HostileServer() as one:
        it = Bench(tmp_path, (one.url(""), "http://127.0.0.1:1"), http, cluster=True)
        one.add(SILENCES, MADE)
        held, ours = it.id("Held"), next(row.id for row in it.store.alerts.values() if row.source == "rules")
        made = await it.silencer.acknowledge((held, ours), by="ann", reason="on it")
        assert [silence.origin for silence in made] == ["local", "one"]
        # Replicas of the server that raised it are one alert, and are silenced together.
        assert b"replica" not in one.seen[0].body
        assert b'"ACK! on it"' in one.seen[0].body
        assert it.store.alerts[ours].acknowledged_by == "ann"
        with pytest.raises(FleetdeckError, match="nothing to acknowledge"):
            await it.silencer.acknowledge(("gone",), by="ann", reason="")


async def test_read_only_and_an_intent_that_cannot_be_recorded_send_nothing(tmp_path: Path, http: HttpClient) -> None:
    async with HostileServer() as one:
        it = Bench(tmp_path, (one.url(""), one.url("")), http, cluster=True, read_only=True)
        for act in (
            it.silencer.silence(parse_matchers("a=b"), for_s=60, by="ann", comment="c"),
            it.silencer.acknowledge((it.id("Held"),), by="ann", reason=""),
            it.silencer.expire(("made",)),
        ):
            with pytest.raises(FleetdeckError, match="read-only"):
                await act
        await it.silencer.keep()
        it = Bench(tmp_path, (one.url(""), one.url("")), http, cluster=True)
        it.recording.full = True
        with pytest.raises(FleetdeckError, match="audit log"):
            await it.silencer.silence(parse_matchers("a=b"), for_s=60, by="ann", comment="c")
        assert not one.seen
        it.recording.full = False
        one.add(SILENCES, MADE)
        await it.silencer.silence(parse_matchers("a=b"), for_s=60, by="ann", comment="c")
        (intent,) = it.recording.intents
        assert (intent.act, intent.server, intent.what, intent.by) == ("silence", "one", '{a="b"}', "ann")


async def test_where_none_answers_a_silence_is_made_here(tmp_path: Path, http: HttpClient) -> None:
    it = Bench(tmp_path, ("http://127.0.0.1:1", "http://127.0.0.1:1"), http, cluster=True)
    for name in ("one", "two"):
        it.managers.failed(name, AT)
    made = await it.silencer.silence(parse_matchers("agent=local"), for_s=60, by="ann", comment="c")
    assert it.store.silences[made.id].origin == "local"


async def test_an_alert_of_ours_that_comes_back_is_the_same_row_and_an_older_look_changes_nothing(
    tmp_path: Path, http: HttpClient
) -> None:
    it = Bench(tmp_path, ("http://127.0.0.1:1", "http://127.0.0.1:1"), http, cluster=True)
    ours = reading(agent="local")
    mark = f"{MARK}{it.book.id_of(ours.labels)}"
    back = AlertReading(labels={**ours.labels, "fleet": "blue"}, generator_url=mark, receivers=("team",))
    it.managers.deliver("one", Look(number=5, alerts=(Held("f", back),)), AT)
    row = next(row for row in it.store.alerts.values() if "rules" in row.sources)
    assert (set(row.sources), row.labels, row.receivers) == ({"rules", "one"}, ours.labels, ("team",))
    it.deliver("one", 4)
    assert it.store.alerts[row.id].receivers == ("team",)


async def test_posting_sends_what_is_due_and_again_what_failed(tmp_path: Path, http: HttpClient) -> None:
    async with HostileServer() as one:
        clock, firing = ManualClock(AT), [reading(agent=str(number)) for number in range(70)]
        pending = reading(agent="p", state=AlertState.PENDING)
        writer = AlertmanagerWriter("one", http, one.url("/am/"), timeout_s=1)
        book = AlertBook(Store())
        poster = AlertPoster(writer, lambda: [*firing, pending], book.id_of, clock, {"fleet": "blue"})
        path = "/am/api/v2/alerts"
        one.add(path, reply("503 Busy", b"", "Connection: close"))
        with pytest.raises(OutsideError, match="503"):
            await poster.post()
        one.add(path, reply("200 OK", b"", "Connection: close"))
        one.seen.clear()
        assert await poster.post() == 70
        assert [request.body.count(b'"fleet":"blue"') for request in one.seen] == [64, 6]
        clock.advance(30)
        await poster.post()
        assert len(one.seen) == 2
        clock.advance(31)
        await poster.post()
        assert len(one.seen) == 4
        # What resolved is sent with its end, for a quarter of an hour.
        del firing[1:]
        await poster.post()
        assert one.seen[-1].body.count(f'"endsAt":"{_text(clock)}"'.encode()) in (5, 64)
        for _ in range(16):
            clock.advance(60)
            await poster.post()
        one.seen.clear()
        clock.advance(60)
        assert await poster.post() == 1
        assert [request.body.count(b"labels") for request in one.seen] == [1]
        # A clock that is set back must not keep it from being sent until the old time comes again.
        clock.advance(-400 * 86_400.0)
        await poster.post()
        assert len(one.seen) == 2


def _text(clock: ManualClock) -> str:
    from fleet.alertmanager_api import written

    return written(clock.now() + timedelta(0))
