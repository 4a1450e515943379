"""YAML as a tree that knows its lines, safely.

The tree is built from libyaml's events, not by PyYAML's constructors: nothing is ever constructed but text, numbers,
booleans and nulls, aliases are shared and counted before they can blow up, duplicate keys are seen, and every node
keeps the line that it came from. Plain scalars are read by YAML 1.2's core schema, so `no`, `on`, `1:30` and
`2024-01-01` are text, as an operator means them.
"""

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml
from msgspec import Struct

from config.problems import Problems, child, item

DEPTH_LIMIT = 32
"""Levels of nesting, counted through aliases."""
NODE_LIMIT = 100_000
"""Values in a file, with every alias counted as often as it is used."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?[0-9][0-9_]{0,24}|0o[0-7]{1,24}|0x[0-9a-fA-F]{1,20}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,4})?")
_INFINITE = re.compile(r"([-+]?)\.(inf|nan)", re.I)


class Scalar(Struct, frozen=True, eq=False):
    """A scalar: its value by the core schema, its text as written, and whether that was plain (not quoted)."""

    line: int
    value: str | int | float | bool | None
    text: str
    plain: bool
    size: int = 1
    depth: int = 0


class Sequence(Struct, frozen=True, eq=False):
    """A list. `size` counts all values in it, `depth` the levels below it."""

    line: int
    items: tuple["Node", ...]
    size: int = 1
    depth: int = 1


class Mapping(Struct, frozen=True, eq=False):
    """A mapping from text to nodes, in the order of the file, merge keys resolved; `lines` are those of its keys."""

    line: int
    entries: dict[str, "Node"]
    lines: dict[str, int]
    size: int = 1
    depth: int = 1


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """`node` as Python's own values."""
    if isinstance(node, Mapping):
        return {name: plain(value) for name, value in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(value) for value in node.items]
    return node.value


def scalars(node: Node, name: str = "") -> Iterator[tuple[str, Scalar]]:
    """Every scalar under `node`, with the key that it stands under (that of the list, for the items of a list)."""
    if isinstance(node, Mapping):
        for key, value in node.entries.items():
            yield from scalars(value, key)
    elif isinstance(node, Sequence):
        for value in node.items:
            yield from scalars(value, name)
    else:
        yield name, node


def read_tree(text: str, problems: Problems, most: int = NODE_LIMIT) -> Node | None:
    """The tree of `text`, or None where it is empty or unreadable; what is wrong goes to `problems`. It has at most
    `most` values."""
    builder = _Builder(problems, most)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except _RefusedError:
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else None
        problems.add(line, "", _syntax(error, text, line))
        return None
    except yaml.YAMLError:
        bad = next(
            (match for match in re.finditer("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]", text)), None
        )
        line = None if bad is None else text.count("\n", 0, bad.start()) + 1
        problems.add(line, "", "a control character, which YAML does not allow")
        return None
    return builder.root


def _syntax(error: yaml.MarkedYAMLError, text: str, line: int | None) -> str:
    """What libyaml found, in words that help; never a piece of the file, which could be a secret."""
    lines = text.split("\n")
    source = lines[line - 1] if line is not None and line <= len(lines) else ""
    if "\t" in source[: len(source) - len(source.lstrip())]:
        return "a tab in the indentation; YAML wants blanks"
    problem = error.problem or error.context or "it cannot be read"
    hint = "; quote a text that holds a colon and a blank" if "mapping values are not allowed" in problem else ""
    return f"not valid YAML: {problem}{hint}"


class _RefusedError(Exception):
    """Reading stopped; the problem has been noted."""


class _Frame:
    """A list or mapping that is being read."""

    def __init__(self, event: Any, key: str) -> None:
        self.is_map = isinstance(event, yaml.MappingStartEvent)
        self.anchor: str | None = event.anchor
        self.line = event.start_mark.line + 1
        self.key = key
        self.items: list[Node] = []
        self.entries: dict[str, Node] = {}
        self.lines: dict[str, int] = {}
        self.merges: list[Node] = []
        self.name: Node | None = None
        self.size = 1
        self.depth = 0

    def next_key(self) -> str:
        """The dotted key of what comes next."""
        if not self.is_map:
            return item(self.key, len(self.items))
        if isinstance(self.name, Scalar):
            return child(self.key, self.name.text)
        return self.key


