"""The words and conditions of a plan that rolls something back: what holds between its stages and at its end, what it
means for the objective, and how long it takes until the objective can say so. Pure."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from fleet.actions.plan import AgentsUp, Check, GatePasses, Holds, RevisionLive, SloHolds, Stage
from fleet.actions.revision import Revision, words_of
from fleet.slo.model import Burn, SloState, SloStatus
from fleet.times import age_text, span_text

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
SHARES: Final = (0.1, 0.5, 1.0)
"""The stages of a definition that names none."""
HOLD_S: Final = 10.0
WITHIN_S: Final = 120.0
INSTANCE: Final = "instance "
"""How a line begins by which a kind says that an instance is hit."""
SLACK_S: Final = 120.0
"""Seconds that are added to the time in which an objective can be seen to hold again."""


class StageWish(Struct, frozen=True, kw_only=True):
    """A stage as it is configured."""

    share: float
    gate: str = ""
    expr: str = ""
    target: str = ""
    healthy: bool = True
    hold_s: float = HOLD_S
    within_s: float = WITHIN_S


DEFAULT: Final = tuple(StageWish(share=share) for share in SHARES)


def wrong_shares(wishes: Sequence[StageWish]) -> str:
    """Why these are no stages, "" where they are."""
    shares = [one.share for one in wishes]
    if any(after <= before for before, after in itertools.pairwise(shares)):
        return f"the shares of its stages do not grow: {', '.join(percent(share) for share in shares)}"
    return "" if shares and shares[-1] == 1 else "its last stage is not 100 %"


def stages_of(wishes: Sequence[StageWish], up: Sequence[str], agents: Sequence[str]) -> tuple[Stage, ...]:
    """The stages. Until the last one only agents that are `up` now are asked to be: those that the bad revision took
    down come back when they are rolled."""
    return tuple(
        Stage(
            title=percent(one.share),
            share=one.share,
            checks=tuple(_checks(one, agents if one.share == 1 else up)),
            hold_s=one.hold_s,
            within_s=one.within_s,
        )
        for one in wishes
    )


def _checks(one: StageWish, agents: Sequence[str]) -> Iterable[Check]:
    if one.healthy and agents:
        yield AgentsUp(agents=tuple(agents))
    if one.gate:
        yield GatePasses(gate=one.gate)
    if one.expr:
        yield Holds(expr=one.expr, target=one.target)


def end_checks(
    revision: str, agents: Sequence[str], slo: str, gate: str, *, reloads: bool = False
) -> tuple[Check, ...]:
    """The post-condition: the target says that the revision is live, agents are up, the objective and the gate hold.
    `reloads`: a program must have the revision noticed."""
    checks: list[Check] = []
    if revision:
        checks.append(RevisionLive(revision=revision, is_all=not reloads))
    if agents:
        checks.append(AgentsUp(agents=tuple(agents)))
    if slo:
        checks.append(SloHolds(slo=slo))
    if gate:
        checks.append(GatePasses(gate=gate))
    return tuple(checks)


def expected(checks: Sequence[Check], name: str, names: Mapping[str, str] = NO_NAMES) -> str:
    """The post-condition in words. `names` are what people call revisions, by their ids."""
    words = [_expected(check, name, names) for check in checks]
    return "; ".join(words) if words else f"{name} answers as it should"


def _expected(check: Check, name: str, names: Mapping[str, str]) -> str:
    match check:
        case RevisionLive(revision=revision):
            return f"{name} says that {words_of(revision, names.get(revision, ''))} is live"
        case AgentsUp(agents=agents):
            return f"{_count(len(agents), 'agent')} seen up"
        case SloHolds(slo=slo):
            return f"SLO {slo} neither burns nor is without data"
        case GatePasses(gate=gate):
            return f"gate {gate} passes"
        case Holds(expr=expr, target=target):
            return f"{expr} reaches {target}"


def calm_s(row: SloStatus | None) -> float:
    """Seconds after which no tier that fires now can fire any more, if nothing bad happens from now on: its short
    window is then without bad events. 0 where none fires."""
    return 0.0 if row is None else max((burn.short_s for burn in row.burns if burn.firing), default=0.0)


def soonest_s(burn: Burn) -> float:
    """When a tier that fires stops at the earliest, with traffic as it is and no bad event from now on: a rate over a
    window falls in proportion to what of the window is past, and one of the two has to fall below the factor."""
    windows = ((burn.short_s, burn.short_rate), (burn.long_s, burn.long_rate))
    falls = [span * (1 - burn.factor / rate) for span, rate in windows if rate and rate > burn.factor]
    return min(falls, default=0.0)


def slo_effects(name: str, row: SloStatus | None) -> tuple[str, ...]:
    """What it means for an objective, in sentences."""
    if row is None:
        return (f"SLO {name} is not known here: whether it holds afterwards cannot be told",)
    if row.state is SloState.NO_DATA and row.budget_remaining_ratio is None:
        return (f"SLO {name}: {'no data' if row.samples else 'no data yet (one sweep tells no ratio)'}",)
    burn = "how fast it burns is not known" if row.burn_rate is None else f"it burns at {row.burn_rate:.3g}×"
    said = [f"SLO {name} is {row.state.value}: {_budget(row.budget_remaining_ratio)}, {burn}"]
    if row.exhaustion_s is not None and row.exhaustion_s > 0:
        said.append(f"at this rate the budget is spent in {span_text(row.exhaustion_s)}")
    firing = [one for one in row.burns if one.firing]
    if firing:
        soon = max(soonest_s(one) for one in firing)
        said.append(
            f"it can be seen to hold again {span_text(soon)} after the last bad event at the earliest, and after "
            f"{span_text(calm_s(row))} at the latest: that is how long its windows remember"
        )
    return tuple(said)


def _budget(left: float | None) -> str:
    if left is None:
        return "what is left of its budget is not known"
    return f"{left:.1%} of its budget is left" if left >= 0 else f"its budget is overspent by {-left:.1%}"


def time_words(stages: Sequence[Stage], within_s: float) -> str:
    """How long it may take, in a sentence."""
    if not stages:
        return f"it is followed for up to {span_text(within_s)} until the post-condition holds"
    least = sum(one.hold_s for one in stages)
    most = sum(one.within_s + one.hold_s for one in stages)
    return (
        f"its {_count(len(stages), 'stage')} {'take' if len(stages) != 1 else 'takes'} {span_text(least)} at least and "
        f"{span_text(most)} at most, and the "
        f"post-condition up to {span_text(within_s)} after them"
    )


def hit(agents: Sequence[str], blast: Sequence[str]) -> tuple[str, ...]:
    """What is hit beside the target, each once: its agents, then what the kind says, which may name the same ones as
    instances (`instance coder-1, at r42`)."""
    named = {line.removeprefix(INSTANCE).partition(",")[0] for line in blast if line.startswith(INSTANCE)}
    return (*(f"agent {name}" for name in agents if name not in named), *blast)


def against_live(live: Revision | None, row: SloStatus | None) -> str:
    """Why the revision that is live now is none to come back to, in a sentence; "" where nothing is known of that."""
    if live is None or row is None:
        return ""
    if live.good is False:
        return f"{live.called} was outside of its objective while it was live{_ratio(live, row.objective_ratio)}"
    rate = max((burn.long_rate or 0.0 for burn in row.burns if burn.firing), default=0.0)
    return f"{row.name} burned at {rate:.3g}× while {live.called} was live" if rate else ""


def to_warnings(
    to: Revision, live: Revision | None, objective_ratio: float | None, *, slo: str = ""
) -> tuple[str, ...]:
    """What should be known of the revision that is rolled to; `slo` is the objective that it is judged by, "" where the
    definition names none: then nothing is said of any."""
    said: list[str] = []
    if to.good is False:
        outside = f"was outside of its objective while it was live{_ratio(to, objective_ratio)}"
        said.append(f"{to.called} {outside if slo else 'is said not to be good'}")
    elif to.shared:
        said.append(
            f"{slo} did not hold while {to.called} was live{_ratio(to, objective_ratio)}, and {to.shared} has it, too: "
            "whose doing that was is not known"
        )
    elif to.good is None and slo:
        said.append(f"whether {to.called} was inside its objective is not known: history has nothing of that time")
    if live is not None and to.at is not None and live.at is not None and to.at > live.at:
        gap = age_text((to.at - live.at).total_seconds())
        said.append(f"{to.called} is {gap} newer than the live {live.called}: this rolls forward")
    return tuple(said)


def _ratio(to: Revision, objective_ratio: float | None) -> str:
    if to.sli_ratio is None or objective_ratio is None:
        return ""
    return f" ({to.sli_ratio:.3%} of {objective_ratio:.3%})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """`10 %`."""
    return f"{share * 100:g} %"
