"""Jobs that stand in Redis hashes beside a stream (hx-citadel's `job:<uuid>`), and what their status hides.

That orchestrator reads its own hashes with the wrong type of key, so it never sets a job to processing or completed:
the status stays `queued` while `chunks_processed` reaches `chunks_total`. A job is therefore judged by its chunks;
its word is kept as what it claims.
"""

from collections import Counter

from msgspec import Struct

from collectors.stream_state import text_of
from fleet.task_records import whole
from fleet.times import parse_time
from fleet.vocabulary import TaskState, task_state
from fleet.work import Task
from transport.redis import RedisLink

SCAN_ROUNDS = 100
SCAN_COUNT = 1_000
"""A look searches at most rounds × count keys, so that a Redis full of other keys is not swept each time."""

_BATCH = 200
_FIELDS = (
    "job_id",
    "job_type",
    "status",
    "chunks_total",
    "chunks_processed",
    "created_at",
    "started_at",
    "completed_at",
    "error_message",
)
_OPEN = {TaskState.QUEUED, TaskState.RUNNING, TaskState.WAITING, TaskState.UNKNOWN}


class Jobs(Struct, frozen=True):
    """The jobs found, open ones first, and what does not add up in them. `complete`: all of them are there."""

    tasks: tuple[Task, ...]
    problems: tuple[str, ...]
    complete: bool


async def read_jobs(link: RedisLink, pattern: str, queue: str, most: int) -> Jobs:
    """The hashes whose keys match `pattern` (Redis's glob), at most `most`. Raises OutsideError."""
    keys, complete = await _keys(link, pattern, most)
    odd: Counter[str] = Counter()
    tasks: dict[str, Task] = {}
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        answers = await link.ask_all([("HMGET", key, *_FIELDS) for key in batch])
        for key, values in zip(batch, answers, strict=True):
            if any(value is not None for value in values):
                task = _job(queue, text_of(key), values, odd)
                tasks[task.id] = task
    problems = [f"{count} {'job' if count == 1 else 'jobs'} {what}" for what, count in odd.items()]
    if not complete:
        problems.append(f"not all jobs are listed ({len(tasks):,} are)")
    return Jobs(tuple(sorted(tasks.values(), key=lambda task: task.state not in _OPEN)), tuple(problems), complete)


async def _keys(link: RedisLink, pattern: str, most: int) -> tuple[list[bytes], bool]:
    found: dict[bytes, None] = {}
    cursor: bytes = b"0"
    for _ in range(SCAN_ROUNDS):
        cursor, keys = await link.ask("SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT, "TYPE", "hash")
        found.update(dict.fromkeys(keys))
        if len(found) > most:
            return list(found)[:most], False
        if cursor == b"0":
            return list(found), True
    return list(found), False


def _job(queue: str, key: str, values: list[bytes | None], odd: Counter[str]) -> Task:
    about = {name: text_of(value, 512) for name, value in zip(_FIELDS, values, strict=True) if value is not None}
    word = about.get("status", "")
    total, processed = whole(about.get("chunks_total")), whole(about.get("chunks_processed"))
    state, stuck = judge(task_state(word), total, processed)
    if stuck:
        odd[stuck] += 1
    return Task(
        id=about.get("job_id") or key,
        queue=queue,
        title=f"{processed or 0} of {total} chunks" if total is not None else "",
        state=state,
        raw_state=word,
        kind=about.get("job_type", ""),
        created_at=parse_time(about.get("created_at")),
        started_at=parse_time(about.get("started_at")),
        finished_at=parse_time(about.get("completed_at")),
        detail=about.get("error_message") or ("done (status stuck)" if stuck == _STUCK else stuck),
    )


_STUCK = "done whose status stays behind"
_OVER = "with more chunks processed than there are"
_SHORT = "called completed before all chunks are"


def judge(claimed: TaskState, total: int | None, processed: int | None) -> tuple[TaskState, str]:
    """The state of a job by its chunks, and what contradicts its claim (empty where nothing does).

    All chunks processed is done, whatever the status says, but failure is believed. A claim of completion
    with chunks missing is not believed: the state is then not known.
    """
    if not total or processed is None or claimed in {TaskState.FAILED, TaskState.CANCELLED}:
        return claimed, ""
    if processed > total:
        return TaskState.DONE, _OVER
    if processed == total:
        return TaskState.DONE, "" if claimed is TaskState.DONE else _STUCK
    if claimed is TaskState.DONE:
        return TaskState.UNKNOWN, _SHORT
    if claimed is TaskState.QUEUED and processed > 0:
        return TaskState.RUNNING, ""
    return claimed, ""
