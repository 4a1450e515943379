"""Documents below a folder that can be watched: agents' status files, task queues, plans, alerts. Each is read once to
see."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.survey.finds import FoundEntry, Trial
from fleet.text import scrub

_DEPTH = 2
_MOST_LOOKED_AT = 5_000
_MOST_PLANS = 8
_SKIPPED = frozenset({"node_modules", "site-packages", "venv", "dist", "build", "target", "vendor", "__pycache__"})
_STATUS_NAMES = ("status", "state")
_DONE_WORDS = ("done", "complete", "completed", "closed", "finished", "resolved")
_HEADER_BYTES = 65_536


async def entries_in(folder: Path, base: Path, trial: Trial) -> list[FoundEntry]:
    """What can be read below `folder`, two levels deep; paths as an entry has them that stands in `base`."""
    found: list[FoundEntry] = []
    plans = 0
    for path in _files(folder):
        for section, keys in _guesses(path):
            keys["path"] = _shown(path, base)
            why = _worth(await trial.read(section, keys))
            if not why or (keys["kind"] == "markdown" and plans >= _MOST_PLANS):
                continue
            plans += keys["kind"] == "markdown"
            found.append(FoundEntry(section=section, keys=keys, why=why))
            break
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Regular files, those of upper folders first; no hidden folders, no links, no folders of libraries."""
    looked_at = 0
    level = [folder]
    for _ in range(_DEPTH + 1):
        below: list[Path] = []
        for place in level:
            try:
                entries = sorted(os.scandir(place), key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in entries:
                looked_at += 1
                if looked_at > _MOST_LOOKED_AT:
                    return
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path)
                elif entry.is_dir(follow_symlinks=False) and entry.name not in _SKIPPED and entry.name[0] != ".":
                    below.append(Path(entry.path))
        level = below


def _guesses(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a file of that name may be, likeliest first: the section and the keys without the path."""
    name, suffix = path.name.lower(), path.suffix.lower()
    if suffix == ".json":
        if "agent" in name and "status" in name:
            yield "discovery", {"kind": "agent_status"}
        if "task" in name or "queue" in name or "job" in name:
            yield "queues", {"kind": "task_file"}
        if "progress" in name:
            yield "backlog", {"kind": "batch_progress"}
        if "alert" in name or "monitoring" in name:
            yield "alerts", {"kind": "todo_monitoring" if "monitoring" in name else "alerts_json"}
        if "todo" in name:
            yield "backlog", {"kind": "todo_list"}
    elif suffix in (".md", ".markdown"):
        yield "backlog", {"kind": "markdown"}
    elif suffix == ".csv":
        status = _status_column(path)
        if status is not None:
            yield "backlog", {"kind": "csv", **status}


def _status_column(path: Path) -> dict[str, Any] | None:
    """The column of a table that looks like a status, and the words in it that mean done; None where there is none."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            rows = list(csv.DictReader(file.read(_HEADER_BYTES).splitlines()))
    except (OSError, csv.Error):
        return None
    header = list(rows[0]) if rows else []
    column = next((name for name in header if name and name.strip().lower() in _STATUS_NAMES), None)
    if column is None:
        return None
    words = {(row.get(column) or "").strip() for row in rows}
    done = sorted({word for word in words if word.lower() in _DONE_WORDS}) or ["Done"]
    return {"status_column": column.strip(), "done": done}


def _worth(reading: Any) -> str:
    """What was read, in a few words; "" where it is nothing to watch."""
    if reading is None:
        return ""
    if hasattr(reading, "sightings"):
        return f"{len(reading.sightings)} agents" if reading.sightings else ""
    if hasattr(reading, "tasks"):
        return f"{len(reading.tasks)} tasks" if reading.tasks else ""
    if hasattr(reading, "alerts"):
        return f"{len(reading.alerts)} alerts" if reading.alerts else ""
    if not reading.total:
        return ""
    return f"{reading.done or 0} of {reading.total} done"


def _shown(path: Path, base: Path) -> str:
    try:
        return scrub(str(path.absolute().relative_to(base.absolute())), 4096)
    except ValueError:
        return scrub(str(path.absolute()), 4096)
