"""The demo's orchestrator: takes documents for ingestion, and reports on them as unreliably as the real one does.

`POST /lightrag/ingest-async` → 202 with a job's id. `GET /jobs/ID` says `unknown`, 0 of 0, for as long as the job's
hash lives; `GET /jobs` counts rightly but leaves the status at `queued`; `/events/stream` hears of a quarter of the
jobs, as each of four processes keeps its own subscribers, and never of a start or an end. There is no key of an intent:
who sends twice has two jobs.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from demo_fleet.consumers import ERROR, HASH_TTL_S, WORK_S, QueueBrokenError, Text, naive, wants_to_fail
from demo_fleet.crew import Crew
from demo_fleet.http_api import ApiReply
from demo_fleet.ingestion import IngestJob, chunk_entries, faults, job_hash
from demo_fleet.moment import Moment
from demo_fleet.routes import Request

PROCESSES = 4
CLIENTS = 100
_QUEUED_EVENTS = 50
_KEEPALIVE_S = 15.0
_JOBS_KEPT = 2000
_MEMORY_WORKERS, _MEMORY_BATCH = 4, 10
_VERSION = "1.0.0"


class ChunkQueue(Protocol):
    """Where chunks go to be worked off."""

    async def put(self, job_id: str, fields: Mapping[Text, Text], entries: Sequence[dict[Text, Text]]) -> None:
        """A job's hash, and its chunks as entries of the stream. Raises QueueBrokenError."""
        ...


class MemoryQueue:
    """Chunks in memory, for a demo without a Redis."""

    def __init__(self, moment: Callable[[], Moment], told: Callable[[str, str, str], None]) -> None:
        self._moment = moment
        self._told = told
        self._crew: Crew[dict[Text, Text]] = Crew(_MEMORY_WORKERS, _MEMORY_BATCH, WORK_S)

    async def put(self, job_id: str, fields: Mapping[Text, Text], entries: Sequence[dict[Text, Text]]) -> None:
        """As ChunkQueue says; it cannot fail."""
        self._crew.give(entries)

    def step(self) -> None:
        """Work off what is due."""
        for entry in self._crew.done(self._moment().t):
            error = ERROR if wants_to_fail(str(entry["content"])) else ""
            self._told(str(entry["job_id"]), str(entry["chunk_id"]), error)


