"""An entry of a Redis stream: whether it waits, is held, was acknowledged, or is gone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from actions.submission.redis_side import PAGE, SCANNED
from fleet.actions.action import ActionState, Observed
from fleet.text import scrub
from fleet.times import span_text
from fleet.vocabulary import TaskState
from transport.redis import RedisLink

_SKEW: Final = timedelta(minutes=1)
"""How far the clock of a Redis may be behind ours for an entry to be found."""

CANCEL: Final = """\
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local seen = {}
  for i = 1, #group, 2 do seen[group[i]] = group[i + 1] end
  local a, b = string.match(seen['last-delivered-id'], '(%d+)-(%d+)')
  local c, d = string.match(ARGV[1], '(%d+)-(%d+)')
  a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)
  if c < a or (c == a and d <= b) then return -1 end
end
return redis.call('XDEL', KEYS[1], ARGV[1])"""
"""Removes an entry that no group was given: the look and the removal are one, so that no worker can come between."""


class Entry(Struct, frozen=True, kw_only=True):
    """What a stream and its group know of an entry. `delivered` None: there is no group to ask."""

    there: bool
    delivered: bool | None = None
    consumer: str = ""
    idle_s: float = 0.0
    deliveries: int = 0


async def read_entry(link: RedisLink, stream: str, group: str | None, id: str, last: str | None) -> Entry:
    """The entry of that id; `last` is the id that the group was given last. Raises OutsideError."""
    there = bool(await link.ask("XRANGE", stream, id, id))
    if group is None or last is None:
        return Entry(there=there)
    held = await link.ask("XPENDING", stream, group, id, id, 1)
    if held:
        _, consumer, idle_ms, times = held[0]
        return Entry(
            there=there,
            delivered=True,
            consumer=scrub(consumer.decode("utf-8", "replace"), 80),
            idle_s=int(idle_ms) / 1000,
            deliveries=int(times),
        )
    return Entry(there=there, delivered=_number(id) <= _number(last))


async def last_delivered(link: RedisLink, stream: str, group: str) -> str | None:
    """The id that a group was given last; None where there is no such group. Raises OutsideError."""
    if not await link.ask("EXISTS", stream):
        return None
    for pairs in await link.ask("XINFO", "GROUPS", stream):
        about = dict(zip(pairs[::2], pairs[1::2], strict=True))
        if about.get(b"name") == group.encode():
            return str(about[b"last-delivered-id"].decode())
    return None


async def find_entries(link: RedisLink, stream: str, name: str, keys: set[str], since: datetime) -> dict[str, str]:
    """The ids of entries whose field `name` is one of `keys`, by the key; of those added from `since` on, the newest
    `SCANNED`."""
    found: dict[str, str] = {}
    first = str(max(0, int((since - _SKEW).timestamp() * 1000)))
    upto, read = "+", 0
    while read < SCANNED and len(found) < len(keys):
        page = await link.ask("XREVRANGE", stream, upto, first, "COUNT", PAGE)
        for id, pairs in page:
            about = dict(zip(pairs[::2], pairs[1::2], strict=True)) if pairs else {}
            key = about.get(name.encode(), b"").decode("utf-8", "replace")
            if key in keys:
                found[key] = id.decode()
        read += len(page)
        if len(page) < PAGE:
            break
        upto = f"({page[-1][0].decode()}"
    return found


def observed_entry(entry: Entry, found: Mapping[str, str], *, gone_is_done: bool) -> Observed:
    """What it comes to. That an entry was held once is remembered in `found`: if it is then gone, it was worked off."""
    if entry.consumer:
        again = f", given out {entry.deliveries} times" if entry.deliveries > 1 else ""
        sentence = f"{entry.consumer} has it since {span_text(entry.idle_s)}{again}"
        held = {"held": entry.consumer}
        return Observed(state=ActionState.RUNNING, sentence=sentence, found=held, task=TaskState.RUNNING)
    if entry.there and entry.delivered is None:
        sentence = "it is in the stream; which group reads it is not configured, so what becomes of it is not seen"
        return Observed(state=ActionState.UNKNOWN, sentence=sentence, final=True, task=TaskState.UNKNOWN)
    if entry.there and not entry.delivered:
        return Observed(state=ActionState.RUNNING, sentence="it waits in the stream", task=TaskState.QUEUED)
    if entry.there:
        sentence = "its group has acknowledged it"
        return Observed(state=ActionState.SUCCEEDED, sentence=sentence, final=True, task=TaskState.DONE)
    if entry.delivered and (gone_is_done or "held" in found):
        who = f" by {found['held']}" if "held" in found else ""
        return Observed(state=ActionState.SUCCEEDED, sentence=f"worked off{who}, and removed", final=True)
    if entry.delivered is False:
        sentence = "it is gone from the stream, and its group was never given it: removed, or trimmed away"
        return Observed(state=ActionState.FAILED, sentence=sentence, final=True)
    sentence = "it is gone from the stream: worked off and removed, or removed unread, which cannot be told there"
    return Observed(state=ActionState.UNKNOWN, sentence=sentence, final=True)


def _number(id: str) -> tuple[int, int]:
    first, _, second = id.partition("-")
    return int(first), int(second or 0)


def entry_id(reply: Any) -> str:
    """The id that XADD answered; "" where it answered none."""
    text = str(reply).strip().strip('"')
    first, dash, second = text.partition("-")
    return text if dash and first.isdecimal() and second.isdecimal() and text.isascii() else ""
