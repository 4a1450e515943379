"""A plan that rolls to a revision, at once or in stages."""

from collections.abc import Sequence

from actions.planning import Planning
from actions.reverting.drafting import Roll, drafted
from actions.reverting.followed import Followed
from actions.reverting.way import bad_facts
from fleet.actions.plan import ActKind, Plan, Stage
from fleet.actions.revision import Revision, Revisions
from fleet.actions.rollback_plan import StageWish, end_checks, stages_of, to_warnings, wrong_shares
from fleet.errors import RefusedError
from fleet.text import scrub

_NAMED = 5
"""Agents that a warning names."""


async def roll_plan(
    one: Followed,
    known: Revisions,
    to: Revision,
    planning: Planning,
    *,
    act: ActKind = ActKind.ROLLBACK,
    staged: bool = False,
) -> Plan:
    """A plan that rolls to `to`, one of the `known`. Raises RefusedError where it cannot be done so, OutsideError where
    the target does not answer."""
    rolling, live, wishes = one.rolling, known.live, _wishes(one, staged=staged)
    steps = await rolling.steps(to, tuple(wish.share for wish in wishes) or (1.0,))
    agents, up = one.agents(), one.up()
    stages = stages_of(wishes, up, agents)
    facts = (*known.facts, *await rolling.facts(to))
    is_live = rolling.listed and live is not None and live.id == to.id
    mixed = await rolling.mixed(to) if is_live else ""
    roll = Roll(
        act=act,
        title=f"roll {one.name} to {to.called}" + (" in stages" if stages else ""),
        to=to.id,
        live=live,
        names=known.names(to.id, live.id if live is not None else ""),
        steps=steps,
        checks=end_checks(
            to.id if rolling.listed else "",
            agents,
            one.head.slo or "",
            one.head.gate or "",
            reloads=rolling.reloads,
        ),
        stages=stages,
        facts=facts,
        blast=await rolling.blast(to),
        undo=rolling.undo(to, live),
        warnings=(*_warnings(one, known, to, mixed, stages), *_unasked(wishes, agents, up)),
        refusals=(*_refusals(to, is_live=is_live and not mixed), *bad_facts(facts)),
    )
    return drafted(one, roll, planning)


def _wishes(one: Followed, *, staged: bool) -> tuple[StageWish, ...]:
    """The stages that are wanted; none where all is rolled at once. Raises RefusedError where they are none."""
    wishes = one.wishes if staged else ()
    if staged and (wrong := wrong_shares(wishes)):
        raise RefusedError(f"{one.name}: {wrong}")
    return wishes


def _warnings(one: Followed, known: Revisions, to: Revision, mixed: str, stages: Sequence[Stage]) -> tuple[str, ...]:
    ratio = one.objective.objective_ratio if one.objective is not None else None
    return (
        *known.warnings,
        *(to_warnings(to, known.live, ratio, slo=one.head.slo or "") if one.rolling.listed else ()),
        *((f"{to.called} is said to be live, but {mixed}",) if mixed else ()),
        *known.problems,
        *_ungated(stages),
    )


def _refusals(to: Revision, *, is_live: bool) -> tuple[str, ...]:
    said = [f"{to.called}: {to.trouble}"] if to.trouble else []
    if is_live:
        said.append(f"{to.called} is live already")
    return tuple(said)


def _unasked(wishes: Sequence[StageWish], agents: Sequence[str], up: Sequence[str]) -> tuple[str, ...]:
    """Agents that are not known to be up, and so are not asked to be before the last stage."""
    known = set(up)
    others = [scrub(name, 60) for name in agents if name not in known]
    if not others or not any(wish.healthy for wish in wishes[:-1]):
        return ()
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    are = "is" if len(others) == 1 else "are"
    return (f"not asked before the last stage: {', '.join(others[:_NAMED])}{more}, which {are} not up now",)


def _ungated(stages: Sequence[Stage]) -> tuple[str, ...]:
    bare = [stage.title for stage in stages[:-1] if not stage.checks]
    return (f"nothing is checked after {', '.join(bare)}: the next stage follows by time alone",) if bare else ()
