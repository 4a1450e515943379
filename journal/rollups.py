"""SLO roll-ups on disk: a SQLite file that a restarted dashboard takes its budgets from.

An hour of a track is one row, packed (`fleet.slo.minutes`), and is always written whole: writing it twice changes
nothing. Hours and the counters' marks that belong to them stand in one transaction, so a kill at any moment leaves the
one with the other. One dashboard writes, by a lock beside the file; others read what it wrote and keep their own in
memory until the lock is free. A file that is broken is moved aside, and a new one begun.
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from fleet.errors import Fault, OutsideError
from fleet.slo.ports import Kept, StoredHour, StoredMark
from transport.kept_files import check_regular

SCHEMA_VERSION = 1
SIZE_LIMIT = 512 * 1024 * 1024
"""Bytes of the file. Where it is full, the oldest hours go."""
_PAGE = 4096
_PIECE = 2_000
"""Rows that are read at once."""
_ROOM = 16 * 1024 * 1024
"""Bytes that are free on a disk that is not full."""
_PASSING = ("locked", "full", "readonly")
"""In messages of SQLite about what ends without the file being opened anew."""
_DROPPED_WHEN_FULL = 24
"""Hours that make room."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tracks(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS hours(hour INTEGER, track INTEGER, data BLOB NOT NULL,
                   PRIMARY KEY(hour, track)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks(meter TEXT, series TEXT, at_ms INTEGER NOT NULL, value REAL NOT NULL,
                   PRIMARY KEY(meter, series)) WITHOUT ROWID;
