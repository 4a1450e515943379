"""Targets that fleets have written down already: in JSON and YAML settings, on metrics pages, in plans.

Nobody writes them alike, so names are told by their words: uptime or availability in percent, a response time or
latency in milliseconds or seconds, an error or failure rate in percent. What holds for one tool stands under its name.
"""

import json
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from config.problems import Problems
from config.yaml_tree import Mapping, Node, Scalar, Sequence, read_tree

MOST = 2_000
"""Targets of one file."""
_NODES = 500_000
_VALUE = re.compile(r"\s*([<>]?=?)\s*([0-9]+(?:\.[0-9]+)?)\s*(%|ms|s|sec|seconds|min)?\s*")
_PLAN = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9_ ().-]{2,60}?)[\"'`*]*\s*[:=|]\s*[\"'`*]*\s*(?P<value>[<>]=?\s*[0-9.]+\s*(?:%|ms|s)?)"
)
_PAGE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*slo[a-zA-Z0-9_:]*)\{(?P<labels>[^}]*)\}\s+(?P<value>[0-9.eE+-]+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\]*)"')
_WHO = ("agent_name", "agent", "tool", "service", "instance")
_UP = re.compile(r"uptime|availability|success_?rate", re.I)
_LATE = re.compile(r"response_?time|latency|response_?ms|\bp(?:50|90|95|99)\b|_p(?:50|90|95|99)\b", re.I)
_FAIL = re.compile(r"(?:error|failure)s?_?(?:rate|percent|ratio)?", re.I)
_OTHER = re.compile(r"memory|cpu|disk|health_?score|mttr|network", re.I)
_SHARE = re.compile(r"p(50|90|95|99)", re.I)
_PROSE = re.compile(r"[ .()-]+")


class TargetKind(StrEnum):
    """What a target is about."""

    UPTIME = "uptime"
    LATENCY = "latency"
    ERRORS = "errors"
    OTHER = "other"


class Target(Struct, frozen=True, kw_only=True):
    """One target. `value` is a ratio of good ones, or seconds of a latency; `share` how many must keep that, None where
    nothing says. `who` is the tool or agent, "" for all."""

    kind: TargetKind
    who: str
    name: str
    value: float
    share: float | None
    place: str
    text: str


def targets_of(text: str, file: str, problems: Problems) -> list[Target]:
    """The targets in a file; what cannot be read goes to `problems`."""
    if file.endswith((".md", ".markdown")):
        found = _of_plan(text, file)
    elif file.endswith((".json", ".yaml", ".yml")):
        tree = _tree(text, problems)
        found = iter(()) if tree is None else _of_tree(tree, file, ())
    else:
        found = _of_page(text, file)
    kept: list[Target] = []
    for target in found:
        if len(kept) == MOST:
            problems.add(None, "", f"more than {MOST:,} targets; the rest is left out")
            break
        kept.append(target)
    return kept


def _tree(text: str, problems: Problems) -> Node | None:
    """The tree of YAML or JSON. JSON may hold what YAML refuses (tabs), and these files hold some keys twice."""
    quiet = Problems()
    tree = read_tree(text, quiet, _NODES)
    if tree is not None:
        return tree
    try:
        return _node(json.loads(text))
    except (ValueError, RecursionError) as error:
        if text.lstrip()[:1] not in ("{", "["):
            for one in quiet.found:
                problems.add(one.line, "", one.text)
            return None
        line = getattr(error, "lineno", None)
        problems.add(line, "", f"neither YAML nor JSON: {getattr(error, 'msg', 'nested too deep')}")
        return None


def _node(value: Any) -> Node:
    """JSON as a tree whose lines are not known."""
    if isinstance(value, dict):
        return Mapping(0, {name: _node(one) for name, one in value.items()}, dict.fromkeys(value, 0))
    if isinstance(value, list):
        return Sequence(0, tuple(_node(one) for one in value))
    return Scalar(0, value, "" if value is None else str(value), not isinstance(value, str))


