"""Tasks for workers that pop from a Redis list: an item of JSON is pushed, with an id by which it is found again.

A list keeps nothing of what was taken from it. Where workers move what they hold to a second list, and what they gave
up to a third, an item is followed through them; one that waits can be cancelled.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from actions.submission.answers import unknown
from actions.submission.each import Wanted, step_each
from actions.submission.queue_sight import seen_in_queues
from actions.submission.redis_link import redis_link
from actions.submission.redis_side import (
    CANCEL_LISTED,
    OWN_NAMES,
    cancelled,
    ends_in,
    item_values,
    listed,
    no_such_key,
    rejected,
    taken_out,
    write_step,
)
from actions.submission.texts import named_in, names_of, pattern_of
from config.kinds import Kind, nothing
from config.values import RedisUrl, SecretRef
from fleet.actions.action import ActionState, Observed, Result, StepRead, Verdict
from fleet.actions.placeholders import fill_data
from fleet.actions.plan import ActKind, Plan, Step
from fleet.actions.ports import ActReach, Submitting, item_key
from fleet.errors import RefusedError
from fleet.text import scrub
from fleet.vocabulary import TaskState
from transport.redis import RedisLink, parse_place

Key = Annotated[str, Meta(min_length=1, max_length=400)]


class RedisListTaskOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of `kind: redis_list`."""

    url: RedisUrl
    """`redis://host:port/db`, `rediss://` or `unix://`."""
    key: Key
    """The list."""
    password: SecretRef | None = None
    """Where its password is."""
    push: Literal["left", "right"] = "left"
    """The end to which it is pushed: `left` (LPUSH: Celery, Sidekiq, Bull) or `right` (RPUSH: RQ)."""
    item: dict[Key, str] = {}
    """The members of the JSON object, as texts with `{name}` for the values of the form, and `{key}` (the idempotency
    key), `{to}` (the agent) and `{now}` (RFC 3339). A text that is one placeholder takes the value with its type.
    Without them, the form's fields."""
    id_field: Key = "id"
    """The member that carries the idempotency key, by which an item is found again."""
    processing: Key | None = None
    """The list of what workers hold."""
    dead_letter: Key | None = None
    """The list of what was given up."""
    gone_is_done: bool = False
    """An item that is in none of the lists was worked off: what fails goes to `dead_letter`."""


