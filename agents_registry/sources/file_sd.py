"""Targets from files of target groups, as Prometheus's `file_sd_configs` reads them.

Paths end in .json, .yml or .yaml and may have `*` in their last segment, which matches anything there (a leading dot
too, as in Go). A file that is malformed or cannot be read keeps the targets it gave last; one that is gone takes its
targets along. Every target carries `__meta_filepath`.
"""

import asyncio
import re
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from agents_registry.problems import Problems
from agents_registry.targets import TargetGroup, decode_groups, sightings
from config.kinds import Kind
from fleet.clock import Clock
from fleet.errors import Fault, OutsideError, ParseError
from fleet.model import Discovery
from fleet.ports import DiscoverySource, Limits, Reach
from fleet.text import scrub
from transport.files import identity, read_file

_META = "__meta_filepath"
_SETTLED_S = 2.0
"""A file written less than this ago is read again: its time may not tell of the next change."""

FilePattern = Annotated[str, Meta(pattern=r"^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$")]


class FileSdOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of Prometheus target groups.

    files: paths that end in .json, .yml or .yaml, with `*` in the last segment only; relative ones are taken from the
    configuration's folder. Besides Prometheus's labels, `agent_name`, `agent_type` and `__health_path__` are known.
    """

    files: Annotated[list[FilePattern], Meta(min_length=1)]


class _Known(Struct, frozen=True):
    """What a file said when it was last well-formed; `identity` is None where its time cannot be relied upon."""

    identity: tuple[int, int, int] | None
    groups: list[TargetGroup]


class FileSd:
    """Reads the files that changed. Raises OutsideError where none can be read and none ever was."""

    def __init__(self, patterns: list[str], root: Path, clock: Clock, limits: Limits) -> None:
        self.target = ", ".join(patterns)
        self._patterns = [root / pattern for pattern in patterns]
        self._clock = clock
        self._limits = limits
        self._known: dict[Path, _Known] = {}

    async def discover(self) -> Discovery:
        return await asyncio.to_thread(self._look)

    def _look(self) -> Discovery:
        problems = Problems()
        failures: list[OutsideError] = []
        known: dict[Path, _Known] = {}
        for path in self._paths(problems):
            try:
                known[path] = self._read(path)
            except OutsideError as error:
                failures.append(error)
                self._keep(path, known)
                kept = "; the targets that it named last are kept" if path in known else ""
                problems.add(f"{error}{kept}")
        if failures and not known:
            raise failures[0]
        self._known = known
        return self._discovery(problems)

    def _keep(self, path: Path, known: dict[Path, _Known]) -> None:
        if path in self._known:
            known[path] = self._known[path]

    def _paths(self, problems: Problems) -> list[Path]:
        found: set[Path] = set()
        for pattern in self._patterns:
            matches = self._matches(pattern, problems)
            if not matches:
                problems.add(f"no file {pattern}")
            found.update(matches)
        return sorted(found)

    def _matches(self, pattern: Path, problems: Problems) -> list[Path]:
        """The files of a pattern. A folder that may not be read now keeps the files that were found in it."""
        wanted = re.compile(_go_glob(pattern.name), re.DOTALL)
        try:
            if "*" not in pattern.name:
                pattern.lstat()
                return [pattern]
            return [path for path in pattern.parent.iterdir() if wanted.fullmatch(path.name)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            problems.add(f"{pattern.parent}: {error.strerror}; the files that were found there are kept")
            return [path for path in self._known if path.parent == pattern.parent and wanted.fullmatch(path.name)]

    def _read(self, path: Path) -> _Known:
        last = self._known.get(path)
        if last is not None and last.identity == identity(path):
            return last
        snapshot = read_file(path, self._limits.file_bytes)
        try:
            groups = decode_groups(snapshot.content, path.suffix)
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, scrub(f"{path.name}: {error}")) from error
        settled = self._clock.now().timestamp() - snapshot.identity[0] / 1e9 > _SETTLED_S
        return _Known(snapshot.identity if settled else None, groups)

    def _discovery(self, problems: Problems) -> Discovery:
        groups = ((group, {_META: str(path)}) for path, known in self._known.items() for group in known.groups)
        found = sightings(groups, problems, labels=self._limits.labels)
        cut = len(found) > self._limits.agents
        if cut:
            problems.add(f"more than {self._limits.agents:,} targets; the others were left out")
        return Discovery(sightings=tuple(found[: self._limits.agents]), problems=problems.told, complete=not cut)


def _go_glob(pattern: str) -> str:
    """A regular expression for `*` and `?` of Go's `filepath.Match`."""
    return "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)


def _build(options: Any, reach: Reach) -> DiscoverySource:
    return FileSd(options.files, reach.root, reach.clock, reach.limits)


KIND: Kind[DiscoverySource] = Kind("file_sd", FileSdOptions, _build)
