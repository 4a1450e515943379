"""Counting a stream of task records while keeping only as many tasks as are shown.

A queue file may hold 300,000 tasks. All of them are counted, by distinct id; of an id 8 bytes are kept. Listed are at
most `most`: open ones first (in the file's order), then failed, then the newest done. What contradicts itself is
counted too and told as sentences.
"""

import heapq
from array import array
from collections import Counter
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from collectors.task_stream import Element
from fleet.task_records import (
    TaskRecord,
    ended_before_start,
    no_time_passed,
    read_record,
    record_id,
    says_no,
    task_of,
)
from fleet.text import scrub
from fleet.times import parse_time
from fleet.vocabulary import TaskState, task_state
from fleet.work import Task

RAW_BYTES = 4096
"""A record longer than this is held as the `Task` made of it, a shorter one as its bytes, which is less work."""

CLOCK_SLACK = timedelta(minutes=2)
"""How far another machine's clock may run ahead of ours before its times are called wrong."""

_BUCKETS = 64
_WORDS = 8
_STATES = (
    TaskState.UNKNOWN,
    TaskState.QUEUED,
    TaskState.WAITING,
    TaskState.RUNNING,
    TaskState.CANCELLED,
    TaskState.DONE,
    TaskState.FAILED,
)
"""Of two entries with one id the later in this order stands: the further one, and failure before success."""
_RANK = {state: rank for rank, state in enumerate(_STATES)}
_OPEN = (TaskState.RUNNING, TaskState.WAITING, TaskState.QUEUED, TaskState.UNKNOWN)
_SECTIONS = {
    **dict.fromkeys(("", "tasks", "queue", "queued", "pending"), TaskState.QUEUED),
    **dict.fromkeys(("in_progress", "running", "processing"), TaskState.RUNNING),
    **dict.fromkeys(("completed", "done"), TaskState.DONE),
    "failed": TaskState.FAILED,
}


class _Held(Struct, frozen=True):
    """A task that may come to be listed: its id's hash (0 for none), its state, and its record."""

    key: int
    state: TaskState
    record: bytes | Task


class _Ids:
    """Every id seen with the rank of its state, in 8 bytes: 61 bits of its hash, 3 of the rank."""

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add(self, key: int, rank: int) -> None:
        """Note an entry; `key` has its three lowest bits clear."""
        self._buckets[(key >> 3) % _BUCKETS].append(key | rank)

    def repeated(self) -> dict[int, list[int]]:
        """The ranks of each id that was seen more than once."""
        found: dict[int, list[int]] = {}
        for bucket in self._buckets:
            first: dict[int, int] = {}
            for packed in bucket:
                key, rank = packed & ~7, packed & 7
                if key in first:
                    found.setdefault(key, [first[key]]).append(rank)
                else:
                    first[key] = rank
        return found


