"""The lower rungs, which every ladder has: the agents, their changes, their tasks, their health."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from fleet.alerts.model import AlertState
from fleet.model import AgentStatus, Fact
from fleet.text import scrub
from fleet.vocabulary import SEVERITY, AgentState, TaskState, agent_state
from fleet.why.changes import changes_of
from fleet.why.ground import TOP, Ground, count_of, listed
from fleet.why.model import Basis, Mark, Row, Rung, Step
from fleet.work import Queue, Task

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_FACTS = 6
"""Facts of one agent's health report that are shown."""
_TELLING = ("error", "issue", "reason", "message", "detail", "cause", "fail", "warn", "exception")
"""Words in the key of a fact that says what is wrong."""
_SEARCHED = 2_000
"""Tasks between two pauses."""
LOGS = "logs are not collected: what the agents wrote to them is not known"


def below(
    agents: Iterable[str], ground: Ground, start: datetime | None, shares: Mapping[str, float]
) -> Iterator[Step | None]:
    """The rungs below some agents, the first of whom matter most; None where a step of the loop may end."""
    every = list(dict.fromkeys(agents))
    names = every[:TOP]
    if len(every) > TOP:
        ground.limits[f"only the first {TOP} of {len(every)} agents are followed further"] = None
    if not names:
        return
    yield agents_step(names, ground, shares)
    yield from changes_of(names, ground, start)
    yield from tasks_of(names, ground)
    yield health_of(names, ground)


# ── the agents ─────────────────────────────────────────────────────────────────────────────────────────────────────


def agents_step(names: list[str], ground: Ground, shares: Mapping[str, float]) -> Step:
    """How each of them is, and what it claims."""
    rows = tuple(
        Row(label=name, value=_condition(ground.store.status.get(name), ground), share=shares.get(name), agent=name)
        for name in names
    )
    known = [status for name in names if (status := ground.store.status.get(name)) is not None]
    worst = min((status.state for status in known), key=lambda state: SEVERITY[state], default=AgentState.UNKNOWN)
    belied = [status.name for status in known if status.disagrees]
    claims = any(status.claimed is not None for status in known)
    unknown = [f"{name} is no agent that fleetdeck knows now" for name in names if name not in ground.store.status]
    unknown += [f"{status.name} claims nothing of itself" for status in known if status.claimed is None]
    return Step(
        rung=Rung.AGENTS,
        title="The agents",
        finding=_agents_finding(known, belied, len(names)),
        mark=_mark(worst, bool(belied)),
        basis=Basis.NOTHING if not known else Basis.BOTH if claims else Basis.OBSERVED,
        rows=rows,
        unknown=tuple(unknown),
    )


def _mark(worst: AgentState, belied: bool) -> Mark:
    if worst is AgentState.UP:
        return Mark.WARN if belied else Mark.GOOD
    return Mark.UNKNOWN if worst is AgentState.UNKNOWN else Mark.WARN if worst is AgentState.WAITING else Mark.BAD


def _agents_finding(known: list[AgentStatus], belied: list[str], asked: int) -> str:
    if not known:
        return "none of them is known"
    states = sorted({status.state for status in known}, key=lambda state: SEVERITY[state])
    counts = ", ".join(f"{sum(status.state is state for status in known)} {state.value}" for state in states)
    odd = f"; what {listed(belied)} claims is not what was observed" if belied else ""
    return f"of {count_of(asked, 'agent')}: {counts}{odd}"


def _condition(status: AgentStatus | None, ground: Ground) -> str:
    if status is None:
        return "not known"
    words = [f"{status.state.value} since {ground.clock(status.since)}" if status.since else status.state.value]
    if status.detail:
        words.append(status.detail)
    if status.claimed is not None:
        words.append(f"{'but ' if status.disagrees else ''}claims {status.claimed}")
    if status.gone:
        words.append("no source names it any more")
    return scrub(", ".join(words), 300)


# ── tasks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def tasks_of(names: list[str], ground: Ground) -> Iterator[Step | None]:
    """The step of their tasks, at last; None where a step of the loop may end."""
    theirs: list[Task] = []
    wanted = frozenset(names)
    for place, task in enumerate(list(ground.store.tasks.values())):
        if task.agent in wanted:
            theirs.append(task)
        if place % _SEARCHED == _SEARCHED - 1:
            yield None
    failed = sorted((task for task in theirs if task.state is TaskState.FAILED), key=_newest_first)
    queues = [ground.store.queues[name] for name in sorted({task.queue for task in theirs} & set(ground.store.queues))]
    rows = [Row(label=task.agent, value=_task_words(task, ground), agent=task.agent) for task in failed[:TOP]]
    rows += [Row(label=queue.name, value=_queue_words(queue)) for queue in queues[:TOP] if _is_odd(queue)]
    yield Step(
        rung=Rung.TASKS,
        title="Their tasks",
        finding=_tasks_finding(theirs, failed, names),
        mark=Mark.UNKNOWN if not theirs else Mark.BAD if failed else Mark.GOOD,
        basis=Basis.CLAIMED if theirs else Basis.NOTHING,
        rows=tuple(rows),
        unknown=tuple(_tasks_unknown(names, theirs, failed, ground)),
    )


def workers_of(queue: str, ground: Ground) -> tuple[str, ...]:
    """The agents that failed tasks of a queue, those that failed most first; where none did, those at work on it."""
    if queue not in ground.store.queues:
        return ()
    counts: dict[TaskState, Counter[str]] = {TaskState.FAILED: Counter(), TaskState.RUNNING: Counter()}
    for task in ground.store.tasks.values():
        if task.queue == queue and task.agent and task.state in counts:
            counts[task.state][task.agent] += 1
    found = counts[TaskState.FAILED] or counts[TaskState.RUNNING]
    return tuple(sorted(found, key=lambda name: (-found[name], name)))