"""


class RollupFile:
    """A `RollupStore`. Every call blocks, and may come from any one thread at a time."""

    def __init__(self, path: Path, *, keep_hours: int = 30 * 24, size_limit: int = SIZE_LIMIT) -> None:
        self._path = path
        self._keep_hours = keep_hours
        self._size_limit = size_limit
        self._database: sqlite3.Connection | None = None
        self._lock: int | None = None
        self._identity = (0, 0)
        self._ids: dict[str, int] = {}
        self.begun_anew = False
        """The file that was written to until now was removed, or broken: what memory has is to be written again."""
        self.moved_aside: Path | None = None
        """Where a broken file went."""

    def load(self, tracks: Iterable[str], meters: Iterable[str], since_hour: int) -> Iterator[Kept]:
        """As `RollupStore.load`."""
        with self._told():
            database = self._opened()
            yield from self._marks(database, meters)
            ids = self._ids_of(database, tuple(tracks))
            # Newest first: what burns now is known first.
            rows = database.execute(
                "SELECT track, hour, data FROM hours WHERE hour >= ? ORDER BY hour DESC", (since_hour,)
            )
            while piece := rows.fetchmany(_PIECE):
                yield Kept([StoredHour(ids[one], hour, data) for one, hour, data in piece if one in ids], ())

    def save(self, kept: Kept) -> bool:
        """As `RollupStore.save`."""
        with self._told():
            database = self._opened()
            if not self._may_write():
                return False
            try:
                self._write(database, kept)
            except sqlite3.OperationalError as error:
                # That others have filled the disk is no reason to drop anything.
                if "full" not in str(error) or not self._disk_has_room():
                    raise
                self._ids.clear()
                self._make_room(database)
                self._write(database, kept)
            return True

    def close(self) -> None:
        """Let go of the file and of the lock."""
        if self._database is not None:
            self._database.close()
            self._database = None
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _begin_anew(self) -> None:
        """Open the file again, whatever stands there now, at the next call."""
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
            self._database, self.begun_anew = None, True
        self._ids.clear()

    def _write(self, database: sqlite3.Connection, kept: Kept) -> None:
        with database:
            database.execute("BEGIN IMMEDIATE")
            rows = [(one.hour, self._id(database, one.track), one.data) for one in kept.hours]
            database.executemany("INSERT OR REPLACE INTO hours VALUES(?, ?, ?)", rows)
            database.executemany("INSERT OR REPLACE INTO marks VALUES(?, ?, ?, ?)", kept.marks)
            self._prune(database)

    def _prune(self, database: sqlite3.Connection) -> None:
        """Drop what is older than is kept, as counted from the newest hour: a clock that goes wrong takes nothing."""
        newest = database.execute("SELECT MAX(hour) FROM hours").fetchone()[0]
        if newest is None:
            return
        oldest = newest - self._keep_hours
        if database.execute("DELETE FROM hours WHERE hour < ?", (oldest,)).rowcount:
            database.execute("DELETE FROM marks WHERE at_ms < ?", (oldest * 3_600_000,))

    def _make_room(self, database: sqlite3.Connection) -> None:
        with database:
            database.execute("BEGIN IMMEDIATE")
            oldest = database.execute("SELECT MIN(hour) FROM hours").fetchone()[0]
            if oldest is not None:
                database.execute("DELETE FROM hours WHERE hour < ?", (oldest + _DROPPED_WHEN_FULL,))

    def _marks(self, database: sqlite3.Connection, meters: Iterable[str]) -> Iterator[Kept]:
        for meter in meters:
            rows = database.execute("SELECT meter, series, at_ms, value FROM marks WHERE meter = ?", (meter,))
            while piece := rows.fetchmany(_PIECE):
                yield Kept((), [StoredMark(*one) for one in piece])

    def _ids_of(self, database: sqlite3.Connection, beginnings: tuple[str, ...]) -> dict[int, str]:
        rows = database.execute("SELECT id, name FROM tracks").fetchall()
        return {number: name for number, name in rows if name.startswith(beginnings)}

    def _id(self, database: sqlite3.Connection, name: str) -> int:
        found = self._ids.get(name)
        if found is None:
            database.execute("INSERT OR IGNORE INTO tracks(name) VALUES(?)", (name,))
            found = self._ids[name] = database.execute("SELECT id FROM tracks WHERE name = ?", (name,)).fetchone()[0]
        return found

    def _may_write(self) -> bool:
        """Whether this is the dashboard that writes. The lock ends with its process, however that ends."""
        if self._lock is not None:
            return True
        lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        self._ids.clear()
        return True

    def _disk_has_room(self) -> bool:
        space = os.statvfs(self._path.parent)
        return space.f_bavail * space.f_frsize > _ROOM

    def _is_replaced(self) -> bool:
        """Whether another file, or none, stands where the open one was."""
        try:
            info = self._path.stat()
        except OSError:
            return True
        return (info.st_dev, info.st_ino) != self._identity

    def _opened(self) -> sqlite3.Connection:
        if self._database is not None and self._is_replaced():
            self._begin_anew()
            # The lock may have gone with it.
            self._unlock()
        if self._database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._database = self._open()
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError) or not self._may_write():
                    raise
                self._move_aside()
                self._database = self._open()
        return self._database

    def _open(self) -> sqlite3.Connection:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        try:
            check_regular(handle)
            info = os.fstat(handle)
        finally:
            os.close(handle)
        self._identity = info.st_dev, info.st_ino
        database = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        with contextlib.ExitStack() as undo:
            undo.callback(database.close)
            self._prepare(database)
            undo.pop_all()
        return database

    def _prepare(self, database: sqlite3.Connection) -> None:
        database.execute(f"PRAGMA page_size = {_PAGE}")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA journal_size_limit = 4194304")
        database.execute(f"PRAGMA max_page_count = {max(16, self._size_limit // _PAGE)}")
        if database.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("quick_check failed")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise OutsideError(Fault.PAYLOAD, "SLO roll-ups of a newer fleetdeck; they are left alone")
        if version == 0:
            database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")

    def _move_aside(self) -> None:
        """Keep the last broken file for whoever wants to look at it, and none before it."""
        aside = self._path.with_name(f"{self._path.name}.broken")
        self._path.replace(aside)
        for ending in ("-wal", "-shm"):
            Path(f"{self._path}{ending}").unlink(missing_ok=True)
        self.moved_aside = aside

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's and the system's errors in this project's words."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.Error) and not any(word in str(error) for word in _PASSING):
                self._begin_anew()
            reason = getattr(error, "strerror", None) or str(error)
            fault = Fault.PERMISSION if isinstance(error, PermissionError) else Fault.PAYLOAD
            raise OutsideError(fault, f"SLO roll-ups in {self._path}: {reason}") from error
