"""Documents for an orchestrator that says of every job that it is unknown, and of none that it is done."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from actions.tasks.orchestrator import KIND
from fleet.actions.action import ActionState, Observed, Verdict
from fleet.actions.plan import HttpRequest, Plan
from fleet.errors import RefusedError
from tests.actions.submit_parts import NOON, RawServer, carry_out, client, entry, page_of, reach_of, submissions
from tests.real_redis import RealRedis, requires_redis
from transport.sse import EventReader

pytestmark = pytest.mark.anyio

FIELDS = [{"name": "text", "required": True, "lines": True}, {"name": "source_uri"}]
LIE = {"job_id": "j-1", "status": "unknown", "chunks_total": 0, "chunks_processed": 0, "created_at": ""}
ACCEPTED = page_of(202, '{"status": "accepted", "job_id": "j-1", "chunks_queued": 1}')
NO_EVENTS = page_of(200, '{"paths": {}}')


def _job(**more: Any) -> dict[str, Any]:
    return {"job_id": "j-1", "status": "queued", "chunks_total": 3, "chunks_processed": 1, **more}


def _pages(ingest: bytes | None = ACCEPTED, job: Any = LIE, jobs: list[Any] | None = None) -> dict[str, bytes | None]:
    return {
        "POST /lightrag/ingest-async": ingest,
        "GET /jobs/j-1": page_of(200, json.dumps(job)) if job is not None else page_of(404, '{"detail": "not found"}'),
        "GET /jobs": page_of(200, json.dumps({"jobs": jobs or [], "count": len(jobs or [])})),
        "GET /openapi.json": NO_EVENTS,
    }


async def _seen(tmp_path: Path, pages: dict[str, bytes | None], found: dict[str, str], **options: Any) -> Observed:
    http = client()
    reach = reach_of(http, tmp_path)
    async with RawServer(pages) as server:
        book = submissions(reach, entry(KIND, "ingest", {"url": server.url, **options}, fields=FIELDS))
        plan = await book.plan("ingest", [{"text": "hello"}], [])
        doer = book.doer("ingest")
        assert doer is not None
        seen = await doer.look(plan, {0: {"key": plan.key, **found}}, NOON)
        await http.aclose()
        return seen[0]


async def _sent(tmp_path: Path, ingest: bytes | None) -> tuple[Any, Plan, int]:
    http = client()
    reach = reach_of(http, tmp_path)
    async with RawServer(_pages(ingest)) as server:
        book = submissions(reach, entry(KIND, "ingest", {"url": server.url, "chunk": 100}, fields=FIELDS))
        plan = await book.plan("ingest", [{"text": "a" * 60 + "\n\n" + "b" * 60, "source_uri": "doc:1"}], [])
        doer = book.doer("ingest")
        assert doer is not None
        sent = await carry_out(reach, doer, plan)
        await http.aclose()
        return sent.last, plan, server.heads("ingest-async")


async def test_a_document_is_parted_at_paragraphs_and_carries_its_key(tmp_path: Path) -> None:
    read, plan, _ = await _sent(tmp_path, ACCEPTED)
    assert read.verdict is Verdict.DONE and read.found == {"job_id": "j-1"}
    effect = plan.steps[0].effect
    assert isinstance(effect, HttpRequest)
    body = json.loads(effect.body)
    assert [chunk["text"] for chunk in body["chunks"]] == ["a" * 60, "b" * 60]
    assert body["metadata"] == {"idempotency_key": plan.key}


async def test_an_empty_document_is_not_sent(tmp_path: Path) -> None:
    http = client()
    book = submissions(reach_of(http, tmp_path), entry(KIND, "ingest", {"url": "http://127.0.0.1:1"}, fields=FIELDS))
    with pytest.raises(RefusedError, match="text: is missing"):
        await book.plan("ingest", [{"text": " \n"}], [])


INVALID = {"detail": [{"loc": ["body", "chunks", 0, "text"], "msg": "field required", "input": "x"}]}


@pytest.mark.parametrize(
    ("answer", "verdict", "said"),
    [
        (page_of(400, "Invalid host header"), Verdict.REFUSED, "use the name of its host"),
        (page_of(400, '{"detail": "No chunks provided"}'), Verdict.REFUSED, "No chunks provided"),
        (page_of(422, json.dumps(INVALID)), Verdict.REFUSED, "chunks.0.text: field required"),
        (page_of(404, "{}"), Verdict.REFUSED, "this deployment may lack that part"),
        (page_of(202, "{}"), Verdict.UNKNOWN, "may have been queued"),
        (page_of(500, '{"detail": "x"}'), Verdict.UNKNOWN, "may have been queued"),
        (page_of(429, "{}", Retry_After="3"), Verdict.AGAIN, "wait"),
        (None, Verdict.UNKNOWN, "is not sent again"),
        (ACCEPTED[:-5], Verdict.UNKNOWN, "is not sent again"),
    ],
)
async def test_an_answer_is_not_more_than_it_says(
    tmp_path: Path, answer: bytes | None, verdict: Verdict, said: str
) -> None:
    read, _, times = await _sent(tmp_path, answer)
    assert (read.verdict, times) == (verdict, 1) and said in read.sentence


@pytest.mark.parametrize(
    ("job", "jobs", "state", "said"),
    [
        (LIE, [_job()], ActionState.RUNNING, "queued, 1 of 3 chunks (the list)"),
        (LIE, [_job(chunks_processed=3)], ActionState.SUCCEEDED, "status stuck at queued"),
        (LIE, [_job(status="failed")], ActionState.FAILED, "failed"),
        (LIE, [], ActionState.RUNNING, "as it is when its database fails"),
        (LIE, [_job(status="completed")], ActionState.UNKNOWN, "it says completed with 1 of 3"),
        (_job(status="completed", chunks_processed=3), [], ActionState.SUCCEEDED, "completed, 3 of 3"),
        (_job(status="failed", error_message="no model"), [], ActionState.FAILED, "no model"),
        (None, [], ActionState.UNKNOWN, "knows no job j-1"),
        (None, [{**_job(), "job_id": "other"}], ActionState.UNKNOWN, "any more"),
    ],
)
async def test_lies_about_a_job_are_seen_through(
    tmp_path: Path, job: Any, jobs: list[Any], state: ActionState, said: str
) -> None:
    seen = await _seen(tmp_path, _pages(job=job, jobs=jobs), {"job_id": "j-1"})
    assert seen.state is state and said in seen.sentence


async def test_a_job_without_an_id_is_guessed_and_never_a_success(tmp_path: Path) -> None:
    mine = {**_job(chunks_total=1, chunks_processed=1), "created_at": "2026-03-01T12:00:03"}
    seen = await _seen(tmp_path, _pages(jobs=[mine]), {})
    assert seen.state is ActionState.UNKNOWN and seen.final and "probably job j-1" in seen.sentence
    older = {**mine, "created_at": "2026-03-01T11:00:00"}
    assert "no job like it" in (await _seen(tmp_path, _pages(jobs=[older]), {})).sentence


ENDED = {"event_type": "ingestion.completed", "job_id": "j-1", "data": {"chunks_processed": 3, "chunks_total": 3}}
BUS = f"event: ingestion.completed\ndata: {json.dumps(ENDED)}\n\n"
STREAM = 'event:ingestion.failed\nid:1-1\ndata:{"event_id": "e", "job_id": "j-1", "error": "no model"}\n\n'


@pytest.mark.parametrize(
    ("parameter", "listen", "events", "state"),
    [
        ("event_types", "bus", BUS, ActionState.SUCCEEDED),
        ("last_id", "bus", STREAM, ActionState.RUNNING),
        ("last_id", "any", STREAM, ActionState.FAILED),
    ],
)
async def test_events_are_heard_where_listening_takes_nothing_away(
    tmp_path: Path, parameter: str, listen: str, events: str, state: ActionState
) -> None:
    openapi = {"paths": {"/events/stream": {"get": {"parameters": [{"name": parameter}]}}}}
    pages = _pages(jobs=[_job()])
    pages["GET /openapi.json"] = page_of(200, json.dumps(openapi))
    pages["GET /events/stream"] = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: keepalive\n\n" + events.encode()
    )
    seen = await _seen(tmp_path, pages, {"job_id": "j-1"}, listen=listen)
    assert seen.state is state


class Bus:
    """An orchestrator of which only events tell anything: its list is empty and each job is unknown. `say` sends one to
    whoever listens, `cut` ends all streams in the middle of another."""

    def __init__(self) -> None:
        self._streams: set[asyncio.StreamWriter] = set()
        self._came = asyncio.Event()
        self._server: asyncio.Server | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    async def listener(self) -> None:
        """Wait until somebody listens."""
        while not self._streams:
            self._came.clear()
            await self._came.wait()

    def say(self, kind: str, job: str, **data: Any) -> None:
        for stream in self._streams:
            stream.write(_frame(kind, job, **data))

    def cut(self) -> None:
        for stream in self._streams:
            stream.write(_frame("ingestion.progress", "j-1")[:40])
            stream.transport.close()
        self._streams.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode().partition("?")[0]
        if path == "/events/stream":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000000\r\n\r\n")
            self._streams.add(writer)
            self._came.set()
            return
        parameters = [{"name": "event_types"}]
        openapi = {"paths": {"/events/stream": {"get": {"parameters": parameters}}}}
        said = {"/jobs": {"jobs": [], "count": 0}, "/openapi.json": openapi}
        writer.write(page_of(200, json.dumps(said.get(path, LIE | {"job_id": path.rpartition("/")[2]}))))
        writer.close()


def _frame(kind: str, job: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'event_type': kind, 'job_id': job, 'data': data})}\n\n".encode()


@asynccontextmanager
async def _followed(tmp_path: Path, *jobs: str) -> AsyncIterator[tuple[Bus, Callable[[], Awaitable[list[Observed]]]]]:
    """A bus, and a look at jobs of which only its events tell."""
    http = client()
    async with Bus() as bus:
        options = {"url": bus.url, "listen_for": "200ms"}
        book = submissions(reach_of(http, tmp_path), entry(KIND, "ingest", options, fields=FIELDS))
        plan = await book.plan("ingest", [{"text": id} for id in jobs], [])
        doer = book.doer("ingest")
        assert doer is not None
        wanted = {number: {"key": plan.key, "job_id": id} for number, id in enumerate(jobs)}

        async def look() -> list[Observed]:
            seen = await doer.look(plan, wanted, NOON)
            return [seen[number] for number in wanted]

        yield bus, look
        await http.aclose()


async def test_an_event_that_comes_between_two_looks_is_heard(tmp_path: Path) -> None:
    async with _followed(tmp_path, "j-1") as (bus, look):
        (seen,) = await look()
        assert seen.state is ActionState.RUNNING and "0 of 0" in seen.sentence
        await bus.listener()
        bus.say("ingestion.progress", "j-1", chunks_processed=1, chunks_total=3)
        (seen,) = await look()
        assert seen.state is ActionState.RUNNING and seen.sentence == "processing, 1 of 3 chunks (an event)"
        # Nothing new was said since: what was heard is not forgotten.
        assert await look() == [seen]
        bus.say("ingestion.failed", "j-1", error="no model")
        (seen,) = await look()
        assert seen.final and seen.state is ActionState.FAILED and "no model" in seen.sentence


async def test_what_was_heard_outlives_a_stream_that_is_cut(tmp_path: Path) -> None:
    async with _followed(tmp_path, "j-1", "j-2") as (bus, look):
        await look()
        await bus.listener()
        bus.say("ingestion.completed", "j-1", chunks_processed=3, chunks_total=3)
        bus.cut()
        first, second = await look()
        assert first.state is ActionState.SUCCEEDED and second.state is ActionState.RUNNING
        await bus.listener()
        bus.say("ingestion.completed", "j-2", chunks_processed=1, chunks_total=1)
        assert [one.state for one in await look()] == [ActionState.SUCCEEDED] * 2


def test_events_are_read_however_they_are_cut() -> None:
    text = ": hi\r\n\r\nevent: a\r\ndata: one\r\ndata: two\r\n\r\nid: 7\ndata: x\n\n"
    for size in range(1, 12):
        reader = EventReader()
        found = [event for at in range(0, len(text), size) for event in reader.feed(text[at : at + size])]
        assert [(event.type, event.data) for event in found] == [("a", "one\ntwo"), ("message", "x")]


def test_an_endless_event_is_dropped() -> None:
    reader = EventReader()
    for _ in range(20):
        assert list(reader.feed("data: " + "x" * 50_000)) == []
    assert list(reader.feed("\n\ndata: y\n\n"))[-1].data == "y"


@requires_redis
async def test_the_hash_in_redis_is_believed_and_finds_a_job_by_its_key(tmp_path: Path) -> None:
    with RealRedis() as redis, redis.client() as writer:
        metadata = json.dumps({"idempotency_key": "key1"})
        writer.hset("job:j-9", mapping=_job(chunks_processed="3", metadata=metadata))
        writer.hset("job:broken", mapping={"metadata": "{"})
        seen = await _seen(tmp_path, _pages(), {}, redis=redis.url)
        assert seen.state is ActionState.SUCCEEDED and "status stuck at queued, Redis" in seen.sentence
