"""A group of rules that runs: its grid, its rules, and how far the present iteration has come, a piece at a time."""

from collections.abc import Callable, Iterator

from fleet.promql.labels import Labels
from fleet.rules.model import Group
from fleet.rules.running import RunningRule, Surroundings, mark_stale
from fleet.rules.schedule import Grid

_ENDED = object()
RuleKey = tuple[str, tuple[tuple[str, str], ...], int]
"""By which a rule of a group is known again: name, labels, and a number where several have both in common."""


class RunningGroup:
    """A group with its grid, its rules, and how far the present iteration has come."""

    def __init__(self, group: Group, interval_ms: int, around: Surroundings) -> None:
        self.group = group
        self.grid = Grid(group.key, interval_ms)
        self.rules = [RunningRule(rule, group.name, around) for rule in group.rules]
        self.ended: set[Labels] = set()
        """Series of rules that are no more, to be marked stale after the next iteration."""
        self.at_ms: int | None = None
        """The time of the iteration that is going on; None between two."""
        self.position = 0
        self._going: Iterator[None] | None = None
        self._around = around

    def begin(self, now_ms: int) -> bool:
        """Whether an iteration is going on, or now due."""
        if self.at_ms is None:
            self.at_ms = self.grid.due(now_ms)
            self.position = 0
            self.finish()
        return self.at_ms is not None

    @property
    def upcoming(self) -> RunningRule:
        """The rule that is next in the present iteration, or goes on."""
        return self.rules[self.position]

    @property
    def is_within(self) -> bool:
        """Whether a rule has begun and goes on."""
        return self._going is not None

    def go_on(self, spent: Callable[[], float]) -> None:
        """The next piece of the present iteration."""
        if self.at_ms is None:
            return
        rule = self.upcoming
        if self._going is None:
            self._going = rule.evaluating(self.at_ms, self.group.limit)
            rule.took_s = rule.longest_s = 0.0
        begun = spent()
        goes_on = next(self._going, _ENDED) is not _ENDED
        took = max(0.0, spent() - begun)
        rule.took_s += took
        rule.longest_s = max(rule.longest_s, took)
        if not goes_on:
            self._going = None
            self.position += 1
            self.finish()

    def settle(self) -> None:
        """Bring the rule that has begun to its end."""
        while self._going is not None:
            self.go_on(no_time)

    def finish(self) -> None:
        """End the iteration when all its rules were evaluated."""
        if self.at_ms is not None and self.position >= len(self.rules):
            mark_stale(self.ended, self._around.sink, self.at_ms)
            self.ended.clear()
            self.at_ms = None

    def evaluate(self, at_ms: int) -> None:
        """Evaluate all rules for a time, whatever the grid says."""
        self.settle()
        self.at_ms, self.position = at_ms, 0
        self.finish()
        while self.at_ms is not None:
            self.go_on(no_time)

    def numbered(self) -> dict[RuleKey, RunningRule]:
        """The rules by what they are known again by."""
        found: dict[RuleKey, RunningRule] = {}
        for rule in self.rules:
            name, labels, number = rule.rule.name, tuple(sorted(rule.rule.labels.items())), 0
            while (name, labels, number) in found:
                number += 1
            found[name, labels, number] = rule
        return found

    def inherit(self, old: "RunningGroup") -> None:
        """Take over the state of rules that are still there after an edit: the same name and labels, the first with
        the first, the second with the second. What the others wrote is marked stale."""
        self.grid.follow(old.grid)
        self.ended = set(old.ended)
        left = old.numbered()
        for key, rule in self.numbered().items():
            before = left.pop(key, None)
            if before is None:
                continue
            rule.written = before.written
            if rule.alerting is not None and before.alerting is not None:
                rule.alerting.inherit(before.alerting)
        for gone in left.values():
            self.ended |= gone.written


def no_time() -> float:
    """A clock by which nothing takes any time: nothing that is measured by it is cut short."""
    return 0.0
