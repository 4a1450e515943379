"""Queues in a Redis of this machine: its lists and streams, found by looking through its keys, read only."""

from collections.abc import Iterable
from typing import Any

from cli.survey.finds import FoundEntry, Trial
from cli.survey.places import Place
from fleet.errors import OutsideError
from fleet.text import scrub
from transport.redis import RedisLink, parse_place

_MOST_KEYS = 2_000
_MOST_QUEUES = 20
_TIMEOUT_S = 2.0
_ROLES = {
    "processing": "processing",
    "active": "processing",
    "unacked": "processing",
    "dead": "dead_letter",
    "dead_letter": "dead_letter",
    "failed": "dead_letter",
}


async def queues_of(places: Iterable[Place], trial: Trial) -> list[FoundEntry]:
    """The queues of every Redis among `places`."""
    found: list[FoundEntry] = []
    for place in places:
        if place.is_redis:
            found += await _queues(f"redis://{place}/0", trial)
    return found


async def _queues(url: str, trial: Trial) -> list[FoundEntry]:
    link = RedisLink(parse_place(url), timeout_s=_TIMEOUT_S)
    try:
        wanted = await _wanted(link, url)
    except OutsideError:
        return []
    finally:
        await link.aclose()
    found = []
    for keys in wanted[:_MOST_QUEUES]:
        reading = await trial.read("queues", keys)
        if reading is not None:
            found.append(FoundEntry(section="queues", keys=keys, why=f"{reading.queued or 0} queued"))
    return found


async def _wanted(link: RedisLink, url: str) -> list[dict[str, Any]]:
    """The keys of entries for the lists, and for the streams with a consumer group, among the first keys."""
    lists = [{"kind": "redis_list", "url": url, **keys} for keys in _lists(await _keys(link, "list"))]
    streams = [
        {"kind": "redis_stream", "url": url, "stream": key, "group": group}
        for key in await _keys(link, "stream")
        for group in await _groups(link, key)
    ]
    return [*lists, *streams]


def _lists(names: list[str]) -> list[dict[str, str]]:
    """One entry a queue: the lists beside it, of jobs that are held or were given up, go by the ends of their names."""
    queues: dict[str, dict[str, str]] = {}
    for name in names:
        base, _, end = name.rpartition(":")
        role = _ROLES.get(end.lower()) if base else None
        keys = queues.setdefault(base if role else name, {})
        if role:
            keys.setdefault(role, name)
    return [{"key": name, **keys} for name, keys in queues.items()]


async def _keys(link: RedisLink, kind: str) -> list[str]:
    """Keys of a type, sorted; SCAN never holds a server up, as KEYS would."""
    cursor, seen, found = b"0", 0, set[str]()
    while seen < _MOST_KEYS:
        cursor, keys = await link.ask("SCAN", cursor, "COUNT", 500, "TYPE", kind)
        seen += 500
        found |= {text for key in keys if (text := _plain(key))}
        if cursor == b"0":
            break
    return sorted(found)


async def _groups(link: RedisLink, key: str) -> list[str]:
    groups = []
    for group in await link.ask("XINFO", "GROUPS", key):
        fields = dict(zip(group[::2], group[1::2], strict=False))
        groups.append(_plain(fields.get(b"name", b"")))
    return [group for group in groups if group]


def _plain(key: bytes) -> str:
    """A key as text; "" for one that could not be written into a configuration as it is."""
    text = key.decode("utf-8", "replace")
    return text if "\N{REPLACEMENT CHARACTER}" not in text and scrub(text, len(text) + 1) == text else ""