class _Builder:
    """Turns events into nodes, within the limits."""

    def __init__(self, problems: Problems, most: int) -> None:
        self.root: Node | None = None
        self._problems = problems
        self._most = most
        self._frames: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._count = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """One event. Raises _RefusedError where reading cannot go on."""
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse(event, "a second document begins; a file holds one document")

    def _refuse(self, event: Any, text: str) -> NoReturn:
        key = self._frames[-1].key if self._frames else ""
        self._problems.add(event.start_mark.line + 1, key, text)
        raise _RefusedError

    def _scalar(self, event: Any) -> Scalar:
        line, text, is_plain = event.start_mark.line + 1, event.value, event.style in (None, "")
        tag = event.tag
        if tag is not None and tag not in ("!", f"{_TAG}str"):
            self._refuse(event, "a tag; only plain text, numbers, true and false, lists and mappings are read")
        value = resolve(text) if is_plain and tag is None else text
        return Scalar(line, value, text, is_plain)

    def _alias(self, event: Any) -> None:
        if any(frame.anchor == event.anchor for frame in self._frames):
            self._refuse(event, "an alias to the very thing that it stands in")
        node = self._anchors.get(event.anchor)
        if node is None:
            self._refuse(event, "an alias without an anchor before it; quote a text that begins with *")
        self._charge(event.start_mark.line + 1, node.size, node.depth)
        self._put(node)

    def _open(self, event: Any) -> None:
        if event.tag not in (None, "!", f"{_TAG}map", f"{_TAG}seq"):
            self._refuse(event, "a tag; only plain text, numbers, true and false, lists and mappings are read")
        key = self._frames[-1].next_key() if self._frames else ""
        self._charge(event.start_mark.line + 1, 1, 1)
        self._frames.append(_Frame(event, key))

    def _charge(self, line: int, size: int, depth: int) -> None:
        """Count what comes in, before it is built."""
        self._count += size
        if self._count > self._most:
            self._problems.add(
                line, "", f"more than {self._most:,} values (aliases are counted as often as they are used)"
            )
            raise _RefusedError
        if len(self._frames) + depth > DEPTH_LIMIT:
            self._problems.add(line, "", f"nested deeper than {DEPTH_LIMIT} levels")
            raise _RefusedError

    def _close(self) -> None:
        frame = self._frames.pop()
        if not frame.is_map:
            node: Node = Sequence(frame.line, tuple(frame.items), frame.size, frame.depth + 1)
        else:
            self._merge(frame)
            node = Mapping(frame.line, frame.entries, frame.lines, frame.size, frame.depth + 1)
        if frame.anchor:
            self._anchors[frame.anchor] = node
        self._put(node)

    def _add(self, node: Scalar, anchor: str | None) -> None:
        self._charge(node.line, 1, 0)
        if anchor:
            self._anchors[anchor] = node
        self._put(node)

    def _put(self, node: Node) -> None:
        if not self._frames:
            self.root = node
            return
        frame = self._frames[-1]
        frame.size += node.size
        frame.depth = max(frame.depth, node.depth)
        if not frame.is_map:
            frame.items.append(node)
        elif frame.name is None:
            frame.name = node
        else:
            name, frame.name = frame.name, None
            self._entry(frame, name, node)

    def _entry(self, frame: _Frame, name: Node, value: Node) -> None:
        if not isinstance(name, Scalar):
            self._problems.add(name.line, frame.key, "a key must be text, not a list or mapping")
        elif name.plain and name.text == "<<":
            frame.merges.append(value)
        elif not isinstance(name.value, str):
            shown = child(frame.key, name.text)
            self._problems.add(name.line, shown, f"a key must be text; write it in quotes, {_quoted(name.text)}")
        elif name.text in frame.entries:
            first = frame.lines[name.text]
            self._problems.add(name.line, child(frame.key, name.text), f"given twice (lines {first} and {name.line})")
        else:
            frame.entries[name.text] = value
            frame.lines[name.text] = name.line

    def _merge(self, frame: _Frame) -> None:
        """Take over what `<<` names; what the mapping has itself, or an earlier one gave, stays."""
        for merged in frame.merges:
            sources = merged.items if isinstance(merged, Sequence) else (merged,)
            for source in sources:
                if not isinstance(source, Mapping):
                    self._problems.add(
                        source.line, child(frame.key, "<<"), "a merge key takes a mapping, or a list of them"
                    )
                    continue
                for name, value in source.entries.items():
                    if name not in frame.entries:
                        frame.entries[name] = value
                        frame.lines[name] = source.lines[name]


def _quoted(text: str) -> str:
    return f'"{text}"' if len(text) <= 32 else '"…"'


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar by YAML 1.2's core schema (and `_` between digits)."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text.replace("_", ""), base)
    if len(text) <= 40 and _FLOAT.fullmatch(text):
        return float(text)
    if found := _INFINITE.fullmatch(text):
        return float(f"{found[1]}{found[2]}")
    return text