def _newest_first(task: Task) -> tuple[float, str]:
    when = task.finished_at or task.last_changed or task.created_at or _BEGINNING
    return (-when.timestamp(), task.id)


def _tasks_finding(theirs: list[Task], failed: list[Task], names: list[str]) -> str:
    if not theirs:
        return f"no task of {listed(names)} is in any queue that is watched"
    waiting = sum(task.state is TaskState.WAITING for task in theirs)
    also = f", {waiting} wait for somebody" if waiting else ""
    if not failed:
        return f"none of {count_of(len(theirs), 'task')} failed{also}"
    return f"{len(failed)} of {count_of(len(theirs), 'task')} failed{also}; the newest first, as their queues say"


def _task_words(task: Task, ground: Ground) -> str:
    when = task.finished_at or task.last_changed
    words = [task.title or task.id, f"failed {ground.clock(when)}" if when else "failed"]
    if task.retries:
        words.append(count_of(task.retries, "retry", "retries"))
    if task.detail:
        words.append(task.detail)
    return scrub(", ".join(words), 300)


def _is_odd(queue: Queue) -> bool:
    return bool(queue.error or queue.anomalies or queue.failed or queue.dead_letter or queue.stale)


def _queue_words(queue: Queue) -> str:
    counts = (("queued", queue.queued), ("failed", queue.failed), ("dead letters", queue.dead_letter))
    words = [f"queue: {', '.join(f'{number:,} {word}' for word, number in counts if number is not None)}"]
    words += ["stale"] * queue.stale + [queue.error] * bool(queue.error) + list(queue.anomalies[:2])
    return scrub("; ".join(words), 300)


def _tasks_unknown(names: list[str], theirs: list[Task], failed: list[Task], ground: Ground) -> Iterator[str]:
    have = {task.agent for task in theirs}
    without = [name for name in names if name not in have]
    if without and not ground.store.queues:
        yield "no queue is watched, so tasks are not known"
        ground.longer["a queue of the fleet under `queues`, so that tasks are seen"] = None
    elif without:
        yield f"no task names {listed(without)}: what they work on is not known"
    if failed and not any(task.detail for task in failed):
        yield "the queues give no reason for a failure"
    counted = [
        f"{name} counts {status.tasks_failed:,} failed tasks itself"
        for name in names
        if (status := ground.store.status.get(name)) is not None and status.tasks_failed
    ]
    if counted and not failed:
        yield f"{listed(counted)}, none of which is in a queue that is watched"


# ── health and logs ────────────────────────────────────────────────────────────────────────────────────────────────


def health_of(names: list[str], ground: Ground) -> Step:
    """What their pages and their sources say in words."""
    rows = [row for name in names for row in _health_rows(name, ground)]
    sources = {source for name in names if (one := ground.store.status.get(name)) for source in one.sources}
    rows += [
        Row(label=key, value=scrub(f"source: {source.error or '; '.join(source.problems[:2])}", 300))
        for key, source in ground.store.sources.items()
        if key.removeprefix("discovery:") in sources and (source.error or source.problems)
    ]
    unread = [name for name in names if not _has_report(name, ground)]
    unknown = [f"no health report of {listed(unread)}"] if unread else []
    ground.longer["a place where the agents' logs can be read"] = None
    return Step(
        rung=Rung.HEALTH,
        title="Health and logs",
        finding=f"{count_of(len(rows), 'line')} of errors and health reports" if rows else "nothing is said in words",
        mark=Mark.WARN if rows else Mark.UNKNOWN,
        basis=Basis.BOTH if rows else Basis.NOTHING,
        rows=tuple(rows),
        unknown=(*unknown, LOGS),
    )


def _has_report(name: str, ground: Ground) -> bool:
    health = ground.store.health.get(name)
    return health is not None and health.reading is not None


def _health_rows(name: str, ground: Ground) -> Iterator[Row]:
    store = ground.store
    for what, looked in (
        ("health", store.health.get(name)),
        ("metrics", store.scrapes.get(name)),
        ("process", store.processes.get(name)),
    ):
        if looked is not None and looked.error:
            times = count_of(looked.failures, "failure")
            yield _row(name, f"{what}: {looked.error} ({times} in a row)")
    health = store.health.get(name)
    if health is None or health.reading is None:
        return
    reading, at = health.reading, store.health.seen(name)
    if reading.detail:
        yield _row(name, f"report: {reading.detail} (read {ground.clock(at)})")
    telling = [fact for fact in reading.facts if _tells(fact)]
    for fact in telling[:_FACTS]:
        yield _row(name, f"{fact.key} = {fact.value}")


def _tells(fact: Fact) -> bool:
    if agent_state(fact.value) in (AgentState.DOWN, AgentState.DEGRADED):
        return True
    return any(word in fact.key.lower() for word in _TELLING) and fact.value not in ("", "0", "null", "(empty)", "true")


def _row(name: str, text: str) -> Row:
    return Row(label=name, value=scrub(text, 300), agent=name)


def firing_of(name: str, ground: Ground) -> list[Row]:
    """The alerts that are about an agent, as rows."""
    return [
        Row(
            label=alert.name,
            value=f"{alert.severity.value}, {alert.state.value} since {ground.clock(alert.since)}",
            alert=alert.id,
        )
        for alert in sorted(ground.store.alerts.values(), key=lambda one: (one.name, one.id))
        if alert.state is not AlertState.RESOLVED and name in ground.names.of(alert.labels)
    ]
