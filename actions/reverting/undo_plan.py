"""A plan that takes a roll back."""

from collections.abc import Sequence

from msgspec.structs import replace

from actions.planning import Planning
from actions.reverting.choosing import wanted_revision
from actions.reverting.drafting import Roll, drafted
from actions.reverting.followed import Followed
from actions.reverting.roll_plan import roll_plan
from fleet.actions.action import Action
from fleet.actions.plan import ActKind, Plan, Step
from fleet.actions.revision import Revision, Revisions, of_plan
from fleet.actions.rollback_plan import end_checks
from fleet.actions.taking_back import of_fact
from fleet.errors import RefusedError


async def undo_plan(one: Followed, action: Action, planning: Planning) -> Plan:
    """A plan that takes a roll of that definition back: by what was archived where something was, else by rolling to
    the revision that was live before. Raises RefusedError where neither is there, OutsideError."""
    known = await one.revisions()
    steps = await one.rolling.back(action.plan)
    if steps:
        made = _put_back(one, known, action, steps, planning)
    else:
        made = await _rolled_again(one, known, action, planning)
    return replace(made, of=action.id, facts=(of_fact(ActKind.UNDO, action), *made.facts))


async def _rolled_again(one: Followed, known: Revisions, action: Action, planning: Planning) -> Plan:
    """By rolling to what was live before."""
    done = action.plan
    if not one.rolling.listed:
        gone = Revision(id=done.revision, name=done.revision)
        raise RefusedError(f"{one.name} cannot be taken back: {'; '.join(one.rolling.undo(gone, None))}")
    if not done.before:
        raise RefusedError(f"what was live before {action.id[:8]} is not known: choose a revision instead")
    made = await roll_plan(one, known, wanted_revision(known, done.before), planning, act=ActKind.UNDO)
    # What was known against it when it was left may be forgotten by now.
    warnings = dict.fromkeys((*filter(None, (done.before_bad,)), *made.warnings))
    return replace(made, title=f"undo: {made.title}", warnings=tuple(warnings))


def _put_back(one: Followed, known: Revisions, action: Action, steps: Sequence[Step], planning: Planning) -> Plan:
    """By the steps that its kind has for that."""
    done = action.plan
    before = done.before if one.rolling.listed else ""
    roll = Roll(
        act=ActKind.UNDO,
        title=f"undo: put back what was there before {one.name} was rolled to {of_plan(done, done.revision)}",
        to=before,
        live=known.live,
        names=done.names | known.names(before, known.live.id if known.live is not None else ""),
        steps=tuple(steps),
        checks=end_checks(before, one.agents(), one.head.slo or "", one.head.gate or "", reloads=one.rolling.reloads),
        facts=known.facts,
        blast=(f"everything that changed since in {one.rolling.target}",),
        undo=(f"rolling to {of_plan(done, done.revision)} again",) if done.revision else (),
        warnings=known.warnings,
    )
    return drafted(one, roll, planning)
