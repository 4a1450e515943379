"""What the demo's agents and orchestrators write into their status, queue and targets files, as pure functions.

The shapes are those that the real systems write, with their inconsistencies: flat and nested agents in one file with
a stray key beside them, times as ISO text in one place and epoch seconds in the other, a priority that is a string.
"""

import json
from typing import Any

from demo_fleet.jobs import Job
from demo_fleet.moment import Moment
from demo_fleet.scenario import NOT_RUNNING, STATUS_FILE, TASK_FILE, Effect
from demo_fleet.world import AgentNow, World

STATUS_AGENTS = 200
"""So many agents at most write into the status file."""
_COMPLETED_KEPT = 36
_FAILED_KEPT = 12
_HISTORY_S = 700.0
_FROZEN = NOT_RUNNING | {Effect.HANGING}

_WORK = (
    ("testing", "Add tests for", "tester"),
    ("review", "Review the error handling of", "reviewer"),
    ("debug", "Find out why there is a time-out in", "coder"),
    ("documentation", "Describe the options of", "planner"),
    ("pull_request", "Split the change to", "coder"),
)
_PLACES = ("router", "scheduler", "session store", "prompt cache", "tool registry", "vector index", "retry policy")


def agent_status(world: World, moment: Moment) -> bytes:
    """`agent_status.json`: agents by name, one more under `agents`, and `last_update`. Half of it while truncated."""
    document: dict[str, Any] = {name: _flat(world, name, moment) for name in world.residents[:STATUS_AGENTS]}
    document["agents"] = {"release-bot": {"status": "idle", "last_seen": moment.epoch(moment.t), "tasks_completed": 12}}
    document["last_update"] = moment.epoch(moment.t)
    text = json.dumps(document, indent=2)
    if Effect.TRUNCATED in world.scenario.effects(STATUS_FILE, moment.t):
        text = text[: len(text) // 2]
    return text.encode()


def _flat(world: World, name: str, moment: Moment) -> dict[str, Any]:
    """An agent's entry. One that hangs or has died still says what it said last."""
    frozen = world.scenario.latest(name, _FROZEN, moment.t)
    t = frozen[0] if frozen is not None and moment.t < frozen[1] else moment.t
    agent = world.agent(name, max(0.0, t))
    return {
        "name": name,
        "type": world.family(name),
        "status": _word(agent),
        "tasks_completed": agent.completed,
        "tasks_failed": agent.failed,
        "tasks_queued": agent.queued,
        "tasks_processing": agent.processing,
        "memory_usage": agent.memory_bytes // 1048576,
        "cpu_usage": agent.cpu_percent,
        "last_seen": moment.zulu(t),
    }


def _word(agent: AgentNow) -> str:
    """A status word of the systems' own vocabulary, in which nothing is ever wrong while the process writes."""
    return "busy" if agent.processing > 2 else "running"


def task_queue(world: World, moment: Moment) -> bytes:
    """`task_queue.json`: open tasks, and the latest completed and failed ones."""
    jobs = world.lines[TASK_FILE].recent(moment.t, _HISTORY_S)
    ended = [job for job in jobs if job.ended <= moment.t]
    document = {
        "tasks": [_task(world, job, moment) for job in jobs if job.ended > moment.t],
        "completed": [_task(world, job, moment) for job in ended if job.ok][-_COMPLETED_KEPT:],
        "failed": [_task(world, job, moment) for job in ended if not job.ok][-_FAILED_KEPT:],
    }
    return json.dumps(document, indent=2).encode()


def _task(world: World, job: Job, moment: Moment) -> dict[str, Any]:
    kind, verb, family = _WORK[job.number % len(_WORK)]
    members = world.members(family) or world.names
    place = _PLACES[job.number % len(_PLACES)]
    file = f"src/{place.replace(' ', '_')}.py:{40 + job.number * 13 % 400}"
    task: dict[str, Any] = {
        "id": f"todo_assign_{1_760_000_000_000_000_000 + job.number * 1_370_417_000}",
        "type": kind,
        "description": f"TODO: {verb} the {place} (File: {file})",
        "priority": "3" if job.number % 10 == 0 else 5,
        "assigned_agent": members[job.number % len(members)],
        "status": _task_word(job, moment.t),
        "created": moment.epoch(job.arrived),
        "dependencies": [],
    }
    if job.started <= moment.t:
        task["started_at"] = moment.epoch(job.started)
    if job.ended <= moment.t:
        ended = moment.at(job.ended).timestamp()
        task["completed_at" if job.ok else "failed_at"] = ended if job.number % 8 == 0 else int(ended)
    return task


def _task_word(job: Job, t: float) -> str:
    if job.ended <= t:
        return "completed" if job.ok else "failed"
    if job.started <= t:
        return "in_progress"
    return "assigned" if job.started - t < 6 else "queued"


def targets(world: World, moment: Moment, names: tuple[str, ...], where: dict[str, tuple[str, str, str]]) -> bytes:
    """A Prometheus `file_sd` file of those of `names` that are there.

    `where` gives for each its address (`host:port`), metrics path and health path.
    """
    groups = []
    absent = world.absent(moment.t)
    for name in names:
        if name not in absent:
            address, metrics, health = where[name]
            labels = {"agent_name": name, "agent_type": world.family(name), **world.labels(name)}
            labels |= {"__metrics_path__": metrics, "__health_path__": health}
            groups.append({"targets": [address], "labels": labels})
    return (json.dumps(groups, indent=1) + "\n").encode()
