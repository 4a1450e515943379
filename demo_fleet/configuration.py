"""The configuration that watches a demo fleet, as YAML text.

Every entry is written as one line of JSON, which is YAML too: a large fleet's file is then quick to write, and quick
to compare.
"""

import json
from collections.abc import Iterable
from typing import Any

from demo_fleet.feeder import GROUP, Feeder
from demo_fleet.files import TARGETS_FILE, TODO_FILE, TRACKER_FILE
from demo_fleet.scenario import PLAN_FILE, PROGRESS_FILE, STATUS_FILE, TASK_FILE

Entries = list[dict[str, Any]]

_COORDINATOR_EVERY = "10s"
"""The coordinator allows 50 requests a minute from this machine; discovery and queue take some 20."""

HEADER = "# The demo fleet, watched. Written by `fleetdeck demo`; the fleet's addresses change with every start."
"""The first line of every configuration that a demo fleet writes."""

_HEAD = f"""\
{HEADER}
name: demo
every: 2s
timeout: 1500ms
keep_gone: 60s
"""


def configuration(discovery: Entries, queues: Entries, backlog: Entries) -> str:
    """The text of a configuration with these entries."""
    sections = (("discovery", discovery), ("queues", queues), ("backlog", backlog))
    return _HEAD + "".join(line for name, entries in sections for line in _section(name, entries))


def discovery_entries(root: str, agents: Entries, coordinator: str, *, listed: bool) -> Entries:
    """Where the agents are found. `root` stands before every path; `listed`: the targets file names some, too."""
    entries: Entries = [
        {"kind": "static", "agents": agents},
        {"kind": "agent_status", "path": root + STATUS_FILE},
        {"kind": "coordinator", "url": coordinator, "every": _COORDINATOR_EVERY},
    ]
    return [*entries, {"kind": "file_sd", "files": [root + TARGETS_FILE]}] if listed else entries


def queue_entries(root: str, coordinator: str) -> Entries:
    """The queues that are always there."""
    return [
        {"kind": "coordinator", "url": coordinator, "every": _COORDINATOR_EVERY},
        {"kind": "task_file", "path": root + TASK_FILE},
    ]


def redis_entries(url: str, feeder: Feeder) -> Entries:
    """The queues in Redis."""
    stream = {"kind": "redis_stream", "url": url, "stream": feeder.stream, "group": GROUP, "jobs": feeder.hashes}
    jobs = {"kind": "redis_list", "url": url, "key": feeder.list}
    return [stream, jobs | {"processing": feeder.processing, "dead_letter": feeder.dead}]


def backlog_entries(root: str) -> Entries:
    """The backlog documents."""
    return [
        {"kind": "markdown", "path": root + PLAN_FILE},
        {"kind": "batch_progress", "path": root + PROGRESS_FILE},
        {"kind": "todo_list", "path": root + TODO_FILE},
        {"kind": "csv", "path": root + TRACKER_FILE, "status_column": "Status", "done": ["Complete"]},
    ]


def _section(name: str, entries: Entries) -> Iterable[str]:
    yield f"{name}:\n"
    for entry in entries:
        agents = entry.get("agents")
        if not isinstance(agents, list):
            yield f"  - {_line(entry)}\n"
            continue
        yield f"  - kind: {entry['kind']}\n    agents:\n"
        for agent in agents:
            yield f"      - {_line(agent)}\n"


def _line(entry: dict[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=True)
