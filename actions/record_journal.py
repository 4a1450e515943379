"""What changed of a big act since its record was written whole: lines behind one another, each forced to the disk.

The record of an act of thousands of items takes megabytes. Writing it anew for every item that is sent would cost the
square of their number; a line holds what is other than before. A journal belongs to one whole record, by whose SHA-256
it begins: beside any other it is left alone, so that a crash between the two never takes anything back.
"""

import errno
import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final, Union

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import fields, replace

from fleet.actions.action import Action, Item

MOST_BYTES: Final = 64 << 20
"""Bytes of one journal."""
_SET_APART: Final = frozenset({"id", "plan", "items"})
_NAMES: Final = tuple(field.name for field in fields(Action) if field.name not in _SET_APART)
_Row = msgspec.defstruct(
    "_Row",
    [(field.name, Union[field.type, UnsetType], UNSET) for field in fields(Action) if field.name in _NAMES],  # noqa: UP007  # made at run time
    frozen=True,
)


class _Line(Struct, frozen=True):
    """Fields of the act that are other than before, and items by their number."""

    row: _Row  # type: ignore[valid-type]
    items: dict[int, Item] = {}


class _Head(Struct, frozen=True):
    """The first line: which whole record this belongs to."""

    of: str


_LINES: Final = msgspec.json.Decoder(_Line)


def head_line(record: bytes) -> bytes:
    """The first line of the journal of a whole record."""
    return msgspec.json.encode(_Head(hashlib.sha256(record).hexdigest())) + b"\n"


def line_of(before: Action, now: Action, items: Collection[int]) -> bytes:
    """The line that leads from one to the other; `items` are the numbers of those that may be other."""
    row: dict[str, Any] = {}
    for name in _NAMES:
        value = getattr(now, name)
        if value != getattr(before, name):
            row[name] = value
    return msgspec.json.encode({"row": row, "items": {str(number): now.items[number] for number in items}}) + b"\n"


def applied(action: Action, record: bytes, journal: bytes) -> Action | None:
    """The act as its journal says; None where the journal belongs to another record. What a crash left half written at
    its end was never the ground for anything."""
    head, _, lines = journal.partition(b"\n")
    if head + b"\n" != head_line(record):
        return None
    items = list(action.items)
    row: dict[str, Any] = {}
    for line in _whole(lines):
        for number, item in line.items.items():
            if 0 <= number < len(items):
                items[number] = item
        for name in _NAMES:
            value = getattr(line.row, name)
            if value is not UNSET:
                row[name] = value
    return replace(action, items=tuple(items), **row)


def _whole(lines: bytes) -> Iterator[_Line]:
    for line in lines.split(b"\n")[:-1]:
        try:
            yield _LINES.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return


class Journal:
    """The journal of one act that this process carries out, open for writing. Blocking."""

    def __init__(self, path: Path, record: bytes, action: Action) -> None:
        """Begin it anew, beside the record of `action`. Raises OSError."""
        path.unlink(missing_ok=True)
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_APPEND, 0o600)
        self._known = action
        self._whole = len(record)
        self.size = 0
        self._write(head_line(record))

    def add(self, action: Action, items: Collection[int]) -> None:
        """Have on disk how the act is now. Raises OSError; whoever gets one writes the whole record."""
        self._write(line_of(self._known, action, items))
        os.fdatasync(self._handle)
        self._known = action

    @property
    def grown(self) -> bool:
        """Whether it takes as much as a whole record by now, so that writing one costs no more than was written."""
        return self.size > max(1 << 20, self._whole) or self.size > MOST_BYTES // 2

    def close(self) -> None:
        """Write no more."""
        os.close(self._handle)

    def _write(self, data: bytes) -> None:
        written = os.write(self._handle, data)
        self.size += written
        if written != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
