"""YAML from outside as plain maps, lists and texts: no tags, no objects, bounded depth and size.

It is built from the parser's events and not by a loader, so that every scalar keeps the text that was written
(`1.10`, `yes`), a doubled key is an error as the Prometheus documents want it, and neither nesting nor a chain of
aliases that doubles at every step can take more memory or time than the limits allow.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from fleet.errors import ParseError

_DEPTH = 16
_NODES = 400_000
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "<<"

Node = dict[str, Any] | list[Any] | str | None


def load_yaml(content: bytes, *, depth: int = _DEPTH, nodes: int = _NODES) -> Node:
    """The first document in `content`; None where there is none. Scalars are texts, an empty or null one is None.

    Raises ParseError: bad YAML (with the line), nested deeper than `depth`, more than `nodes` with aliases expanded.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError("bytes that are no UTF-8", error.start) from error
    try:
        return _Builder(yaml.parse(text, Loader=_loader()), depth, nodes).document()
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ParseError(f"bad YAML{line}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ParseError(f"bad YAML: {error}") from error


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Builder:
    """Makes values of a stream of events, counting what they would be with every alias written out."""

    def __init__(self, events: Iterator[Any], depth: int, nodes: int) -> None:
        self._events = events
        self._depth = depth
        self._left = nodes
        self._anchors: dict[str, tuple[Node, int]] = {}

    def document(self) -> Node:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                return self._node(next(self._events), 0)[0]
        return None

    def _node(self, event: Any, depth: int) -> tuple[Node, int]:
        """The node that begins with `event`, and how many nodes it is."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        self._spend(1, event)
        if depth > self._depth:
            raise ParseError(f"nested too deep in line {_line(event)}")
        node: Node
        size = 1
        if isinstance(event, yaml.ScalarEvent):
            null = event.implicit[0] and event.value in _NULLS and not event.style
            node = None if null else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            node, size = self._sequence(depth)
        else:
            node, size = self._mapping(depth)
        if event.anchor:
            self._anchors[event.anchor] = (node, size)
        return node, size

    def _alias(self, event: Any) -> tuple[Node, int]:
        if event.anchor not in self._anchors:
            raise ParseError(f"the alias *{event.anchor} in line {_line(event)} stands for nothing before it")
        node, size = self._anchors[event.anchor]
        self._spend(size, event)
        return node, size

    def _spend(self, size: int, event: Any) -> None:
        self._left -= size
        if self._left < 0:
            raise ParseError(f"too many values in line {_line(event)}, aliases counted")

    def _sequence(self, depth: int) -> tuple[list[Any], int]:
        items: list[Any] = []
        total = 1
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            item, size = self._node(event, depth + 1)
            items.append(item)
            total += size
        return items, total

    def _mapping(self, depth: int) -> tuple[dict[str, Any], int]:
        members: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        total = 1
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, _ = self._node(event, depth + 1)
            value, size = self._node(next(self._events), depth + 1)
            total += size + 1
            if not isinstance(key, str):
                raise ParseError(f"a key that is no text in line {_line(event)}")
            if key == _MERGE:
                merged |= _merge(value, event)
            elif key in members:
                raise ParseError(f"the key {key!r} stands twice, again in line {_line(event)}")
            else:
                members[key] = value
        return merged | members, total


def _merge(value: Node, event: Any) -> dict[str, Any]:
    """What `<<: *map` or `<<: [*map, *map]` brings in; the first of several counts."""
    merged: dict[str, Any] = {}
    for one in reversed(value) if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            raise ParseError(f"<< in line {_line(event)} merges something that is no map")
        merged |= one
    return merged


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
