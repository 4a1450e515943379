"""tools-automation's coordinator as a task queue: its analytics and its counters, each claim beside what it implies.

It is one thread behind HTTP/1.0, so its two pages are read one after the other, each over a connection of its own.
`/api/tasks/analytics` is the page to read because it is never cached and always answers; it shows the last ten tasks,
without a single time. `/metrics` has cumulative counters. The same path on the agents' dashboard API has a flat shape
with other names, which is read too.
"""

from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from config.kinds import Kind
from config.values import HttpUrl, SecretRef
from fleet.errors import ConfigError, Fault, OutsideError, ParseError
from fleet.exposition.page import parse_page
from fleet.ports import Answer, Probe, Reach
from fleet.secret import Secret
from fleet.task_records import TaskRecord, task_of, whole
from fleet.text import scrub
from fleet.vocabulary import TaskState
from fleet.work import QueueReading, Task

ANALYTICS, COUNTERS = "/api/tasks/analytics", "/metrics"

RECENT = 100
"""Tasks that are taken from a page; the coordinator itself shows ten."""

_COUNTED = (
    ("queued", ("queued_tasks", "queued")),
    ("running", ("running_tasks", "running")),
    ("done", ("completed_tasks", "completed")),
    ("failed", ("failed_tasks", "failed")),
)
_LISTED = {"running": TaskState.RUNNING, "queued": TaskState.QUEUED, "failed": TaskState.FAILED, "done": TaskState.DONE}


class HeaderAuth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`header`: the name of the header (`X-Auth-Token`). `secret`: where it is, `{env: NAME}` or `{file: PATH}`."""

    header: str
    secret: SecretRef


class CoordinatorQueueOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of `kind: coordinator`.

    `url`: where the coordinator answers (`http://127.0.0.1:5005`). `auth`: a header with a secret, for those that
    stand behind a proxy; the coordinator itself knows none.
    """

    url: HttpUrl
    auth: HeaderAuth | None = None


class _Claims(Struct, frozen=True, kw_only=True):
    """What the analytics page says. A number is None where it is missing or no number."""

    total: int | None
    counts: dict[str, int | None]
    rate: float | None
    tasks: tuple[Task, ...]
    problems: tuple[str, ...]

    @property
    def ended(self) -> int:
        """Tasks that ended, well or not."""
        return (self.counts["done"] or 0) + (self.counts["failed"] or 0)


class _Counters(Struct, frozen=True):
    """The cumulative counters: tasks enqueued, tasks executed. NaN and absence are None."""

    queued: float | None = None
    executed: float | None = None


class _Totals:
    """Makes totals of counters that a restart resets and bumps.

    A restart loads every task file and counts each as queued anew, so after it `tasks_queued` begins at what was
    there before and not at zero; only its growth from then on are arrivals.
    """

    def __init__(self) -> None:
        self._last = _Counters()
        self._arrived: float | None = None
        self._completed: float | None = None

    def add(self, now: _Counters) -> bool:
        """Take the next counters in; True where they fell."""
        last = self._last
        fell = _less(now.queued, last.queued) or _less(now.executed, last.executed)
        if now.queued is not None:
            grown = now.queued - last.queued if last.queued is not None and not fell else 0.0
            self._arrived = now.queued if self._arrived is None else self._arrived + grown
        if now.executed is not None:
            grown = now.executed if fell or last.executed is None else now.executed - last.executed
            self._completed = now.executed if self._completed is None else self._completed + grown
        self._last = _Counters(
            last.queued if now.queued is None else now.queued, last.executed if now.executed is None else now.executed
        )
        return fell

    @property
    def arrived(self) -> float | None:
        """Tasks enqueued since we know, never falling."""
        return self._arrived

    @property
    def completed(self) -> float | None:
        """Tasks executed since we know, never falling."""
        return self._completed


