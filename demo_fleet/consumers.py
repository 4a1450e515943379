"""Workers that consume what others than the feeder put into the demo's Redis queues: for real, and by the contract.

Stream: read through the workers' group, the job's hash kept, then XACK and XDEL. A chunk whose text holds the word
`fail` fails: its job's hash says so, and the entry is never acknowledged. The status of one job in five stays `queued`
though all its chunks are done, as the real one's does.
List: RPOPLPUSH into the list of jobs at work, LREM when done; what is no JSON object, or has `"fail": true`, goes to
the list of dead jobs.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from demo_fleet.crew import Crew
from demo_fleet.moment import Moment

if TYPE_CHECKING:
    from redis.asyncio import Redis

HASH_TTL_S = 3600
WORK_S = 1.5
_STREAM_WORKERS, _STREAM_BATCH = 4, 10
_LIST_WORKERS, _LIST_BATCH = 2, 5
_HASHES_KEPT = 2000
_STUCK_EVERY = 5
ERROR = "embedding service: the text could not be embedded"

Text = bytes | bytearray | memoryview | str | int | float
"""What a value of Redis may be made of."""
Fields = Mapping[str, str]
Entry = tuple[str, Fields]
Told = Callable[[str, str, str], None]
"""Called with the job's id, the chunk's id, and why it failed ("" where it did not)."""


class QueueBrokenError(Exception):
    """The queue could not be written; the message says why."""


class StreamConsumers:
    """Works off entries of the stream that the feeder did not add."""

    def __init__(self, client: "Redis", stream: str, group: str, prefix: str, told: Told = lambda *_: None) -> None:
        self._client = client
        self._stream = stream
        self._group = group
        self._prefix = prefix
        self._told = told
        self._crew: Crew[Entry] = Crew(_STREAM_WORKERS, _STREAM_BATCH, WORK_S)
        self._counted: dict[str, None] = {}
        self.hashes: dict[str, None] = {}
        self.failed: list[str] = []
        """Ids of the entries that failed, which stay pending."""

    @property
    def room(self) -> int:
        """How many entries would be taken up at once."""
        return min(self._crew.room, _STREAM_BATCH)

    async def take(self, entries: Iterable[Entry], moment: Moment) -> None:
        """Entries that were read through the group: their jobs are at work."""
        for entry, fields in entries:
            self._crew.give([(entry, fields)])
            await self._begin(entry, fields, moment)

    async def step(self, moment: Moment) -> None:
        """Finish what is due."""
        for entry, fields in self._crew.done(moment.t):
            await self._finish(entry, fields, moment)

    def clear(self) -> None:
        """Forget what is at work; the server lost it, or its group is made anew."""
        self._crew.clear()
        self.failed.clear()

    def _key(self, entry: str, fields: Fields) -> str:
        key = f"{self._prefix}job:{fields.get('job_id') or entry}"
        self.hashes[key] = None
        if len(self.hashes) > _HASHES_KEPT:
            del self.hashes[next(iter(self.hashes))]
        return key

    async def _begin(self, entry: str, fields: Fields, moment: Moment) -> None:
        key = self._key(entry, fields)
        if key not in self._counted and not await self._client.exists(key):
            self._counted[key] = None
            await self._client.hset(key, mapping=_hash(entry, fields, moment))
        if key in self._counted:
            await self._client.hincrby(key, "chunks_total", 1)
        if not _sticks(key):
            await self._client.hset(key, mapping={"status": "processing", "started_at": naive(moment, moment.t)})
        await self._client.expire(key, HASH_TTL_S)

    async def _finish(self, entry: str, fields: Fields, moment: Moment) -> None:
        key, job = self._key(entry, fields), fields.get("job_id") or entry
        chunk = fields.get("chunk_id") or entry
        if wants_to_fail(fields.get("content", "")):
            self.failed.append(entry)
            at = naive(moment, moment.t)
            await self._client.hset(key, mapping={"status": "failed", "error_message": ERROR, "completed_at": at})
            self._told(job, chunk, ERROR)
            return
        done = await self._client.hincrby(key, "chunks_processed", 1)
        status, total = await self._client.hmget(key, ["status", "chunks_total"])
        if status != "failed" and not _sticks(key) and done >= _number(total):
            at = naive(moment, moment.t)
            await self._client.hset(key, mapping={"status": "completed", "completed_at": at})
        await self._client.xack(self._stream, self._group, entry)
        await self._client.xdel(self._stream, entry)
        self._told(job, chunk, "")


class ListConsumers:
    """Works off jobs of the list that the feeder did not push."""

    def __init__(self, client: "Redis", processing: str, dead: str) -> None:
        self._client = client
        self._processing = processing
        self._dead = dead
        self._crew: Crew[str] = Crew(_LIST_WORKERS, _LIST_BATCH, WORK_S)

    @property
    def room(self) -> int:
        """How many jobs would be taken up at once."""
        return self._crew.room

    def take(self, texts: Iterable[str]) -> None:
        """Jobs that were moved to the list of those at work."""
        self._crew.give(texts)

    async def step(self, moment: Moment) -> None:
        """Finish what is due."""
        for text in self._crew.done(moment.t):
            await self._client.lrem(self._processing, 1, text)
            if _is_dead(text):
                await self._client.lpush(self._dead, text)

    def clear(self) -> None:
        """Forget what is at work."""
        self._crew.clear()


def wants_to_fail(content: str) -> bool:
    """Whether a text asks to fail: one of its words is `fail`."""
    return "fail" in content.lower().split()


def naive(moment: Moment, t: float) -> str:
    """A time as its writers give it: ISO text in UTC, without saying so."""
    return moment.at(t).replace(tzinfo=None).isoformat()


def _hash(entry: str, fields: Fields, moment: Moment) -> Mapping[Text, Text]:
    """The hash of a job that nobody opened; its chunks are counted as they come."""
    return {
        "job_id": fields.get("job_id") or entry,
        "job_type": "lightrag_ingestion",
        "status": "queued",
        "chunks_total": "0",
        "chunks_processed": "0",
        "created_at": fields.get("timestamp") or naive(moment, moment.t),
        "metadata": fields.get("metadata") or "{}",
    }


def _is_dead(text: str) -> bool:
    try:
        job: Any = json.loads(text)
    except (ValueError, RecursionError):
        return True
    return not isinstance(job, dict) or job.get("fail") is True


def _sticks(key: str) -> bool:
    """Whether the job is one whose status never leaves `queued`."""
    return zlib.crc32(key.encode()) % _STUCK_EVERY == 0


def _number(text: object) -> int:
    return int(text) if isinstance(text, str) and text.isdecimal() else 1
