"""A backlog document on disk as a probe: read when it has changed, parsed off the event loop."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from fleet.errors import Fault, OutsideError, ParseError
from fleet.ports import Reach
from fleet.work import BacklogReading
from transport.files import Identity, identity, lasting, read_file

EVERY_S = 30.0
"""Plans are edited by people and slow jobs."""

MOST_BYTES = 16 * 1024 * 1024
"""The limit of a backlog, below that of files in general: more is no plan, and would be decoded in one go."""

Parse = Callable[[bytes, str], BacklogReading]
"""Content and file name to a reading; raises ParseError."""


class _Read(Struct, frozen=True):
    """What was read last: `identity` is None where the file's time cannot be relied upon yet, `content` a hash."""

    reading: BacklogReading
    content: int
    identity: Identity | None


class BacklogFile:
    """Reads `path` with `parse`; an unchanged file gives the very same reading without being parsed again."""

    def __init__(self, path: str, reach: Reach, parse: Parse) -> None:
        self.target = path
        self._path = reach.root / Path(path).expanduser()
        self._limit = min(reach.limits.file_bytes, MOST_BYTES)
        self._clock = reach.clock
        self._parse = parse
        self._last: _Read | None = None

    async def probe(self) -> BacklogReading:
        """The count of the file as it is now. Raises OutsideError: missing, too large, or not to be read (where)."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> BacklogReading:
        # Taken and put at once: a look that was given up goes on in its thread, beside the next one.
        last = self._last
        if last is None or identity(self._path) != last.identity:
            last = self._last = self._read(last)
        return last.reading

    def _read(self, last: _Read | None) -> _Read:
        snapshot = read_file(self._path, self._limit)
        content = hash(snapshot.content)
        reading = last.reading if last and content == last.content else self._parsed(snapshot.content, last)
        return _Read(reading, content, lasting(snapshot.identity, self._clock.now()))

    def _parsed(self, content: bytes, last: _Read | None) -> BacklogReading:
        try:
            reading = self._parse(content, self._path.name)
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, f"{self._path.name}: {error}") from error
        if reading.cut and last is not None and not last.reading.cut:
            # Half a count is worse than the last whole one, which the row keeps.
            raise OutsideError(Fault.PAYLOAD, f"{self._path.name}: {reading.anomalies[0]}")
        return reading
