"""The demo's Redis queues, driven with the commands that the real producers and workers send.

Stream: XADD with the fields of the ingestion queue; workers read through their group, then XACK and XDEL. A chunk that
fails is never acknowledged, and a job's hash may stay `queued` though all of it is done: both as the real one does.
List: LPUSH at the left, RPOPLPUSH from the right into the list of jobs at work, LREM when done; what fails goes to a
third list, and with the cycle's end somebody sees to it. Entry ids are made of the script's time, not of the server's
clock, unless somebody else added an entry meanwhile.

What others put into the queues stands in the same order; `consumers` works it off when its turn comes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from demo_fleet.consumers import HASH_TTL_S, Entry, ListConsumers, QueueBrokenError, StreamConsumers, Text, Told, naive
from demo_fleet.jobs import JobEvent
from demo_fleet.moment import Moment
from demo_fleet.scenario import LIST, STREAM, Effect
from demo_fleet.world import World

if TYPE_CHECKING:
    from redis.asyncio import Redis

GROUP = "lightrag-workers"
_IDLE_GROUP = "metrics-collector"
"""A group that was made and never reads, so that its lag means nothing."""
Fields = dict[Text, Text]
_WORKERS = 4
_CHUNKS = 3
_MOST_ENTRIES = 10_000
_HASHES_KEPT = 2000
_STUCK_EVERY = 5


class Feeder:
    """Brings the queues up to the moment. `prefix` stands before every key, so that a shared server is left alone.
    `told` hears of every chunk of others that was worked off."""

    def __init__(
        self,
        client: "Redis",
        world: World,
        moment: Callable[[], Moment],
        prefix: str = "",
        told: Told = lambda *_: None,
    ) -> None:
        self._client = client
        self._world = world
        self._moment = moment
        self._prefix = prefix
        self.stream = prefix + STREAM
        self.list = prefix + LIST
        self.processing, self.dead = f"{self.list}:processing", f"{self.list}:dead"
        self.hashes = f"{prefix}job:*"
        self._streamers = StreamConsumers(client, self.stream, GROUP, prefix, told)
        self._listers = ListConsumers(client, self.processing, self.dead)
        self._until: float | None = None
        self._built = False
        self._ours: dict[int, str] = {}
        self._delivered = "0"
        self._unacknowledged: list[str] = []
        self._stuck: list[str] = []
        self._bodies: dict[int, str] = {}
        self._hashes: dict[str, None] = {}

    async def step(self) -> None:
        """Do what is due. After any error, and where the server lost its keys, the queues are made anew.

        Raises redis.exceptions.RedisError or OSError where the server does not answer.
        """
        moment = self._moment()
        since, self._until = self._until, None
        emptied = not await self._client.exists(self.stream)
        if emptied or since is None or not 0 <= moment.t - since <= self._world.scenario.cycle_s:
            await self._rebuild(moment)
        else:
            await self._advance(since, moment)
        await self._consume(moment)
        self._until = moment.t

    async def put(self, job_id: str, fields: Mapping[Text, Text], entries: Sequence[Fields]) -> None:
        """A job of somebody else: its hash (`fields`), and its chunks at the end of the stream, all or nothing.

        Raises QueueBrokenError.
        """
        from redis.exceptions import RedisError

        key = self._hash(job_id)
        try:
            async with self._client.pipeline(transaction=True) as pipe:
                pipe.hset(key, mapping=fields)
                pipe.expire(key, HASH_TTL_S)
                for entry in entries:
                    pipe.xadd(self.stream, entry, maxlen=_MOST_ENTRIES)
                await pipe.execute()
        except (RedisError, OSError) as error:
            raise QueueBrokenError(f"Redis: {type(error).__name__}") from error

    async def clear(self) -> None:
        """Take away every key that was made here, and what others put into the queues."""
        await self._clear()
        if self._streamers.hashes:
            await self._client.delete(*self._streamers.hashes)

    async def _clear(self) -> None:
        await self._client.delete(self.stream, self.list, self.processing, self.dead, *self._hashes)
        for forgotten in (self._bodies, self._stuck, self._hashes, self._ours, self._unacknowledged):
            forgotten.clear()
        self._streamers.clear()
        self._listers.clear()
        self._delivered = "0"

    async def _rebuild(self, moment: Moment) -> None:
        """Make the queues anew. What others put into them stands in them again, before everything else."""
        entries, texts = await self._of_others() if self._built else ([], [])
        await self._clear()
        for group in (GROUP, _IDLE_GROUP):
            await self._client.xgroup_create(self.stream, group, id="0", mkstream=True)
        for entry, fields in entries:
            await self._client.xadd(self.stream, cast(Fields, fields), id=entry)
        if texts:
            await self._client.rpush(self.list, *texts)
        self._built = True
        for name in (STREAM, LIST):
            line = self._world.lines[name]
            open_jobs = [job for job in line.recent(moment.t, 0.0) if job.ended > moment.t]
            events = [JobEvent(job.arrived, 0, job.number) for job in open_jobs]
            events += [JobEvent(job.started, 1, job.number) for job in open_jobs if job.started <= moment.t]
            for event in sorted(events):
                await self._apply(name, event, moment)

    async def _of_others(self) -> tuple[list[Entry], list[str]]:
        """What stands in the queues and was not put there from here; jobs of the list from its left."""
        ours, bodies = set(self._ours.values()) | set(self._unacknowledged), set(self._bodies.values())
        entries = cast(list[Entry], await self._client.xrange(self.stream))
        lists = [await self._client.lrange(key, 0, -1) for key in (self.list, self.processing)]
        texts = [str(text) for jobs in lists for text in jobs]
        return [entry for entry in entries if entry[0] not in ours], [text for text in texts if text not in bodies]

    async def _consume(self, moment: Moment) -> None:
        """Work off what others put into the queues and what is next there. Stalled workers take nothing."""
        await self._streamers.step(moment)
        await self._listers.step(moment)
        stalled = Effect.STALLED in self._world.scenario.effects(STREAM, moment.t)
        room = 0 if stalled else self._streamers.room
        if room:
            ours = set(self._ours.values())
            after = f"({self._delivered}"
            ahead = cast(list[Entry], await self._client.xrange(self.stream, after, "+", count=room))
            others = next((n for n, entry in enumerate(ahead) if entry[0] in ours), len(ahead))
            if others:
                await self._streamers.take(await self._read("worker-0", others), moment)
        bodies = set(self._bodies.values())
        for _ in range(self._listers.room):
            text = await self._client.lindex(self.list, -1)
            if text is None or text in bodies:
                break
            await self._client.rpoplpush(self.list, self.processing)
            self._listers.take([str(text)])

    async def _read(self, worker: str, count: int) -> list[Entry]:
        """The next entries of the stream, read through the group of the workers."""
        answer = await self._client.xreadgroup(GROUP, worker, {self.stream: ">"}, count=count)
        entries = [entry for _, batch in cast(list[tuple[str, list[Entry]]], answer) for entry in batch]
        if entries:
            self._delivered = entries[-1][0]
        return entries

    async def _advance(self, since: float, moment: Moment) -> None:
        cycle_s = self._world.scenario.cycle_s
        boundary = moment.t // cycle_s * cycle_s
        if since < boundary:
            await self._follow(since, boundary, moment)
            await self._restart_workers()
        await self._follow(max(since, boundary), moment.t, moment)

    async def _follow(self, since: float, until: float, moment: Moment) -> None:
        for name in (STREAM, LIST):
            for event in self._world.lines[name].events(since, until):
                await self._apply(name, event, moment)

    async def _apply(self, name: str, event: JobEvent, moment: Moment) -> None:
        if name == LIST:
            await self._on_list(event, moment)
        elif event.kind == 0:
            await self._ingest(event.number, moment)
        elif event.kind == 1:
            await self._take(event.number, moment)
        else:
            await self._finish(event.number, moment)

    # ── The list ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _on_list(self, event: JobEvent, moment: Moment) -> None:
        job = self._world.lines[LIST].job(event.number)
        if event.kind == 0:
            created = round(moment.at(job.arrived).timestamp(), 3)
            body = {"id": job.id, "type": "embed", "status": "queued", "created_at": created, "retries": 0}
            self._bodies[event.number] = json.dumps(body)
            await self._client.lpush(self.list, self._bodies[event.number])
        elif event.kind == 1:
            await self._take_job()
        else:
            text = self._bodies.pop(event.number, "")
            await self._client.lrem(self.processing, 1, text)
            if not job.ok:
                await self._client.lpush(self.dead, text)

    async def _take_job(self) -> None:
        """Take the next job of ours; those of others that stand before it are taken, too."""
        bodies = set(self._bodies.values())
        for _ in range(_MOST_ENTRIES):
            text = await self._client.rpoplpush(self.list, self.processing)
            if text is None or text in bodies:
                break
            self._listers.take([str(text)])

    # ── The stream ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _group_of(self, number: int) -> tuple[str, int]:
        """The job that a chunk belongs to, and which of its chunks it is."""
        first = number - number % _CHUNKS
        return self._world.lines[STREAM].job(first).id, number % _CHUNKS

    def _entry_id(self, number: int, moment: Moment) -> str:
        line = self._world.lines[STREAM]
        milliseconds = int(moment.at(line.job(number).arrived).timestamp() * 1000)
        return f"{milliseconds}-{number + line.per_cycle}"

    def _hash(self, job_id: str) -> str:
        return f"{self._prefix}job:{job_id}"

    async def _ingest(self, number: int, moment: Moment) -> None:
        job_id, chunk = self._group_of(number)
        at = naive(moment, self._world.lines[STREAM].job(number).arrived)
        if self._hash(job_id) not in self._hashes:
            await self._open_job(job_id, at, chunk)
        fields: Fields = {
            "job_id": job_id,
            "chunk_id": f"{job_id}::{chunk}",
            "content": f"Chunk {chunk + 1} of {_CHUNKS}",
            "source_uri": f"https://docs.example.org/page/{number // _CHUNKS % 500}",
            "source_type": "web",
            "metadata": "{}",
            "retry_count": "0",
            "timestamp": at,
        }
        self._ours[number] = await self._add(fields, self._entry_id(number, moment))

    async def _add(self, fields: Fields, entry: str) -> str:
        """Add an entry under the id `entry`, or under the server's where somebody added a later one."""
        from redis.exceptions import ResponseError

        try:
            return str(await self._client.xadd(self.stream, fields, id=entry, maxlen=_MOST_ENTRIES))
        except ResponseError as error:
            if "equal or smaller" not in str(error):
                raise
            return str(await self._client.xadd(self.stream, fields, maxlen=_MOST_ENTRIES))

    async def _open_job(self, job_id: str, at: str, processed: int) -> None:
        """The job's hash. Where the feeding begins in the middle of a job, its earlier chunks are `processed`."""
        fields: Mapping[Text, Text] = {
            "job_id": job_id,
            "job_type": "lightrag_ingestion",
            "status": "queued",
            "chunks_total": str(_CHUNKS),
            "chunks_processed": str(processed),
            "created_at": at,
            "metadata": "{}",
        }
        key = self._hash(job_id)
        self._hashes[key] = None
        if len(self._hashes) > _HASHES_KEPT:
            del self._hashes[next(iter(self._hashes))]
        await self._client.hset(key, mapping=fields)
        await self._client.expire(key, HASH_TTL_S)

    async def _take(self, number: int, moment: Moment) -> None:
        worker = f"worker-{number % _WORKERS}"
        ours = set(self._ours.values())
        for _ in range(_MOST_ENTRIES):
            entries = await self._read(worker, 1)
            if not entries or entries[0][0] in ours:
                break
            await self._streamers.take(entries, moment)
        job_id, chunk = self._group_of(number)
        if chunk == 0 and not _sticks(number):
            at = naive(moment, self._world.lines[STREAM].job(number).started)
            await self._client.hset(self._hash(job_id), mapping={"status": "processing", "started_at": at})

    async def _finish(self, number: int, moment: Moment) -> None:
        job = self._world.lines[STREAM].job(number)
        entry, key = self._ours.pop(number, self._entry_id(number, moment)), self._hash(self._group_of(number)[0])
        if not job.ok:
            self._unacknowledged.append(entry)
            await self._client.hset(key, mapping={"error_message": "embedding service: time-out after 30 s"})
            return
        await self._client.xack(self.stream, GROUP, entry)
        await self._client.xdel(self.stream, entry)
        done = await self._client.hincrby(key, "chunks_processed", 1)
        if done < _CHUNKS:
            return
        if _sticks(number):
            self._stuck.append(key)
            return
        at = naive(moment, job.ended)
        await self._client.hset(key, mapping={"status": "completed", "completed_at": at})

    async def _restart_workers(self) -> None:
        """With the cycle's end somebody restarts the workers, and what had failed is dealt with."""
        await self._client.delete(self.dead)
        for key in self._stuck:
            await self._client.hset(key, mapping={"status": "completed"})
        self._stuck.clear()
        left = [*self._unacknowledged, *self._streamers.failed]
        if left:
            await self._client.xack(self.stream, GROUP, *left)
            await self._client.xdel(self.stream, *left)
            self._unacknowledged.clear()
            self._streamers.failed.clear()


def _sticks(number: int) -> bool:
    """Whether the job of this chunk is one whose status never leaves `queued`."""
    return number // _CHUNKS % _STUCK_EVERY == _STUCK_EVERY - 1
