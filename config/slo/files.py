"""Reads files of SLO definitions, whichever of the known formats each document of them has. What is wrong with one
definition never stops the others."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from config.check import Checker
from config.load import read_text, shown_path
from config.problems import Problems
from config.slo.documents import documents
from config.slo.openslo import API as OPENSLO
from config.slo.openslo import OpenSlo
from config.slo.pyrra import API as PYRRA
from config.slo.pyrra import read_pyrra
from config.slo.sloth import VERSION as SLOTH
from config.slo.sloth import read_sloth
from config.yaml_tree import Mapping, Node, Scalar
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


def read_slos(paths: Iterable[Path]) -> SloFiles:
    """The definitions in these files; never raises for what is in them, or for one that is not there."""
    definitions: list[SloDefinition] = []
    problems: list[str] = []
    notes: list[str] = []
    # References go across files: an SLO may name an SLI that another file defines.
    openslo = OpenSlo()
    found: dict[str, Problems] = {}
    for path in dict.fromkeys(paths):
        file, mine = shown_path(path), Problems()
        found[file] = mine
        try:
            text = read_text(path)
        except ConfigError as error:
            problems.append(str(error))
            continue
        for tree in documents(text, mine):
            definitions += _document(tree, file, mine, openslo)
    definitions += openslo.definitions(found)
    for file, mine in found.items():
        problems += mine.lines(file)
    notes += openslo.notes
    return SloFiles(definitions=_distinct(definitions, problems), problems=tuple(problems), notes=tuple(notes))


def named_slos(patterns: Sequence[str], root: Path) -> SloFiles:
    """The definitions that a configuration names: files, or patterns with `*`, `?` or `[…]`, relative to `root`."""
    paths: list[Path] = []
    problems: list[str] = []
    for pattern in patterns:
        try:
            found = sorted(root.glob(pattern)) if not Path(pattern).is_absolute() else [Path(pattern)]
        except (OSError, ValueError, NotImplementedError):
            found = []
        if not found:
            problems.append(f"{scrub(pattern)}: no such file")
        if len(found) > FILES:
            problems.append(f"{scrub(pattern)}: more than {FILES:,} files; the rest is left out")
        paths += found[:FILES]
    read = read_slos(paths)
    return SloFiles(definitions=read.definitions, problems=(*problems, *read.problems), notes=read.notes)


def _document(tree: Node, file: str, problems: Problems, openslo: OpenSlo) -> list[SloDefinition]:
    """The definitions of one document; those of OpenSLO come when all documents are known."""
    if not isinstance(tree, Mapping):
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


def _word(tree: Mapping, key: str) -> str:
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
