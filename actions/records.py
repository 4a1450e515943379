"""What outlives the process of the acts on a fleet: one JSON file an act, replaced whole and forced to the disk, and
for what changes of a big one a journal beside it (`actions.record_journal`).

After a crash the next start finds here what was begun and has no end, and other programs of this machine see here what
this one does. Plans are kept as they may be written down: what is private in them has a hash in its place
(`fleet.actions.plan.public`).
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from actions.record_journal import MOST_BYTES as MOST_JOURNAL_BYTES
from actions.record_journal import Journal, applied
from fleet.actions.action import Action, ActionState
from fleet.actions.plan import public
from fleet.actions.printed import shortened
from fleet.errors import RefusedError
from transport.kept_files import force_names, put_aside, read_whole, replace_whole

log = logging.getLogger(__name__)

MOST: Final = 500
"""Acts that are kept of those that have ended; the newest. One that has not ended, or of which nobody knows how, is
kept however many there are."""
SLACK: Final = 50
"""Files beyond these that wait until the next time when they are counted."""
OUTPUT_CHARS: Final = 64_000
"""Characters of what its commands printed that are kept of an act that has ended: the first and the last half."""
OUTPUT_CHARS_MEANWHILE: Final = 20_000
"""The same of one that has not, which is written again and again."""
MOST_BYTES: Final = 32 << 20
"""Bytes of one file."""
_TRIES: Final = 3
"""Times that a record and its journal are read until they belong together."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_SUFFIX, _JOURNAL = ".json", ".journal"
_Sign = tuple[int, int, int, int]
"""By which a record is known to be as it was: time, number and size of its file, size of its journal."""


