"""A task queue that is a JSON file: tools-automation's `task_queue.json` in all the shapes that its history shows.

`{"tasks": […], "completed": […], "failed": […]}`, `tasks` alone, a bare list, and once a task's own fields at the
top level beside `tasks`. The file may be 130 MB, so it is streamed (`collectors.task_stream`) in a thread, and not
read again while it has not changed. What stands before a broken byte is counted, and the breakage is said.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import fields, replace

from collectors.task_stream import Element, Member, Opened, TrailingError, parts
from collectors.task_tally import Counted, Tally, free_id
from config.kinds import Kind
from config.values import FilePath
from fleet.clock import Clock
from fleet.errors import Fault, OutsideError, ParseError
from fleet.ports import Probe, Reach
from fleet.task_records import TaskRecord, read_record, task_of
from fleet.text import scrub
from fleet.vocabulary import TaskState
from fleet.work import QueueReading, Task
from transport.files import Identity, identity, lasting, stream_file

T = TypeVar("T")

DEAD_LISTED = 200
"""Dead letters that are listed as tasks; all of them are counted."""

_MOVING = "it changed each time that it was read; the counts may mix two states"
_ROOT_BYTES = 65_536
_ROOT_FIELDS = frozenset(field.encode_name for field in fields(TaskRecord))


class TaskFileOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of `kind: task_file`.

    `path`: the queue file. `limit`: the most bytes that are read of it (default: the general limit of files).
    `dead_letter`: the file that dead letters go to; where it is absent their number is unknown, not zero.
    """

    path: FilePath
    limit: int | None = None
    dead_letter: str | None = None


class _Found(Struct, frozen=True):
    """A queue file's content: the counts, and what broke (`cut`: counted only up to there)."""

    counted: Counted
    oldest: datetime | None
    problems: tuple[str, ...]
    cut: bool


class _Dead(Struct, frozen=True):
    count: int
    tasks: tuple[Task, ...]
    problem: str = ""


class _Reread(Generic[T]):
    """A file that is read again only when it is another one than before."""

    def __init__(self, path: Path, limit: int, clock: Clock, read: Callable[[Iterable[bytes]], T]) -> None:
        self._path, self._limit, self._clock, self._read = path, limit, clock, read
        self._last: tuple[Identity | None, T] | None = None

    def get(self, abandoned: threading.Event) -> tuple[T, bool]:
        """What the file holds, and whether it stood still while it was read. Raises OutsideError."""
        # Taken once: a look that was given up goes on in its thread, and may put another one there.
        last = self._last
        if last is not None and last[0] == identity(self._path):
            return last[1], True
        value, read = stream_file(self._path, self._limit, lambda chunks: self._read(_until(abandoned, chunks)))
        self._last = None if read is None else (lasting(read, self._clock.now()), value)
        return value, read is not None


class TaskFileProbe:
    """Counts the tasks of one file. Between two looks at an unchanged file it costs one `stat`.

    A file that was never seen whole is counted up to where it is cut; one that was is an error while it is cut.
    """

    def __init__(self, options: TaskFileOptions, reach: Reach) -> None:
        path = reach.root / options.path
        limit = reach.limits.file_bytes if options.limit is None else options.limit
        self.target = str(path)
        self._name = scrub(path.stem)
        self._most = reach.limits.tasks
        reader = _Reader(path.name, self._name, self._most, reach.clock)
        self._queue = _Reread(path, limit, reach.clock, reader.queue)
        self._was_whole = False
        dead = options.dead_letter
        self._dead = _Reread(reach.root / dead, limit, reach.clock, reader.dead) if dead else None

    async def probe(self) -> QueueReading:
        abandoned = threading.Event()
        try:
            return await asyncio.to_thread(self._look, abandoned)
        finally:
            abandoned.set()

    def _look(self, abandoned: threading.Event) -> QueueReading:
        found, still = self._queue.get(abandoned)
        if found.cut and self._was_whole:
            # Half a count is worse than the last whole one, which the row keeps.
            raise OutsideError(Fault.PAYLOAD, found.problems[0])
        self._was_whole = not found.cut
        dead, problem = self._look_at_dead(abandoned)
        counted = found.counted
        return QueueReading(
            name=self._name,
            kind="task_file",
            queued=counted.queued,
            running=counted.running,
            done=counted.done,
            failed=counted.failed,
            dead_letter=None if dead is None else dead.count,
            oldest_queued_at=found.oldest,
            tasks=_with_dead(counted.tasks, dead.tasks if dead else (), self._most),
            tasks_complete=not found.cut and counted.unlisted <= 0,
            cut=max(0, counted.unlisted),
            anomalies=(
                *([] if still else [_MOVING]),
                *found.problems,
                *counted.problems,
                *([problem] if problem else []),
            ),
        )

    def _look_at_dead(self, abandoned: threading.Event) -> tuple[_Dead | None, str]:
        if self._dead is None:
            return None, ""
        try:
            dead, _ = self._dead.get(abandoned)
        except OutsideError as error:
            absent = error.fault is Fault.MISSING
            return None, "" if absent else f"the dead letters cannot be read: {error}"
        return dead, dead.problem


