"""A Redis stream with its consumer group, read in two exchanges: how much waits, what is in flight and with whom.

Redis has no command for "how many entries wait for this group" before 7.0 (`lag`), and `lag` is null after some
deletions. So: a window of waiting entries is read, which is exact while it is not full; beyond it `lag`; else
XLEN − in flight, which holds for workers that delete what they acknowledge, as long as no older entry contradicts it.
Sources: redis.io/commands XINFO GROUPS, XINFO STREAM, XPENDING (answers by name; 6.2 lacks lag and entries-*).
"""

from typing import Any

from msgspec import Struct

from fleet.errors import Fault, OutsideError
from fleet.text import scrub
from transport.redis import RedisLink

WINDOW = 50
"""Waiting entries, and entries in flight, that are read with their fields."""

FIELDS = 64
"""Fields that are kept of an entry."""

Fields = dict[str, bytes]
"""An entry's fields: names scrubbed, values as they came."""


class Waiting(Struct, frozen=True):
    """An entry that no consumer has been given yet."""

    id: str
    fields: Fields


class InFlight(Struct, frozen=True):
    """An entry that a consumer has and has not acknowledged; `fields` is None where the stream lost the entry."""

    id: str
    consumer: str
    idle_s: float
    deliveries: int
    fields: Fields | None


class StreamState(Struct, frozen=True, kw_only=True):
    """What one look at a stream brings. `running` and `completed` are None where there is no group or no counter."""

    queued: int | None
    running: int | None
    added: int | None = None
    completed: int | None = None
    first_waiting: str | None = None
    waiting: tuple[Waiting, ...] = ()
    in_flight: tuple[InFlight, ...] = ()
    problems: tuple[str, ...] = ()


class _Group(Struct, frozen=True, kw_only=True):
    name: str
    consumers: int
    pending: int
    last_delivered: str
    read: int | None
    lag: int | None


async def read_stream(link: RedisLink, stream: str, group: str) -> StreamState:
    """The state of `stream` for `group`. Raises OutsideError, for a key of another type too."""
    kind = text_of(await link.ask("TYPE", stream))
    if kind == "none":
        return StreamState(queued=0, running=0, problems=(f"there is no stream {scrub(stream)}",))
    if kind != "stream":
        raise OutsideError(Fault.PAYLOAD, f"the key {scrub(stream)} is a {kind}, no stream")
    info, groups = await link.ask_all([("XINFO", "STREAM", stream), ("XINFO", "GROUPS", stream)], at_once=True)
    about = named(info)
    known = [_group(named(each)) for each in groups]
    ours = next((each for each in known if each.name == group), None)
    if ours is None:
        return await _without_group(link, stream, group, about, [each.name for each in known])
    return await _with_group(link, stream, ours, about)


async def _without_group(
    link: RedisLink, stream: str, group: str, about: dict[str, Any], others: list[str]
) -> StreamState:
    waiting = await _window(link, stream, "-")
    there = f" (there are {', '.join(scrub(other, 64) for other in others[:5])})" if others else ""
    return StreamState(
        queued=number(about.get("length")),
        running=None,
        added=number(about.get("entries-added")),
        first_waiting=waiting[0].id if waiting else None,
        waiting=waiting,
        problems=(f"the stream has no group {scrub(group, 64)}{there}: nobody takes from it",),
    )


async def _with_group(link: RedisLink, stream: str, group: _Group, about: dict[str, Any]) -> StreamState:
    waiting = await _window(link, stream, f"({group.last_delivered}")
    in_flight = await _in_flight(link, stream, group.name)
    first = about.get("first-entry")
    first_id = text_of(first[0]) if first else None
    queued, problem = _queued(number(about.get("length")) or 0, len(waiting), group, first_id, in_flight)
    gone = sum(1 for entry in in_flight if entry.fields is None)
    problems = [problem] if problem else []
    if gone:
        problems.append(f"{gone} in flight {'is' if gone == 1 else 'are'} gone from the stream (trimmed or deleted)")
    if waiting and not group.consumers:
        problems.append("entries wait and the group has no consumer")
    completed = None if group.read is None else group.read - group.pending
    return StreamState(
        queued=queued,
        running=group.pending,
        added=number(about.get("entries-added")),
        completed=completed if completed is None or completed >= 0 else None,
        first_waiting=waiting[0].id if waiting else None,
        waiting=waiting,
        in_flight=in_flight,
        problems=tuple(problems),
    )


def _queued(
    length: int, window: int, group: _Group, first_id: str | None, in_flight: tuple[InFlight, ...]
) -> tuple[int | None, str]:
    """How many wait, and what there is to say of that number."""
    if window < WINDOW:
        return window, ""
    if group.lag is not None:
        return max(window, min(group.lag, length)), ""
    oldest_held = in_flight[0].id if in_flight else None
    if first_id is not None and first_id != oldest_held and _order(first_id) <= _order(group.last_delivered):
        return None, f"{window} or more wait: entries stay when acknowledged, and this Redis tells no lag"
    return max(window, length - group.pending), ""


async def _window(link: RedisLink, stream: str, start: str) -> tuple[Waiting, ...]:
    entries = await link.ask("XRANGE", stream, start, "+", "COUNT", WINDOW)
    return tuple(Waiting(text_of(entry[0]), _fields(entry[1])) for entry in entries)


async def _in_flight(link: RedisLink, stream: str, group: str) -> tuple[InFlight, ...]:
    held = await link.ask("XPENDING", stream, group, "-", "+", WINDOW)
    if not held:
        return ()
    entries = await link.ask_all([("XRANGE", stream, entry[0], entry[0]) for entry in held])
    return tuple(
        InFlight(
            text_of(entry[0]),
            text_of(entry[1]),
            (number(entry[2]) or 0) / 1000,
            number(entry[3]) or 0,
            _fields(found[0][1]) if found else None,
        )
        for entry, found in zip(held, entries, strict=True)
    )


def _group(about: dict[str, Any]) -> _Group:
    return _Group(
        name=text_of(about.get("name", b""), 512),
        consumers=number(about.get("consumers")) or 0,
        pending=number(about.get("pending")) or 0,
        last_delivered=text_of(about.get("last-delivered-id", b"0-0")),
        read=number(about.get("entries-read")),
        lag=number(about.get("lag")),
    )


def named(answer: list[Any]) -> dict[str, Any]:
    """A flat answer of names and values as a mapping."""
    return {text_of(name): value for name, value in zip(answer[::2], answer[1::2], strict=False)}


def number(value: object) -> int | None:
    """An int out of an answer (an int, or digits), or None."""
    if isinstance(value, bytes):
        return int(value) if value.removeprefix(b"-").isdigit() and len(value) < 20 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text_of(value: object, limit: int = 128) -> str:
    """A text out of an answer, with readable escapes for bytes that are no UTF-8, scrubbed."""
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return scrub(text, limit)


def _fields(flat: list[Any] | None) -> Fields:
    pairs = (flat or [])[: 2 * FIELDS]
    return {text_of(name): value for name, value in zip(pairs[::2], pairs[1::2], strict=False)}


def _order(entry_id: str) -> tuple[int, int]:
    first, _, second = entry_id.partition("-")
    return int(first) if first.isdecimal() else 0, int(second) if second.isdecimal() else 0
