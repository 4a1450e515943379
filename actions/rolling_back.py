"""`RollbackBook`: what can be rolled back, to which revisions, and the plans that do it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from actions.reverting.followed import Followed
from actions.reverting.way import bad_facts
from actions.reverting.words import KEY
from config.action_options import ActEntry, ActionsOptions
from fleet.actions.action import Action
from fleet.actions.history import NoHistory, SloHistory
from fleet.actions.plan import (
    ActKind,
    Check,
    Fact,
    HttpRequest,
    Plan,
    Stage,
    Step,
    Target,
    Tier,
)
from fleet.actions.ports import ActReach, Doer, item_key
from fleet.actions.revision import Revision, Revisions, RollbackRow
from fleet.actions.rollback_plan import (
    SLACK_S,
    against_live,
    calm_s,
    end_checks,
    expected,
    hit,
    slo_effects,
    stages_of,
    time_words,
    to_warnings,
    wrong_shares,
)
from fleet.actions.rolled import asked_names, is_of
from fleet.errors import RefusedError
from fleet.text import scrub
from fleet.vocabulary import TaskState


class RollbackBook:
    """Implements what the desk asks of rollbacks. `new_id` makes idempotency keys; `history` knows the past of
    objectives (`fleet.slo.between.EngineHistory`)."""

    def __init__(
        self,
        entries: Sequence[ActEntry],
        reach: ActReach,
        fleet: str,
        new_id: Callable[[], str],
        options: ActionsOptions,
        history: SloHistory | None = None,
    ) -> None:
        """Raises ConfigError for a filter of agents that is none."""
        known = history if history is not None else NoHistory()
        self._followed = {entry.name: Followed(entry, reach, known) for entry in entries}
        for one in self.followed:
            one.sharing = tuple(other.name for other in self.followed if other is not one and _share(one, other))
        self._store = reach.store
        self._clock = reach.clock
        self._fleet = fleet
        self._new_id = new_id
        self._options = options

    # ── what there is ──

    @property
    def followed(self) -> tuple[Followed, ...]:
        """The definitions with what is known of them."""
        return tuple(self._followed.values())

    def rows(self) -> tuple[RollbackRow, ...]:
        """The definitions as rows, as they are known now."""
        return tuple(one.row() for one in self._followed.values())

    async def look(self, name: str = "") -> tuple[RollbackRow, ...]:
        """Ask the target of that name (all where it is "") what is live; the rows then. Never raises for what happens
        outside: that stands in the rows."""
        for one in list(self._followed.values()):
            if name in ("", one.name):
                await one.look()
        return self.rows()

    def rollbacks_for(self, name: str) -> tuple[str, ...]:
        """The definitions by which an agent, a service, an objective, a gate or an alert (by its id) can be rolled
        back, the likeliest first; all where `name` is ""."""
        if not name:
            return tuple(self._followed)
        names = asked_names(name, self._store)
        ranked = [(rank, number, one.name) for number, one in enumerate(self.followed) for rank in (_rank(one, names),)]
        return tuple(found for rank, _, found in sorted(ranked) if rank < _NOT)

    async def revisions(self, name: str) -> Revisions:
        """What there is to roll to, with the objective while each was live. Raises RefusedError, OutsideError."""
        return await self.known(name).revisions()

    async def live_of(self, plan: Plan) -> str | None:
        """The id of the revision that the target of a plan says is live now; None where it does not say. Raises
        OutsideError."""
        one = self._followed.get(plan.source)
        if one is None:
            return None
        live = (await one.revisions()).live
        return None if live is None else live.id

    def doer(self, source: str) -> Doer | None:
        """Who made the steps of the plans of a definition."""
        one = self._followed.get(source)
        return None if one is None else one.rolling

    # ── plans ──

    async def plan(self, name: str, to: str = "", staged: bool = False) -> Plan:
        """A plan that rolls to a revision, by id or name, else to the preferred one. Raises RefusedError where there is
        no such revision or it cannot be done so, OutsideError where the target does not answer."""
        one = self.known(name)
        known = await one.revisions()
        wanted = _wanted(known, to)
        made = await self._rolled(one, known, wanted, staged=staged, act=ActKind.ROLLBACK)
        further = _further(one, known, wanted, self._clock.now())
        if not further:
            return made
        unnamed = () if to else (f"{further}; name the revision that is wanted (--to {wanted.name})",)
        return replace(made, warnings=(*made.warnings, further), refusals=(*made.refusals, *unnamed))

    async def plan_undo(self, action: Action) -> Plan:
        """A plan that takes a roll back: by what was archived where something was, else by rolling to the revision that
        was live before. Raises RefusedError where neither is there."""
        done = action.plan
        one = self.known(done.source)
        known = await one.revisions()
        steps = await one.rolling.back(done)
        if steps:
            return self._taken_back(one, known, action, steps)
        if not one.rolling.listed:
            raise RefusedError(f"{one.name} cannot be taken back: {'; '.join(one.rolling.undo(_restart(done), None))}")
        if not done.before:
            raise RefusedError(f"what was live before {action.id[:8]} is not known: choose a revision instead")
        wanted = _wanted(known, done.before)
        made = await self._rolled(one, known, wanted, staged=False, act=ActKind.UNDO)
        # What was known against it when it was left may be forgotten by now.
        warnings = dict.fromkeys((*filter(None, (done.before_bad,)), *made.warnings))
        return replace(made, of=action.id, title=f"undo: {made.title}", warnings=tuple(warnings))

    async def _rolled(self, one: Followed, known: Revisions, to: Revision, *, staged: bool, act: ActKind) -> Plan:
        wishes = one.wishes if staged else ()
        if staged and (wrong := wrong_shares(wishes)):
            raise RefusedError(f"{one.name}: {wrong}")
        key = self._new_id()
        rolling, live, agents = one.rolling, known.live, one.agents()
        steps = await rolling.steps(to, tuple(wish.share for wish in wishes) or (1.0,))
        stages = stages_of(wishes, one.up(), agents)
        facts = (*known.facts, *await rolling.facts(to))
        checks = end_checks(to.id if rolling.listed else "", agents, one.head.slo or "", one.head.gate or "")
        ratio = one.objective.objective_ratio if one.objective is not None else None
        is_live = rolling.listed and live is not None and live.id == to.id
        mixed = await rolling.mixed(to) if is_live else ""
        return self._plan(
            one,
            key=key,
            act=act,
            title=f"roll {one.name} to {to.name}" + (" in stages" if stages else ""),
            live=live,
            steps=tuple(keyed(step, key) for step in steps),
            stages=stages,
            checks=checks,
            facts=facts,
            blast=await rolling.blast(to),
            undo=rolling.undo(to, live),
            warnings=(
                *known.warnings,
                *(to_warnings(to, live, ratio, slo=one.head.slo or "") if rolling.listed else ()),
                *((f"{to.name} is said to be live, but {mixed}",) if mixed else ()),
                *known.problems,
                *_ungated(stages),
            ),
            refusals=(*_refusals(to, is_live=is_live and not mixed), *bad_facts(facts)),
            revision=to.id,
        )

    def _taken_back(self, one: Followed, known: Revisions, action: Action, steps: Sequence[Step]) -> Plan:
        done, key = action.plan, self._new_id()
        before = done.before if one.rolling.listed else ""
        made = self._plan(
            one,
            key=key,
            act=ActKind.UNDO,
            title=f"undo: put back what was there before {one.name} was rolled to {done.revision}",
            live=known.live,
            steps=tuple(keyed(step, key) for step in steps),
            stages=(),
            checks=end_checks(before, one.agents(), one.head.slo or "", one.head.gate or ""),
            facts=(Fact("undoes", f"{action.id}: {action.plan.title}"), *known.facts),
            blast=(f"everything that changed since in {one.rolling.target}",),
            undo=(f"rolling to {done.revision} again",) if done.revision else (),
            warnings=known.warnings,
            refusals=(),
            revision=before,
        )
        return replace(made, of=action.id)

    def _plan(
        self,
        one: Followed,
        *,
        key: str,
        act: ActKind,
        title: str,
        live: Revision | None,
        steps: tuple[Step, ...],
        stages: tuple[Stage, ...],
        checks: tuple[Check, ...],
        facts: tuple[Fact, ...],
        blast: tuple[str, ...],
        undo: tuple[str, ...],
        warnings: tuple[str, ...],
        refusals: tuple[str, ...],
        revision: str,
    ) -> Plan:
        row, agents = one.objective, one.agents()
        slow_s = calm_s(row) if one.head.slo else 0.0
        within_s = max(float(one.head.within), slow_s + SLACK_S if slow_s else 0.0)
        effects = (
            *(slo_effects(one.head.slo, row) if one.head.slo else ()),
            *self._busy(agents),
            time_words(stages, within_s),
        )
        return Plan(
            key=key,
            act=act,
            kind=one.entry.kind.name,
            source=one.name,
            fleet=self._fleet,
            title=scrub(title, 200),
            tier=Tier(one.head.tier),
            word=one.name,
            targets=(Target(name=one.name, kind=one.entry.kind.name, mark=live.id if live is not None else ""),),
            steps=steps,
            stages=stages,
            items=(scrub(title, 200),),
            made_at=self._clock.now(),
            checks=checks,
            expects=expected(checks, one.name),
            facts=facts,
            blast=hit(agents, blast),
            effects=effects,
            undo=undo,
            warnings=tuple(dict.fromkeys(warnings)),
            refusals=tuple(dict.fromkeys(refusals)),
            follow_s=within_s + sum(stage.within_s + stage.hold_s for stage in stages),
            within_s=within_s,
            revision=revision,
            before=live.id if live is not None else "",
            before_bad=scrub(against_live(live, row), 300),
        )

    def _busy(self, agents: Sequence[str]) -> tuple[str, ...]:
        """What the queues say of the agents."""
        if not agents:
            return ()
        theirs = frozenset(agents)
        running = sum(one.state is TaskState.RUNNING and one.agent in theirs for one in self._store.tasks.values())
        if not running:
            return ("no task is known to run on its agents",)
        return (f"{running:,} task{'s' if running != 1 else ''} run on its agents now, and may be interrupted",)

    def known(self, name: str) -> Followed:
        """The definition of that name. Raises RefusedError."""
        one = self._followed.get(name)
        if one is None:
            names = ", ".join(self._followed) or "none is configured"
            raise RefusedError(f"there is no rollback {scrub(name, 80)!r} ({names})")
        return one


_NOT = 9


def _rank(one: Followed, names: Sequence[str]) -> int:
    """How well a definition fits names, the less the better; _NOT where it does not."""
    wanted = frozenset(names)
    if one.name in wanted:
        return 0
    if any(is_of(name, one.head.slo or "") for name in wanted) or one.head.gate in wanted:
        return 1
    agents = one.agents()
    if wanted.intersection(agents):
        return 2
    return 3 if wanted & one.words(agents) else _NOT


def _wanted(known: Revisions, to: str) -> Revision:
    word = to or known.preferred
    if not word:
        others = ", ".join(one.name for one in known.revisions if not one.live and not one.trouble)
        if others:
            raise RefusedError(
                f"{known.target} is at its oldest revision: name the one that is wanted ({others[:400]})"
            )
        raise RefusedError(f"{known.target} has no other revision that it could be rolled to")
    found = known.named(word)
    if found is None:
        names = ", ".join(one.name for one in known.revisions[:8]) or "none"
        raise RefusedError(f"{known.target} has no revision {scrub(word, 80)!r} (there are: {names})")
    return found


def _share(one: Followed, other: Followed) -> bool:
    """Whether both are judged by the same objective, or one by a part of the other's."""
    mine, theirs = one.head.slo or "", other.head.slo or ""
    return is_of(mine, theirs) or is_of(theirs, mine)


