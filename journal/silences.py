"""Where local silences are kept: one JSON file a fleet, shared by all dashboards on this machine.

The file is replaced whole and never written in place, and whoever writes holds its lock and reads first: wherever a
writer dies it is the old file or the new one, and two dashboards lose nothing of each other's. A file that cannot be
used is moved aside. Blocking; call it in `asyncio.to_thread`.
"""

import errno
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from fleet.alerts.model import Silence
from fleet.errors import Fault, OutsideError
from transport.kept_files import locked, put_aside, read_whole, replace_whole

VERSION = 1
MOST = 10_000
"""Silences that are kept; the ones that ended first go first."""
MOST_BYTES = 32 << 20
KEEP_EXPIRED = timedelta(days=1)
"""How long a silence is kept after its end, so that what was silenced can be looked up."""

Change = Callable[[dict[str, Silence]], None]
"""What is to be done with the silences by id: it changes the mapping that it is given."""


class _File(msgspec.Struct, frozen=True):
    version: int = VERSION
    silences: tuple[Silence, ...] = ()


class SilenceFile:
    """The silences of one fleet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = ""
        """What is wrong with the file, in a sentence; "" where nothing is."""
        self._identity: tuple[int, int, int] | None = None
        self._silences: dict[str, Silence] = {}
        self.lost = False
        """The file was moved aside or removed, and what was known before stands only here until the next write."""

    def read(self) -> dict[str, Silence]:
        """The silences as they are kept now, by id. An unchanged file costs one `stat`; one that cannot be read gives
        what was known before, and `trouble` says why."""
        identity = self._stat()
        if identity != self._identity or identity is None:
            self._silences = self._load()
            self._identity = identity
        return dict(self._silences)

    def change(self, change: Change, at: datetime) -> Mapping[str, Silence]:
        """Do `change` to what is kept, and keep it; what is kept then. Raises OutsideError where that failed."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.path.with_suffix(".lock")):
                silences = self.read()
                change(silences)
                silences = bounded(silences, at)
                if silences != self._silences or self.lost:
                    self._write(silences)
                    self._silences, self._identity = silences, self._stat()
                    self.trouble, self.lost = "", False
        except BlockingIOError as error:
            raise OutsideError(Fault.PROTOCOL, "the silence cannot be kept: another program holds its lock") from error
        except OSError as error:
            why = error.strerror or str(error)
            raise OutsideError(Fault.PROTOCOL, f"the silence cannot be kept: {self.path}: {why}") from error
        return dict(silences)

    def _stat(self) -> tuple[int, int, int] | None:
        try:
            info = self.path.stat()
        except OSError:
            return None
        return info.st_mtime_ns, info.st_size, info.st_ino

    def _load(self) -> dict[str, Silence]:
        try:
            data = read_whole(self.path, MOST_BYTES + 1)
            if len(data) > MOST_BYTES:
                raise msgspec.ValidationError(f"it has more than {MOST_BYTES:,} bytes")
            kept = msgspec.json.decode(data, type=_File)
            if kept.version != VERSION:
                raise msgspec.ValidationError(f"it is of version {kept.version}, this fleetdeck keeps {VERSION}")
        except FileNotFoundError:
            if self._silences and not self.lost:
                self.trouble, self.lost = f"the silences were removed: {self.path}", True
            return self._silences
        except OSError as error:
            self.trouble = f"the silences cannot be read: {self.path}: {error.strerror or error}"
            # Something that is no file stands in its place, and is to be replaced.
            self.lost = self.lost or error.errno in (errno.EINVAL, errno.ELOOP)
            return self._silences
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            aside = put_aside(self.path, now="they are now in")
            self.trouble, self.lost = f"the silences that were kept cannot be used ({str(error)[:160]}){aside}", True
            return self._silences
        self.trouble, self.lost = "", False
        return {silence.id: silence for silence in kept.silences if _is_aware(silence)}

    def _write(self, silences: Mapping[str, Silence]) -> None:
        replace_whole(self.path, msgspec.json.encode(_File(silences=tuple(silences.values()))))


def bounded(silences: Mapping[str, Silence], at: datetime) -> dict[str, Silence]:
    """`silences` without those that ended long ago, and no more than `MOST`."""
    kept = sorted(
        (one for one in silences.values() if at - one.ends_at < KEEP_EXPIRED), key=lambda one: (one.ends_at, one.id)
    )[-MOST:]
    return {one.id: one for one in sorted(kept, key=lambda one: (one.starts_at, one.id))}


def _is_aware(silence: Silence) -> bool:
    return silence.starts_at.tzinfo is not None and silence.ends_at.tzinfo is not None
