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
from transport.files import Identity, identity, lasting, read_file

_META = "__meta_filepath"
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

    identity: Identity | None
    packed: bytes
    suffix: str

    def groups(self) -> list[TargetGroup]:
        return decode_groups(zlib.decompress(self.packed), self.suffix)


class _Look(Struct, frozen=True):
    """What a look leaves for the next: what is known of each file, and the answer with what it was made of."""

    known: dict[Path, _Known] = {}
    discovery: Discovery = Discovery()
    made_of: tuple[object, ...] | None = None


class FileSd:
    """Reads the files that changed. Raises OutsideError where none can be read and none ever was.

    What a look found counts once it was waited for to its end: one that was given up goes on in its thread, and its
    files may be older than those of the looks since.
    """

    def __init__(self, patterns: list[str], root: Path, clock: Clock, limits: Limits) -> None:
        self.target = ", ".join(patterns)
        self._patterns = [root / pattern for pattern in patterns]
        self._clock = clock
        self._limits = limits
        self._last = _Look()

    async def discover(self) -> Discovery:
        self._last = await asyncio.to_thread(self._look, self._last)
        return self._last.discovery

    def _look(self, last: _Look) -> _Look:
        problems = Problems()
        failures: list[OutsideError] = []
        known: dict[Path, _Known] = {}
        for path in self._paths(last, problems):
            try:
                known[path] = self._read(path, last.known.get(path))
            except OutsideError as error:
                failures.append(error)
                kept = ""
                if path in last.known:
                    known[path], kept = last.known[path], "; the targets that it named last are kept"
                problems.add(f"{error}{kept}")
        if failures and not known:
            raise failures[0]
        made_of = (problems.told, *((path, each.packed) for path, each in known.items()))
        # The very same answer where nothing changed costs nobody anything.
        discovery = last.discovery if made_of == last.made_of else self._discovery(known, problems)
        return _Look(known, discovery, made_of)

    def _paths(self, last: _Look, problems: Problems) -> list[Path]:
        found: set[Path] = set()
        for pattern in self._patterns:
            matches = self._matches(pattern, last, problems)
            if not matches:
                problems.add(f"no file {pattern}")
            found.update(matches)
        if len(found) > FILES:
            problems.add(f"more than {FILES:,} files match; {len(found) - FILES:,} were left out")
        return sorted(found)[:FILES]

    def _matches(self, pattern: Path, last: _Look, problems: Problems) -> list[Path]:
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
            return [path for path in last.known if path.parent == pattern.parent and wanted.fullmatch(path.name)]

    def _read(self, path: Path, last: _Known | None) -> _Known:
        if last is not None and last.identity == identity(path):
            return last
        snapshot = read_file(path, self._limits.file_bytes)
        try:
            decode_groups(snapshot.content, path.suffix)
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, scrub(f"{path.name}: {error}")) from error
        return _Known(lasting(snapshot.identity, self._clock.now()), zlib.compress(snapshot.content, 1), path.suffix)

    def _discovery(self, known: dict[Path, _Known], problems: Problems) -> Discovery:
        groups = ((group, {_META: str(path)}) for path, each in known.items() for group in each.groups())
        return discovery(groups, problems, self._limits)


def _go_glob(pattern: str) -> str:
    """A regular expression for `*` and `?` of Go's `filepath.Match`."""
    return "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)


def _build(options: Any, reach: Reach) -> DiscoverySource:
    return FileSd(options.files, reach.root, reach.clock, reach.limits)


KIND: Kind[DiscoverySource] = Kind("file_sd", FileSdOptions, _build)
