"""No regular expression of the project can go back and forth over a hostile text for ever.

Python's `re` tries every way in which a repetition within a repetition can share a text out. So an unbounded
repetition holds no other one, unless it is possessive (`++`, `*+`), or what stands between the two makes the ways one.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["fleet", "config", "transport", "agents_registry", "collectors", "demo_fleet", "tui", "cli"]

MANY = 64
"""From how many times on a repetition counts as unbounded."""

REVIEWED = {
    r"(?:\d+(?:\.\d+)?(?:ms|[smhdwy]))+": "each number ends with a unit, so that there is one way to part them",
}
"""Patterns with a repetition in a repetition all the same, and why there is only one way to match them."""


def nested(pattern: str | bytes, flags: int = 0) -> bool:
    """Whether an unbounded repetition holds a variable one of more than a few times."""
    return _nested(parser.parse(pattern, flags), within=False)


def _nested(tree: Any, *, within: bool) -> bool:
    for op, value in tree:
        if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
            least, most, inner = value
            wide = most >= MANY
            if within and wide and least != most:
                return True
            if _nested(inner, within=within or wide):
                return True
        elif op in (ops.POSSESSIVE_REPEAT, ops.ATOMIC_GROUP):
            # What has matched is never parted anew; within, the rule begins afresh.
            inner = value[2] if op is ops.POSSESSIVE_REPEAT else value
            if _nested(inner, within=False):
                return True
        elif any(_nested(inner, within=within) for inner in _children(op, value)):
            return True
    return False


def _children(op: Any, value: Any) -> Iterator[Any]:
    if op is ops.SUBPATTERN:
        yield value[-1]
    elif op is ops.BRANCH:
        yield from value[1]
    elif op in (ops.ASSERT, ops.ASSERT_NOT):
        yield value[1]
    elif op is ops.GROUPREF_EXISTS:
        yield from (part for part in value[1:] if part is not None)


def compiled() -> Iterator[tuple[str, str | bytes, int]]:
    """Every pattern that stands in a module of ours."""
    for package in PACKAGES:
        module = importlib.import_module(package)
        names = [package, *(found.name for found in pkgutil.walk_packages(module.__path__, f"{package}."))]
        for name in names:
            if name.endswith("__main__"):
                continue
            for key, value in vars(importlib.import_module(name)).items():
                if isinstance(value, re.Pattern):
                    yield f"{name}.{key}", value.pattern, value.flags & ~re.DEBUG


def written() -> Iterator[tuple[str, str | bytes, int]]:
    """Every pattern that is written in a call of `re` within a function."""
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str | bytes)
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0].value, 0


def test_no_pattern_can_go_back_for_ever() -> None:
    every = [*compiled(), *written()]
    assert len(every) > 60
    wrong = [(where, pattern) for where, pattern, flags in every if nested(pattern, flags) and pattern not in REVIEWED]
    assert not wrong


def test_each_reviewed_pattern_is_still_there() -> None:
    there = {pattern for _, pattern, _ in [*compiled(), *written()]}
    assert REVIEWED.keys() <= there


@pytest.mark.parametrize(
    "pattern", [r"(a+)+b", r"(?:a|b*)*c", r"(\w+\s?)*$", r"((?:ab)*)*", r"(a{1,100})+", r"(?=(a+)+)"]
)
def test_a_planted_pattern_is_found(pattern: str) -> None:
    assert nested(pattern)


@pytest.mark.parametrize("pattern", [r"a+b+c*", r"(?:a++)+b", r'"(?:[^"\\]|\\.)*+"', r"(?:\d{1,3},)+", r"(?>a+)+"])
def test_a_harmless_pattern_is_let_pass(pattern: str) -> None:
    assert not nested(pattern)
