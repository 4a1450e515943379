"""Reads Prometheus rule files. Each file is read by itself, and what is wrong with one never stops the others.

Prometheus refuses a whole file for one mistake. Here the rules of it that are right are kept and every mistake is
listed, since a dashboard that has no rules at all because of one of them is of no use at night. While it runs, an edit
that is wrong changes nothing: the rules of the file before it go on until it is right again.
"""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from config.file_text import read_text, shown_path
from config.problems import Problems
from config.rule_options import is_wild
from config.rule_tree import RuleProblem, groups_of
from config.yaml_tree import read_tree
from fleet.errors import ConfigError
from fleet.rules.cycles import cycles
from fleet.rules.model import Group

FILE_BYTES = 8 * 1024 * 1024
"""Bytes of a rule file."""
FILE_NODES = 500_000
"""Values in a rule file, aliases counted as often as they are used: what 10,000 rules with labels and texts take."""
RULES = 10_000
"""Rules of all files together."""
FILES = 1_000
"""Files that one pattern may name."""
DEFAULT_RULES = Path(__file__).with_name("rules") / "fleet.yml"
"""The rules that ship with fleetdeck."""


class RuleFiles(Struct, frozen=True, kw_only=True):
    """The groups of all files in their order, and what is wrong or worth a warning."""

    groups: tuple[Group, ...] = ()
    problems: tuple[RuleProblem, ...] = ()

    @property
    def errors(self) -> tuple[RuleProblem, ...]:
        """The problems that are no warnings."""
        return tuple(problem for problem in self.problems if not problem.warning)


class LastGood(Struct, frozen=True):
    """The groups of a file as they were read last; `whole`: nothing was wrong with it."""

    groups: tuple[Group, ...]
    whole: bool


def read_rules(paths: Iterable[Path], good: dict[Path, LastGood] | None = None) -> RuleFiles:
    """The rules of these files; never raises for what is in them, or for one that is not there.

    `good` is what was read before, and is brought up to date: of a file that is wrong now it gives the rules.
    """
    groups: list[Group] = []
    problems: list[RuleProblem] = []
    named = dict.fromkeys(paths)
    for path in named:
        groups += _file(path, problems) if good is None else _kept(path, problems, good)
    for gone in [path for path in good or () if path not in named]:
        del (good or {})[gone]
    kept = _within_limit(groups, problems)
    problems += _duplicates(kept)
    problems += (
        RuleProblem(
            file=cycle.file,
            line=_line(cycle.where),
            group=cycle.group,
            rule=cycle.path[0],
            text=cycle.text,
            warning=True,
        )
        for cycle in cycles(kept)
    )
    return RuleFiles(groups=kept, problems=tuple(problems))


def named_rules(
    patterns: Iterable[str], root: Path, *, defaults: bool = False, good: dict[Path, LastGood] | None = None
) -> RuleFiles:
    """The rules that a configuration names: files, or patterns with `*`, `?` or `[…]` in their last part, relative to
    `root`; first those that ship with fleetdeck where `defaults` is set. `good` as for `read_rules`."""
    paths = [DEFAULT_RULES] if defaults else []
    problems: list[RuleProblem] = []
    for pattern in patterns:
        found = rule_paths(pattern, root)
        if not found:
            problems.append(RuleProblem(file=pattern, text="no file matches this pattern", warning=True))
        if len(found) > FILES:
            problems.append(RuleProblem(file=pattern, text=f"more than {FILES:,} files match; the rest is left out"))
        paths += found[:FILES]
    read = read_rules(paths, good)
    return RuleFiles(groups=read.groups, problems=(*problems, *read.problems))


def rule_paths(pattern: str, root: Path) -> list[Path]:
    """The files that `pattern` names, sorted; one without wildcards is itself, whether it is there or not."""
    path = root / pattern
    if not is_wild(path.name):
        return [path]
    try:
        return sorted(found for found in path.parent.glob(path.name) if not found.is_dir())[: FILES + 1]
    except (OSError, ValueError):
        return []


def _kept(path: Path, problems: list[RuleProblem], good: dict[Path, LastGood]) -> tuple[Group, ...]:
    """The groups of a file, or those that it had before where something is wrong with it."""
    mine: list[RuleProblem] = []
    groups, before = _file(path, mine), good.get(path)
    if before is not None and before.groups and not mine and _is_empty(path):
        mine.append(RuleProblem(file=shown_path(path), text="is empty"))
    whole = all(problem.warning for problem in mine)
    if whole or before is None or (groups and not before.whole):
        good[path] = LastGood(groups, whole)
    elif before.groups:
        groups = before.groups
        mine.append(RuleProblem(file=shown_path(path), text="the rules that it had before go on until it is right"))
    problems += mine
    return groups


def _is_empty(path: Path) -> bool:
    """Whether there is nothing in it at all, as where its disk is full."""
    try:
        return path.stat().st_size == 0
    except OSError:
        return False


def _file(path: Path, problems: list[RuleProblem]) -> tuple[Group, ...]:
    file, found = shown_path(path), Problems()
    try:
        text = read_text(path, FILE_BYTES)
    except ConfigError as error:
        place, _, words = str(error).partition(": ")
        line = place.removeprefix(f"{file}:")
        if place == file:
            problems.append(RuleProblem(file=file, text=words))
        elif line.isdigit():
            problems.append(RuleProblem(file=file, line=int(line), text=words))
        else:
            problems.append(RuleProblem(file=file, text=str(error)))
        return ()
    tree = read_tree(text, found, FILE_NODES)
    problems += (
        RuleProblem(file=file, line=one.line, text=f"{one.key}: {one.text}" if one.key else one.text)
        for one in found.found
    )
    return () if tree is None else groups_of(tree, file, problems)


def _within_limit(groups: list[Group], problems: list[RuleProblem]) -> tuple[Group, ...]:
    """As many groups as hold the rules that are allowed; a group is kept whole or not at all."""
    kept, left = [], RULES
    for group in groups:
        if len(group.rules) > left:
            text = f"more than {RULES:,} rules in all files together; this group is left out"
            problems.append(RuleProblem(file=group.file, group=group.name, text=text))
            continue
        left -= len(group.rules)
        kept.append(group)
    return tuple(kept)


def _duplicates(groups: tuple[Group, ...]) -> Iterable[RuleProblem]:
    """Rules of a file with the same name and labels: two recording rules would write the same series."""
    seen: dict[tuple[object, ...], str] = {}
    for group in groups:
        for rule in group.rules:
            key = (group.file, rule.name, bool(rule.alert), *sorted(rule.labels.items()))
            if key not in seen:
                seen[key] = rule.where
            else:
                text = f"the same name and labels as the rule at {seen[key]}"
                yield RuleProblem(
                    file=group.file, line=_line(rule.where), group=group.name, rule=rule.name, text=text, warning=True
                )


def _line(where: str) -> int | None:
    """The line of a rule's `where`."""
    number = where.partition(": group ")[0].rpartition(":")[2]
    return int(number) if number.isdecimal() else None


__all__ = ["DEFAULT_RULES", "LastGood", "RuleFiles", "RuleProblem", "named_rules", "read_rules", "rule_paths"]
