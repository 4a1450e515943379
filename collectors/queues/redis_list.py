"""A task queue that is a Redis list: jobs pushed to one end and popped from the other.

A list that is empty does not exist in Redis, so a missing key is a known zero. What workers hold is only known where
they move jobs to a second list (RPOPLPUSH, LMOVE), which is then `processing`.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from collectors.stream_state import number, text_of
from collectors.task_tally import free_id
from config.kinds import Kind
from config.values import RedisUrl, SecretRef
from fleet.errors import Fault, OutsideError
from fleet.ports import Probe, Reach
from fleet.task_records import fallback_id, is_fallback_id, read_record, task_of
from fleet.text import scrub
from fleet.vocabulary import TaskState
from fleet.work import QueueReading, Task
from transport.redis import Command, RedisLink, parse_place, understood

PAGE = 50
"""Items that are fetched at once."""

OLDEST, NEWEST = 200, 50
"""Items listed from the end that is taken next, and from the end where they arrive."""

_ITEM_BYTES = 65_536


class RedisListOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of `kind: redis_list`.

    `url`: `redis://host:port/db`, `rediss://` or `unix://`. `key`: the list. `processing`: the list of jobs that
    workers hold. `dead_letter`: the list of jobs that were given up. `password`: where it is, `{env: NAME}` or
    `{file: PATH}`. `oldest`: the end from which workers take; `right` where jobs are pushed with LPUSH (Celery,
    Sidekiq, Bull), `left` with RPUSH (RQ).
    """

    url: RedisUrl
    key: str
    processing: str | None = None
    dead_letter: str | None = None
    password: SecretRef | None = None
    oldest: Literal["left", "right"] = "right"


class RedisListProbe:
    """Looks at one list, and at the two beside it, over a connection of its own."""

    def __init__(self, options: RedisListOptions, reach: Reach) -> None:
        place = parse_place(options.url, options.password.read(reach.root) if options.password else None)
        self._options = options
        self._limits = reach.limits
        self._place = place
        self._link = RedisLink(place, most_bytes=reach.limits.body_bytes)
        self._name = scrub(options.key)
        self.target = f"{place} {self._name}"

    async def probe(self) -> QueueReading:
        with understood(self._place):
            return await self._look()

    async def _look(self) -> QueueReading:
        options = self._options
        keys = [options.key, *filter(None, (options.processing, options.dead_letter))]
        lengths = await self._lengths(keys)
        queued = lengths[options.key]
        waiting = await self._window(options.key, queued)
        held = await self._oldest(options.processing, OLDEST) if options.processing else []
        dead = await self._oldest(options.dead_letter, OLDEST) if options.dead_letter else []
        tasks = (
            *_tasks(held, self._name, TaskState.RUNNING, "processing"),
            *_tasks(waiting, self._name, TaskState.QUEUED, "waiting"),
            *_tasks(dead, self._name, TaskState.FAILED, "dead letter"),
        )
        unique = _unique(tasks)
        listed = unique[: self._limits.tasks]
        return QueueReading(
            name=self._name,
            kind="redis_list",
            queued=queued,
            running=lengths[options.processing] if options.processing else None,
            dead_letter=lengths[options.dead_letter] if options.dead_letter else None,
            oldest_queued_at=task_of_item(waiting[0], self._name).created_at if waiting else None,
            tasks=listed,
            cut=len(unique) - len(listed),
            tasks_complete=len(listed) == sum(lengths.values()),
        )

    async def aclose(self) -> None:
        """Close the connection."""
        await self._link.aclose()

    async def _lengths(self, keys: Sequence[str]) -> dict[str, int]:
        """The lengths of the lists at one moment, so that a job on its way between two counts once."""
        kinds = await self._link.ask_all([("TYPE", key) for key in keys])
        for key, kind in zip(keys, kinds, strict=True):
            if kind not in (b"list", b"none"):
                raise OutsideError(Fault.PAYLOAD, f"the key {scrub(key)} is a {text_of(kind)}, no list")
        answers = await self._link.ask_all([("LLEN", key) for key in keys], at_once=True)
        return {key: number(answer) or 0 for key, answer in zip(keys, answers, strict=True)}

    async def _window(self, key: str, length: int) -> list[bytes]:
        """Items from both ends, the oldest first; all of them where they are few."""
        oldest = await self._oldest(key, OLDEST)
        rest = min(NEWEST, length - len(oldest))
        newest = await self._items(key, rest, from_right=self._options.oldest == "left") if rest > 0 else []
        return [*oldest, *reversed(newest)]

    async def _oldest(self, key: str, most: int) -> list[bytes]:
        return await self._items(key, most, from_right=self._options.oldest == "right")

    async def _items(self, key: str, most: int, *, from_right: bool) -> list[bytes]:
        """At most `most` items from one end, the outermost first, and no more pages once the byte limit is met."""
        items: list[bytes] = []
        size = 0
        for start in range(0, most, PAGE):
            page = await self._link.ask(*_range(key, start, min(PAGE, most - start), from_right=from_right))
            items.extend(reversed(page) if from_right else page)
            size += sum(len(item) for item in page)
            if len(page) < PAGE or size > self._limits.body_bytes:
                break
        return items


def _range(key: str, start: int, count: int, *, from_right: bool) -> Command:
    if from_right:
        return "LRANGE", key, -(start + count), -(start + 1)
    return "LRANGE", key, start, start + count - 1


def task_of_item(item: bytes, queue: str, state: TaskState = TaskState.QUEUED) -> Task:
    """An item as a task: a JSON object by its fields, anything else by its text."""
    record = read_record(item) if item[:1] == b"{" and len(item) <= _ITEM_BYTES else None
    if record is not None:
        return task_of(record, queue, state)
    return Task(id=fallback_id(item), queue=queue, title=text_of(item[:2048], 512), state=state)


def _tasks(items: Sequence[bytes], queue: str, state: TaskState, word: str) -> list[Task]:
    return [replace(task_of_item(item, queue, state), raw_state=word) for item in items]


def _unique(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Equal items without an id are jobs of their own. With one they are the same job, met twice on its way from one
    list to the other; the place that is further on stands first."""
    chosen: dict[str, Task] = {}
    for task in tasks:
        if task.id in chosen and not is_fallback_id(task.id):
            continue
        name = free_id(task.id, chosen)
        chosen[name] = task if name == task.id else replace(task, id=name)
    return tuple(chosen.values())


def _build(options: RedisListOptions, reach: Reach) -> Probe:
    return RedisListProbe(options, reach)


KIND = Kind[Probe](name="redis_list", options=RedisListOptions, build=_build)