def _further(one: Followed, known: Revisions, to: Revision, now: datetime) -> str:
    """That somebody rolled back already, in a sentence; "" where that is not known, or `to` is no further step."""
    ids = [revision.id for revision in known.revisions]
    came, live = one.came, known.live
    if came is None or not came.older or live is None or ids.index(to.id) <= ids.index(live.id):
        return ""
    return f"{came.words(now)}: this rolls one further"


def _refusals(to: Revision, *, is_live: bool) -> tuple[str, ...]:
    said = [f"{to.name}: {to.trouble}"] if to.trouble else []
    if is_live:
        said.append(f"{to.name} is live already")
    return tuple(said)


def _ungated(stages: Sequence[Stage]) -> tuple[str, ...]:
    bare = [stage.title for stage in stages[:-1] if not stage.checks]
    return (f"nothing is checked after {', '.join(bare)}: the next stage follows by time alone",) if bare else ()


def _restart(done: Plan) -> Revision:
    return Revision(id=done.revision, name=done.revision)


def keyed(step: Step, key: str) -> Step:
    """The step with the idempotency key of its stage where its body asks for it."""
    effect = step.effect
    if not isinstance(effect, HttpRequest) or KEY not in effect.body:
        return step
    return replace(step, effect=replace(effect, body=effect.body.replace(KEY, item_key(key, step.stage))))
