"""Revisions from what a target lists: JSON records, or lines with a pattern. What it says is scrubbed here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from actions.reverting.words import at_path
from config.problems import nearest
from config.values import Regex
from fleet.actions.revision import Revision, Revisions
from fleet.errors import Fault, OutsideError
from fleet.text import scrub
from fleet.times import parse_time

MOST: Final = 200
"""Revisions of a target that are listed; the oldest go."""

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "revision", "version", "sha", "hash", "tag"),
    "name": ("name", "version", "tag", "id"),
    "at": ("at", "created_at", "created", "date", "timestamp", "time", "deployed_at"),
    "author": ("author", "by", "user", "deployed_by"),
    "changed": ("changed", "message", "subject", "description", "change_cause", "summary"),
    "live": ("live", "current", "active"),
    "good": ("good", "healthy"),
    "live_from": ("live_from", "deployed_at"),
    "live_until": ("live_until",),
}
"""Where each part of a revision stands where a definition does not say."""


class FieldNames(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the parts of a revision stand in a record; the usual names are found without this."""

    id: str = ""
    """What is rolled to."""
    name: str = ""
    """What people call it."""
    at: str = ""
    """When it was made."""
    author: str = ""
    """Who made it."""
    changed: str = ""
    """What changed, in a line."""
    live: str = ""
    """Whether it is the live one: `true`, or a text that is not empty."""
    good: str = ""
    """Whether the target takes it for good."""
    live_from: str = ""
    """Since when it was live."""
    live_until: str = ""
    """Until when it was live."""


NO_NAMES: Final = FieldNames()


def of_records(records: object, names: FieldNames = NO_NAMES) -> tuple[tuple[Revision, ...], tuple[str, ...]]:
    """(revisions as listed, what could not be read, in sentences). Raises OutsideError where it is no list."""
    if not isinstance(records, list):
        raise OutsideError(Fault.PAYLOAD, f"a list of revisions is wanted, not {type(records).__name__}")
    made: dict[str, Revision] = {}
    problems: list[str] = []
    for number, record in enumerate(records):
        one = of_record(record, names)
        if one is None:
            problems.append(f"revision {number + 1} of the list has no id")
        elif one.id in made:
            problems.append(f"{one.id} is listed twice; the first counts")
        else:
            made[one.id] = one
    return tuple(made.values()), tuple(problems[:20])


def of_record(record: object, names: FieldNames = NO_NAMES) -> Revision | None:
    """A revision of a record, or of a bare id; None where it has no id."""
    if isinstance(record, str | int) and not isinstance(record, bool):
        text = scrub(str(record), 200).strip()
        return Revision(id=text, name=text) if text else None
    if not isinstance(record, dict):
        return None
    said = {part: _value(record, part, getattr(names, part)) for part in _WORDS}
    id_ = _text(said["id"], 200)
    if not id_:
        return None
    return Revision(
        id=id_,
        name=_text(said["name"], 120) or id_,
        at=parse_time(said["at"]),
        author=_text(said["author"], 120),
        changed=_text(said["changed"], 300),
        live=_is_true(said["live"]),
        good=said["good"] if isinstance(said["good"], bool) else None,
        live_from=parse_time(said["live_from"]),
        live_until=parse_time(said["live_until"]),
    )


def of_json_lines(text: str, names: FieldNames = NO_NAMES) -> tuple[tuple[Revision, ...], tuple[str, ...]]:
    """Revisions of a JSON list, or of one JSON object a line. Raises OutsideError where nothing can be read."""
    body = text.strip()
    if body.startswith("["):
        try:
            return of_records(msgspec.json.decode(body), names)
        except (ValueError, RecursionError) as error:
            raise OutsideError(Fault.PAYLOAD, f"the list of revisions is no JSON: {scrub(str(error), 120)}") from error
    records: list[Any] = []
    problems: list[str] = []
    for number, line in enumerate(lines_of(body), 1):
        if not line.strip():
            continue
        try:
            records.append(msgspec.json.decode(line))
        except (ValueError, RecursionError):
            problems.append(f"line {number} of the list is no JSON")
    if problems and not records:
        raise OutsideError(Fault.PAYLOAD, f"the list of revisions cannot be read: {problems[0]}")
    made, more = of_records(records, names)
    return made, (*problems[:20], *more)


def check_lines(pattern: Regex) -> None:
    """Raises ValueError where the pattern of lines has no group that an id could be read from, or one of no meaning."""
    named = tuple(pattern.compiled().groupindex)
    known = tuple(dict.fromkeys(word for words in _WORDS.values() for word in words))
    strange = next((name for name in named if name not in known), None)
    if strange is not None:
        raise ValueError(f"lines: no part of a revision is called {strange}{nearest(strange, tuple(_WORDS))}")
    if not set(named) & set(_WORDS["id"]):
        raise ValueError("lines: a named group (?P<id>…) is wanted, which is what is rolled to")


def of_lines(text: str, pattern: Regex) -> tuple[tuple[Revision, ...], tuple[str, ...]]:
    """Revisions of the lines that the whole of the pattern matches, its named groups the parts. Lines that it does not
    match are no revisions."""
    compiled = pattern.compiled()
    found = (compiled.fullmatch(line.rstrip()) for line in lines_of(text))
    records = [{name: value for name, value in one.groupdict().items() if value} for one in found if one is not None]
    return of_records(records)


def lines_of(text: str) -> list[str]:
    """The lines of what a program prints. Only a line feed ends one: a message with another separator of Unicode in it
    would pass for a line of its own, and so for a revision."""
    return text.split("\n")


def with_live(revisions: Iterable[Revision], live: str) -> tuple[Revision, ...]:
    """The same with the one of that id (or, where there is none, of that name) live, and no other."""
    made = tuple(revisions)
    if all(one.id != live for one in made):
        live = next((one.id for one in made if one.name == live), live)
    return tuple(replace(one, live=one.id == live) for one in made)


def newest_first(revisions: Sequence[Revision]) -> tuple[Revision, ...]:
    """Sorted by time where all have one, else as listed; MOST of them, and the live one whatever its age."""
    made = list(revisions)
    if all(one.at is not None for one in made):
        # A stable sort: of one moment, the order of the target stands.
        made.sort(key=lambda one: -one.at.timestamp() if one.at is not None else 0.0)
    return (*made[:MOST], *(one for one in made[MOST:] if one.live))


def revisions_of(target: str, made: Sequence[Revision], problems: Sequence[str] = ()) -> Revisions:
    """The list as it is shown; a target that says of several that they are live is told so, and none is."""
    live = [one for one in made if one.live]
    said = list(problems)
    if len(live) > 1:
        said.append(f"{len(live)} revisions are said to be live: {', '.join(one.name for one in live[:5])}")
        made = tuple(replace(one, live=False) for one in made)
    if len(made) > MOST:
        said.append(f"{len(made) - MOST:,} older revisions are not shown")
    return Revisions(target=target, revisions=newest_first(made), problems=tuple(said))


def _value(record: dict[str, Any], part: str, name: str) -> Any:
    if name:
        return at_path(record, name)
    return next((record[word] for word in _WORDS[part] if record.get(word) is not None), None)


def _text(value: Any, limit: int) -> str:
    if value is None or isinstance(value, bool | dict | list):
        return ""
    return scrub(str(value), limit).strip()


def _is_true(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() not in ("", "false", "no", "0", "null")
    return bool(value)
