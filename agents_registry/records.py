"""Agent records as status files and agent APIs write them, in any of their shapes, to sightings.

A document is a map of agents by name, a map with an `agents` member that holds them (as a map or a list), both at
once, or a bare list; keys that are no agents stand between them. Records carry `status`, `last_seen` (epoch or ISO),
`pid`, `type`, `tasks_*`, `memory_usage` (MB) and `cpu_usage` (%), any of them missing, null or of the wrong type.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from agents_registry.problems import Problems
from fleet.model import Claim, Sighting
from fleet.text import scrub, scrub_labels
from fleet.times import parse_time

AGENTS = "agents"
"""The member of a document that holds its agents, where they have one of their own."""
STRAY_KEYS = frozenset(
    {"last_update", "last_updated", "updated_at", "generated_at", "timestamp", "version", "schema", "metadata", "meta"}
    | {"orchestrator", "summary", "stats", "statistics", "system", "config", "settings", "total", "total_agents"}
    | {AGENTS, "ok", "error"}
)
"""Top-level keys of status files that are no agents, unless the record below them gives itself a `name`."""

_AGENT_FIELDS = frozenset(
    {"name", "id", "type", "status", "last_seen", "registered_at", "pid", "script_path", "memory_usage", "cpu_usage"}
    | {"tasks_completed", "tasks_failed", "tasks_queued", "tasks_processing", "tasks_in_progress", "queue_size"}
    | {"task", "current_task_id", "capabilities", "restart_count", "is_running"}
)
_BYTES_PER_MB = 1024 * 1024
_NAME_LIMIT = 128
_MOST_COUNT = 2**63
_TYPE_WORDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}

Named = tuple[str, Any]
"""An agent's name and its record, not yet looked at."""


class Records(Struct, frozen=True):
    """The agents of a document. `whole` is False where a limit cut some (`cut` of them), or a list held one without a
    name."""

    sightings: tuple[Sighting, ...]
    whole: bool = True
    cut: int = 0


def read_records(document: Any, problems: Problems, *, most: int) -> Records | None:
    """The agents in `document`, at most `most`; None where it is neither a map nor a list.

    Never raises: what cannot be read becomes a sentence in `problems` that names the agent and the field.
    """
    if isinstance(document, list):
        named, whole = _listed(document, problems)
    elif isinstance(document, dict):
        named, whole = _mapped(document, problems)
    else:
        return None
    found: dict[str, Sighting] = {}
    cut = 0
    for place, (name, record) in enumerate(named):
        if len(found) >= most:
            cut = len(named) - place
            problems.add(f"more than {most:,} agents; {cut:,} were left out")
            break
        _keep(found, _sighting(name, record, problems), problems)
    return Records(tuple(found.values()), whole and not cut, cut)


def _keep(found: dict[str, Sighting], new: Sighting, problems: Problems) -> None:
    old = found.get(new.name)
    if old is not None:
        problems.add(f"{new.name} stands there twice; the record seen last counts")
        if _seen(new) < _seen(old):
            return
    found[new.name] = new


def _seen(sighting: Sighting) -> float:
    return sighting.claim.at.timestamp() if sighting.claim and sighting.claim.at else 0.0


def _mapped(document: dict[str, Any], problems: Problems) -> tuple[list[Named], bool]:
    flat = list(_flat(document, problems))
    nested = document.get(AGENTS)
    if nested is None or _names_itself(nested):
        return flat, True
    if isinstance(nested, dict):
        return flat + list(_with_names(nested.items(), problems)), True
    if isinstance(nested, list):
        listed, whole = _listed(nested, problems)
        return flat + listed, whole
    problems.add(f"agents: {_type(nested)} where a map or list of agents is wanted")
    return flat, True


def _flat(document: dict[str, Any], problems: Problems) -> Iterator[Named]:
    for key, value in document.items():
        if key in STRAY_KEYS and not _names_itself(value):
            continue
        if isinstance(value, dict) and not _AGENT_FIELDS.isdisjoint(value):
            yield from _with_names([(key, value)], problems)
        else:
            what = "an object without any field of an agent" if isinstance(value, dict) else _type(value)
            problems.add(f"{_name(key)}: {what}, taken for no agent")


def _names_itself(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str)


def _with_names(items: Iterable[Named], problems: Problems) -> Iterator[Named]:
    for key, value in items:
        if name := _name(key):
            yield name, value
        else:
            problems.add("an agent without a name was left out")


