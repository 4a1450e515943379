"""Asking the topics, and putting what they find on a page."""

import importlib
import pkgutil
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from cli.doctor.finding import Finding, State, Topic, bad
from cli.doctor.place import Place
from fleet.errors import ConfigError, FleetdeckError
from fleet.near import meant
from fleet.text import scrub, scrub_json

GLYPHS = {State.OK: "✓", State.NOTE: "·", State.BAD: "✗"}
_CHARS = 1_000
"""Characters of a finding that are printed."""
_LEAST_WIDTH = 60


def topics() -> tuple[Topic, ...]:
    """Every topic, in its order. Raises ConfigError for a file without one."""
    package = importlib.import_module("cli.doctor.topics")
    found = []
    for item in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        topic = getattr(importlib.import_module(item.name), "TOPIC", None)
        if not isinstance(topic, Topic):
            raise ConfigError(f"{item.name} exports no TOPIC (a cli.doctor.finding.Topic)")
        found.append(topic)
    return tuple(sorted(found, key=lambda topic: topic.rank))


def chosen(names: Sequence[str]) -> tuple[Topic, ...]:
    """The topics of those names, all of them where none is named. Raises ConfigError for a name that is none's."""
    known = {topic.name: topic for topic in topics()}
    for name in names:
        if name not in known:
            raise ConfigError(f"no topic {name[:40]!r}{meant(name, known)} (there are {', '.join(known)})")
    return tuple(topic for topic in known.values() if not names or topic.name in names)


def examined(chosen: Iterable[Topic], place: Place) -> Iterator[Finding]:
    """What the topics find, as they find it; every text of it is harmless."""
    for topic in chosen:
        for found in _looked(topic, place):
            yield replace(found, topic=topic.name, what=scrub(found.what, _CHARS), mend=scrub(found.mend, _CHARS))


def _looked(topic: Topic, place: Place) -> Iterator[Finding]:
    try:
        yield from topic.look(place)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        yield bad(f"{where}{error.strerror or error}")
    except FleetdeckError as error:
        yield bad(str(error))


def lines_of(one: Finding, wide: int, *, is_first: bool) -> list[str]:
    """A glyph, its word, the topic (in a column of `wide` cells, where it is the first of it), what was found; below it
    what mends it. In front of eyes they are broken at blanks, in a pipe each is one line."""
    shown = one.topic if is_first else ""
    lines = _broken(f"{GLYPHS[one.state]} {one.state:<4}  {shown:{wide}}  ", one.what)
    return lines + (_broken(" " * (wide + 10) + "→ ", one.mend) if one.mend else [])


def as_json(findings: Iterable[Finding]) -> str:
    """A JSON array, one finding a line."""
    lines = ",\n".join(scrub_json(msgspec.json.encode(one).decode()) for one in findings)
    return f"[\n{lines}\n]\n"


def _broken(before: str, text: str) -> list[str]:
    if not sys.stdout.isatty():
        return [before + text]
    width = max(_LEAST_WIDTH, shutil.get_terminal_size().columns)
    return textwrap.wrap(
        text, width, initial_indent=before, subsequent_indent=" " * len(before), break_on_hyphens=False
    ) or [before]