class Orchestrator:
    """Its routes. `queue` takes the chunks; whoever works them off calls `told`."""

    def __init__(self, moment: Callable[[], Moment], new_id: Callable[[], str], host: str = "127.0.0.1") -> None:
        self._moment = moment
        self._new_id = new_id
        self._hosts = frozenset({"localhost", "127.0.0.1", "hx-orchestrator-server", host})
        self._jobs: dict[str, IngestJob] = {}
        self._subscribers: dict[asyncio.Queue[tuple[str, bytes]], int] = {}
        self._turn = 0
        self._memory = MemoryQueue(moment, self.told)
        self.queue: ChunkQueue = self._memory

    def step(self) -> None:
        """Work off what is held in memory."""
        self._memory.step()

    def told(self, job_id: str, chunk_id: str, error: str) -> None:
        """A chunk was worked off; `error` says why it failed, "" where it did not."""
        job = self._jobs.get(job_id)
        if job is None:
            return
        if error:
            job.error, job.ended = error, self._moment().t
            self._publish("ingestion.failed", job, {"chunk_id": chunk_id, "error": error})
            return
        job.processed += 1
        progress = {"entities_extracted": 0, "relationships_extracted": 0, "percent_complete": _percent(job)}
        counts = {"chunk_id": chunk_id, "chunks_processed": job.processed, "chunks_total": job.total}
        self._publish("ingestion.progress", job, counts | progress)

    async def handle(self, request: Request) -> ApiReply:
        """The reply to a request."""
        if urlsplit(f"//{request.headers.get('host', '')}").hostname not in self._hosts:
            return ApiReply(400, "Invalid host header")
        path, _, query = request.path.partition("?")
        if path == "/lightrag/ingest-async":
            return await self._ingest(request) if request.method == "POST" else _NOT_ALLOWED
        if request.method not in ("GET", "HEAD"):
            return _NOT_ALLOWED if path in self._pages() or path.startswith("/jobs") else _NOT_FOUND
        if path == "/jobs":
            return self._listing(query)
        if path.startswith("/jobs/"):
            return self._job(path.removeprefix("/jobs/"))
        if path == "/events/stream":
            return self._subscribe(query)
        page = self._pages().get(path)
        return _NOT_FOUND if page is None else ApiReply(200, page())

    # ── Taking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _ingest(self, request: Request) -> ApiReply:
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            detail = {"type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error", "input": {}}
            return ApiReply(422, {"detail": [detail | {"ctx": {"error": str(error)[:200]}}]})
        wrong = faults(body)
        if wrong:
            return ApiReply(422, {"detail": wrong})
        if not body["chunks"]:
            return ApiReply(400, {"detail": "No chunks provided"})
        moment = self._moment()
        job = IngestJob(id=self._new_id(), created=moment.t, total=len(body["chunks"]), process=self._next_process())
        try:
            await self.queue.put(job.id, job_hash(job, body, moment), chunk_entries(job, body, moment))
        except QueueBrokenError as error:
            return ApiReply(500, {"detail": f"Failed to queue ingestion job: {error}"})
        self._jobs[job.id] = job
        if len(self._jobs) > _JOBS_KEPT:
            del self._jobs[next(iter(self._jobs))]
        self._publish("ingestion.queued", job, {"chunks_total": job.total})
        message = f"Ingestion job queued successfully. Track status at /jobs/{job.id}"
        accepted = {"status": "accepted", "job_id": job.id, "chunks_queued": job.total, "message": message}
        return ApiReply(202, accepted)

    def _next_process(self) -> int:
        """Which of the four processes a connection lands on: each in its turn."""
        self._turn += 1
        return self._turn % PROCESSES

    # ── Telling ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _job(self, job_id: str) -> ApiReply:
        job, moment = self._jobs.get(job_id), self._moment()
        if job is None:
            return ApiReply(404, {"detail": f"Job {job_id[:80]} not found"})
        ends = {"started_at": None, "completed_at": None, "error_message": None}
        if moment.t - job.created < HASH_TTL_S:  # it looks the hash up by the wrong type of key
            said: dict[str, Any] = {"status": "unknown", "chunks_total": 0, "chunks_processed": 0}
            said |= {"percent_complete": 0.0, "created_at": ""}
        else:
            said = self._row(job, moment) | {"error_message": job.error or None}
            said.pop("duration_seconds")
        return ApiReply(200, {"job_id": job.id, "job_type": "lightrag_ingestion"} | ends | said)

    def _row(self, job: IngestJob, moment: Moment) -> dict[str, Any]:
        return {
            "job_id": job.id,
            "job_type": "lightrag_ingestion",
            "status": "failed" if job.error else "queued",
            "chunks_total": job.total,
            "chunks_processed": job.processed,
            "percent_complete": _percent(job),
            "created_at": naive(moment, job.created),
            "duration_seconds": None if job.ended is None else round(job.ended - job.created, 3),
        }

    def _listing(self, query: str) -> ApiReply:
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        limit = asked.get("limit", "50")
        if not limit.isdecimal() or len(limit) > 3 or not 1 <= int(limit) <= 100:
            wrong = {"type": "less_than_equal", "loc": ["query", "limit"], "msg": "Input should be from 1 to 100"}
            return ApiReply(422, {"detail": [wrong | {"input": limit[:20]}]})
        moment = self._moment()
        rows = [self._row(job, moment) for job in reversed(self._jobs.values())]
        found = [row for row in rows if asked.get("status", row["status"]) == row["status"]][: int(limit)]
        return ApiReply(200, {"jobs": found, "count": len(found)})

    def _pages(self) -> dict[str, Callable[[], dict[str, Any]]]:
        moment = self._moment()
        at = {"timestamp": naive(moment, moment.t)}
        well = {"status": "healthy", "overall_status": "healthy"}
        up = {"application": {"status": "up", "memory_mb": 212.4, "cpu_percent": 3.1}}
        return {
            "/health": lambda: (
                {"status": "healthy", "version": _VERSION, "uptime_seconds": round(moment.t / moment.speed, 1)} | at
            ),
            "/health/detailed": lambda: well | at | {"components": up},
            "/health/readiness": lambda: {"ready": True} | at,
            "/health/liveness": lambda: {"alive": True, "pid": 4711} | at,
            "/lightrag/stats": lambda: {
                "initialized": True,
                "kg_entities": 0,
                "kg_relationships": 0,
                "vector_count": 0,
            },
            "/openapi.json": lambda: {"openapi": "3.1.0", "paths": _PATHS},
        }

    # ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _subscribe(self, query: str) -> ApiReply:
        if len(self._subscribers) >= CLIENTS:
            return ApiReply(503, {"detail": "Too many clients"})
        wanted = frozenset(filter(None, ",".join(parse_qs(query).get("event_types", ())).split(",")))
        return ApiReply(200, events=self._events(wanted))

    async def _events(self, wanted: frozenset[str]) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(_QUEUED_EVENTS)
        self._subscribers[queue] = self._next_process()
        try:
            yield b": connected\n\n"
            while True:
                try:
                    kind, frame = await asyncio.wait_for(queue.get(), _KEEPALIVE_S)
                except TimeoutError:
                    yield b": keepalive\n\n"
                    continue
                if not wanted or kind in wanted:
                    yield frame
        finally:
            self._subscribers.pop(queue, None)

    def _publish(self, kind: str, job: IngestJob, data: dict[str, Any]) -> None:
        moment = self._moment()
        said = {"event_type": kind, "timestamp": naive(moment, moment.t), "job_id": job.id, "data": data}
        frame = f"event: {kind}\ndata: {json.dumps(said | {'metadata': {}})}\n\n".encode()
        for queue, process in self._subscribers.items():
            if process == job.process and not queue.full():
                queue.put_nowait((kind, frame))


_EVENT_TYPES = {"name": "event_types", "in": "query", "required": False}
_PATHS: dict[str, dict[str, Any]] = {
    "/health": {"get": {}},
    "/jobs": {"get": {}},
    "/jobs/{job_id}": {"get": {}},
    "/lightrag/ingest-async": {"post": {}},
    "/events/stream": {"get": {"parameters": [_EVENT_TYPES]}},
}
_NOT_COUNTED = {"kg_entities": 0, "kg_relationships": 0, "vector_count": 0}
_NOT_FOUND = ApiReply(404, {"detail": "Not Found"})
_NOT_ALLOWED = ApiReply(405, {"detail": "Method Not Allowed"})


def _percent(job: IngestJob) -> float:
    return round(100 * job.processed / job.total, 1)
