"""Reads files of SLO definitions, whichever of the known formats each document of them has. What is wrong with one
definition never stops the others, and while fleetdeck runs an edit that is wrong changes nothing: the definitions of
the file before it go on until it is right again."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from config.check import Checker
from config.file_text import read_text, shown_path
from config.problems import Problems
from config.rule_files import rule_paths
from config.slo.documents import documents
from config.slo.openslo import API as OPENSLO
from config.slo.openslo import OpenSlo
from config.slo.pyrra import API as PYRRA
from config.slo.pyrra import read_pyrra
from config.slo.sloth import VERSION as SLOTH
from config.slo.sloth import read_sloth
from config.yaml_tree import Mapping as Tree
from config.yaml_tree import Node, Scalar
from fleet.errors import ConfigError
from fleet.slo.definition import SLO_LIMIT, SloDefinition
from fleet.text import scrub

FILES = 1_000
"""Files that one pattern may name."""


class SloFiles(Struct, frozen=True, kw_only=True):
    """The definitions of all files in their order; `problems` are lines (`file:line: what is wrong`), `notes` what was
    read and is not used."""

    definitions: tuple[SloDefinition, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_slos(paths: Iterable[Path], good: dict[Path, str] | None = None) -> SloFiles:
    """The definitions in these files; never raises for what is in them, or for one that is not there.

    `good` are the texts of files that were right, and is brought up to date: one that is wrong now is read as it was.
    """
    known = {} if good is None else good
    texts, problems = _texts(dict.fromkeys(paths), known)
    read = _read(texts)
    wrong = [path for path in texts if read.wrong[path] and known.get(path, texts[path]) != texts[path]]
    for path in wrong:
        problems += [*read.wrong[path], _goes_on(path)]
    if wrong:
        read = _read(texts | {path: known[path] for path in wrong})
    problems += [line for lines in read.wrong.values() for line in lines]
    if good is not None:
        right = {path: good[path] if path in wrong else texts[path] for path in texts if not read.wrong[path]}
        good.clear()
        good.update(right)
    return SloFiles(definitions=_distinct(read.definitions, problems), problems=tuple(problems), notes=read.notes)


class _Read(NamedTuple):
    definitions: list[SloDefinition]
    wrong: dict[Path, list[str]]
    notes: tuple[str, ...]


def _texts(paths: Iterable[Path], good: Mapping[Path, str]) -> tuple[dict[Path, str], list[str]]:
    """The text of each file, and what is wrong with those that cannot be read."""
    texts: dict[Path, str] = {}
    problems: list[str] = []
    for path in paths:
        try:
            text, trouble = read_text(path), ""
        except ConfigError as error:
            text, trouble = "", str(error)
        if not text and good.get(path):
            problems += [trouble or f"{scrub(shown_path(path))}: is empty", _goes_on(path)]
            texts[path] = good[path]
        elif trouble:
            problems.append(trouble)
        else:
            texts[path] = text
    return texts, problems


def _goes_on(path: Path) -> str:
    return f"{scrub(shown_path(path))}: what it said before goes on until it is right"


def _read(texts: Mapping[Path, str]) -> _Read:
    definitions: list[SloDefinition] = []
    # References go across files: an SLO may name an SLI that another file defines.
    openslo = OpenSlo()
    found: dict[str, Problems] = {}
    for path, text in texts.items():
        file = shown_path(path)
        found[file] = mine = Problems()
        for tree in documents(text, mine):
            definitions += _document(tree, file, mine, openslo)
    definitions += openslo.definitions(found)
    wrong = {path: list(found[shown_path(path)].lines(shown_path(path))) for path in texts}
    return _Read(definitions, wrong, tuple(openslo.notes))


def named_slos(patterns: Sequence[str], root: Path, good: dict[Path, str] | None = None) -> SloFiles:
    """The definitions that a configuration names: files, or patterns with `*`, `?` or `[…]` in their last part,
    relative to `root`. `good` as for `read_slos`."""
    paths: list[Path] = []
    problems: list[str] = []
    for pattern in patterns:
        found = rule_paths(pattern, root)
        if not found:
            problems.append(f"{scrub(pattern)}: no such file")
        if len(found) > FILES:
            problems.append(f"{scrub(pattern)}: more than {FILES:,} files; the rest is left out")
        paths += found[:FILES]
    read = read_slos(paths, good)
    return SloFiles(definitions=read.definitions, problems=(*problems, *read.problems), notes=read.notes)


def _document(tree: Node, file: str, problems: Problems, openslo: OpenSlo) -> list[SloDefinition]:
    """The definitions of one document; those of OpenSLO come when all documents are known."""
    if not isinstance(tree, Tree):
        problems.add(tree.line, "", "a mapping is wanted, an SLO document")
        return []
    checker = Checker(problems)
    api, version = _word(tree, "apiVersion"), _word(tree, "version")
    if api == OPENSLO:
        openslo.take(tree, file, checker, problems)
        return []
    if api == PYRRA:
        return read_pyrra(tree, file, checker, problems)
    if version == SLOTH:
        return read_sloth(tree, file, checker, problems)
    known = f"apiVersion: {OPENSLO}, apiVersion: {PYRRA} or version: {SLOTH}"
    problems.add(tree.line, "", f"not a format that is read here: {known}")
    return []


def _word(tree: Tree, key: str) -> str:
    node = tree.entries.get(key)
    return node.text if isinstance(node, Scalar) else ""


def _distinct(definitions: Sequence[SloDefinition], problems: list[str]) -> tuple[SloDefinition, ...]:
    """The first of each name, within the limit."""
    kept: dict[str, SloDefinition] = {}
    for one in definitions:
        first = kept.setdefault(one.name, one)
        if first is not one:
            problems.append(f"{one.place}: an SLO named {one.name} is at {first.place} already; this one is left out")
    if len(kept) > SLO_LIMIT:
        problems.append(f"more than {SLO_LIMIT:,} SLOs; the rest is left out")
    return tuple(kept.values())[:SLO_LIMIT]