class Records:
    """The acts that are kept in `folder`, of all dashboards of this machine."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self.folder = folder
        self.trouble: tuple[str, ...] = ()
        """What is wrong with the files, in sentences."""
        self._most = most
        self._files: int | None = None
        self._known: set[str] = set()
        self._journals: dict[str, Journal] = {}
        self._signs: dict[str, _Sign] = {}
        self._folder_at = 0
        self._calm = False

    async def keep(self, action: Action) -> None:
        """Keep an act as it is now. Raises RefusedError where it does not stand on the disk."""
        await asyncio.to_thread(self.write, action)

    def write(self, action: Action) -> None:
        """As `keep`; it blocks."""
        self._write(_kept(action))

    async def keep_changes(self, action: Action, items: Collection[int]) -> None:
        """As `keep`, of an act of which at most these items are other than when it was kept last from here."""
        await asyncio.to_thread(self.write_changes, action, items)

    def write_changes(self, action: Action, items: Collection[int]) -> None:
        """As `keep_changes`; it blocks."""
        action = _kept(action)
        journal = self._journals.get(action.id)
        if journal is None or journal.grown or action.ended:
            self._begin_journal(action, self._write(action))
            return
        try:
            journal.add(action, items)
        except OSError as error:
            self._end_journal(action.id)
            raise RefusedError(f"the act cannot be kept: {self.folder}: {error.strerror or error}") from error
        self._sign(action.id)

    def _begin_journal(self, action: Action, record: bytes) -> None:
        if action.ended:
            return
        try:
            self._journals[action.id] = Journal(self._journal(action.id), record, action)
        except OSError as error:
            # The record stands whole; the next change writes it whole again.
            log.warning("no journal for %s: %s", action.id, error)
        force_names(self.folder)
        self._sign(action.id)

    def _end_journal(self, id: str) -> None:
        journal = self._journals.pop(id, None)
        if journal is not None:
            journal.close()

    def _journal(self, id: str) -> Path:
        return self.folder / f"{id}{_JOURNAL}"

    def _write(self, action: Action) -> bytes:
        if not _ID.fullmatch(action.id):
            raise RefusedError("the act cannot be kept: its id is none")
        data = msgspec.json.encode(replace(action, plan=public(action.plan)))
        if len(data) > MOST_BYTES:
            raise RefusedError(f"the act cannot be kept: it takes {len(data):,} bytes, more than {MOST_BYTES:,}")
        path = self.folder / f"{action.id}{_SUFFIX}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_whole(path, data)
        except OSError as error:
            raise RefusedError(f"the act cannot be kept: {path}: {error.strerror or error}") from error
        self._end_journal(action.id)
        with contextlib.suppress(OSError):
            # It belongs to the record before.
            self._journal(action.id).unlink(missing_ok=True)
        force_names(self.folder)
        self._sign(action.id)
        self._count(action.id)
        return data

    def _sign(self, id: str) -> None:
        """What stands there now is known."""
        self._signs[id] = _sign_of(self.folder / f"{id}{_SUFFIX}", self._journal(id))

    def changed(self, ours: Collection[str]) -> tuple[Action, ...]:
        """The acts that other programs changed since they were read or written here; those whose ids are `ours` are
        left out. Where nothing changed it takes a look at the folder alone. It blocks, and raises nothing."""
        try:
            at = self.folder.stat().st_mtime_ns
        except OSError:
            return ()
        # Once more after a change: what came in the same tick of the file system's clock has the same time.
        calm, self._calm = self._calm and at == self._folder_at, at == self._folder_at
        self._folder_at = at
        # What is kept here meanwhile, in another thread, changes the signs.
        ids = [id for id, sign in tuple(self._signs.items()) if sign[3] > 0] if calm else self._ids()
        found = []
        for id in ids:
            path = self.folder / f"{id}{_SUFFIX}"
            if id in ours or self._signs.get(id) == _sign_of(path, self._journal(id)):
                continue
            action = self._read_one(path)
            if action is not None:
                found.append(action)
        return tuple(found)

    def _ids(self) -> list[str]:
        try:
            names = [path.name for path in self.folder.iterdir()]
        except OSError:
            return []
        return [id for name in names if name.endswith(_SUFFIX) and _ID.fullmatch(id := name.removesuffix(_SUFFIX))]

    def seen(self, fleet: str) -> tuple[Action, ...]:
        """As `read`, for who only looks: a file that cannot be used is left where it is."""
        found = []
        for id in self._ids():
            with contextlib.suppress(OSError, ValueError):
                found.append(self._with_journal(self.folder / f"{id}{_SUFFIX}"))
        return tuple(one for one in found if one.plan.fleet == fleet)

    def read(self, fleet: str = "") -> tuple[Action, ...]:
        """The acts that are kept, of one fleet or of all, the oldest first. It blocks, and raises nothing: a file that
        cannot be used is moved aside, and `trouble` names it."""
        kept = self._read_all()
        return tuple(one for one in kept if not fleet or one.plan.fleet == fleet)

    def _read_all(self) -> list[Action]:
        try:
            paths = [path for path in self.folder.iterdir() if path.suffix == _SUFFIX and _ID.fullmatch(path.stem)]
        except FileNotFoundError:
            return []
        except OSError as error:
            self.trouble = (f"the acts that were kept cannot be read: {self.folder}: {error.strerror or error}",)
            return []
        self.trouble = ()
        kept = [action for path in paths if (action := self._read_one(path)) is not None]
        self._known = {action.id for action in kept}
        return sorted(kept, key=_age)

    def _read_one(self, path: Path) -> Action | None:
        self._signs[path.stem] = _sign_of(path, self._journal(path.stem))
        try:
            return self._with_journal(path)
        except FileNotFoundError:
            # Another dashboard let it go meanwhile.
            return None
        except OSError as error:
            self._tell(f"the act that was kept in {path} cannot be read: {error.strerror or error}")
        except ValueError as error:
            self._tell(f"the act that was kept in {path.name} cannot be used ({str(error)[:160]}){put_aside(path)}")
        return None

    def _with_journal(self, path: Path) -> Action:
        """Raises OSError, ValueError."""
        for _ in range(_TRIES):
            data = read_whole(path, MOST_BYTES + 1)
            action = _decoded(data, path.stem)
            try:
                journal = read_whole(self._journal(path.stem), MOST_JOURNAL_BYTES)
            except OSError:
                return action
            now = applied(action, data, journal)
            if now is not None:
                return now
        # A crash left the journal of a record that was written whole since.
        return action

    def _tell(self, sentence: str) -> None:
        self.trouble = (*self.trouble, sentence)

    def _count(self, id: str) -> None:
        """Let go of the oldest, now and then."""
        self._known.add(id)
        if self._files is None or len(self._known) > self._most + SLACK:
            self._prune()
            self._files = len(self._known)

    def _prune(self) -> None:
        kept = self._read_all()
        settled = [one for one in kept if one.ended and one.state is not ActionState.UNKNOWN]
        for one in settled[: max(0, len(settled) - self._most)]:
            with contextlib.suppress(OSError):
                (self.folder / f"{one.id}{_SUFFIX}").unlink(missing_ok=True)
                self._journal(one.id).unlink(missing_ok=True)
            self._signs.pop(one.id, None)
            self._known.discard(one.id)


def _kept(action: Action) -> Action:
    """The act as it is written down."""
    return shortened(action, OUTPUT_CHARS if action.ended else OUTPUT_CHARS_MEANWHILE)


def _sign_of(path: Path, journal: Path) -> _Sign:
    """All zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0, 0
    try:
        size = journal.stat().st_size
    except OSError:
        size = 0
    return found.st_mtime_ns, found.st_ino, found.st_size, size


def _decoded(data: bytes, id: str) -> Action:
    """Raises ValueError for what is no act of that id."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
    try:
        action = msgspec.json.decode(data, type=Action)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if action.id != id:
        raise ValueError(f"it is the act {action.id[:40]!r}")
    return action


def _age(action: Action) -> tuple[datetime, str]:
    when = action.ended_at or action.changed_at or action.planned_at or action.plan.made_at
    return when, action.id
