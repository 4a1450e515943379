"""What can be done to a demo fleet: its templates of tasks and its rollbacks, as entries of the configuration."""

import math
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from demo_fleet.feeder import GROUP, Feeder
from demo_fleet.files import CHUNK_SCHEMA_FILE
from demo_fleet.ledger import ALLOWED
from demo_fleet.trees import CURRENT, NOTE, PROMPTS, RELEASES

Entries = list[dict[str, Any]]

_SHARES = (0.1, 0.5, 1.0)
_HOLD, _WITHIN = "4s", "60s"
_LOOK_BACK = "10s"
_OF_ALL = {"agents": "name~-[0-9]+$"}
"""The demo's own agents: those that only a file names have no number."""


class Places(Struct, frozen=True, kw_only=True):
    """Where it all is: base addresses, `root` before every path, and what could not be had as None."""

    root: str
    coordinator: str
    services: str
    orchestrator: str
    redis: str | None = None
    feeder: Feeder | None = None
    git: bool = False


def template_entries(places: Places) -> Entries:
    """The entries of `templates`."""
    command = _field("command", "choice", help="One of those that the coordinator allows.", choices=list(ALLOWED))
    entries: Entries = [
        {
            "kind": "coordinator", "name": "run", "url": places.coordinator, "command": "{command}",
            "project": "{project}", "help": "A command for an agent, carried out by a controller.", **_OF_ALL,
            "queue": urlsplit(places.coordinator).netloc,
            "fields": [command | {"default": "status", "required": True}, _field("project", help="prod or staging")],
        },
        _ingest(places),
        _board(places),
        {
            "kind": "command", "name": "say", "argv": ["/bin/echo", "{message}"],
            "help": "A harmless program of this machine: it prints what it is given.",
            "fields": [_field("message", required=True, pattern="[^-].*", longest=200)],
        },
    ]  # fmt: skip
    return entries + _redis_templates(places)


def _ingest(places: Places) -> dict[str, Any]:
    url = places.orchestrator.replace("//127.0.0.1:", "//localhost:")
    template = {
        "kind": "orchestrator", "name": "ingest", "url": url, "text": "{text}", "source_uri": "{source}",
        "source_type": "note", "help": "A document for the knowledge base. The word `fail` in it makes it fail.",
        "fields": [_text("The document."), _field("source", default="https://docs.example.org/note")],
    }  # fmt: skip
    if places.redis is not None and places.feeder is not None and places.feeder.hashes == "job:*":
        template["redis"] = places.redis
    return template


def _board(places: Places) -> dict[str, Any]:
    priority = _field("priority", "integer", default=5, minimum=1, maximum=9)
    return {
        "kind": "http", "name": "task", "url": f"{places.services}/tasks",
        "body": {"text": "{text}", "priority": "{priority}"},
        "error": "error", "id": "id", "repeatable": True,
        "follow": {"url": f"{places.services}/tasks/{{id}}", "output": "output"},
        "cancel": {"url": f"{places.services}/tasks/{{id}}"},
        "help": "A task for the board, which refuses what has the word `forbidden`.",
        "fields": [_text("What is to be done."), priority],
    }  # fmt: skip


def _redis_templates(places: Places) -> Entries:
    feeder = places.feeder
    if places.redis is None or feeder is None:
        return []
    stream = {
        "kind": "redis_stream", "name": "chunk", "url": places.redis, "stream": feeder.stream, "group": GROUP,
        "key_field": "job_id", "job": feeder.hashes.replace("*", "{key}"), "gone_is_done": True, "queue": feeder.stream,
        "schema": places.root + CHUNK_SCHEMA_FILE,
        "help": "A chunk for the ingestion workers, put into their stream. The word `fail` in it makes it fail.",
    }  # fmt: skip
    jobs = {
        "kind": "redis_list", "name": "embed", "url": places.redis, "key": feeder.list,
        "processing": feeder.processing, "dead_letter": feeder.dead, "gone_is_done": True,
        "item": {"type": "embed", "text": "{text}", "fail": "{fail}", "created_at": "{now}"},
        "fields": [_text("What is to be embedded."), _field("fail", "boolean", default=False)],
        "help": "A job for the workers of the list.", "queue": feeder.list,
    }  # fmt: skip
    return [stream, jobs]


def rollback_entries(places: Places, instances: dict[str, int]) -> Entries:
    """The entries of `rollbacks`; `instances` says how many each service has."""
    entries: Entries = [
        {
            "kind": "demo", "name": name, "url": places.services, "service": name, "agents": f"name~^{name}-[0-9]+$",
            "help": f"The revision that the agents of {name} run.", "slo": "task-success", "gate": "task_failures",
            "stages": [_stage(name, share, count) for share in _SHARES],
        }
        for name, count in instances.items()
    ]  # fmt: skip
    entries.append(
        {
            "kind": "symlink", "name": "status-page", "link": places.root + CURRENT, "note": NOTE,
            "releases": places.root + RELEASES, "help": "A page behind a link to one of its releases.",
        }
    )  # fmt: skip
    if places.git:
        entries.append(
            {
                "kind": "git", "name": "prompts", "tree": places.root + PROMPTS, "tags": "v*",
                "help": "The prompts of the planners, in a git tree with a tag for each release.",
            }
        )  # fmt: skip
    return entries


def _stage(service: str, share: float, count: int) -> dict[str, Any]:
    """After a stage no more instances may fail most of their tasks than there are that were not rolled yet."""
    left = count - max(1, math.ceil(share * count - 1e-9))
    of = f'{{agent=~"{service}-[0-9]+"}}[{_LOOK_BACK}]'
    expr = f"sum(rate(agent_tasks_failed_total{of}) / rate(agent_response_time_seconds_count{of}) > bool 0.5)"
    return {"share": share, "expr": expr, "target": f"<={left}", "hold": _HOLD, "within": _WITHIN}


def _text(help: str) -> dict[str, Any]:
    return _field("text", required=True, longest=30_000, lines=True, help=help)


def _field(name: str, type: str = "text", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type, **more}
