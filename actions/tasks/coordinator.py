"""Tasks for the coordinator of tools-automation: registered where needed, queued by `/run`, executed where asked.

It is one thread behind HTTP/1.0 and allows 50 requests a minute to all of a host. There is no way to ask for one task
by its id and none to cancel one, so a task is followed in the list of the ten newest, in `/status`, and in the queues
that are watched; where none of them shows it, that is said.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from actions.aside import aside
from actions.submission.answers import json_of, member, unanswered
from actions.submission.coordinator_answers import read_executed, read_queued, read_registered
from actions.submission.coordinator_tasks import CoordinatorTasks, HeaderAuth, Listing, Record, observed
from actions.submission.texts import field_of, filled, named_in, names_of, pattern_of, secret_name
from config.kinds import Kind
from config.values import HttpUrl, Seconds
from fleet.actions.action import ActionState, Observed, Result, StepRead, Verdict
from fleet.actions.plan import HOLE_OPEN, HOLE_SHUT, HttpRequest, Plan, Step
from fleet.actions.ports import ActReach, Submitting
from fleet.errors import RefusedError
from fleet.queues import OUT_OF_SIGHT
from fleet.text import scrub
from fleet.vocabulary import TaskState

WINDOW_S: Final = 60.0
"""The window in which it counts requests; it says nothing of when there is room again."""
NO_COMMAND: Final = "fleetdeck-asks-what-is-allowed"
"""No command: asking for it brings the list of those that there are, and changes nothing."""
AGENT: Final = "agent"
"""The field that says whom a task is for, where no option does."""
_ID: Final = f"{HOLE_OPEN}task_id{HOLE_SHUT}"
_BY_QUEUE: Final = {
    TaskState.DONE: ActionState.SUCCEEDED,
    TaskState.FAILED: ActionState.FAILED,
    TaskState.CANCELLED: ActionState.CANCELLED,
}


class CoordinatorOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of `kind: coordinator`."""

    url: HttpUrl
    """Where the coordinator answers (`http://127.0.0.1:5005`)."""
    client_id: Annotated[str, Meta(pattern="^[A-Za-z0-9._-]{1,64}$")] = "fleetdeck"
    """What is sent as `X-Client-Id`, by which it knows whom not to limit."""
    auth: HeaderAuth | None = None
    """A header with a secret, for one that stands behind a proxy."""
    agent: str | None = None
    """Whom a task is for where it is not submitted to an agent; without it, the field `agent`."""
    command: str | None = None
    """The command, such as `"{command}"` or `analyze`; without it, the field `command`."""
    project: str | None = None
    """The project; without it, the field `project`, if there is one."""
    execute: Literal["no", "run", "after"] = "no"
    """`no`: it is queued, and a controller takes it. `run`: it is executed at once. `after`: by a second request."""
    register: bool = True
    """Registers an agent that the coordinator does not know."""
    capabilities: tuple[Annotated[str, Meta(max_length=80)], ...] = ()
    """What an agent is registered with."""
    ask_allowed: bool = True
    """Asks once for the commands that are allowed, by one that is not; it changes nothing there."""
    timeout: Seconds = Seconds(10)
    """How long one request may take."""


class _Wanted(Struct, frozen=True):
    agent: str
    command: str
    project: str

    def fits(self, record: Record) -> bool:
        """Whether a task might be this one."""
        mine = (self.agent, self.command, self.project)
        return mine == (record.get("agent"), record.get("command"), record.get("project") or "")


