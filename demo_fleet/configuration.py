"""The configuration that watches a demo fleet, as YAML text.

Every entry is written as one line of JSON, which is YAML too: a large fleet's file is then quick to write, and quick
to compare.
"""

import json
from collections.abc import Iterable
from typing import Any

Section = Iterable[dict[str, Any]]

_HEAD = """\
# The demo fleet, watched. Written by `fleetdeck demo`; the fleet's addresses change with every start.
name: demo
every: 2s
timeout: 1500ms
keep_gone: 60s
"""


def configuration(discovery: Section, queues: Section, backlog: Section) -> str:
    """The text of a configuration with these entries."""
    sections = (("discovery", discovery), ("queues", queues), ("backlog", backlog))
    return _HEAD + "".join(line for name, entries in sections for line in _section(name, entries))


def _section(name: str, entries: Section) -> Iterable[str]:
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
