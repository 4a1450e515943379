"""The rest of a JSON health body: its items as flat facts, the parts that it calls bad, its reasons in words."""

import math
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from sys import intern
from typing import Any

from fleet.model import Fact
from fleet.text import scrub
from fleet.vocabulary import AgentState, agent_state

FACTS = 100
DEPTH = 6
_COUNTED = 5_000
"""Fields beyond the limit that are still counted."""

_OWN_PARTS = ("components", "checks")
_OTHERS = ("dependencies", "services")
_ERRORS = ("error", "error_message")
_STATE_KEYS = ("status", "state", "overall_status")
_FLAG_KEYS = ("available", "ok", "healthy", "up", "connected", "ready")
_PARTS = 20
_WORDS = 200
_HIDDEN = re.compile(r"passw|secret|token$|api_?key|authorization|credential|private_?key", re.IGNORECASE)


def facts_of(value: Any) -> tuple[Fact, ...]:
    """`value` flattened: `dependencies.ollama.available` = `false`. At most `FACTS`, `DEPTH` levels deep, scrubbed.

    What is named like a password or key is shown as `***`. A last fact counts those that are left out.
    """
    if not isinstance(value, dict | list):
        return ()
    facts: list[Fact] = []
    leaves = _leaves("", value, DEPTH)
    for path, leaf in islice(leaves, FACTS):
        hidden = _HIDDEN.search(path.rpartition(".")[2])
        facts.append(Fact(intern(scrub(path, 128)), "***" if hidden else scrub(_text(leaf), 256)))
    more = sum(1 for _ in islice(leaves, _COUNTED))
    if more:
        facts.append(Fact("…", f"{more:,}{' or more' if more == _COUNTED else ''} fields are left out"))
    return tuple(facts)


def _leaves(path: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth == 0 or not isinstance(value, dict | list) or not value:
        yield path, value
        return
    items: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield from _leaves(f"{path}.{key}" if path else str(key), inner, depth - 1)


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, dict | list):
        return f"({len(value)} items)" if value else "(empty)"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}"
    return str(value)[: 4 * FACTS] if isinstance(value, str) else _number(value)


def _number(value: Any) -> str:
    """Numbers of hundreds of digits are cut by their size, as their text alone would cost too much."""
    return str(value) if not isinstance(value, int) or value.bit_length() < 256 else "(a huge number)"


def bad_parts(value: dict[str, Any]) -> tuple[list[str], bool]:
    """What the body itself calls bad, in words, and whether that is trouble of its own.

    Errors, issues and components are its own. A dependency that is missing is told but is no trouble by itself:
    whether the agent can do without it is for the agent to say.
    """
    issues = [scrub(text, _WORDS) for text in _issues(value.get("issues"))]
    errors = list(find_words(value, _ERRORS))
    own = [part for key in _OWN_PARTS for part in _parts(value.get(key))]
    others = [part for key in _OTHERS for part in _parts(value.get(key))]
    return (errors + issues + own + others)[:_PARTS], bool(errors or issues or own)


def _issues(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items[:_PARTS] if isinstance(item, str) and item.strip()]


def _parts(value: Any) -> Iterator[str]:
    """`db: DOWN (no connection)` for each bad item of an object of parts, each a word, a flag, an object, or a list."""
    for name, part in value.items() if isinstance(value, dict) else ():
        for item in part[:_PARTS] if isinstance(part, list) else [part]:
            verdict = _verdict(item)
            if verdict is not None:
                yield scrub(f"{name}: {verdict}", _WORDS)


def _verdict(item: Any) -> str | None:
    """The bad word of a part, with its reason; None for a part that is well or says nothing."""
    if isinstance(item, bool):
        return None if item else "false"
    if isinstance(item, str):
        return item if agent_state(item) in (AgentState.DOWN, AgentState.DEGRADED) else None
    if not isinstance(item, dict):
        return None
    words = [item[key] for key in _STATE_KEYS if isinstance(item.get(key), str | bool)]
    bad = [str(word) for word in words if agent_state(word) in (AgentState.DOWN, AgentState.DEGRADED)]
    bad += [f"not {key}" for key in _FLAG_KEYS if item.get(key) is False]
    reason = next(find_words(item, ("output", "error", "message")), "")
    return (f"{bad[0]} ({reason})" if reason else bad[0]) if bad else None


def find_words(value: dict[str, Any], keys: Iterable[str]) -> Iterator[str]:
    """The texts that stand under `keys`, scrubbed."""
    for key in keys:
        text = value.get(key)
        if isinstance(text, str) and text.strip():
            yield scrub(text.strip(), _WORDS)