class CoordinatorSubmitting:
    """Implements `fleet.actions.ports.Submitting`."""

    def __init__(self, options: CoordinatorOptions, reach: ActReach) -> None:
        self.target = options.url.rstrip("/")
        self.cancels = False
        self.askable = True
        self._options = options
        self._reach = reach
        self._tasks = CoordinatorTasks(options.url, options.client_id, options.auth, reach)
        self._agent = pattern_of(options.agent) if options.agent is not None else None
        self._command = pattern_of(options.command) if options.command is not None else None
        self._project = pattern_of(options.project) if options.project is not None else None
        self._allowed: tuple[str, ...] | None = None

    def names(self) -> frozenset[str]:
        """The fields that its options name."""
        return names_of((self._agent, self._command, self._project))

    def for_agents(self, fields: Collection[str]) -> bool:
        """Whether it must be submitted to agents: neither its options nor a field says whom a task is for."""
        return self._agent is None and AGENT not in fields

    def undo(self) -> tuple[str, ...]:
        """What taking it back would take."""
        return ("The coordinator has no way to cancel a task: one that is queued will be taken.",)

    # ── planning ──

    async def known(self, agents: Sequence[str]) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        """The commands that it allows, asked for once."""
        name = field_of(self._command, "command")
        if not name or not self._options.ask_allowed:
            return {}, ()
        if self._allowed is None:
            allowed, note = await self._ask_allowed()
            if note:
                return {}, (note,)
            self._allowed = allowed
        return {name: self._allowed}, ()

    async def _ask_allowed(self) -> tuple[tuple[str, ...], str]:
        effect = self._request("/run", {"agent": self._options.client_id, "command": NO_COMMAND})
        result = await self._reach.performer.perform(msgspec.structs.replace(effect, key_header=""))
        body = json_of(result)
        listed = body.get("allowed") if isinstance(body, dict) else None
        if result.status == 403 and isinstance(listed, list):
            return tuple(scrub(one, 80) for one in listed if isinstance(one, str)), ""
        if result.status == 429:
            return (), "which commands are allowed is not known: its 50 requests a minute are used up"
        return (), f"which commands are allowed is not known: {result.fault or f'it answered {result.status}'}"

    async def steps(self, items: Sequence[Mapping[str, Any]], to: Sequence[str], key: str) -> tuple[Step, ...]:
        """Registering where needed, `/run`, and `/execute_task` where asked, for each item."""
        pairs = list(zip(items, to, strict=True))
        wanted = await aside(
            len(pairs), lambda: [self._wanted(n, item, agent) for n, (item, agent) in enumerate(pairs)]
        )
        strangers = {one.agent for one in wanted}
        if self._options.register:
            strangers -= await self._tasks.registered()
        else:
            strangers = set()
        return await aside(len(wanted), lambda: self._steps(wanted, strangers))

    def _steps(self, wanted: Sequence[_Wanted], strangers: set[str]) -> tuple[Step, ...]:
        steps: list[Step] = []
        for number, one in enumerate(wanted):
            if one.agent in strangers:
                strangers.discard(one.agent)
                steps.append(self._registering(number, one.agent))
            steps.extend(self._submitting(number, one))
        return tuple(steps)

    def _wanted(self, number: int, item: Mapping[str, Any], to: str) -> _Wanted:
        agent = to or filled(self._agent, AGENT, item)
        command = filled(self._command, "command", item)
        if not agent:
            field = field_of(self._agent, AGENT) if AGENT in item or self._agent is not None else ""
            raise RefusedError(f"item {number + 1}: {field or 'to'}: whom the task is for is missing")
        if not command:
            raise RefusedError(f"item {number + 1}: command: is missing")
        return _Wanted(agent, command, filled(self._project, "project", item))

    def _registering(self, number: int, agent: str) -> Step:
        body = {"agent": agent, "capabilities": list(self._options.capabilities)}
        return Step(title=f"register {agent}", target=self.target, item=number, effect=self._request("/register", body))

    def _submitting(self, number: int, one: _Wanted) -> list[Step]:
        body: dict[str, Any] = {"agent": one.agent, "command": one.command}
        if one.project:
            body["project"] = one.project
        if self._options.execute == "run":
            body["execute"] = True
        # All of them have one target, to which one request goes at a time.
        words = f"{one.command} {one.project}".strip() + f" for {one.agent}"
        run = self._request("/run", body)
        steps = [
            Step(title=f"queue {words}", target=self.target, item=number, effect=run, captures={"task_id": "task_id"})
        ]
        if self._options.execute == "after":
            after = self._request("/execute_task", {"task_id": _ID})
            steps.append(Step(title=f"execute {words}", target=self.target, item=number, effect=after))
        return steps

    def _request(self, path: str, body: Mapping[str, Any]) -> HttpRequest:
        auth = self._options.auth
        return HttpRequest(
            method="POST",
            url=self.target + path,
            body=msgspec.json.encode(body).decode(),
            headers={"X-Client-Id": self._options.client_id},
            secret=None if auth is None else secret_name(auth.secret, auth.header),
            timeout_s=float(self._options.timeout),
            key_header="X-Correlation-ID",
            close=True,
        )

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """None: whom and what it takes is for the coordinator to say."""
        return ()

    # ── reading ──

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """What an answer means."""
        path = _path(step)
        silent = unanswered(result)
        if silent is not None:
            return silent
        body = json_of(result)
        word = member(body, "error")
        if result.status == 429:
            wait_s = result.retry_after_s if result.retry_after_s is not None else WINDOW_S
            sentence = f"its 50 requests a minute, shared by all of this host, are used up: again in {wait_s:.0f} s"
            return StepRead(verdict=Verdict.AGAIN, sentence=sentence, again_after_s=wait_s)
        if path == "/register":
            return read_registered(result, word)
        return read_executed(result, body, word) if path == "/execute_task" else read_queued(result, body, word)

    # ── following ──

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """Each item's task in the ten newest, in the queues that are watched, and in `/status`."""
        newest = await self._tasks.newest()
        ids = {number: found.get("task_id", "") for number, found in items.items()}
        queues = self._in_queues({id for id in ids.values() if id not in newest.tasks})
        rest: Listing | None = None
        if any(id not in newest.tasks and id not in queues for id in ids.values()):
            rest = await self._tasks.all()
        seen: dict[int, Observed] = {}
        taken = {id for id in ids.values() if id}
        for number, id in ids.items():
            if id in newest.tasks:
                seen[number] = observed(newest.tasks[id])
            elif id in queues:
                seen[number] = queues[id]
            elif id:
                seen[number] = _unlisted(id, newest, rest)
            else:
                seen[number] = self._guessed(plan, number, since, taken, newest, rest)
        return seen

    def _in_queues(self, ids: set[str]) -> dict[str, Observed]:
        """What collectors saw of tasks: of those that have ended, or are still in sight."""
        tasks = self._reach.store.tasks.values() if ids else ()
        return {
            task.id: Observed(
                state=_BY_QUEUE.get(task.state, ActionState.RUNNING),
                sentence=task.raw_state or task.state.value,
                final=task.state in _BY_QUEUE,
                tail=task.detail if task.state in _BY_QUEUE else "",
            )
            for task in tasks
            if task.id in ids
            and task.state is not TaskState.UNKNOWN
            and (task.state in _BY_QUEUE or task.detail != OUT_OF_SIGHT)
        }

    def _guessed(
        self, plan: Plan, number: int, since: datetime, taken: set[str], newest: Listing, rest: Listing | None
    ) -> Observed:
        """No id came back. A task like it may be it, and nothing proves that it is."""
        wanted = _sent(plan, number)
        if wanted is None:
            return _unknown("no id came back, and what was sent is not written down: it cannot be looked for")
        before = {task.id for task in self._reach.store.tasks.values() if task.first_seen and task.first_seen < since}
        others = taken | before | self._ours(plan.key)
        tasks = {**(rest.tasks if rest is not None else {}), **newest.tasks}
        like = [record for id, record in tasks.items() if id not in others and wanted.fits(record)]
        if len(like) == 1:
            seen = observed(like[0])
            sentence = (
                f"probably task {scrub(like[0]['id'], 80)}, the only one like it that came since: {seen.sentence}"
            )
            return Observed(state=ActionState.UNKNOWN, sentence=sentence, final=seen.final, tail=seen.tail)
        if like:
            return _unknown(f"{len(like)} tasks like it came since; which of them it is, if any, cannot be told")
        if newest.whole and newest.fresh:
            sentence = "it was not queued: all tasks are listed, and none is like it"
            return Observed(state=ActionState.FAILED, sentence=sentence, final=True)
        return _unknown("no task like it is in sight; it may have been queued and be out of sight")

    def _ours(self, key: str) -> set[str]:
        """The ids of tasks of other acts."""
        others = (action for action in self._reach.store.actions.values() if action.id != key)
        return {item.found["task_id"] for action in others for item in action.items if "task_id" in item.found}

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """It cannot. Raises RefusedError."""
        raise RefusedError("the coordinator has no way to cancel a task")


