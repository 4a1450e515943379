"""Tasks as the fleets write them, read into `Task` by rules alone.

The same job is `created` or `created_at`, an int or an ISO text; its priority is `5` or `"5"`; its worker stands in
`assigned_agent`, `assigned_to` or `agent`; its success is `true` or `"true"`. Celery puts the name and id of a job
into `headers`. What is not understood is left unknown; nothing here raises for bad data.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from fleet.text import LINE_LIMIT, scrub
from fleet.times import parse_time
from fleet.vocabulary import TaskState, task_state
from fleet.work import Task

ID_LIMIT = 128
"""Characters kept of an id, an agent's name, a kind or a state word."""

_TAIL_REACH = LINE_LIMIT + 1024
"""Characters of the end of an output that are looked at for its last `LINE_LIMIT`."""


class TaskRecord(Struct, gc=False):
    """The fields of a task that anyone was seen to write, undecoded; every other field is skipped."""

    id: Any = None
    task_id: Any = None
    job_id: Any = None
    uuid: Any = None
    type_: Any = field(default=None, name="type")
    job_type: Any = None
    command: Any = None
    name: Any = None
    title: Any = None
    description: Any = None
    text: Any = None
    project: Any = None
    status: Any = None
    state: Any = None
    success: Any = None
    priority: Any = None
    assigned_agent: Any = None
    assigned_to: Any = None
    agent: Any = None
    created: Any = None
    created_at: Any = None
    queued_at: Any = None
    started_at: Any = None
    completed_at: Any = None
    failed_at: Any = None
    retries: Any = None
    retry_count: Any = None
    error: Any = None
    error_message: Any = None
    stderr: Any = None
    stdout: Any = None
    dlq_reason: Any = None
    headers: Any = None

    @property
    def word(self) -> str:
        """The record's own word for its state, scrubbed; empty where it has none."""
        return _text(self.status if self.status is not None else self.state)

    @property
    def created_value(self) -> Any:
        """When the task came to be, as written."""
        return _first(self.created, self.created_at, self.queued_at)

    @property
    def finished_value(self) -> Any:
        """When the task ended, as written."""
        return _first(self.completed_at, self.failed_at)

    @property
    def agents(self) -> tuple[str, ...]:
        """Everyone whom the record names as its worker, each once."""
        named = (_text(value) for value in (self.assigned_agent, self.assigned_to, self.agent))
        return tuple(dict.fromkeys(name for name in named if name))


_DECODER = msgspec.json.Decoder(TaskRecord)


def read_record(raw: bytes) -> TaskRecord | None:
    """The record that `raw` holds; None where it is no JSON object.

    Bytes that are not UTF-8, lone surrogates and `NaN`, all of which Python's own writer lets through, are read too.
    """
    try:
        return _DECODER.decode(raw)
    except (ValueError, RecursionError):
        pass
    try:
        value = json.loads(raw.decode("utf-8", "surrogateescape"))
        return msgspec.convert(value, TaskRecord) if isinstance(value, dict) else None
    except (ValueError, RecursionError):
        return None


def record_id(record: TaskRecord) -> str:
    """The id that the record gives itself, scrubbed; empty where it has none."""
    headers = record.headers if isinstance(record.headers, dict) else {}
    return _text(_first(record.id, record.task_id, record.job_id, record.uuid, headers.get("id")))


def fallback_id(*parts: object) -> str:
    """A stable id for a task that has none, made of what is not going to change in it."""
    digest = hashlib.blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=6)
    return f"~{digest.hexdigest()}"


def is_fallback_id(task_id: str) -> bool:
    """Whether an id was made by `fallback_id`."""
    return task_id.startswith("~")


def task_of(record: TaskRecord, queue: str, state: TaskState | None = None) -> Task:
    """The record as a `Task` of `queue`; `state` overrules the record's own word, which is kept as `raw_state`."""
    title = _title(record)
    created = parse_time(record.created_value)
    return Task(
        id=record_id(record) or fallback_id(_text(record.type_), title, record.created_value),
        queue=queue,
        title=title,
        state=task_state(record.word) if state is None else state,
        raw_state=record.word,
        kind=_kind(record),
        agent=next(iter(record.agents), ""),
        priority=whole(record.priority),
        created_at=created,
        started_at=parse_time(record.started_at),
        finished_at=parse_time(record.finished_value),
        retries=whole(_first(record.retries, record.retry_count)),
        detail=_detail(record),
    )


def whole(value: object) -> int | None:
    """The whole number that `value` means (`5`, `5.0`, `"5"`); None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and len(value) < 20:
        value = value.strip()
        return int(value) if value.removeprefix("-").isdecimal() else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and abs(value) < 2**63 else None


def says_no(value: object) -> bool:
    """Whether a `success` field denies success (`false`, `"false"`, `0`, `"no"`)."""
    return value is False or value == 0 or (isinstance(value, str) and value.strip().lower() in {"false", "no", "0"})


def no_time_passed(record: TaskRecord) -> bool:
    """Whether the record claims to have ended at the very moment that it started."""
    return record.started_at is not None and record.started_at == record.finished_value


def ended_before_start(started: datetime | None, finished: datetime | None) -> bool:
    """Whether the two times contradict each other."""
    return started is not None and finished is not None and finished < started


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None and value != ""), None)


def _text(value: object, limit: int = ID_LIMIT) -> str:
    if isinstance(value, str):
        return scrub(value, limit)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return scrub(str(value), limit) if not isinstance(value, int) or abs(value) < 2**256 else ""
    return ""


def _kind(record: TaskRecord) -> str:
    headers = record.headers if isinstance(record.headers, dict) else {}
    return _text(_first(record.type_, record.job_type, record.command, headers.get("task")))


def _title(record: TaskRecord) -> str:
    said = _first(record.title, record.description, record.text, record.name)
    if isinstance(said, str):
        return scrub(said)
    project = _text(record.project)
    return f"{_kind(record)} {project}".strip()


def _detail(record: TaskRecord) -> str:
    for value in (record.error_message, record.error, record.dlq_reason):
        if isinstance(value, str) and value.strip():
            return scrub(value.strip())
    for value in (record.stderr, record.stdout):
        if isinstance(value, str) and value.strip():
            return _tail(value.strip())
    return ""


def _tail(output: str) -> str:
    """The end of an output: what a task said last says how it ended. It is scrubbed before it is cut, because a cut in
    the middle of a URL would leave a password that nothing marks as one."""
    if len(output) <= LINE_LIMIT:
        return scrub(output)
    end = output[-_TAIL_REACH:]
    return f"…{scrub(end, 10 * _TAIL_REACH)[-(LINE_LIMIT - 1) :]}"
