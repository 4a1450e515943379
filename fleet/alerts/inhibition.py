"""Inhibition: an alert that another one explains needs nobody's attention. Alertmanager's rules and its semantics.

An alert is inhibited while some firing alert matches the source matchers of a rule, it matches the target matchers
itself, and both have the same values of the labels in `equal` (absent and empty are the same). An alert that matches
both sides of a rule is not inhibited by one that does, itself included. What is inhibited or silenced still inhibits
others, as in Alertmanager: only what fires counts, so that there are no cycles and no order to depend on.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from fleet.alerts.matching import Matching
from fleet.promql.storage import Matcher, Matchers, MatchOp
from fleet.severity import Severity, words_of


class InhibitRule(Struct, frozen=True, kw_only=True):
    """A rule. `equal` are names of labels; none of them: any source inhibits any target."""

    source: Matchers
    target: Matchers
    equal: tuple[str, ...] = ()
    name: str = ""


def default_rules() -> tuple[InhibitRule, ...]:
    """What holds without any configuration: that an agent is down explains its warnings. For each of the labels by
    which an agent is known."""
    down = Matcher("alertname", MatchOp.MATCHES, "AgentDown|.*AgentDown|AgentUnreachable|AgentGone")
    minor = "|".join(sorted(words_of(Severity.WARNING) + words_of(Severity.INFO)))
    return tuple(
        InhibitRule(
            name=f"agent down ({label})",
            source=(down, Matcher(label, MatchOp.NOT_EQUAL, "")),
            target=(Matcher("severity", MatchOp.MATCHES, f"(?i:{minor})"), Matcher(label, MatchOp.NOT_EQUAL, "")),
            equal=(label,),
        )
        for label in AGENT_LABELS
    )


AGENT_LABELS: Final = ("agent", "agent_name")
"""Labels by which the fleets name an agent."""

MOST_NAMED: Final = 3
"""Alerts that are named as the reason for one other."""


class Inhibitor:
    """Which alerts are inhibited, kept up to date as alerts come, fire, resolve and go.

    Raises QueryError, when made, for a rule with a wrong pattern.
    """

    def __init__(self, rules: Iterable[InhibitRule] = ()) -> None:
        self._sides = [_Sides(rule) for rule in rules]

    def change(self, id: str, labels: Mapping[str, str] | None, *, fires: bool) -> set[str]:
        """An alert is there with these labels (None: it went), and fires or not. The ids of the alerts for which the
        answer of `by` may be another now."""
        affected: set[str] = set()
        for sides in self._sides:
            affected.update(sides.change(id, labels, fires=fires))
        return affected

    def by(self, id: str) -> tuple[str, ...]:
        """The ids of the alerts that inhibit `id`, in order; at most `MOST_NAMED`."""
        found = {source for sides in self._sides for source in sides.by(id)}
        return tuple(sorted(found)[:MOST_NAMED])


class _Bucket:
    """The alerts of one rule with the same values of its `equal` labels: `sources` that fire, those among them that are
    no targets, in order; and `targets`."""

    __slots__ = ("single", "sources", "targets")

    def __init__(self) -> None:
        self.sources: list[str] = []
        self.single: list[str] = []
        self.targets: set[str] = set()

    def turn(self, id: str, *, fires: bool, both: bool) -> bool:
        """A source begins to fire or stops; True where that changes what is named as the reason."""
        named = self.sources[:MOST_NAMED], self.single[:MOST_NAMED]
        for ids in (self.sources,) if both else (self.sources, self.single):
            at = bisect_left(ids, id)
            there = at < len(ids) and ids[at] == id
            if fires and not there:
                ids.insert(at, id)
            elif there and not fires:
                del ids[at]
        return named != (self.sources[:MOST_NAMED], self.single[:MOST_NAMED])


class _Sides:
    """One rule at work."""

    def __init__(self, rule: InhibitRule) -> None:
        self._source, self._target, self._equal = Matching(rule.source), Matching(rule.target), rule.equal
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self._seen: dict[str, tuple[tuple[str, ...], bool, bool]] = {}
        """By id: the values of `equal`, whether it is a source, whether it is a target. Only of those that are one."""

    def change(self, id: str, labels: Mapping[str, str] | None, *, fires: bool) -> Iterable[str]:
        known = self._seen.get(id)
        if known is None and labels is not None:
            known = self._classify(id, labels)
        if known is None:
            return ()
        values, source, target = known
        bucket = self._buckets.setdefault(values, _Bucket())
        if labels is None:
            bucket.targets.discard(id)
            del self._seen[id]
        elif target:
            bucket.targets.add(id)
        turned = source and bucket.turn(id, fires=fires and labels is not None, both=target)
        if not bucket.sources and not bucket.targets:
            del self._buckets[values]
        return bucket.targets if turned else ()

    def by(self, id: str) -> Iterable[str]:
        known = self._seen.get(id)
        if known is None or not known[2]:
            return ()
        bucket = self._buckets[known[0]]
        return (bucket.single if known[1] else bucket.sources)[:MOST_NAMED]

    def _classify(self, id: str, labels: Mapping[str, str]) -> tuple[tuple[str, ...], bool, bool] | None:
        source, target = self._source.holds(labels), self._target.holds(labels)
        if not source and not target:
            return None
        known = tuple([labels.get(name, "") for name in self._equal]), source, target
        self._seen[id] = known
        return known
