"""The demo's files on disk, written the way each real system writes its own.

Status, queue and backlog files are rewritten in place (open, write, cut), as the real ones are, so that a reader can
meet them half-written; the targets file is replaced by rename, as Prometheus asks for.
"""

import os
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from demo_fleet import backlogs, claims, documents
from demo_fleet.moment import Moment
from demo_fleet.scenario import PLAN_FILE, PROGRESS_FILE, STATUS_FILE, TASK_FILE
from demo_fleet.world import World

TODO_FILE = "unified_todos.json"
TRACKER_FILE = "TASK-TRACKER.csv"
TARGETS_FILE = "targets/agents.json"
ALERTS_FILE = "alerts.json"
RULES_FILE = "rules.yml"
SLOS_FILE = "slos.yaml"
CHUNK_SCHEMA_FILE = "chunk.schema.json"
_OURS = Path(__file__).parent


class _Kept(Struct, frozen=True):
    """A file: how often it is brought up to date, what is in it then, and what that depends on."""

    name: str
    every_s: float
    content: Callable[[Moment], bytes]
    key: Callable[[Moment], object] = lambda moment: moment


class Files:
    """Writes what has changed. `listed` are the agents of the targets file and where they are found."""

    def __init__(self, folder: Path, world: World, listed: dict[str, tuple[str, str, str]]) -> None:
        self._folder = folder
        self._made_for: dict[str, object] = {}
        self._written: dict[str, bytes] = {}
        names = tuple(listed)
        self._kept = (
            _Kept(STATUS_FILE, 4.0, lambda moment: documents.agent_status(world, moment)),
            _Kept(TASK_FILE, 1.0, lambda moment: documents.task_queue(world, moment)),
            _Kept(PLAN_FILE, 2.0, lambda moment: backlogs.plan(world, moment)),
            _Kept(PROGRESS_FILE, 2.0, lambda moment: backlogs.batch_progress(world, moment)),
            _Kept(TODO_FILE, 2.0, lambda moment: backlogs.todo_list(world, moment)),
            _Kept(TRACKER_FILE, 2.0, lambda moment: backlogs.tracker(world, moment)),
            _Kept(ALERTS_FILE, 2.0, lambda moment: claims.alerts(world, moment)),
        )
        self._targets = _Kept(
            TARGETS_FILE,
            1.0,
            lambda moment: documents.targets(world, moment, names, listed),
            lambda moment: world.absent(moment.t),
        )

    def write(self, moment: Moment) -> None:
        """Bring every file to `moment`. Blocking. Raises OSError where the folder or the disk fails."""
        for kept in self._kept:
            self._write(kept, moment.floor(kept.every_s), write_in_place)
        self._write(self._targets, moment.floor(self._targets.every_s), write_by_rename)
        for name in (RULES_FILE, SLOS_FILE, CHUNK_SCHEMA_FILE):
            if name not in self._written:
                self._written[name] = (_OURS / name).read_bytes()
                write_by_rename(self._folder / name, self._written[name])

    def _write(self, kept: _Kept, moment: Moment, write: Callable[[Path, bytes], None]) -> None:
        key = kept.key(moment)
        if self._made_for.get(kept.name) == key:
            return
        content = kept.content(moment)
        if self._written.get(kept.name) != content:
            write(self._folder / kept.name, content)
            self._written[kept.name] = content
        self._made_for[kept.name] = key


def write_in_place(path: Path, content: bytes) -> None:
    """Overwrite `path` from its start and cut it after: a reader may see the new beginning and the old end."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.truncate()


def write_by_rename(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace `path` at once: a reader sees the old content or the new. The folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