class _Reader:
    """Reads the chunks of a queue file or of its dead letters."""

    def __init__(self, file: str, queue: str, most: int, clock: Clock) -> None:
        self._file, self._queue, self._most, self._clock = file, queue, most, clock

    def queue(self, chunks: Iterable[bytes]) -> _Found:
        """Count the tasks in `chunks`. Raises OutsideError where there is nothing of a queue in them."""
        tally = Tally(self._queue, self._most, self._clock.now())
        root: dict[str, bytes] = {}
        problems: list[str] = []
        cut = listed = False
        try:
            for part in parts(chunks):
                if isinstance(part, Element):
                    tally.add(part)
                elif isinstance(part, Opened):
                    listed = tally.open_section(part.section) or listed
                else:
                    _note_member(root, part)
        except ParseError as error:
            if not listed:
                raise OutsideError(Fault.PAYLOAD, f"{self._file}: {error}") from error
            problems.append(_broken(error))
            cut = not isinstance(error, TrailingError)
        if not listed:
            raise OutsideError(Fault.PAYLOAD, f"{self._file} has no list of tasks (tasks, completed, failed)")
        if "id" in root and len(root) > 1:
            tally.add(Element("tasks", _object(root)))
            problems.append("a task stands at the top level, beside the lists")
        return _Found(tally.finish(), tally.oldest_queued_at, tuple(problems), cut)

    def dead(self, chunks: Iterable[bytes]) -> _Dead:
        """Count the dead letters in `chunks`, and make tasks of the first of them."""
        count = 0
        tasks: dict[str, Task] = {}
        problem = ""
        try:
            for part in parts(chunks):
                if isinstance(part, Element):
                    count += 1
                    record = read_record(part.raw) if part.raw and len(tasks) < DEAD_LISTED else None
                    if record is not None:
                        task = replace(task_of(record, self._queue, TaskState.FAILED), raw_state="dead letter")
                        name = free_id(task.id, tasks)
                        tasks[name] = replace(task, id=name)
        except ParseError as error:
            problem = f"dead letters: {_broken(error)}"
        return _Dead(count, tuple(tasks.values()), problem)


def _note_member(root: dict[str, bytes], member: Member) -> None:
    if member.name in _ROOT_FIELDS and member.raw is not None and len(member.raw) <= _ROOT_BYTES:
        root[member.name] = member.raw


def _object(members: dict[str, bytes]) -> bytes:
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), raw) for name, raw in members.items()) + b"}"


def _broken(error: ParseError) -> str:
    return str(error) if isinstance(error, TrailingError) else f"{error}; counted is what stands before it"


def _with_dead(tasks: tuple[Task, ...], dead: tuple[Task, ...], most: int) -> tuple[Task, ...]:
    there = {task.id for task in tasks}
    return (*tasks, *(task for task in dead if task.id not in there))[:most]


def _until(abandoned: threading.Event, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """`chunks`, until whoever waits for them has gone: a thread cannot be cancelled, but it can stop reading."""
    for chunk in chunks:
        if abandoned.is_set():
            raise OutsideError(Fault.TIMEOUT, "given up while reading")
        yield chunk


def _build(options: TaskFileOptions, reach: Reach) -> Probe:
    return TaskFileProbe(options, reach)


KIND = Kind[Probe](name="task_file", options=TaskFileOptions, build=_build, every_s=10.0)
