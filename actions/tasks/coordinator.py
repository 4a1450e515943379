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
from msgspec.structs import replace

from actions.aside import aside
from actions.submission.answers import json_of
from actions.submission.coordinator_answers import EXECUTE, REGISTER, RUN, read_answer
from actions.submission.coordinator_sight import CoordinatorSight, CoordinatorTask
from actions.submission.coordinator_tasks import CoordinatorTasks
from actions.submission.header_auth import HeaderAuth, named_secret
from actions.submission.texts import field_of, filled, named_in, names_of, pattern_of
from config.kinds import Kind
from config.values import HttpUrl, Seconds
from fleet.actions.action import Observed, Result, StepRead
from fleet.actions.plan import HOLE_OPEN, HOLE_SHUT, HttpRequest, Plan, Step
from fleet.actions.ports import ActReach, Submitting
from fleet.errors import RefusedError
from fleet.text import scrub

NO_COMMAND: Final = "fleetdeck-asks-what-is-allowed"
"""No command: asking for it brings the list of those that there are, and changes nothing."""
AGENT: Final = "agent"
"""The field that says whom a task is for, where no option does."""
COMMAND: Final = "command"
"""The field that says what is to be done, where no option does."""
_ID: Final = f"{HOLE_OPEN}task_id{HOLE_SHUT}"


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


class CoordinatorSubmitting:
    """Implements `fleet.actions.ports.Submitting`."""

    def __init__(self, options: CoordinatorOptions, reach: ActReach) -> None:
        self.target = options.url.rstrip("/")
        self.cancels = False
        self.askable = True
        self.asked_by: tuple[str, ...] = ()
        self._options = options
        self._reach = reach
        self._tasks = CoordinatorTasks(options.url, options.client_id, options.auth, reach)
        self._sight = CoordinatorSight(self._tasks, reach.store)
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
        name = field_of(self._command, COMMAND)
        if not name or not self._options.ask_allowed:
            return {}, ()
        if self._allowed is None:
            allowed, note = await self._ask_allowed()
            if note:
                return {}, (note,)
            self._allowed = allowed
        return {name: self._allowed}, ()

    async def _ask_allowed(self) -> tuple[tuple[str, ...], str]:
        effect = self._request(RUN, {"agent": self._options.client_id, "command": NO_COMMAND})
        result = await self._reach.performer.perform(replace(effect, key_header=""))
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

    def _steps(self, wanted: Sequence[CoordinatorTask], strangers: set[str]) -> tuple[Step, ...]:
        steps: list[Step] = []
        for number, one in enumerate(wanted):
            if one.agent in strangers:
                strangers.discard(one.agent)
                steps.append(self._registering(number, one.agent))
            steps.extend(self._submitting(number, one))
        return tuple(steps)

    def _wanted(self, number: int, item: Mapping[str, Any], to: str) -> CoordinatorTask:
        agent = to or filled(self._agent, AGENT, item)
        command = filled(self._command, "command", item)
        if not agent:
            field = field_of(self._agent, AGENT) if AGENT in item or self._agent is not None else ""
            raise RefusedError(f"item {number + 1}: {field or 'to'}: whom the task is for is missing")
        if not command:
            raise RefusedError(f"item {number + 1}: command: is missing")
        return CoordinatorTask(agent, command, filled(self._project, "project", item))

    def _registering(self, number: int, agent: str) -> Step:
        body = {"agent": agent, "capabilities": list(self._options.capabilities)}
        return Step(title=f"register {agent}", target=self.target, item=number, effect=self._request(REGISTER, body))

    def _submitting(self, number: int, one: CoordinatorTask) -> list[Step]:
        body: dict[str, Any] = {"agent": one.agent, "command": one.command}
        if one.project:
            body["project"] = one.project
        if self._options.execute == "run":
            body["execute"] = True
        # All of them have one target, to which one request goes at a time.
        words = f"{one.command} {one.project}".strip() + f" for {one.agent}"
        run = self._request(RUN, body)
        steps = [
            Step(title=f"queue {words}", target=self.target, item=number, effect=run, captures={"task_id": "task_id"})
        ]
        if self._options.execute == "after":
            after = self._request(EXECUTE, {"task_id": _ID})
            steps.append(Step(title=f"execute {words}", target=self.target, item=number, effect=after))
        return steps

    def _request(self, path: str, body: Mapping[str, Any]) -> HttpRequest:
        return HttpRequest(
            method="POST",
            url=self.target + path,
            body=msgspec.json.encode(body).decode(),
            headers={"X-Client-Id": self._options.client_id},
            secret=named_secret(self._options.auth),
            timeout_s=float(self._options.timeout),
            key_header="X-Correlation-ID",
            close=True,
        )

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """None: whom and what it takes is for the coordinator to say."""
        return ()

    # ── afterwards ──

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """What an answer means."""
        return read_answer(step.effect.url if isinstance(step.effect, HttpRequest) else "", result)

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """Each item's task in the ten newest, in the queues that are watched, and in `/status`."""
        return await self._sight.look(plan, items, since)

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """It cannot. Raises RefusedError."""
        raise RefusedError("the coordinator has no way to cancel a task")


def _build(options: CoordinatorOptions, reach: ActReach) -> Submitting:
    return CoordinatorSubmitting(options, reach)


def _named(options: CoordinatorOptions) -> Mapping[str, frozenset[str]]:
    return named_in(agent=options.agent, command=options.command, project=options.project)


def _offers(options: CoordinatorOptions) -> tuple[str, ...]:
    name = field_of(pattern_of(options.command) if options.command is not None else None, COMMAND)
    return (name,) if name and options.ask_allowed else ()


KIND = Kind[Submitting](name="coordinator", options=CoordinatorOptions, build=_build, named=_named, offers=_offers)
