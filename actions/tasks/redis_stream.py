"""Tasks for the workers of a Redis stream: an entry is added with the fields that they read.

What became of an entry is asked of the stream and of the group that reads it, and of the hash of its job where there is
one. It can be cancelled for as long as no group was given it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from actions.submission.answers import unknown
from actions.submission.each import Wanted, step_each
from actions.submission.orchestrator_jobs import Job, job_of
from actions.submission.redis_link import hash_of, redis_link
from actions.submission.redis_side import (
    OWN_NAMES,
    cancelled,
    ends_in,
    filled_fields,
    item_values,
    no_such_key,
    rejected,
    taken_out,
    write_step,
)
from actions.submission.stream_entries import (
    CANCEL,
    entry_id,
    find_entries,
    last_delivered,
    observed_entry,
    read_entry,
)
from actions.submission.texts import named_in, names_of, pattern_of
from config.kinds import Kind, nothing
from config.values import RedisUrl, SecretRef
from fleet.actions.action import ActionState, Observed, Result, StepRead, Verdict
from fleet.actions.placeholders import fill_text
from fleet.actions.plan import ActKind, Plan, Step
from fleet.actions.ports import ActReach, Submitting, item_key
from fleet.errors import Fault, OutsideError, RefusedError
from fleet.text import scrub
from transport.redis import RedisLink, parse_place

Key = Annotated[str, Meta(min_length=1, max_length=400)]


class RedisStreamTaskOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of `kind: redis_stream`."""

    url: RedisUrl
    """`redis://host:port/db`, `rediss://` or `unix://`."""
    stream: Key
    """The key of the stream."""
    password: SecretRef | None = None
    """Where its password is."""
    group: str | None = None
    """The group whose workers read it; without it, what becomes of an entry is not seen."""
    entry: dict[Key, str] = {}
    """The fields of an entry, as texts with `{name}` for the values of the form, and `{key}` (the idempotency key),
    `{to}` (the agent) and `{now}` (RFC 3339). Without them, the form's fields."""
    max_length: Annotated[int, Meta(ge=1)] | None = None
    """About how many entries the stream may have; older ones are dropped by the same command, worked off or not."""
    key_field: Key = "idempotency_key"
    """The field that carries the idempotency key, by which an entry is found again."""
    job: str | None = None
    """The key of the hash in which workers tell how a job is, such as `"job:{key}"`: its `status`, `chunks_total` and
    `chunks_processed`."""
    gone_is_done: bool = False
    """An entry that is gone was worked off: nobody but its workers removes any."""