class RedisListSubmitting:
    """Implements `fleet.actions.ports.Submitting`."""

    def __init__(self, options: RedisListTaskOptions, reach: ActReach) -> None:
        self.target = f"{parse_place(options.url)} {scrub(options.key)}"
        self.cancels = True
        self.askable = True
        self.asked_by: tuple[str, ...] = ()
        self._options = options
        self._reach = reach
        self._patterns = {name: pattern_of(text) for name, text in options.item.items()}

    def names(self) -> frozenset[str]:
        """The fields that its options name."""
        return names_of(self._patterns.values()) - OWN_NAMES

    def undo(self) -> tuple[str, ...]:
        """What taking it back would take."""
        return ("While it waits it can be cancelled; once a worker has popped it, it cannot.",)

    # ── planning ──

    async def known(self, agents: Sequence[str]) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        """A list takes anything."""
        return {}, ()

    async def steps(self, items: Sequence[Mapping[str, Any]], to: Sequence[str], key: str) -> tuple[Step, ...]:
        """One push an item."""
        now = self._reach.clock.now()
        return await step_each(items, to, key, lambda one: self._step(one, now))

    def _step(self, one: Wanted, now: datetime) -> Step:
        options, item, key = self._options, one.item, one.key
        if self._patterns:
            data = fill_data(options.item, item_values(item, key, one.to, now))
        else:
            data = fill_data({name: f"{{{name}}}" for name in item if item[name] is not None}, item)
        if data.setdefault(options.id_field, key) != key:
            raise RefusedError(f"item {one.number + 1}: {options.id_field}: this member carries the idempotency key")
        command = ("LPUSH" if options.push == "left" else "RPUSH", options.key, msgspec.json.encode(data).decode())
        title = f"push to {scrub(options.key, 80)}"
        return write_step(title, options.url, options.password, command, target=self.target, item=one.number)

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """The key must be a list, or nothing yet. Raises OutsideError."""
        async with self._link() as link:
            return await no_such_key(link, self._options.key, "list")

    # ── reading ──

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """What the answer means: a push answers with the length of the list."""
        if plan.act is ActKind.CANCEL:
            return cancelled(result)
        wrong = rejected(result)
        if wrong is not None:
            return wrong
        length = result.text.strip()
        if not length.isdecimal():
            return unknown("Redis did not answer with the length of the list")
        found = {"id": item_key(plan.key, step.item)}
        return StepRead(verdict=Verdict.DONE, sentence=f"pushed; {int(length):,} in the list", found=found)

    # ── following ──

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """In which of the lists each item is, else what a collector saw of it."""
        async with self._link() as link:
            if plan.act is ActKind.CANCEL:
                return {number: await self._taken_out(link, plan, number) for number in items}
            ids = {item_key(plan.key, number): number for number in items}
            where, whole = await self._places(link, set(ids))
            if whole and len(where) < len(ids):
                # One that moved backwards meanwhile (it is tried again) was met nowhere.
                where = where | (await self._places(link, set(ids) - set(where)))[0]
        queues = seen_in_queues(set(ids) - set(where), self._reach.store)
        ended = {id: one for id, one in queues.items() if one.final}
        return {
            number: self._observed(plan, id, where.get(id, "" if whole else "deep"), items[number], ended.get(id))
            for id, number in ids.items()
        }

    async def _places(self, link: RedisLink, ids: set[str]) -> tuple[dict[str, str], bool]:
        """In which list each item is, and whether all of the lists were read; in the order in which an item moves, so
        that one that moves meanwhile is met later, not missed."""
        options = self._options
        where: dict[str, str] = {}
        whole = True
        for word, key in (("waiting", options.key), ("held", options.processing), ("dead", options.dead_letter)):
            if key is not None:
                found = await listed(link, key, options.id_field, ids)
                where.update(dict.fromkeys(found.items, word))
                whole = whole and found.whole
        return where, whole

    def _observed(self, plan: Plan, id: str, where: str, found: Mapping[str, str], queued: Observed | None) -> Observed:
        if where == "waiting":
            words, task = "it waits in the list", TaskState.QUEUED
            return Observed(state=ActionState.RUNNING, sentence=words, found={"id": id}, task=task)
        if where == "held":
            words, task = "a worker has it", TaskState.RUNNING
            return Observed(state=ActionState.RUNNING, sentence=words, found={"id": id}, task=task)
        if where == "dead":
            words, task = "it was given up: it is in the dead letters", TaskState.FAILED
            return Observed(state=ActionState.FAILED, sentence=words, final=True, task=task)
        if taken_out(self._reach.store, plan.key, id):
            return Observed(state=ActionState.CANCELLED, sentence="cancelled before anybody had it", final=True)
        if queued is not None:
            return queued
        if where == "deep":
            sentence = "it is not at either end of the list, which is too long to be read"
            return Observed(state=ActionState.RUNNING, sentence=sentence)
        if not found.get("id"):
            sentence = "it is in none of the lists: it was not pushed, or a worker took it"
        elif self._options.gone_is_done:
            sentence = "worked off: it is in none of the lists"
            return Observed(state=ActionState.SUCCEEDED, sentence=sentence, final=True)
        else:
            sentence = "a worker took it; how it ended cannot be seen in a list"
        return Observed(state=ActionState.UNKNOWN, sentence=sentence, final=True)

    # ── cancelling ──

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """The removal of those that wait. Raises RefusedError where none does, OutsideError."""
        options = self._options
        ids = {item_key(plan.key, number): number for number in items}
        async with self._link() as link:
            waiting = await listed(link, options.key, options.id_field, set(ids))
        steps = [
            write_step(
                f"take {id} out of {scrub(options.key, 80)}, if it still waits",
                options.url,
                options.password,
                ("EVAL", CANCEL_LISTED, "1", options.key, options.id_field, id),
                target=self.target,
                item=ids[id],
            )
            for id in waiting.items
        ]
        if not steps:
            raise RefusedError("nothing of it waits in the list any more: what a worker has cannot be cancelled there")
        return tuple(steps)

    async def _taken_out(self, link: RedisLink, plan: Plan, number: int) -> Observed:
        """Whether what a cancelling act should take out is gone, and nobody has it."""
        id = ends_in(plan, number)
        for word, key in (("still waits", self._options.key), ("is held by a worker", self._options.processing)):
            if key is not None and (await listed(link, key, self._options.id_field, {id})).items:
                return Observed(state=ActionState.FAILED, sentence=f"it {word}", final=True)
        return Observed(state=ActionState.SUCCEEDED, sentence="it is not in the list any more", final=True)

    def _link(self) -> Any:
        return redis_link(self._options.url, self._options.password, self._reach.root)


def _build(options: RedisListTaskOptions, reach: ActReach) -> Submitting:
    return RedisListSubmitting(options, reach)


def _named(options: RedisListTaskOptions) -> Mapping[str, frozenset[str]]:
    return named_in(OWN_NAMES, item=options.item)


KIND = Kind[Submitting](name="redis_list", options=RedisListTaskOptions, build=_build, named=_named, offers=nothing)