class CoordinatorQueueProbe:
    """Two requests a look: analytics, then counters. Without the counters the reading still stands."""

    def __init__(self, options: CoordinatorQueueOptions, reach: Reach) -> None:
        parts = urlsplit(options.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError("url: no http:// or https:// address")
        if parts.username is not None:
            raise ConfigError("url: no user or password may stand in it; give a header as auth")
        self.target = options.url.rstrip("/")
        self._name = scrub(parts.netloc)
        self._reach = reach
        self._secret: tuple[str, Secret] | None = None
        if options.auth is not None:
            self._secret = options.auth.header, options.auth.secret.read(reach.root)
        self._totals = _Totals()

    async def probe(self) -> QueueReading:
        claims = read_analytics(await self._get(ANALYTICS, "application/json"), self._name)
        counters = _Counters()
        problems = [*claims.problems, *contradictions(claims)]
        try:
            counters = read_counters(await self._get(COUNTERS, "text/plain"), self._reach)
        except OutsideError as error:
            problems.append(f"its counters cannot be read: {error}")
        if self._totals.add(counters):
            problems.append("its counters fell: it was restarted")
        problems.extend(_behind(claims, counters))
        counts = claims.counts
        return QueueReading(
            name=self._name,
            kind="coordinator",
            queued=counts["queued"],
            running=counts["running"],
            done=counts["done"],
            failed=counts["failed"],
            arrived_total=self._totals.arrived if counters.queued is not None else None,
            completed_total=self._totals.completed if counters.executed is not None else None,
            tasks=claims.tasks,
            tasks_complete=claims.total is not None and claims.total == len(claims.tasks),
            anomalies=tuple(problems),
        )

    async def _get(self, path: str, accept: str) -> Answer:
        answer = await self._reach.http.get(
            self.target + path, accept=accept, secret=self._secret, close=True, alone=True
        )
        if answer.status == 429:
            raise OutsideError(Fault.RATE_LIMITED, f"{path} answered 429")
        if answer.status != 200:
            raise OutsideError(Fault.STATUS, f"{path} answered {answer.status}")
        if answer.is_html:
            raise OutsideError(Fault.PAYLOAD, f"{path} answered with HTML")
        return answer


def read_analytics(answer: Answer, queue: str) -> _Claims:
    """What the page claims. Raises OutsideError where it is no JSON object of the kind."""
    try:
        body = msgspec.json.decode(answer.body)
    except (ValueError, RecursionError) as error:
        raise OutsideError(Fault.PAYLOAD, f"{ANALYTICS}: {scrub(str(error), 200)}") from error
    said = body.get("analytics", body) if isinstance(body, dict) else None
    if not isinstance(said, dict) or not any(name in said for _, names in _COUNTED for name in names):
        raise OutsideError(Fault.PAYLOAD, f"{ANALYTICS} has no task counts")
    wrong: list[str] = []
    counts = {field: _count(said, names, wrong) for field, names in _COUNTED}
    listed = said.get("recent_tasks")
    records = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    if isinstance(body, dict) and body.get("ok") is False:
        wrong.append("it says of itself that it is not ok")
    return _Claims(
        total=_count(said, ("total_tasks",), wrong),
        counts=counts,
        rate=_number(said.get("success_rate")),
        tasks=_tasks(records, queue),
        problems=tuple(wrong),
    )


def _tasks(records: list[dict[str, Any]], queue: str) -> tuple[Task, ...]:
    tasks = (task_of(msgspec.convert(record, TaskRecord), queue) for record in records[-RECENT:])
    return tuple({task.id: task for task in tasks}.values())


def contradictions(claims: _Claims) -> list[str]:
    """Where the page contradicts itself: sums, the tasks that it lists, and its rate of success."""
    said = []
    known = [count for count in claims.counts.values() if count is not None]
    if claims.total is not None and len(known) == len(claims.counts) and sum(known) != claims.total:
        said.append(f"it claims {claims.total:,} tasks in all, its states add up to {sum(known):,}")
    for field, state in _LISTED.items():
        count = claims.counts[field]
        shown = sum(1 for task in claims.tasks if task.state is state)
        if count is not None and shown > count:
            said.append(f"it shows {shown} {state} tasks and counts {count}")
    done = claims.counts["done"]
    if claims.rate is not None and done is not None and claims.total and claims.ended:
        # The real one divides by all tasks, those that wait included; others by those that ended. Either is honest.
        shares = (100 * done / claims.total, 100 * done / claims.ended)
        if all(abs(share - claims.rate) >= 1 for share in shares):
            said.append(f"it claims {claims.rate:.0f} % success; of the tasks that ended it is {shares[1]:.0f} %")
    return said


def _behind(claims: _Claims, counters: _Counters) -> list[str]:
    """Counters that are smaller than what is there: they count since a start, the tasks outlive it."""
    said = []
    there = claims.ended + (claims.counts["queued"] or 0) + (claims.counts["running"] or 0)
    if counters.queued is not None and counters.queued < there:
        said.append(f"it counted {counters.queued:,.0f} arrivals and holds {there:,} tasks")
    if counters.executed is not None and counters.executed < claims.ended:
        said.append(f"it counted {counters.executed:,.0f} executions; {claims.ended:,} tasks have ended")
    return said


def read_counters(answer: Answer, reach: Reach) -> _Counters:
    """The two counters of interest. Raises OutsideError for a page that cannot be read."""
    try:
        page = parse_page(answer.body, answer.content_type, max_samples=reach.limits.samples)
    except ParseError as error:
        raise OutsideError(Fault.PAYLOAD, f"{COUNTERS}: {error}") from error
    values = {series.name: value for series, value in zip(page.series, page.values, strict=True) if not series.labels}
    queued = values.get("tasks_queued", values.get("tasks_queued_total"))
    executed = values.get("tasks_executed", values.get("tasks_executed_total"))
    return _Counters(_number(queued), _number(executed))


def _count(said: dict[str, Any], names: tuple[str, ...], wrong: list[str]) -> int | None:
    value = next((said[name] for name in names if name in said), None)
    if value is None:
        return None
    count = whole(value)
    if count is None or count < 0:
        wrong.append(f"{names[0]} is {scrub(repr(value), 40)}")
        return None
    return count


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e15 else None


def _less(now: float | None, before: float | None) -> bool:
    return now is not None and before is not None and now < before


def _build(options: CoordinatorQueueOptions, reach: Reach) -> Probe:
    return CoordinatorQueueProbe(options, reach)


KIND = Kind[Probe](name="coordinator", options=CoordinatorQueueOptions, build=_build, every_s=15.0)