class RedisStreamSubmitting:
    """Implements `fleet.actions.ports.Submitting`."""

    def __init__(self, options: RedisStreamTaskOptions, reach: ActReach) -> None:
        self.target = f"{parse_place(options.url)} {scrub(options.stream)}"
        self.cancels = True
        self.askable = True
        self.asked_by: tuple[str, ...] = ()
        self._options = options
        self._reach = reach
        self._fields = {name: pattern_of(text) for name, text in options.entry.items()}
        self._job = pattern_of(options.job) if options.job is not None else None

    def names(self) -> frozenset[str]:
        """The fields that its options name."""
        return names_of((*self._fields.values(), self._job)) - OWN_NAMES

    def undo(self) -> tuple[str, ...]:
        """What taking it back would take."""
        return ("While it waits it can be cancelled; once a worker has it, it cannot.",)

    # ── planning ──

    async def known(self, agents: Sequence[str]) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        """A stream takes anything."""
        return {}, ()

    async def steps(self, items: Sequence[Mapping[str, Any]], to: Sequence[str], key: str) -> tuple[Step, ...]:
        """One XADD an item."""
        now = self._reach.clock.now()
        return await step_each(items, to, key, lambda one: self._step(one, now))

    def _step(self, one: Wanted, now: datetime) -> Step:
        options, item, key = self._options, one.item, one.key
        about = filled_fields(self._fields, item, item_values(item, key, one.to, now))
        if about.setdefault(options.key_field, key) != key:
            raise RefusedError(f"item {one.number + 1}: {options.key_field}: this field carries the idempotency key")
        trim = ("MAXLEN", "~", str(options.max_length)) if options.max_length is not None else ()
        words = [word for pair in about.items() for word in pair]
        command = ("XADD", options.stream, *trim, "*", *words)
        title = f"add to {scrub(options.stream, 80)}"
        return write_step(title, options.url, options.password, command, target=self.target, item=one.number)

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """The key must be a stream, or nothing yet. Raises OutsideError."""
        async with self._link() as link:
            return await no_such_key(link, self._options.stream, "stream")

    # ── reading ──

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """What the answer means: XADD answers with the entry's id."""
        if plan.act is ActKind.CANCEL:
            return cancelled(result)
        wrong = rejected(result)
        if wrong is not None:
            return wrong
        id = entry_id(result.text)
        if not id:
            return unknown("Redis did not answer with the id of an entry")
        return StepRead(verdict=Verdict.DONE, sentence=f"added as {id}", found={"entry": id})

    # ── following ──

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """Each item's entry, and the hash of its job."""
        async with self._link() as link:
            if plan.act is ActKind.CANCEL:
                return {number: await self._taken_out(link, plan, number) for number in items}
            ids = await self._ids(link, plan, items, since)
            last = (
                await last_delivered(link, self._options.stream, self._options.group) if self._options.group else None
            )
            if self._options.group and last is None and await link.ask("EXISTS", self._options.stream):
                raise OutsideError(Fault.MISSING, f"the stream has no group {scrub(self._options.group, 80)}")
            return {number: await self._seen(link, plan, number, ids.get(number), found, last)
                    for number, found in items.items()}  # fmt: skip

    async def _ids(
        self, link: RedisLink, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime
    ) -> dict[int, str]:
        ids = {number: found["entry"] for number, found in items.items() if found.get("entry")}
        lost = {item_key(plan.key, number): number for number in items if number not in ids}
        if lost:
            found = await find_entries(link, self._options.stream, self._options.key_field, set(lost), since)
            ids.update((lost[key], id) for key, id in found.items())
        return ids

    async def _seen(
        self, link: RedisLink, plan: Plan, number: int, id: str | None, found: Mapping[str, str], last: str | None
    ) -> Observed:
        job = await self._job_of(link, plan, number)
        if job is not None and job.state is not ActionState.RUNNING:
            return job.observed("its job's hash")
        if id is None:
            if job is not None:
                return job.observed("its job's hash")
            sentence = "no entry with its key is in the stream: it was not added, or was worked off and removed"
            return Observed(state=ActionState.UNKNOWN, sentence=sentence, final=True)
        if taken_out(self._reach.store, plan.key, id):
            return Observed(state=ActionState.CANCELLED, sentence="cancelled before anybody had it", final=True)
        entry = await read_entry(link, self._options.stream, self._options.group, id, last)
        seen = observed_entry(entry, found, gone_is_done=self._options.gone_is_done)
        if job is not None and seen.state is not ActionState.FAILED:
            # The hash says that it is still being worked off, and an acknowledgement may come before the end.
            seen = job.observed("its job's hash")
        kept = {"entry": id, **({"held": found["held"]} if "held" in found else {}), **seen.found}
        return replace(seen, found=kept)

    async def _job_of(self, link: RedisLink, plan: Plan, number: int) -> Job | None:
        """The hash of the job; only its idempotency key is known of an item afterwards, so its key is made of that."""
        if self._job is None or set(self._job.names) - {"key"}:
            return None
        pairs = await link.ask("HGETALL", fill_text(self._job, {"key": item_key(plan.key, number)}))
        return job_of(hash_of(pairs)) if pairs else None

    # ── cancelling ──

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """The removal of those that wait. Raises RefusedError where none does, OutsideError."""
        steps: list[Step] = []
        async with self._link() as link:
            for number, found in items.items():
                id = found.get("entry", "")
                if id and await self._waits(link, id):
                    command = ("EVAL", CANCEL, "1", self._options.stream, id)
                    title = f"take {id} out of {scrub(self._options.stream, 80)}, if no group was given it"
                    step = write_step(
                        title, self._options.url, self._options.password, command, target=self.target, item=number
                    )
                    steps.append(step)
        if not steps:
            raise RefusedError(
                "nothing of it waits in the stream any more: what a worker has cannot be cancelled there"
            )
        return tuple(steps)

    async def _waits(self, link: RedisLink, id: str) -> bool:
        if not await link.ask("XRANGE", self._options.stream, id, id):
            return False
        if self._options.group is None:
            return True
        last = await last_delivered(link, self._options.stream, self._options.group)
        return (await read_entry(link, self._options.stream, self._options.group, id, last)).delivered is not True

    async def _taken_out(self, link: RedisLink, plan: Plan, number: int) -> Observed:
        """Whether what a cancelling act should take out is gone."""
        id = ends_in(plan, number)
        if await link.ask("XRANGE", self._options.stream, id, id):
            return Observed(state=ActionState.FAILED, sentence=f"{id} is still in the stream", final=True)
        if self._options.group is not None:
            held = await link.ask("XPENDING", self._options.stream, self._options.group, id, id, 1)
            if held:
                return Observed(state=ActionState.FAILED, sentence="a worker has it", final=True)
        return Observed(state=ActionState.SUCCEEDED, sentence=f"{id} is not in the stream any more", final=True)

    def _link(self) -> Any:
        return redis_link(self._options.url, self._options.password, self._reach.root)


def _build(options: RedisStreamTaskOptions, reach: ActReach) -> Submitting:
    return RedisStreamSubmitting(options, reach)


def _named(options: RedisStreamTaskOptions) -> Mapping[str, frozenset[str]]:
    return named_in(OWN_NAMES, entry=options.entry, job=options.job)


KIND = Kind[Submitting](name="redis_stream", options=RedisStreamTaskOptions, build=_build, named=_named, offers=nothing)
