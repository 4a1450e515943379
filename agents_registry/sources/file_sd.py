"""Targets from files of target groups, as Prometheus's `file_sd_configs` reads them.

Paths end in .json, .yml or .yaml and may have `*` in their last segment, which matches anything there (a leading dot
too, as in Go). A file that is malformed or cannot be read keeps the targets it gave last; one that is gone takes its
targets along. Every target carries `__meta_filepath`.
"""

import asyncio
import re
import zlib
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from agents_registry.problems import Problems
from agents_registry.targets import TargetGroup, decode_groups, discovery
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

FILES = 1_000
"""Files that one source reads."""

FilePattern = Annotated[
    str,
    Meta(
        pattern=r"^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$",
        extra={"form": "a path that ends in .json, .yml or .yaml, with * in its last segment only,"},
    ),
]


class FileSdOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of Prometheus target groups.

    files: paths that end in .json, .yml or .yaml, with `*` in the last segment only; relative ones are taken from the
    configuration's folder. Besides Prometheus's labels, `agent_name`, `agent_type` and `__health_path__` are known.
    """

    files: Annotated[list[FilePattern], Meta(min_length=1)]


class _Known(Struct, frozen=True):
    """What a file said when it was last well-formed; `identity` is None where its time cannot be relied upon.

    The content is kept compressed: ten thousand targets take a hundredth of what their groups would.
    """

    identity: tuple[int, int, int] | None
    packed: bytes
    suffix: str

    def groups(self) -> list[TargetGroup]:
        return decode_groups(zlib.decompress(self.packed), self.suffix)


class FileSd:
    """Reads the files that changed. Raises OutsideError where none can be read and none ever was."""

    def __init__(self, patterns: list[str], root: Path, clock: Clock, limits: Limits) -> None:
        self.target = ", ".join(patterns)
        self._patterns = [root / pattern for pattern in patterns]
        self._clock = clock
        self._limits = limits
        self._known: dict[Path, _Known] = {}
        self._last = Discovery()
        self._last_of: tuple[object, ...] | None = None

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
        if len(found) > FILES:
            problems.add(f"more than {FILES:,} files match; {len(found) - FILES:,} were left out")
        return sorted(found)[:FILES]

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
            decode_groups(snapshot.content, path.suffix)
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, scrub(f"{path.name}: {error}")) from error
        # A time that lies ahead is one from before the clock was set back: as settled as an old one.
        settled = abs(self._clock.now().timestamp() - snapshot.identity[0] / 1e9) > _SETTLED_S
        return _Known(snapshot.identity if settled else None, zlib.compress(snapshot.content, 1), path.suffix)

    def _discovery(self, problems: Problems) -> Discovery:
        """The targets of all files: the very same answer as the last one where nothing changed, which costs nobody
        anything."""
        made_of = (problems.told, *((path, known.packed) for path, known in self._known.items()))
        if made_of != self._last_of:
            groups = ((group, {_META: str(path)}) for path, known in self._known.items() for group in known.groups())
            self._last, self._last_of = discovery(groups, problems, self._limits), made_of
        return self._last


def _go_glob(pattern: str) -> str:
    """A regular expression for `*` and `?` of Go's `filepath.Match`."""
    return "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)


def _build(options: Any, reach: Reach) -> DiscoverySource:
    return FileSd(options.files, reach.root, reach.clock, reach.limits)


KIND: Kind[DiscoverySource] = Kind("file_sd", FileSdOptions, _build)
