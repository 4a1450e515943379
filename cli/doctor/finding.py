"""What a doctor says: findings, and the topics that they belong to."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from msgspec import Struct

from cli.doctor.place import Place


class State(StrEnum):
    """How it stands: it works; it works, and this is to be known; it does not work."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


class Finding(Struct, frozen=True):
    """One thing that was looked at. `mend` is what to do about it, "" where nothing is to be done."""

    topic: str
    state: State
    what: str
    mend: str = ""


class Topic(Struct, frozen=True, kw_only=True):
    """A topic: its word on the command line, what it is about, where it stands among the others, and its look.

    `look` may raise OSError and FleetdeckError; what it found until then stands, and the error is one more finding.
    """

    name: str
    about: str
    rank: int
    look: Callable[[Place], Iterable[Finding]]


def ok(what: str) -> Finding:
    """It works. The topic is put in by who asked for it."""
    return Finding("", State.OK, what)


def note(what: str, mend: str = "") -> Finding:
    """It works, and this is to be known."""
    return Finding("", State.NOTE, what, mend)


def bad(what: str, mend: str = "") -> Finding:
    """It does not work."""
    return Finding("", State.BAD, what, mend)
