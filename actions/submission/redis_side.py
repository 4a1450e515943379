"""Submitting into a Redis: the write as a step, what its answer means, and finding an entry again."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from actions.submission.answers import failed, refused, unanswered
from actions.submission.texts import secret_name
from config.values import SecretRef
from fleet.actions.action import ActionState, Result, StepRead, Verdict
from fleet.actions.placeholders import Pattern, as_text, fill_text
from fleet.actions.plan import ActKind, Plan, RedisWrite, Step
from fleet.store import Store
from fleet.text import scrub
from fleet.times import rfc3339
from transport.redis import RedisLink

TIMEOUT_S: Final = 5.0
SCANNED: Final = 5_000
"""Entries in which one is looked for by its key."""
PAGE: Final = 500
CANCEL_LISTED: Final = """\
local length = redis.call('LLEN', KEYS[1])
for at = 0, length - 1, 500 do
  for _, item in ipairs(redis.call('LRANGE', KEYS[1], at, at + 499)) do
    local read, value = pcall(cjson.decode, item)
    if read and type(value) == 'table' and tostring(value[ARGV[1]]) == ARGV[2] then
      return redis.call('LREM', KEYS[1], 1, item)
    end
  end
end
return 0"""
"""Removes the item with an id from a list; looking and removing are one, so that no worker can come between."""
_PASSING: Final = ("LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN")
"""Words of a Redis that took nothing and may do so later."""


def write_step(
    title: str,
    url: str,
    password: SecretRef | None,
    command: Iterable[str],
    *,
    target: str,
    item: int,
) -> Step:
    """One command as a step. A plan is written down, and no encoder knows the type of a checked URL."""
    effect = RedisWrite(url=str(url), command=tuple(command), secret=secret_name(password), timeout_s=TIMEOUT_S)
    return Step(title=title, target=target, item=item, effect=effect)


def rejected(result: Result) -> StepRead | None:
    """What is known where the command did not do what it should; None where it has an answer."""
    silent = unanswered(result)
    if silent is not None:
        return silent
    if result.fault.startswith(_PASSING) or any(f" {word}" in result.fault for word in _PASSING):
        return StepRead(verdict=Verdict.AGAIN, sentence=f"Redis takes nothing now: {result.fault}")
    return refused(f"Redis refuses it: {result.fault}") if result.fault else None


def cancelled(result: Result) -> StepRead:
    """What the answer to a cancelling command means: 1 it was there and waited, 0 it was not, -1 a worker had it."""
    wrong = rejected(result)
    if wrong is not None:
        return wrong
    if result.text.strip() == "1":
        return StepRead(verdict=Verdict.DONE, sentence="it was taken out before anybody had it")
    if result.text.strip() == "-1":
        return failed("a worker has it already")
    return failed("it does not wait there any more")


def item_values(item: Mapping[str, Any], key: str, to: str, now: datetime) -> dict[str, Any]:
    """The values that texts are filled from: the item's, and `key`, `to` and `now` where it has none of that name."""
    return {"key": key, "to": to, "now": rfc3339(now), **item}


OWN_NAMES: Final = frozenset({"key", "to", "now"})


def filled_fields(
    patterns: Mapping[str, Pattern], item: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, str]:
    """The fields as texts: those configured, else every value that was entered."""
    if patterns:
        return {name: fill_text(pattern, values) for name, pattern in patterns.items()}
    return {name: as_text(name, item) for name in item if item[name] is not None}


def ends_in(plan: Plan, number: int) -> str:
    """The last word of the command of an item: what a cancelling one takes out; "" where there is none."""
    for step in plan.steps:
        if step.item == number and isinstance(step.effect, RedisWrite):
            return step.effect.command[-1]
    return ""


async def no_such_key(link: RedisLink, key: str, kind: str) -> tuple[str, ...]:
    """Why a key is not written to: it is neither a `kind` (as Redis calls it) nor nothing yet. Raises OutsideError."""
    found = await link.ask("TYPE", key)
    return () if found in (kind.encode(), b"none") else (f"the key {scrub(key)} is a {found.decode()}, no {kind}",)


def json_member(content: bytes, name: str) -> str:
    """A member of a JSON object as text; "" where it is none."""
    if not content.startswith(b"{"):
        return ""
    try:
        value = msgspec.json.decode(content)
    except (ValueError, RecursionError):
        return ""
    found = value.get(name) if isinstance(value, dict) else None
    return str(found) if isinstance(found, str | int) else ""


class Found(Struct, frozen=True):
    """Items of a list by their id. `whole`: all of the list was read."""

    items: Mapping[str, bytes]
    whole: bool


async def listed(link: RedisLink, key: str, name: str, wanted: set[str]) -> Found:
    """The items of a list, by the member `name` of each, that are `wanted`; the first and last `SCANNED` are read."""
    found: dict[str, bytes] = {}
    length = int(await link.ask("LLEN", key))
    spans = [(0, min(length, SCANNED))]
    if length > SCANNED:
        spans.append((max(SCANNED, length - SCANNED), length))
    for first, last in spans:
        for at in range(first, last, PAGE):
            for content in await link.ask("LRANGE", key, at, min(at + PAGE, last) - 1):
                id = json_member(content, name)
                if id in wanted:
                    found[id] = content
    return Found(found, length <= 2 * SCANNED)


def taken_out(store: Store, key: str, id: str) -> bool:
    """Whether an act of ours that cancels parts of the act `key` has taken `id` out: its command ends in it."""
    return any(
        isinstance(step.effect, RedisWrite)
        and step.effect.command[-1] == id
        and step.item < len(action.items)
        and action.items[step.item].state is ActionState.SUCCEEDED
        and not action.items[step.item].settled
        for action in store.actions.values()
        if action.plan.of == key and action.act is ActKind.CANCEL
        for step in action.plan.steps
    )
