"""Who contributes how much: the terms of a plan evaluated and gathered by agent."""

import math
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from fleet.promql.labels import NAME, Labels
from fleet.why.ground import TOP, Answered, Ground, count_of, shortened, shown
from fleet.why.model import Asked, Basis, Mark, Row, Rung, Step
from fleet.why.plan import Keep, Plan, Term

_REACH_S = 6 * 3600.0
"""How far back a sample is looked for that shows that there is any."""


class Part(Struct, frozen=True, kw_only=True):
    """What one agent, or one series that no agent is known for, contributes. `series` are as many as made it."""

    key: str
    agent: str = ""
    value: float
    series: int
    share: float | None = None


class Parts(Struct, frozen=True, kw_only=True):
    """All that contribute, the first ones most. `loose`: the labels did not say which series belong to the subject, so
    all of them count. `agents` are those that there are any data from; None where that was not looked for."""

    parts: tuple[Part, ...] = ()
    asked: tuple[Asked, ...] = ()
    errors: tuple[str, ...] = ()
    series: int = 0
    numberless: int = 0
    loose: bool = False
    agents: frozenset[str] | None = None


class Tally:
    """Adds up by agent."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._values: dict[tuple[str, str], float] = {}
        self._series: dict[tuple[str, str], int] = {}
        self.numberless = 0
        self.total = 0

    def add(self, labels: Labels, value: float) -> None:
        """One series contributes `value`."""
        self.total += 1
        if math.isnan(value):
            self.numberless += 1
            return
        agent = self._ground.agent_of(labels)
        key = (agent, "" if agent else shortened(labels.without((NAME,))) or shortened(labels) or "(no labels)")
        self._values[key] = self._values.get(key, 0.0) + value
        self._series[key] = self._series.get(key, 0) + 1

    def parts(self, *, additive: bool, least_first: bool = False) -> tuple[Part, ...]:
        """In order; of what adds up only those that add something."""
        found = [(key, value) for key, value in self._values.items() if not additive or value > 0]
        most = max((value for _, value in found), default=0.0)
        if least_first and len(found) > 1:
            # What is as high as any is not what makes it low.
            found = [one for one in found if one[1] < most]
        found.sort(key=lambda one: (one[1] if least_first else -one[1], one[0][0] or one[0][1]))
        # With anything below zero, or endless, the shares would not be parts of a whole.
        shares = additive and not any(value < 0 for value in self._values.values())
        whole = math.fsum(value for _, value in found) if shares else 0.0
        return tuple(
            Part(
                key=agent or text,
                agent=agent,
                value=value,
                series=self._series[agent, text],
                share=value / whole if whole > 0 and math.isfinite(whole) else None,
            )
            for (agent, text), value in found
        )


def contributions(plan: Plan, ground: Ground, subject: Mapping[str, str] | None) -> Iterator[Parts | None]:
    """The parts of a plan, at last; None where a step of the loop may end. `subject` are the labels of what is
    explained; None: all series count."""
    answers: list[tuple[Term, Answered]] = []
    for term in plan.terms:
        answers.append((term, ground.ask(term.query)))
        yield None
    loose = False
    tally = _tally(answers, ground, subject)
    if subject is not None and not tally.total and any(one.elements for _, one in answers):
        # A rule may set labels of its own over those that it grouped by.
        loose, tally = True, _tally(answers, ground, None)
    yield None
    yield Parts(
        parts=tally.parts(additive=plan.additive, least_first=plan.least_first),
        asked=tuple(one.asked for _, one in answers),
        errors=tuple(dict.fromkeys(one.error for _, one in answers if one.error)),
        series=tally.total,
        numberless=tally.numberless,
        loose=loose,
        agents=None if plan.whole else covered(plan, ground),
    )


def _tally(answers: Iterable[tuple[Term, Answered]], ground: Ground, subject: Mapping[str, str] | None) -> Tally:
    tally = Tally(ground)
    for term, answered in answers:
        for labels, value in answered.elements:
            if subject is None or belongs(labels, term.keep, subject):
                tally.add(labels, term.weight * (1.0 if term.counted else value))
    return tally


def covered(plan: Plan, ground: Ground) -> frozenset[str]:
    """The agents that the selectors of the plan find any sample of, whatever the rest of the query makes of it."""
    from fleet.promql.parse import parse

    selectors = {wanted for term in plan.terms for wanted in parse(term.query).wanted}
    until = round(ground.now.timestamp() * 1000)
    found: set[str] = set()
    for wanted in sorted(selectors, key=str):
        reach_s = min(wanted.reach_s, _REACH_S)
        found.update(
            map(ground.agent_of, ground.storage.latest(wanted.matchers, until - round(reach_s * 1000), until).labels)
        )
    return frozenset(found - {""})


def belongs(labels: Labels, keep: Keep, subject: Mapping[str, str]) -> bool:
    """Whether a series was aggregated to the element whose labels `subject` are, which may have more."""
    shared: Iterable[str] = keep.labels
    if keep.without:
        shared = (name for name, _ in labels.pairs if name not in keep.labels and name != NAME)
    return all(labels.get(name) == subject.get(name, "") for name in shared)


def contributors(parts: Parts, ground: Ground, *, what: str, unit: str = "", how: str = "") -> Step:
    """The step that names them. `what` is what they contribute to, `unit` what the values count, `how` how it was taken
    apart."""
    first = parts.parts[:TOP]
    rows = tuple(Row(label=one.key, value=_value(one, unit), share=one.share, agent=one.agent) for one in first)
    return Step(
        rung=Rung.CONTRIBUTORS,
        title="Who contributes",
        finding=_finding(parts, what, how),
        mark=Mark.BAD if first else Mark.UNKNOWN,
        basis=Basis.OBSERVED if first else Basis.NOTHING,
        rows=rows,
        asked=parts.asked,
        unknown=tuple(_unknown(parts, ground)),
    )


def _value(part: Part, unit: str) -> str:
    of = f" in {part.series} series" if part.series > 1 else ""
    unit = unit.removesuffix("s") if part.value == 1 else unit
    return f"{shown(part.value)}{f' {unit}' if unit else ''}{of}"


def _finding(parts: Parts, what: str, how: str) -> str:
    aside = f" ({how})" if how else ""
    if not parts.parts:
        return f"nothing contributes to {what} now{aside}"
    first = parts.parts[:TOP]
    told = [one.share for one in first if one.share is not None]
    every = len(first) == len(parts.parts)
    number = f"its {len(first)} contributors" if every else f"the first {len(first)} of {len(parts.parts)} contributors"
    number = "one contributor" if len(parts.parts) == 1 else number
    if not told:
        return f"{number} by {what}{aside}"
    return f"{number} {'makes' if len(parts.parts) == 1 else 'make'} {math.fsum(told):.0%} of {what}{aside}"


def _unknown(parts: Parts, ground: Ground) -> Iterator[str]:
    yield from parts.errors
    if parts.loose:
        yield "the labels do not tell which series belong to it: all that the query gives are shown"
    if parts.numberless:
        yield f"{parts.numberless} of {parts.series} series give NaN, which says nothing"
    fleet = len(ground.store.status)
    if not parts.series and not parts.errors:
        yield f"no data from any of {count_of(fleet, 'agent')}: the query gives no series"
    elif parts.agents is not None and 0 < len(parts.agents) < fleet:
        yield f"no data from {fleet - len(parts.agents)} of {fleet} agents: there is no series of theirs"
    nameless = sum(1 for one in parts.parts[:TOP] if not one.agent)
    if nameless:
        yield f"{nameless} of those shown name no agent that is known"
