"""The configuration that watches a demo fleet, as YAML text.

Every entry is written as one line of JSON, which is YAML too: a large fleet's file is then quick to write, and quick
to compare.
"""

import json
from collections.abc import Iterable
from typing import Any

from demo_fleet.feeder import GROUP, Feeder
from demo_fleet.files import ALERTS_FILE, RULES_FILE, SLOS_FILE, TARGETS_FILE, TODO_FILE, TRACKER_FILE
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


_JUDGED = """\
# The rules of the demo have delays so short that a visitor sees alerts come and go. The default rules look at the same
# series with longer ones, and would say everything twice.
default_rules: false
rules: [{rules}]
slo_files: [{slos}]
"""

_GATEWAYS = 'fleetdeck_agent_health_probes_total{agent=~"mcp-gateway-.*"'
_OF_THE_FLEET = 'and on (agent) fleetdeck_agent_info{label_team!=""}'
"""Those agents that the demo made: the coordinator and the status file name a few more that have no health page."""


def configuration(
    discovery: Entries, queues: Entries, backlog: Entries, acts: dict[str, Entries], *, root: str, agents: int
) -> str:
    """The text of a configuration with these entries; `acts` are those of `templates` and `rollbacks`. `root` stands
    before every path; `agents` is how many there are when all are there."""
    judged = _JUDGED.format(rules=json.dumps(root + RULES_FILE), slos=json.dumps(root + SLOS_FILE))
    sections = (
        ("discovery", discovery),
        ("queues", queues),
        ("backlog", backlog),
        ("alerts", _alert_entries(root)),
        ("slos", _SLOS),
        *acts.items(),
    )
    lines = [line for name, entries in sections for line in _section(name, entries)]
    gates = [f"  {name}: {_line(gate)}\n" for name, gate in _gates(agents).items()]
    return "".join((_HEAD, judged, *lines, "gates:\n", *gates))


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


def _alert_entries(root: str) -> Entries:
    """What the demo's systems say of themselves; one of them lies."""
    return [{"kind": "alerts_json", "path": root + ALERTS_FILE, "stale_after": "1h", "every": "5s"}]


_SLOS: Entries = [
    {"name": "availability", "objective": "95%", "availability": True, "window": "1h", "per": "label:role"},
    {"name": "latency", "objective": "95%", "latency": "250ms", "window": "1h", "per": "label:team"},
    {"name": "freshness", "objective": "95%", "freshness": "20s", "window": "1h"},
    {
        "name": "tool-calls",
        "objective": "99%",
        "total": "mcp_tool_calls_total",
        "bad": 'mcp_tool_calls_total{result="error"}',
        "window": "1h",
        "description": "No agent of the demo counts its tool calls: no data is not green.",
    },
]
"""Objectives in the short form, over the shortest window that there is; the file of objectives holds one more."""


def _gates(agents: int) -> dict[str, dict[str, str]]:
    up = 'fleetdeck_agent_state{state="up"}'
    return {
        "mcp_server_uptime": {
            "expr": f'sum(increase({_GATEWAYS}, result="ok"}}[5m])) / sum(increase({_GATEWAYS}}}[5m]))',
            "claimed": 'avg(fleetdeck_agent_claimed_state{state="up", agent=~"mcp-gateway-.*"})',
            "target": ">99.9%",
        },
        "response_time_p95": {
            "expr": "histogram_quantile(0.95, sum by (le) (rate(agent_response_time_seconds_bucket[1m])))",
            "target": "<500ms",
        },
        "agent_health_checks": {
            "expr": f"sum({up} {_OF_THE_FLEET})",
            "of": f"count({up} {_OF_THE_FLEET})",
            "claimed": f'sum(fleetdeck_agent_claimed_state{{state="up"}} {_OF_THE_FLEET})',
            "target": f"{agents}/{agents} passing",
        },
        "task_failures": {
            "expr": "sum(rate(agent_tasks_failed_total[1m])) / sum(rate(agent_response_time_seconds_count[1m]))",
            "target": "<5%",
        },
        "batches_done": {
            "expr": f'fleetdeck_backlog_done_ratio{{backlog="{PROGRESS_FILE}"}}',
            "claimed": f'fleetdeck_backlog_claimed_ratio{{backlog="{PROGRESS_FILE}"}}',
            "target": ">=45%",
        },
    }


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
