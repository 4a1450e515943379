"""Agents from a status file that the agents (or their orchestrator) write, in any of the shapes it is met in.

The writers rewrite it in place, and sometimes less than was there before, so that a reader meets it empty, cut off,
or followed by the rest of an older one. It is then read once more a moment later, and what is still broken is
salvaged, which the answer says.
"""

import asyncio
from pathlib import Path
from typing import Any

from msgspec import Struct

from agents_registry.problems import Problems
from agents_registry.records import AGENTS, read_records
from config.kinds import Kind
from config.values import FilePath
from fleet.clock import Clock
from fleet.errors import Fault, OutsideError, ParseError
from fleet.json_salvage import Document, read_json, whole_json
from fleet.model import Discovery
from fleet.ports import DiscoverySource, Limits, Reach
from transport.files import Identity, identity, lasting, read_file

_SECOND_LOOK_S = 0.1


class AgentStatusOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON file in which agents keep their status.

    path: the file; a relative path is taken from the configuration's folder.
    """

    path: FilePath


class AgentStatusFile:
    """Reads the file when it has changed. Raises OutsideError where nothing at all can be read from it."""

    def __init__(self, path: Path, clock: Clock, limits: Limits) -> None:
        self.target = str(path)
        self._path = path
        self._clock = clock
        self._limits = limits
        self._last: tuple[Identity | None, Discovery] | None = None

    async def discover(self) -> Discovery:
        try:
            return await asyncio.to_thread(self._look)
        except ParseError:
            await asyncio.sleep(_SECOND_LOOK_S)  # Its writer may be in the middle of it.
        try:
            return await asyncio.to_thread(self._look, broken=True)
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, f"{self._path.name}: {error}") from error

    def _look(self, *, broken: bool = False) -> Discovery:
        # Taken once: a look that was given up goes on in its thread, and may put another one there.
        last = self._last
        if last is not None and last[0] == identity(self._path):
            return last[1]
        snapshot = read_file(self._path, self._limits.file_bytes)
        discovery = self._read(snapshot.content, broken=broken)
        self._last = (lasting(snapshot.identity, self._clock.now()), discovery)
        return discovery

    def _read(self, content: bytes, *, broken: bool) -> Discovery:
        document = self._document(content, broken=broken)
        problems = Problems()
        if document.problem:
            problems.add(f"{self._path.name}: {document.problem}")
        records = read_records(document.value, problems, most=self._limits.agents)
        if records is None:
            raise OutsideError(Fault.PAYLOAD, f"{self._path.name} holds neither a map nor a list of agents")
        return Discovery(
            sightings=records.sightings,
            problems=problems.told,
            cut=records.cut,
            complete=records.whole and not document.problem,
        )

    @staticmethod
    def _document(content: bytes, *, broken: bool) -> Document:
        try:
            return Document(whole_json(content))
        except ParseError:
            if not broken:
                raise
            return read_json(content, nests=(AGENTS,))


def _build(options: Any, reach: Reach) -> DiscoverySource:
    return AgentStatusFile(reach.root / options.path, reach.clock, reach.limits)


KIND: Kind[DiscoverySource] = Kind("agent_status", AgentStatusOptions, _build)
