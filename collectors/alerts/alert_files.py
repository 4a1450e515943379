"""A folder of alerts, one a file: `alert_<epoch>_<component>.json` with `{message, level, component, timestamp}`.

They have no ids and are never resolved. Where a file lacks its time or its component, its name gives them.
"""

import asyncio
import fnmatch
import os
import re
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from collectors.claim_file import EVERY_S
from collectors.claim_options import ClaimOptions
from config.kinds import Kind
from config.values import FilePath
from fleet.alerts.claims import MOST, read_claims
from fleet.alerts.model import AlertsReading
from fleet.errors import Fault, OutsideError, ParseError
from fleet.json_salvage import read_json
from fleet.ports import Probe, Reach
from fleet.text import scrub
from transport.files import Identity, identity, lasting, read_file

FILE_BYTES = 64 * 1024
"""The limit of one file."""
_NAME = re.compile(r"alert_(\d{9,13})_(.+)\.json\Z")
_NAMED = 3
"""Broken files that are named."""
_File = tuple[Identity | None, Any, str]
"""A file as it was read: its identity (None: it is to be read again), the alert in it, and what is wrong with it."""


class AlertFilesOptions(ClaimOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A folder in which each alert is a file."""

    folder: FilePath
    """The folder; a relative path is taken from the configuration's folder."""
    match: Annotated[str, Meta(min_length=1, max_length=200)] = "alert_*.json"
    """Names of the files, with `*` and `?`."""


class AlertFilesProbe:
    """Reads the newest files of a folder; one that has not changed is not read again."""

    def __init__(self, options: AlertFilesOptions, reach: Reach) -> None:
        self.target = f"{options.folder}/{options.match}"
        self._folder = reach.root / Path(options.folder).expanduser()
        self._match = options.match
        self._rules = options.rules
        self._clock = reach.clock
        self._read: dict[str, _File] = {}

    async def probe(self) -> AlertsReading:
        """What the files say now. Raises OutsideError where the folder cannot be read, or none of its files."""
        # Kept once it was waited for: a look that was given up goes on in its thread, and is older than those since.
        self._read, number = await asyncio.to_thread(self._look, self._read)
        return await asyncio.to_thread(self._reading, self._read, number)

    def _look(self, before: dict[str, _File]) -> tuple[dict[str, _File], int]:
        """The newest files, and how many there are."""
        names = self._names()
        found = {name: self._file(name, before.get(name)) for name in names[:MOST]}
        return {name: read for name, read in found.items() if read is not None}, len(names)

    def _reading(self, read: dict[str, _File], number: int) -> AlertsReading:
        items = [item for _, item, _ in read.values() if item is not None]
        broken = [problem for _, _, problem in read.values() if problem]
        if broken and not items:
            raise OutsideError(Fault.PAYLOAD, broken[0])
        problems = broken[:_NAMED]
        if len(broken) > _NAMED:
            problems.append(f"and {len(broken) - _NAMED:,} more files that cannot be read")
        if number > MOST:
            problems.append(f"{number:,} files; the newest {MOST:,} are read")
        return read_claims(items, self._clock.now(), self._rules, problems)

    def _names(self) -> list[str]:
        """The names of the files, newest first where they have their time in them."""
        try:
            with os.scandir(self._folder) as entries:
                names = [entry.name for entry in entries if fnmatch.fnmatchcase(entry.name, self._match)]
        except FileNotFoundError as error:
            raise OutsideError(Fault.MISSING, f"no folder {self._folder}") from error
        except PermissionError as error:
            raise OutsideError(Fault.PERMISSION, f"{self._folder}") from error
        except OSError as error:
            raise OutsideError(Fault.PROTOCOL, f"{self._folder}: {error.strerror or error}") from error
        return sorted(names, reverse=True)

    def _file(self, name: str, known: _File | None) -> _File | None:
        """What a file says, and what is wrong with it; what it said before (`known`) stays where it cannot be read
        now. None for one that has gone meanwhile."""
        path = self._folder / name
        before = None if known is None else known[1]
        try:
            if known is not None and identity(path) == known[0]:
                return known
            snapshot = read_file(path, FILE_BYTES)
        except OutsideError as error:
            if error.fault is Fault.MISSING:
                return None
            return None, before, f"{scrub(name, 80)}: {error}"
        read = lasting(snapshot.identity, self._clock.now())
        try:
            document = read_json(snapshot.content, ())
        except ParseError as error:
            return read, before, f"{scrub(name, 80)}: {error}"
        if document.problem:
            # Half an alert would be another one.
            item = _named(document.value, name) if before is None else before
            return read, item, f"{scrub(name, 80)}: {document.problem}"
        return read, _named(document.value, name), ""


def _named(value: Any, name: str) -> Any:
    """The alert, with the time and component of its file's name where it has none."""
    found = _NAME.match(name)
    if found is None or not isinstance(value, dict):
        return value
    return {"timestamp": int(found[1]), "component": found[2], **value}


def _build(options: AlertFilesOptions, reach: Reach) -> Probe:
    return AlertFilesProbe(options, reach)


KIND: Kind[Probe] = Kind("alert_files", AlertFilesOptions, _build, every_s=EVERY_S)
