"""The entries of `discovery`, `queues`, `backlog`, `alerts`, `templates` and `rollbacks`: each has a `kind`, which
decides what else it may have."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from config.action_options import ACT_SECTIONS, ActEntry, RollbackOptions, TemplateOptions
from config.check import Checker, kind_word
from config.kinds import Kind, KindTables
from config.problems import Problems, child, item, nearest
from config.schema import SECTIONS, Entry, EntryOptions, RootOptions
from config.values import Seconds
from config.yaml_tree import Mapping, Node, Scalar, Sequence
from fleet.model import ProbeKind
from fleet.text import scrub

FAMILIES = {
    "discovery": ProbeKind.DISCOVERY,
    "queues": ProbeKind.QUEUE,
    "backlog": ProbeKind.BACKLOG,
    "alerts": ProbeKind.ALERTS,
}
"""The family of probes that the entries of a section belong to."""

HEADS: dict[str, type[Struct]] = {"templates": TemplateOptions, "rollbacks": RollbackOptions}
"""Keys that any entry of a section may have; those of `EntryOptions` where it is not named."""

HEAD = tuple(field.encode_name for field in msgspec.structs.fields(EntryOptions))
"""Keys that any entry of what is looked at may have."""

ALL_SECTIONS = (*SECTIONS, *ACT_SECTIONS)

_TELLING = ("stream", "key", "path", "files", "folder", "match", "url")
"""Options that an entry may be named after, the most telling first."""


class _Checked(Struct, frozen=True):
    """An entry that was found right; of one that was not, `head` or `options` is None, or both."""

    kind: Kind[Any]
    head: Any
    options: Any
    line: int
    key: str
    node: Mapping


class Entries:
    """Checks the entries of a file and makes them."""

    def __init__(self, checker: Checker, problems: Problems, kinds: KindTables, file: str) -> None:
        self._checker = checker
        self._problems = problems
        self._kinds = kinds
        self._file = file
        self._checked: dict[str, list[_Checked]] = {section: [] for section in ALL_SECTIONS}
        self._partly: dict[str, list[_Checked]] = {section: [] for section in ACT_SECTIONS}
        """Those that are not right, of which as much is looked at as is."""
        self._wrong: set[str] = set()
        """Sections in which something is not as it must be."""

    def check(self, section: str, node: Node | None) -> None:
        """Check the list of a section (None or an empty value: there is none)."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return
        if not isinstance(node, Sequence):
            self._problems.add(node.line, section, f"a list of entries is wanted, not {kind_word(node)}")
            self._wrong.add(section)
            return
        for index, entry in enumerate(node.items):
            self._entry(section, entry, item(section, index))
        if len(self._checked[section]) < len(node.items):
            self._wrong.add(section)
        self._names(section)

    def made(self, section: str, options: RootOptions) -> tuple[Entry, ...]:
        """The entries of a section, named, with their intervals."""
        checked, names = self._checked[section], self._all_names(section)
        named = [one.head.name or name for one, name in zip(checked, self._labels(section), strict=True)]
        ids = _unique(
            [None] * len(checked),
            [_id(one.kind.name, name) for one, name in zip(checked, named, strict=True)],
        )
        return tuple(
            Entry(
                kind=one.kind,
                name=name,
                id=id_,
                options=_named(one.options, name),
                every_s=float(interval(section, one.head, one.kind, options)[0]),
                timeout_s=float(time_out(section, one.head, options)[0]),
                where=f"{self._file}:{one.line}: {one.key}",
            )
            for one, name, id_ in zip(checked, names, ids, strict=True)
        )

    def _labels(self, section: str) -> list[str]:
        return labels([one.options for one in self._checked[section]])

    def _all_names(self, section: str) -> list[str]:
        """What the entries of a section are called, each by a name of its own."""
        checked = self._checked[section]
        return _unique(
            [one.head.name for one in checked],
            [name or one.kind.name for one, name in zip(checked, self._labels(section), strict=True)],
        )

    def acts(self, section: str) -> tuple[ActEntry, ...]:
        """The entries of `templates` or `rollbacks`."""
        return tuple(
            ActEntry(
                kind=one.kind,
                name=scrub(one.head.name),
                head=one.head,
                options=one.options,
                where=f"{self._file}:{one.line}: {one.key}",
                lines=one.node.lines,
            )
            for one in self._checked[section]
        )

    def check_acts(self, options: RootOptions | None, root: Path) -> None:
        """Note what is wrong with templates and rollbacks beyond their types, also beside mistakes in those; `options`
        are None where there are such at the top level."""
        templates, rollbacks = ((*self._checked[one], *self._partly[one]) for one in ACT_SECTIONS)
        if not templates and not rollbacks:
            return
        # Few configurations act, and none of this is needed before the first frame of the others.
        from config.act_checks import names_in, queue_mistakes, rollback_mistakes, template_mistakes

        names = names_in(options, root)
        # Where an entry of `queues` is wrong itself, or the key may be misspelt, its name is not known.
        queues = self._all_names("queues") if options is not None and "queues" not in self._wrong else None
        for one in templates:
            self._note(one, template_mistakes(one.head, one.options, one.kind, root))
            self._note(one, queue_mistakes(one.head, queues))
        for one in rollbacks:
            self._note(one, rollback_mistakes(one.head, one.options, one.kind, names))

    def _note(self, one: _Checked, mistakes: Iterable[tuple[str, str]]) -> None:
        for key, text in mistakes:
            self._problems.add(line_of(one.node, key), f"{one.key}.{key}" if key else one.key, text)

    def _entry(self, section: str, node: Node, key: str) -> None:
        if not isinstance(node, Mapping):
            self._problems.add(node.line, key, f"a mapping such as {{kind: …}} is wanted, not {kind_word(node)}")
            return
        kind = self._kind(section, node, key)
        if kind is None:
            return
        own = {field.encode_name for field in msgspec.structs.fields(kind.options)}
        wanted = HEADS.get(section, EntryOptions)
        shared = tuple(field.encode_name for field in msgspec.structs.fields(wanted))
        head = Mapping(node.line, {n: v for n, v in node.entries.items() if n in shared}, node.lines)
        rest = Mapping(node.line, {n: v for n, v in node.entries.items() if n in own or n not in shared}, node.lines)
        common = self._checker.struct(head, wanted, key)
        options = self._checker.struct(rest, kind.options, key, also=shared)
        found = _Checked(kind, common, options, node.line, key, node)
        if common is not None and options is not None:
            self._checked[section].append(found)
        elif section in ACT_SECTIONS:
            self._partly[section].append(found)

    def _kind(self, section: str, node: Mapping, key: str) -> Kind[Any] | None:
        table = self._kinds.section(section)
        known = ", ".join(table)
        word = node.entries.get("kind")
        if word is None:
            self._problems.add(node.line, child(key, "kind"), f"is missing (known: {known})")
            return None
        if not isinstance(word, Scalar) or not isinstance(word.value, str):
            self._problems.add(word.line, child(key, "kind"), f"text is wanted, not {kind_word(word)} (known: {known})")
            return None
        if word.value not in table:
            text = f"unknown kind {scrub(word.value, 48)!r}{self._elsewhere(word.value) or nearest(word.value, table)}"
            self._problems.add(word.line, child(key, "kind"), text)
        return table.get(word.value)

    def _elsewhere(self, kind: str) -> str:
        places = [section for section in ALL_SECTIONS if kind in self._kinds.section(section)]
        return f"; it belongs under {' or '.join(places)}" if places else ""

    def _names(self, section: str) -> None:
        """A name that was given must be the only one."""
        taken: dict[str, _Checked] = {}
        for one in self._checked[section]:
            name = one.head.name
            if name is None:
                continue
            if name in taken:
                first = taken[name]
                text = f"the name is taken by {first.key} (line {first.line})"
                self._problems.add(one.line, child(one.key, "name"), text)
            taken.setdefault(name, one)


