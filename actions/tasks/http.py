"""Tasks for any JSON API: what is sent and what its answers mean stands in the configuration.

A 429, and a 503 that says when, is sent again with the same idempotency key; any other refusal has the server's
sentence; after a 5xx nobody knows, unless the server promises that a key is done once.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from actions.performing.secrets import read_secret
from actions.submission.answers import said_by
from actions.submission.each import Wanted, step_each
from actions.submission.http_answers import read_state, read_taken
from actions.submission.http_options import OWN_NAMES, HttpOptions, Method
from actions.submission.texts import named_in, secret_name
from config.kinds import Kind, nothing
from fleet.actions.action import ActionState, Observed, Result, Sent, StepRead, Verdict
from fleet.actions.placeholders import (
    ANY_NAME,
    check_data,
    fill_data,
    fill_header,
    fill_url,
    read_pattern,
    read_url,
    told_text,
)
from fleet.actions.plan import ActKind, HttpRequest, Plan, Step
from fleet.actions.ports import ActReach, Submitting, item_key
from fleet.errors import ConfigError, Fault, OutsideError, RefusedError
from fleet.text import scrub
from transport.urls import public_url

AT_ONCE: Final = 8
"""Tasks that are looked at at once."""
_TASKS: Final = 200
_MOST_CANCELLED: Final = 10_000
_MOST_LOST: Final = 10_000
_NOT_FOLLOWED: Final = "taken; what becomes of it is not followed here"
_OUT_OF_SIGHT: Final = "nothing is known by which it could be asked for: look at the server itself"


class HttpSubmitting:
    """Implements `fleet.actions.ports.Submitting`."""

    def __init__(self, options: HttpOptions, reach: ActReach) -> None:
        self._options = options
        self._reach = reach
        self._url = read_url(options.url, ANY_NAME)
        self._headers = {name: read_pattern(text, ANY_NAME) for name, text in options.headers.items()}
        self._secret = secret_name(options.token, options.header, options.scheme)
        self._cancelling: dict[str, Mapping[str, str]] = {}
        self._lost: dict[str, float] = {}
        """When answers were lost, by the keys of their items and the monotonic clock."""
        self.target = public_url(options.url)
        self.cancels = options.cancel is not None
        self.askable = options.follow is not None
        asked = frozenset(read_url(options.follow.url, ANY_NAME).names) if options.follow is not None else frozenset()
        self.asked_by: tuple[str, ...] = tuple(sorted(asked - {"key"}))

    def names(self) -> frozenset[str]:
        """The fields that its options name."""
        patterns = (self._url, *self._headers.values())
        named = {name for pattern in patterns for name in pattern.names}
        return frozenset(named | set(check_data(self._options.body, ANY_NAME))) - OWN_NAMES

    def undo(self) -> tuple[str, ...]:
        """What taking it back would take."""
        if self._options.cancel is not None:
            return ("A task that is not done yet can be cancelled.",)
        return ("No way to cancel a task is configured.",)

    def title(self, values: Mapping[str, Any], untold: Collection[str] = ()) -> str:
        """What is asked, in a line."""
        return scrub(f"{self._options.method} {public_url(told_text(self._url, values, {'key', *untold}))}", 200)

    async def known(self, agents: Sequence[str]) -> tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]:
        """Nothing: what the server takes stands in the configuration."""
        return {}, ()

    async def steps(self, items: Sequence[Mapping[str, Any]], to: Sequence[str], key: str) -> tuple[Step, ...]:
        """One request an item."""
        return await step_each(items, to, key, self._submitting)

    def _submitting(self, one: Wanted) -> Step:
        options, values = self._options, one.values
        body = "" if options.body is None else _json(fill_data(options.body, values))
        headers = {name: fill_header(pattern, values) for name, pattern in self._headers.items()}
        effect = self._request(options.method, fill_url(self._url, values), body, headers)
        captures = ({"id": options.id} if options.id is not None else {}) | options.captures
        return Step(
            title=self.title({}),
            target=values["to"] or self.target,
            effect=effect,
            item=one.number,
            captures=captures,
        )

    def _request(
        self, method: Method, url: str, body: str = "", headers: Mapping[str, str] | None = None
    ) -> HttpRequest:
        return HttpRequest(
            method=method,
            url=url,
            body=body,
            headers=dict(headers or {}),
            secret=self._secret,
            timeout_s=float(self._options.timeout),
            key_header="" if method == "GET" and headers is None else self._options.key_header,
            close=True,
        )

    def _note_lost(self, key: str) -> None:
        if len(self._lost) >= _MOST_LOST:
            self._lost.clear()
        self._lost[key] = self._reach.clock.monotonic()

    def _remember(self, url: str, found: Mapping[str, str]) -> None:
        if len(self._cancelling) >= _MOST_CANCELLED:
            self._cancelling.clear()
        self._cancelling[url] = {name: text for name, text in found.items() if name != "key"}

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """The token must be where it is said to be."""
        if self._secret is None:
            return ()
        try:
            read_secret(self._secret, self._reach.root)
        except ConfigError as error:
            return (str(error),)
        return ()

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        """What an answer means."""
        read = read_taken(self._options, result, plan.act)
        if read.verdict is Verdict.UNKNOWN:
            self._note_lost(item_key(plan.key, step.item))
        if plan.act is ActKind.CANCEL and read.verdict is Verdict.DONE and isinstance(step.effect, HttpRequest):
            # An act that cancels has items of its own: what is known of the tasks is told to them, to look at them by.
            return replace(read, found={**self._cancelling.get(step.effect.url, {}), **read.found})
        return read

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        """How the tasks are. One that cannot be asked now is not among them; raises OutsideError where none can."""
        gate = asyncio.Semaphore(AT_ONCE)
        numbers, seen = list(items), list[Observed | OutsideError]()
        for first in range(0, len(numbers), _TASKS):
            # As many at a time as are made quickly.
            some = numbers[first : first + _TASKS]
            seen.extend(await asyncio.gather(*(self._seen(plan, items[number], since, gate) for number in some)))
        found = {number: one for number, one in zip(numbers, seen, strict=True) if isinstance(one, Observed)}
        faults = [one for one in seen if isinstance(one, OutsideError)]
        if faults and not found:
            raise faults[0]
        return found

    async def _seen(
        self, plan: Plan, found: Mapping[str, str], since: datetime, gate: asyncio.Semaphore
    ) -> Observed | OutsideError:
        follow = self._options.follow
        # One that was taken, or that was seen, is not absent but forgotten.
        in_doubt = plan.act is ActKind.SUBMIT and "status" not in found
        if follow is None:
            if "status" in found:
                return Observed(state=ActionState.SUCCEEDED, sentence=_NOT_FOLLOWED, final=True)
            return Observed(state=ActionState.UNKNOWN, sentence=_OUT_OF_SIGHT, final=True)
        url = _known_url(follow.url, found)
        if url is None:
            return Observed(state=ActionState.UNKNOWN, sentence=_OUT_OF_SIGHT, final=True)
        async with gate:
            result = await self._reach.performer.perform(self._request("GET", url))
        if result.sent is not Sent.YES:
            return OutsideError(Fault.TIMEOUT if result.timed_out else Fault.UNREACHABLE, result.fault)
        if result.status == 429:
            return OutsideError(Fault.RATE_LIMITED, said_by(result), retry_after_s=result.retry_after_s)
        if result.status is None or result.status >= 500:
            return OutsideError(Fault.STATUS, f"{result.status}: {said_by(result)}", retry_after_s=result.retry_after_s)
        seen = read_state(follow, result, plan.act)
        return self._absent(seen, found, since) if result.status in follow.absent and in_doubt else seen

    def _absent(self, seen: Observed, found: Mapping[str, str], since: datetime) -> Observed:
        """The server knows of no such task, and by the configuration there never was one then: unless the request may
        still be on its way."""
        lost_at = self._lost.get(found.get("key", ""))
        waited_s = (
            self._reach.clock.monotonic() - lost_at
            if lost_at is not None
            else (self._reach.clock.now() - since).total_seconds()
        )
        if waited_s < float(self._options.timeout):
            return replace(seen, sentence=f"{seen.sentence}; it may still be on its way")
        return Observed(state=ActionState.CANCELLED, sentence="not done: the server knows of none", final=True)

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        """One request for each task that is known well enough."""
        cancel = self._options.cancel
        steps = []
        for number, found in items.items() if cancel is not None else ():
            url = _known_url(cancel.url, found)  # type: ignore[union-attr]
            if url is None or cancel is None:
                continue
            body = "" if cancel.body is None else _json(fill_data(cancel.body, found))
            effect = self._request(cancel.method, url, body, {})
            self._remember(url, found)
            steps.append(
                Step(title=f"{cancel.method} {public_url(url)}", target=self.target, effect=effect, item=number)
            )
        return tuple(steps)


def _known_url(text: str, found: Mapping[str, str]) -> str | None:
    """The address of a task; None where what it needs is not known, or cannot stand in an address."""
    pattern = read_url(text, ANY_NAME)
    if any(name not in found for name in pattern.names):
        return None
    try:
        return fill_url(pattern, found)
    except RefusedError:
        return None


def _json(data: Any) -> str:
    return msgspec.json.encode(data).decode()


def _build(options: HttpOptions, reach: ActReach) -> Submitting:
    return HttpSubmitting(options, reach)


def _named(options: HttpOptions) -> Mapping[str, frozenset[str]]:
    return named_in(OWN_NAMES, url=options.url, headers=options.headers, body=options.body)


KIND = Kind[Submitting](name="http", options=HttpOptions, build=_build, named=_named, offers=nothing)
