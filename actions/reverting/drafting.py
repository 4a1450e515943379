"""A plan of a roll, whichever way it goes: what the definition says of it stands around what is done."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from actions.planning import Planning
from actions.reverting.followed import Followed
from actions.reverting.words import KEY
from fleet.actions.plan import ActKind, Check, Fact, HttpRequest, Plan, Stage, Step, Target, Tier
from fleet.actions.revision import Revision
from fleet.actions.rollback_plan import SLACK_S, against_live, calm_s, expected, hit, slo_effects, time_words
from fleet.actions.unseen import unseen
from fleet.actions.verdict import step_key
from fleet.store import Store
from fleet.text import scrub
from fleet.vocabulary import TaskState


class Roll(Struct, frozen=True, kw_only=True):
    """What is done, and what its kind says of it, as the fields of `Plan` of the same names. `to` is the id of the
    revision that is live afterwards, "" where there is none to name; `live` the one that is live now."""

    act: ActKind
    title: str
    to: str
    live: Revision | None
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    names: dict[str, str] = {}
    stages: tuple[Stage, ...] = ()
    facts: tuple[Fact, ...] = ()
    blast: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


def drafted(one: Followed, roll: Roll, planning: Planning) -> Plan:
    """The plan of a roll of that definition, with its key in the steps that ask for one."""
    row, agents, key, title = one.objective, one.agents(), planning.new_id(), scrub(roll.title, 200)
    live = roll.live.id if roll.live is not None else ""
    within_s = _within_s(one)
    plan = Plan(
        key=key,
        act=roll.act,
        kind=one.entry.kind.name,
        source=one.name,
        fleet=planning.fleet,
        title=title,
        tier=Tier(one.head.tier),
        word=one.name,
        targets=(Target(name=one.name, kind=one.entry.kind.name, mark=live),),
        steps=roll.steps,
        stages=roll.stages,
        items=(title,),
        made_at=planning.clock.now(),
        checks=roll.checks,
        expects=expected(roll.checks, one.name, roll.names),
        facts=roll.facts,
        blast=hit(agents, roll.blast),
        effects=(
            *(slo_effects(one.head.slo, row) if one.head.slo else ()),
            *_interrupted(agents, planning.store),
            time_words(roll.stages, within_s),
        ),
        undo=roll.undo,
        warnings=tuple(dict.fromkeys(filter(None, (*roll.warnings, unseen(agents, planning.store))))),
        refusals=tuple(dict.fromkeys(roll.refusals)),
        follow_s=within_s + sum(stage.within_s + stage.hold_s for stage in roll.stages),
        within_s=within_s,
        revision=roll.to,
        before=live,
        names={id: scrub(name, 120) for id, name in roll.names.items()},
        before_bad=scrub(against_live(roll.live, row), 300),
    )
    return replace(plan, steps=tuple(_keyed(step, step_key(plan, step)) for step in plan.steps))


def _within_s(one: Followed) -> float:
    """Seconds within which its post-condition must begin to hold: what is configured, and no less than its objective
    needs to hold again."""
    slow_s = calm_s(one.objective) if one.head.slo else 0.0
    return max(float(one.head.within), slow_s + SLACK_S if slow_s else 0.0)


def _interrupted(agents: Sequence[str], store: Store) -> tuple[str, ...]:
    """What the queues say of the agents."""
    if not agents:
        return ()
    theirs = frozenset(agents)
    running = sum(one.state is TaskState.RUNNING and one.agent in theirs for one in store.tasks.values())
    if not running:
        return ("no task is known to run on its agents",)
    return (f"{running:,} task{'s run' if running != 1 else ' runs'} on its agents now, and may be interrupted",)


def _keyed(step: Step, key: str) -> Step:
    """The step with its idempotency key, which goes along in a header, where its body asks for it, too."""
    effect = step.effect
    if not isinstance(effect, HttpRequest) or KEY not in effect.body:
        return step
    return replace(step, effect=replace(effect, body=effect.body.replace(KEY, key)))
