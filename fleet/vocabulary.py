"""The words that the fleets use for the same few things, as tables.

A raw word is always kept beside its meaning, because a table can be wrong and a claim is only a claim. Sources: the
contracts of the five systems; Spring, `application/health+json`, gRPC health; A2A and MCP task states; celery.
"""

from enum import StrEnum


class AgentState(StrEnum):
    """What fleetdeck says of an agent. Worst first in `SEVERITY`."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    STALE = "stale"
    UNKNOWN = "unknown"
    WAITING = "waiting"


SEVERITY: dict[AgentState, int] = {
    AgentState.DOWN: 0,
    AgentState.DEGRADED: 1,
    AgentState.WAITING: 2,
    AgentState.STALE: 3,
    AgentState.UNKNOWN: 4,
    AgentState.UP: 5,
}
"""Rank for 'worst first': a smaller number is worse."""


class TaskState(StrEnum):
    """The life of a task, whatever its system calls it."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


_STATE_WORDS = {
    AgentState.UP: "up ok healthy pass passing serving running available idle active busy completed operational loaded "
    "processingprompt ready alive success true healthy_partial",
    AgentState.DEGRADED: "degraded warn warning restarting starting loading partial progressing half_open half-open",
    AgentState.DOWN: "down fail failed failing error stopped unresponsive unhealthy critical not_serving "
    "out_of_service dead exited crashed offline unreachable timeout "
    "false",
    AgentState.WAITING: "waiting input_required input-required auth_required auth-required blocked paused "
    "waiting_for_input needs_input awaiting_approval",
    AgentState.UNKNOWN: "unknown none null service_unknown",
}
_AGENT_WORDS = {word: state for state, words in _STATE_WORDS.items() for word in words.split()}

_TASK_WORDS = {
    word: state
    for state, words in {
        TaskState.QUEUED: "queued pending assigned accepted received submitted todo scheduled",
        TaskState.RUNNING: "running in_progress in-progress processing started executing working",
        TaskState.WAITING: "waiting input_required input-required auth_required auth-required blocked paused",
        TaskState.DONE: "done completed complete success succeeded finished",
        TaskState.FAILED: "failed failure error failed_temporary failed_permanent rejected timeout timed_out",
        TaskState.CANCELLED: "cancelled canceled revoked skipped",
    }.items()
    for word in words.split()
}


def agent_state(word: object) -> AgentState | None:
    """The state that an outside status word (any case, `TASK_STATE_` prefix allowed) claims; None for no word.

    A word that no table knows is `unknown`.
    """
    if word is None or word == "":
        return None
    return _AGENT_WORDS.get(str(word).strip().lower(), AgentState.UNKNOWN)


def task_state(word: object) -> TaskState:
    """The state that an outside job-status word means; `unknown` where no table knows it."""
    return _TASK_WORDS.get(str(word).strip().lower().removeprefix("task_state_"), TaskState.UNKNOWN)
