"""The progress file of a batch job: counters that it keeps of itself, and how far they can be believed.

`{"total_todos", "processed", "successful", "failed", "batches_completed", "current_batch", "start_time",
"last_update"}`. There is nothing in it to count, so all of it is a claim. What comes nearest to a count is given as
one: `total` is the claimed total, `done` what succeeded (what was processed, where that is not said), never more than
the total. The claim stands beside it raw. A job that starts over adds to its old counters, so they can reach 221 %.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Annotated, Any

from msgspec import Meta, Struct

from collectors.backlog_file import EVERY_S, BacklogFile
from config.kinds import Kind
from config.values import FilePath
from fleet.backlog import excess, quoted
from fleet.errors import ParseError
from fleet.json_salvage import read_json
from fleet.ports import Probe, Reach
from fleet.text import scrub
from fleet.times import parse_time
from fleet.work import BacklogReading

_COUNTERS = ("total_todos", "processed", "successful", "failed", "batches_completed", "current_batch")


class BatchProgressOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The progress file of a batch job.

    path: the file; a relative path is taken from the configuration's folder.
    batch_size: items in a batch, against which `processed` is held.
    """

    path: FilePath
    batch_size: Annotated[int, Meta(ge=1)] = 10


def read_progress(content: bytes, name: str, *, batch_size: int = 10) -> BacklogReading:
    """The reading of a progress file. Raises ParseError where it has no counters, with the byte where JSON breaks."""
    document = read_json(content)
    if not isinstance(document.value, dict) or not any(key in document.value for key in _COUNTERS[:2]):
        raise ParseError("no batch progress: it has neither total_todos nor processed")
    values: dict[str, Any] = document.value
    counters = {key: _counter(values.get(key)) for key in _COUNTERS}
    total, processed = counters["total_todos"], counters["processed"]
    anomalies = (
        *([document.problem] if document.problem else []),
        *(f"{key} is no count: {quoted(str(values[key])[:200])}" for key in _COUNTERS if _wrong(values, key)),
        *excess(None, None, total, processed, None),
        *_sums(counters),
        *_batches(counters, batch_size),
        *_times(values),
    )
    return BacklogReading(
        name=name,
        kind="batch_progress",
        total=total,
        done=_done(counters),
        claimed_total=total,
        claimed_done=processed,
        anomalies=tuple(scrub(line) for line in anomalies),
    )


def _counter(value: object) -> int | None:
    """A count of zero or more; None for anything else."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return value if type(value) is int and value >= 0 else None


def _wrong(values: Mapping[str, Any], key: str) -> bool:
    return values.get(key) is not None and _counter(values[key]) is None


def _done(counters: Mapping[str, int | None]) -> int | None:
    total, processed, successful = (counters[key] for key in _COUNTERS[:3])
    done = processed if successful is None else successful
    return done if done is None or total is None else min(done, total)


def _sums(counters: Mapping[str, int | None]) -> Iterable[str]:
    processed, successful, failed = (counters[key] for key in ("processed", "successful", "failed"))
    if processed is None or successful is None or failed is None or processed == successful + failed:
        return
    yield f"{processed:,} processed are not {successful:,} successful and {failed:,} failed"


def _batches(counters: Mapping[str, int | None], size: int) -> Iterable[str]:
    """Whole batches make up what was processed; only the last batch of the list may be short."""
    total, processed = counters["total_todos"], counters["processed"]
    completed, current = counters["batches_completed"], counters["current_batch"]
    if processed is not None and completed is not None and processed != completed * size:
        short_last = processed == total and (completed - 1) * size < processed < completed * size
        if not short_last:
            yield f"batches do not add up: {completed:,} of {size:,} are not {processed:,} processed"
    if completed is not None and current is not None and current < completed:
        yield f"batch {current:,} is the current one, yet {completed:,} are completed"


def _times(values: Mapping[str, Any]) -> Iterable[str]:
    began, updated = parse_time(values.get("start_time")), parse_time(values.get("last_update"))
    if began and updated and updated < began:
        yield "it was last updated before it started"


def _build(options: BatchProgressOptions, reach: Reach) -> Probe:
    return BacklogFile(options.path, reach, partial(read_progress, batch_size=options.batch_size))


KIND: Kind[Probe] = Kind("batch_progress", BatchProgressOptions, _build, every_s=EVERY_S)