def _listed(items: list[Any], problems: Problems) -> tuple[list[Named], bool]:
    """Names of the records of a list: `name`, or `id` where there is none or several share one."""
    names = Counter(_text(item, "name") for item in items)
    named: list[Named] = []
    for position, item in enumerate(items):
        name = _text(item, "name")
        if not name or (names[name] > 1 and _text(item, "id")):
            name = _text(item, "id") or (_name(item) if isinstance(item, str) else "")
        if name:
            named.append((name, {} if isinstance(item, str) else item))
        else:
            problems.add(f"item {position} of the list: {_type(item)} without name or id was left out")
    return named, len(named) == len(items)


def _text(record: Any, field: str) -> str:
    value = record.get(field) if isinstance(record, dict) else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST_COUNT:
        return str(value)
    return _name(value) if isinstance(value, str) else ""


def _name(key: str) -> str:
    return scrub(key.strip(), _NAME_LIMIT)


def _sighting(name: str, record: Any, problems: Problems) -> Sighting:
    if isinstance(record, str):
        problems.add(f"{name}: a text in place of its record; it was taken as the status")
        return Sighting(name=name, claim=Claim(status=scrub(record, 64) or None))
    if not isinstance(record, dict):
        problems.add(f"{name}: {_type(record)} in place of its record")
        return Sighting(name=name)
    fields = _Fields(name, record, problems)
    memory_mb = fields.number("memory_usage")
    return Sighting(
        name=name,
        kind=fields.text("type") or "",
        labels=fields.labels(),
        pid=fields.count("pid") or None,
        claim=Claim(
            status=fields.text("status"),
            at=fields.time("last_seen"),
            detail=fields.detail(),
            tasks_queued=fields.count("tasks_queued", "queue_size"),
            tasks_running=fields.count("tasks_processing", "tasks_in_progress", "tasks_running"),
            tasks_completed=fields.count("tasks_completed"),
            tasks_failed=fields.count("tasks_failed"),
            cpu_percent=fields.number("cpu_usage"),
            memory_bytes=None if memory_mb is None else memory_mb * _BYTES_PER_MB,
        ),
    )


class _Fields:
    """One record, read field by field; each method takes names in order of preference and None means *not there*."""

    def __init__(self, agent: str, record: dict[str, Any], problems: Problems) -> None:
        self._agent = agent
        self._record = record
        self._problems = problems

    def _first(self, names: tuple[str, ...]) -> tuple[str, Any]:
        for name in names:
            if self._record.get(name) is not None:
                return name, self._record[name]
        return names[0], None

    def _bad(self, name: str, value: Any, wanted: str) -> None:
        shown = scrub(repr(value), 40) if isinstance(value, str | float | bool) else _type(value)
        self._problems.add(f"{self._agent}: {name} is {shown} where {wanted} is wanted")

    def text(self, *names: str) -> str | None:
        name, value = self._first(names)
        if isinstance(value, str):
            return scrub(value.strip(), _NAME_LIMIT) or None
        if value is not None:
            self._bad(name, value, "a text")
        return None

    def number(self, *names: str) -> float | None:
        name, value = self._first(names)
        if value is None or value == "":
            return None
        number = _as_number(value)
        if number is None or not 0 <= number < _MOST_COUNT:
            self._bad(name, value, "a number from 0")
            return None
        return number

    def count(self, *names: str) -> int | None:
        name, value = self._first(names)
        number = self.number(name)
        if number is not None and number != math.floor(number):
            self._bad(name, value, "a whole number")
            return None
        return None if number is None else int(number)

    def time(self, *names: str) -> datetime | None:
        name, value = self._first(names)
        when = parse_time(value)
        if when is None and value not in (None, "", 0, "0"):
            self._bad(name, value, "a time")
        return when

    def labels(self) -> dict[str, str]:
        """`capabilities`, a list of words, as one label."""
        words = self._record.get("capabilities")
        if not isinstance(words, list):
            return {}
        joined = ",".join(word for word in words if isinstance(word, str))
        return scrub_labels({"capabilities": joined}) if joined else {}

    def detail(self) -> str:
        """What the agent says it is doing, how often it was restarted, and a name other than its key."""
        parts = []
        if task := _text(self._record, "task") or _text(self._record, "current_task_id"):
            parts.append(f"task {task}")
        if (restarts := _as_number(self._record.get("restart_count"))) and restarts > 0:
            parts.append(f"restarted {restarts:.0f}×")
        own = _text(self._record, "name")
        if own and own != self._agent and own != _text(self._record, "id"):
            parts.append(f"calls itself {own}")
        return scrub(" · ".join(parts))


def _as_number(value: Any) -> float | None:
    """A finite float of a number, or of a text that is one (some writers quote their numbers)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > 32:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _type(value: Any) -> str:
    return _TYPE_WORDS.get(type(value), "a number")
