"""A task queue that is a Redis stream read by a consumer group, with the hashes of its jobs where it has any.

Counts are of entries. Tasks are the entries in flight (with their consumer as agent), the first that wait, and the
jobs. Counters since the stream began (arrivals, acknowledged) exist from Redis 7 on; before, the rates are unknown.
"""

from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from collectors.stream_jobs import Jobs, read_jobs
from collectors.stream_state import Fields, InFlight, StreamState, read_stream, text_of
from config.kinds import Kind
from config.values import RedisUrl, Seconds, SecretRef
from fleet.errors import OutsideError
from fleet.ports import Probe, Reach
from fleet.task_records import TaskRecord, read_record, task_of
from fleet.text import scrub
from fleet.times import span_text
from fleet.vocabulary import TaskState
from fleet.work import QueueReading, Task
from transport.redis import RedisLink, parse_place, understood

_NO_JOBS = Jobs((), (), True)
_PAYLOADS = ("data", "payload", "task", "job", "body")
_JITTER = timedelta(seconds=2)
_EARLIEST_MS, _LATEST_MS = 946_684_800_000, 4_102_444_800_000  # the years 2000 and 2100


class RedisStreamOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of `kind: redis_stream`.

    `url`: `redis://host:port/db`, `rediss://` or `unix://`. `stream`, `group`: the key and its consumer group.
    `password`: where it is, `{env: NAME}` or `{file: PATH}`. `jobs`: the pattern of the keys of job hashes (`job:*`).
    `stuck_after`: an entry in flight for longer is said to be stuck; the default of one hour is how long hx-citadel
    keeps a job's hash, after which nobody follows it.
    """

    url: RedisUrl
    stream: str
    group: str
    password: SecretRef | None = None
    jobs: str | None = None
    stuck_after: Seconds = Seconds(3600)


class RedisStreamProbe:
    """Looks at one stream over a connection of its own."""

    def __init__(self, options: RedisStreamOptions, reach: Reach) -> None:
        place = parse_place(options.url, options.password.read(reach.root) if options.password else None)
        self._options = options
        self._reach = reach
        self._place = place
        self._link = RedisLink(place, most_bytes=reach.limits.body_bytes)
        self._name = scrub(options.stream)
        self._since: dict[tuple[str, int], datetime] = {}
        self.target = f"{place} {self._name}"

    async def probe(self) -> QueueReading:
        with understood(self._place):
            return await self._look()

    async def _look(self) -> QueueReading:
        state = await read_stream(self._link, self._options.stream, self._options.group)
        jobs = await self._jobs()
        waiting = (_entry(self._name, each.id, each.fields) for each in state.waiting)
        tasks = (*self._held(state), *jobs.tasks, *waiting)
        most = self._reach.limits.tasks
        return QueueReading(
            name=self._name,
            kind="redis_stream",
            queued=state.queued,
            running=state.running,
            done=state.completed,
            oldest_queued_at=entry_time(state.first_waiting or ""),
            arrived_total=state.added,
            completed_total=state.completed,
            tasks=tasks[:most],
            cut=max(0, len(tasks) - most),
            tasks_complete=jobs.complete and len(tasks) <= most and _all_read(state),
            anomalies=(*state.problems, *self._stuck(state), *jobs.problems),
        )

    async def aclose(self) -> None:
        """Close the connection."""
        await self._link.aclose()

    async def _jobs(self) -> Jobs:
        if self._options.jobs is None:
            return _NO_JOBS
        try:
            return await read_jobs(self._link, self._options.jobs, self._name, self._reach.limits.tasks)
        except OutsideError as error:
            return Jobs((), (f"the jobs cannot be read: {error}",), complete=False)

    def _held(self, state: StreamState) -> tuple[Task, ...]:
        """The entries in flight as tasks. When each was handed out is worked out once: computed anew from its idle
        time it would differ by milliseconds each time, and the row with it."""
        now = self._reach.clock.now()
        since: dict[tuple[str, int], datetime] = {}
        tasks = []
        for held in state.in_flight:
            key = (held.id, held.deliveries)
            computed = now - timedelta(seconds=held.idle_s)
            before = self._since.get(key)
            since[key] = before if before is not None and abs(before - computed) < _JITTER else computed
            tasks.append(_held_task(self._name, held, since[key]))
        self._since = since
        return tuple(tasks)

    def _stuck(self, state: StreamState) -> list[str]:
        limit = self._options.stuck_after
        stuck = [held for held in state.in_flight if held.idle_s > limit]
        if not stuck:
            return []
        longest = max(stuck, key=lambda held: held.idle_s)
        return [f"{len(stuck)} in flight for longer than {span_text(limit)}, the longest with {longest.consumer}"]


def _all_read(state: StreamState) -> bool:
    return len(state.waiting) == state.queued and len(state.in_flight) == (state.running or 0)


def _held_task(queue: str, held: InFlight, since: datetime) -> Task:
    task = _entry(queue, held.id, held.fields or {})
    again = f"delivered {held.deliveries} times" if held.deliveries > 1 else ""
    return replace(
        task,
        state=TaskState.RUNNING,
        raw_state="in flight",
        agent=held.consumer,
        started_at=since,
        detail=again if held.fields is not None else "gone from the stream",
    )


def _entry(queue: str, entry_id: str, about: Fields) -> Task:
    """An entry as a task: its fields are the record, or one of them holds it as JSON."""
    packed = next((about[name] for name in _PAYLOADS if about.get(name, b"").startswith(b"{")), None)
    texts = {name: text_of(value, 512) for name, value in about.items()}
    record = read_record(packed) if packed else None
    task = task_of(record or msgspec.convert(texts, TaskRecord), queue, TaskState.QUEUED)
    return replace(
        task,
        id=entry_id,
        title=task.title or _title(texts),
        kind=task.kind or texts.get("source_type", ""),
        raw_state="waiting",
        created_at=task.created_at or entry_time(entry_id),
    )


def _title(texts: dict[str, str]) -> str:
    for name in ("chunk_id", "source_uri", "job_id", "event_id"):
        if texts.get(name):
            return texts[name]
    return scrub(", ".join(f"{name}={value}" for name, value in list(texts.items())[:3]), 120)


def entry_time(entry_id: str) -> datetime | None:
    """When an entry was added, by its id (`<milliseconds>-<sequence>`); None for an id that someone made up."""
    first = entry_id.partition("-")[0]
    if not first.isdecimal() or not _EARLIEST_MS < int(first) < _LATEST_MS:
        return None
    return datetime.fromtimestamp(int(first) / 1000, UTC)


def _build(options: RedisStreamOptions, reach: Reach) -> Probe:
    return RedisStreamProbe(options, reach)


KIND = Kind[Probe](name="redis_stream", options=RedisStreamOptions, build=_build)