class Tally:
    """Adds up the entries of one queue. `now` is needed to know a time that lies in the future."""

    def __init__(self, queue: str, most: int, now: datetime) -> None:
        self._queue = queue
        self._most = most
        self._latest = now + CLOCK_SLACK
        self._states: Counter[TaskState] = Counter()
        self._odd: Counter[str] = Counter()
        self._unknown_words: dict[str, None] = {}
        self._known_words: dict[str, TaskState] = {}
        self._ids = _Ids()
        self._open: dict[TaskState, list[_Held]] = {state: [] for state in _OPEN}
        self._ended: dict[TaskState, list[tuple[float, int, _Held]]] = {}
        self._sections: set[str] = set()
        self._entries = 0
        self.oldest_queued_at: datetime | None = None

    @property
    def entries(self) -> int:
        """Task entries seen, readable or not."""
        return self._entries

    def open_section(self, section: str) -> bool:
        """A list begins: whether it holds tasks. From now on a count of zero in it is known to be zero."""
        if section in _SECTIONS:
            self._sections.add(section)
        return section in _SECTIONS

    def add(self, element: Element) -> None:
        """Count an element of a list; lists that hold no tasks are passed over."""
        default = _SECTIONS.get(element.section)
        if default is None:
            return
        self._entries += 1
        if element.raw is None:
            self._odd["too long to read"] += 1
            return
        record = read_record(element.raw)
        if record is None:
            self._odd["not readable"] += 1
            return
        self._add(record, element.raw, default)

    def _add(self, record: TaskRecord, raw: bytes, default: TaskState) -> None:
        state = self._state(record, default)
        self._states[state] += 1
        key = _key(record)
        if key:
            self._ids.add(key, _RANK[state])
        self._hold(record, raw, _Held(key, state, raw))
        self._check(record, state)

    def _state(self, record: TaskRecord, default: TaskState) -> TaskState:
        """What the record is to be taken for: where its list, its word and its `success` differ, the worse of them."""
        said = self._said(record, default)
        if said is TaskState.UNKNOWN:
            return default if default in {TaskState.DONE, TaskState.FAILED} else said
        if said is TaskState.DONE and says_no(record.success):
            self._odd["called done although they say success: false"] += 1
            return TaskState.FAILED
        if default is TaskState.FAILED and said is not TaskState.FAILED:
            self._odd["listed as failed but in another state"] += 1
            return TaskState.FAILED
        if default is TaskState.DONE and said not in {TaskState.DONE, TaskState.CANCELLED}:
            self._odd["listed as completed but in another state"] += 1
        return said

    def _said(self, record: TaskRecord, default: TaskState) -> TaskState:
        if isinstance(record.status, str) and record.status in self._known_words:
            return self._known_words[record.status]
        word = record.word
        said = task_state(word) if word else default
        if said is TaskState.UNKNOWN:
            if len(self._unknown_words) < _WORDS:
                self._unknown_words[word] = None
            self._odd["in a state that is not known"] += 1
        elif isinstance(record.status, str) and word and len(self._known_words) < _WORDS**2:
            self._known_words[record.status] = said
        return said

    def _hold(self, record: TaskRecord, raw: bytes, held: _Held) -> None:
        ranked = held.state in self._open
        if ranked and len(self._open[held.state]) >= self._most:
            return
        if len(raw) > RAW_BYTES:
            held = _Held(held.key, held.state, task_of(record, self._queue, held.state))
        if ranked:
            self._open[held.state].append(held)
            return
        ended = parse_time(record.finished_value)
        entry = (ended.timestamp() if ended else 0.0, self._entries, held)
        heap = self._ended.setdefault(held.state, [])
        if len(heap) < self._most:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)

    def _check(self, record: TaskRecord, state: TaskState) -> None:
        if (record.assigned_to or record.agent) and len(record.agents) > 1:
            self._odd["given to two agents at once"] += 1
        if state in {TaskState.QUEUED, TaskState.WAITING}:
            self._note_queued(record)
        elif state is TaskState.RUNNING and not record.agents:
            self._odd["in progress by no agent"] += 1
        elif record.started_at is not None:
            self._check_span(record)

    def _check_span(self, record: TaskRecord) -> None:
        if no_time_passed(record):
            self._odd["ended at the very time that they started"] += 1
        elif ended_before_start(parse_time(record.started_at), parse_time(record.finished_value)):
            self._odd["ended before they started"] += 1

    def _note_queued(self, record: TaskRecord) -> None:
        created = parse_time(record.created_value)
        if created is None:
            return
        if created > self._latest:
            self._odd["dated in the future"] += 1
        elif self.oldest_queued_at is None or created < self.oldest_queued_at:
            self.oldest_queued_at = created

    def finish(self) -> "Counted":
        """What was counted. Entries that share an id count once."""
        repeated = self._ids.repeated()
        stands = {key: _STATES[max(ranks)] for key, ranks in repeated.items()}
        for ranks in repeated.values():
            for rank in sorted(ranks)[:-1]:
                self._states[_STATES[rank]] -= 1
        tasks = self._listed(stands)
        known = sum(self._states.values())
        return Counted(
            queued=self._waiting(),
            running=self._running(),
            done=self._known(TaskState.DONE),
            failed=self._known(TaskState.FAILED),
            tasks=tasks,
            unlisted=known - len(tasks),
            problems=self._problems(repeated),
        )

    def _known(self, state: TaskState) -> int | None:
        """A zero is only known where the list that would hold such tasks is there."""
        return self._states[state] if self._states[state] or self._lists(state) else None

    def _waiting(self) -> int | None:
        count = self._states[TaskState.QUEUED] + self._states[TaskState.WAITING]
        return count if count or self._lists(TaskState.QUEUED) else None

    def _running(self) -> int | None:
        count = self._states[TaskState.RUNNING]
        return count if count or self._lists(TaskState.QUEUED, TaskState.RUNNING) else None

    def _lists(self, *states: TaskState) -> bool:
        """Whether there was a list for tasks in one of `states`."""
        return any(_SECTIONS[section] in states for section in self._sections)

    def _listed(self, stands: dict[int, TaskState]) -> tuple[Task, ...]:
        ended = (
            entry[2]
            for state in (TaskState.FAILED, TaskState.CANCELLED, TaskState.DONE)
            for entry in sorted(self._ended.get(state, ()), key=lambda entry: entry[:2], reverse=True)
        )
        chosen: dict[str, Task] = {}
        for held in (*(held for state in _OPEN for held in self._open[state]), *ended):
            if len(chosen) >= self._most:
                break
            if held.key and stands.get(held.key, held.state) is not held.state:
                continue
            task = self._task(held)
            chosen.setdefault(task.id if held.key else free_id(task.id, chosen), task)
        return tuple(task if task.id == name else replace(task, id=name) for name, task in chosen.items())

    def _task(self, held: _Held) -> Task:
        if isinstance(held.record, Task):
            return held.record
        record = read_record(held.record) or TaskRecord()
        return task_of(record, self._queue, held.state)

    def _problems(self, repeated: dict[int, list[int]]) -> tuple[str, ...]:
        said = [f"{count:,} {_tasks(count)} {what}" for what, count in self._odd.items()]
        if self._unknown_words:
            words = ", ".join(f"“{scrub(word, 32)}”" for word in self._unknown_words)
            said = [f"{line}: {words}" if line.endswith("is not known") else line for line in said]
        if repeated:
            said.append(f"{len(repeated):,} {'ids stand' if len(repeated) > 1 else 'id stands'} there more than once")
        return tuple(said)


class Counted(Struct, frozen=True, kw_only=True):
    """The sums of a `Tally`; `tasks` is what is listed of them, `unlisted` how many are not."""

    queued: int | None
    running: int | None
    done: int | None
    failed: int | None
    tasks: tuple[Task, ...]
    unlisted: int
    problems: tuple[str, ...]


def _key(record: TaskRecord) -> int:
    """A hash of the record's id with its three lowest bits clear; 0 where it has none."""
    named = record.id if isinstance(record.id, str) and record.id else record_id(record)
    return hash(named) & 0xFFFF_FFFF_FFFF_FFF8 if named else 0


def free_id(wanted: str, taken: dict[str, Task]) -> str:
    """`wanted`, numbered where it is taken: two jobs without an id may be alike to the last letter."""
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}#{number}"
    return name


def _tasks(count: int) -> str:
    return "task" if count == 1 else "tasks"