def _unlisted(id: str, newest: Listing, rest: Listing | None) -> Observed:
    """A task that is neither among the newest nor in a queue that is watched."""
    if rest is not None and id in rest.tasks:
        return observed(rest.tasks[id])
    if (newest.whole and newest.fresh) or (rest is not None and rest.fresh):
        return _unknown(f"task {id} is not among its tasks any more: those that wait are lost when it restarts")
    if rest is not None or newest.whole:
        return Observed(
            state=ActionState.RUNNING, sentence="it is not among the ten newest; all are asked for again soon"
        )
    return _unknown(f"task {id} is out of sight: it is not among the ten newest, and no other list shows it")


def _path(step: Step) -> str:
    url = step.effect.url if isinstance(step.effect, HttpRequest) else ""
    return "/" + url.rpartition("/")[2]


def _sent(plan: Plan, number: int) -> _Wanted | None:
    """What an item asked for, where the plan still says it."""
    for step in plan.steps:
        if step.item == number and isinstance(step.effect, HttpRequest) and _path(step) == "/run":
            try:
                body = msgspec.json.decode(step.effect.body)
            except (ValueError, RecursionError):
                return None
            return _Wanted(str(body.get("agent")), str(body.get("command")), str(body.get("project") or ""))
    return None


def _unknown(sentence: str) -> Observed:
    return Observed(state=ActionState.UNKNOWN, sentence=sentence, final=True)


def _build(options: CoordinatorOptions, reach: ActReach) -> Submitting:
    return CoordinatorSubmitting(options, reach)


def _named(options: CoordinatorOptions) -> Mapping[str, frozenset[str]]:
    return named_in(agent=options.agent, command=options.command, project=options.project)


KIND = Kind[Submitting](name="coordinator", options=CoordinatorOptions, build=_build, named=_named)