def _of_tree(tree: Node, file: str, path: tuple[str, ...]) -> Iterator[Target]:
    if isinstance(tree, Sequence):
        for one in tree.items:
            yield from _of_tree(one, file, path)
    elif isinstance(tree, Mapping):
        for name, one in tree.entries.items():
            if not isinstance(one, Scalar):
                yield from _of_tree(one, file, (*path, name))
                continue
            who = path[-1] if len(path) > 1 and not _is_target_word(path[-1]) else ""
            place = f"{file}:{one.line}" if one.line else file
            full = name if _is_target_word(name) or not path else f"{path[-1]}_{name}"
            target = _target(full, one.text, "" if who == "default" else who, place)
            if target is not None:
                yield target


def _is_target_word(name: str) -> bool:
    return bool(_UP.search(name) or _LATE.search(name) or _FAIL.search(name))


def _of_page(text: str, file: str) -> Iterator[Target]:
    for number, line in enumerate(text.splitlines(), 1):
        found = None if line.startswith("#") else _PAGE.match(line)
        if found is None:
            continue
        labels = dict(_LABEL.findall(found["labels"]))
        who = next((labels[name] for name in _WHO if name in labels), "")
        target = _target(found["name"], found["value"], who, f"{file}:{number}")
        if target is not None:
            yield target


def _of_plan(text: str, file: str) -> Iterator[Target]:
    for number, line in enumerate(text.splitlines(), 1):
        for found in _PLAN.finditer(line[:500]):
            name = _PROSE.sub("_", found["name"].strip()).strip("_").lower()
            target = _target(name, found["value"], "", f"{file}:{number}")
            if target is not None:
                yield target


def _target(name: str, text: str, who: str, place: str) -> Target | None:
    """What a name and a value say together; None where that is no target."""
    found = _VALUE.fullmatch(text)
    if found is None:
        return None
    sign, number, unit = found[1], float(found[2]), found[3] or ""
    share = _SHARE.search(name)
    kind, value = _kind(name, sign, number, unit)
    if kind is None:
        return None
    return Target(
        kind=kind,
        who=who,
        name=name,
        value=value,
        share=int(share[1]) / 100 if share else None,
        place=place,
        text=f"{name}: {text.strip()}",
    )


def _kind(name: str, sign: str, number: float, unit: str) -> tuple[TargetKind | None, float]:
    """What it is about, and its value; None where it is no target."""
    if _UP.search(name) and unit in ("", "%") and sign in ("", ">", ">="):
        ratio = number / 100 if number > 1 or unit else number
        return (TargetKind.UPTIME, ratio) if 0.5 <= ratio < 1 else (None, 0.0)
    if _LATE.search(name) and "network" not in name and unit != "%" and sign in ("", "<", "<="):
        seconds = number * {"min": 60.0, "ms": 0.001}.get(unit or _unit(name), 1.0)
        return (TargetKind.LATENCY, seconds) if 0 < seconds < 3600 else (None, 0.0)
    if _FAIL.search(name) and unit in ("", "%") and sign in ("", "<", "<="):
        ratio = number if not unit and number < 1 and "percent" not in name else number / 100
        return (TargetKind.ERRORS, 1 - ratio) if 0 < ratio < 0.5 else (None, 0.0)
    return (TargetKind.OTHER, number) if _OTHER.search(name) else (None, 0.0)


def _unit(name: str) -> str:
    """The unit that a name ends in; these fleets mean milliseconds where they say nothing."""
    return "s" if re.search(r"_(?:s|sec|seconds)$", name) else "ms"


def grouped(targets: Iterable[Target]) -> dict[tuple[TargetKind, float, float | None], list[Target]]:
    """Targets that promise the same, together: 232 agents with one constant are one objective."""
    found: dict[tuple[TargetKind, float, float | None], list[Target]] = {}
    for target in targets:
        found.setdefault((target.kind, round(target.value, 9), target.share), []).append(target)
    return found