def line_of(node: Node, key: str) -> int:
    """The line of a key such as `stages[1].gate` within `node`; the nearest there is."""
    line = node.line
    for word in re.findall(r"[^.\[\]]+", key):
        if isinstance(node, Mapping) and word in node.entries:
            line, node = node.lines[word], node.entries[word]
        elif isinstance(node, Sequence) and word.isdecimal() and int(word) < len(node.items):
            node = node.items[int(word)]
            line = node.line
        else:
            break
    return line


def labels(entries: list[Struct]) -> list[str]:
    """What entries are called after where they have no name; a path in short where that tells it from the others."""
    short = [
        label(options).rpartition("/")[2] if getattr(options, "path", None) else label(options) for options in entries
    ]
    return [name if short.count(name) == 1 else label(options) for name, options in zip(short, entries, strict=True)]


def label(options: Struct) -> str:
    """What an entry is called after: its stream, key, path, pattern or address; else ``."""
    for field in _TELLING:
        value = getattr(options, field, None)
        if isinstance(value, str) and value:
            text = value.partition("://")[2].rstrip("/") or value if field == "url" else value
            # A pattern is a text of a type of its own, which a name must not be: no encoder knows it.
            return scrub(str(text), 80)
        if isinstance(value, list | tuple) and value:
            more = f" +{len(value) - 1}" if len(value) > 1 else ""
            return scrub(str(value[0]), 72) + more
    return ""


def interval(section: str, head: EntryOptions, kind: Kind[Any], options: RootOptions) -> tuple[Seconds, str]:
    """The interval of an entry, and the key that it is taken from (`` for its own)."""
    family = FAMILIES[section].value
    shared: Seconds | None = getattr(options.probes, family).every
    if head.every is not None:
        return head.every, ""
    if shared is not None:
        return shared, f"probes.{family}.every"
    if kind.every_s is not None:
        return Seconds(kind.every_s), f"kind {kind.name}"
    return options.every, "every"


def time_out(section: str, head: EntryOptions, options: RootOptions) -> tuple[Seconds, str]:
    """The time-out of an entry, and the key that it is taken from (`` for its own)."""
    family = FAMILIES[section].value
    shared: Seconds | None = getattr(options.probes, family).timeout
    if head.timeout is not None:
        return head.timeout, ""
    return (shared, f"probes.{family}.timeout") if shared is not None else (options.timeout, "timeout")


def _id(kind: str, name: str) -> str:
    return f"{kind}:{scrub(name, 80)}" if name else kind


def _named(options: Struct, name: str) -> Struct:
    """The options, told their name where they have room for one and none was given."""
    if getattr(options, "name", name) in (None, ""):
        return msgspec.structs.replace(options, name=name)
    return options


def _unique(given: list[str | None], made: list[str]) -> list[str]:
    """`given` names, else those that were `made`, with `#2`, `#3`, … behind the ones that are taken."""
    taken = {scrub(name) for name in given if name is not None}
    names = []
    for mine, default in zip(given, made, strict=True):
        name = scrub(mine) if mine is not None else default
        number = 2
        while mine is None and name in taken:
            name, number = f"{default}#{number}", number + 1
        taken.add(name)
        names.append(name)
    return names
