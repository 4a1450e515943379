"""Processes of this user that look like agents, for an entry of the kind `processes`."""

import re
from collections.abc import Iterable
from typing import Any

from cli.survey.finds import FoundEntry, Trial

_LOOKS_LIKE = r"(?i)(\b|_)(agents?|mcp|planner|orchestrator|crew|swarm|celery|dramatiq|rq|vllm|ollama|llama)(\b|[_-])"
"""Words in command lines of agents, their workers and their model servers."""
_NOT = re.compile(
    r"((ssh|gpg|polkit|lxpolkit|dbus|notification|pulse|telemetry|amazon-ssm|google-osconfig).*"
    r"|python[\d.]*|node|java|pypy[\d.]*|(ba|da|z|k|fi)?sh|sudo|env|timeout|nohup|tail|less|grep|vi|vim|nvim|emacs|nano|git|ssh"
    r"|tmux.*|screen|docker.*|pytest|make|process)",
    re.IGNORECASE,
)
"""Agents of another sort, and programs that have such a word among their arguments only."""
_MOST = 30


async def entry_of(trial: Trial, taken: Iterable[str]) -> FoundEntry | None:
    """An entry that finds just those that run now and are not `taken` already; None where there are none."""
    found = await trial.read("discovery", {"kind": "processes", "match": _LOOKS_LIKE})
    if found is None:
        return None
    known = set(taken)
    names = {re.sub(r"-\d+$", "", sighting.name) for sighting in found.sightings}
    wanted = sorted(name for name in names if name not in known and not _NOT.fullmatch(name))[:_MOST]
    if not wanted:
        return None
    either = "|".join(re.escape(name) for name in wanted)
    keys: dict[str, Any] = {"kind": "processes", "match": rf"(^|[/ ])({either})(\.\w+)?( |$)"}
    if await trial.read("discovery", keys) is None:
        return None
    return FoundEntry(section="discovery", keys=keys, why="run now: " + ", ".join(wanted))
