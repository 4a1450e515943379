"""How an act ends: its state, what became of it in a sentence, and what would be best now. Never better than what was
seen or answered."""

import shlex
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actions.run import Run
from fleet.actions.action import Action, ActionState, Item, StageState
from fleet.actions.plan import ActKind, Plan, RevisionLive
from fleet.actions.revision import instead, of_plan
from fleet.actions.verdict import sentence_of, whole
from fleet.text import scrub

RECONCILE = "reconcile it: ask the target what became of it; nothing is sent again"
LOOK = "its target did not say: ask again later, or look there yourself and settle it by hand; nothing is sent again"
SETTLE = "nobody can be asked: look there yourself, and settle it by hand; nothing is sent again"
_ROLLS = (ActKind.ROLLBACK, ActKind.UNDO)


class Ending(Struct, frozen=True, kw_only=True):
    """The end of an act. `items` are as they are then."""

    state: ActionState
    outcome: str
    next_step: str = ""
    items: tuple[Item, ...] = ()


def ending(run: Run, fault: str = "") -> Ending:
    """The end of a run. `fault` says what went wrong in fleetdeck itself, "" where nothing did."""
    action = run.board[run.id]
    items = tuple(_item(run, number, item) for number, item in enumerate(action.items))
    live = replaced(replace(action, items=items))
    if live:
        # What is said of it is not so any longer.
        items = tuple(replace(item, sentence=f"it was in place, and is no more: {live}") for item in items)
    action = replace(action, items=items)
    state = _state(run, items, fault)
    return Ending(
        state=state,
        outcome=scrub(_outcome(run, action, state, fault), 600),
        next_step=next_step(action, state, stopped=bool(run.stopped) or run.failed_stage is not None),
        items=items,
    )


def _item(run: Run, number: int, item: Item) -> Item:
    """An item as it is at the end: in doubt where its effect was cut off, else surely not sent."""
    if number in run.flying:
        words = "it was cut off after it was sent: it may have been done"
        return replace(item, state=ActionState.UNKNOWN, sentence=words)
    if item.state in (ActionState.PLANNED, ActionState.SENT):
        words = "not sent" + (f": {run.stopped}" if run.stopped else "")
        return replace(item, state=ActionState.CANCELLED, sentence=item.sentence or words)
    if item.state is ActionState.UNKNOWN and run.checks_hold and _is_answer_enough(run, number):
        return replace(item, state=ActionState.SUCCEEDED, sentence=run.checks_words or item.sentence)
    return item


def replaced(action: Action) -> str:
    """What is live in place of what was seen to be, as the last check says: somebody else has changed it meanwhile. ""
    where that is not so, or not known."""
    said = zip(action.plan.checks, action.checks, action.holds, strict=False)
    live = next((words for check, words, holds in said if isinstance(check, RevisionLive) and holds is False), "")
    return live if live and whole(action.items) is ActionState.SUCCEEDED else ""


def _is_answer_enough(run: Run, number: int) -> bool:
    """Whether a post-condition that holds says that the item was done: where it was answered that it was, or where the
    target itself says which revision is live."""
    if run.plan.act not in _ROLLS or run.failed_stage is not None or run.stopped:
        return False
    return number not in run.lost or any(isinstance(check, RevisionLive) and check.is_all for check in run.plan.checks)


def _state(run: Run, items: tuple[Item, ...], fault: str) -> ActionState:
    state = whole(items)
    if state is ActionState.UNKNOWN:
        return state
    running = any(item.state is ActionState.RUNNING for item in items)
    if fault:
        return ActionState.UNKNOWN if running else ActionState.FAILED
    passed = run.failed_stage is None and all(stage.state == "passed" for stage in run.board[run.id].stages)
    unproven = not passed or (bool(run.plan.checks) and run.checks_hold is not True)
    if run.stopped:
        if state is ActionState.SUCCEEDED and not unproven:
            return state
        if not run.aborted:
            return ActionState.UNKNOWN if running else ActionState.FAILED
        return ActionState.CANCELLED
    if state is ActionState.SUCCEEDED and unproven:
        return ActionState.FAILED
    if run.failed_stage is not None:
        return ActionState.FAILED
    return state


def _outcome(run: Run, action: Action, state: ActionState, fault: str) -> str:
    words = sentence_of(action)
    if fault:
        return f"{fault}; {words}" if words else fault
    if run.failed_stage is not None and run.failed_stage < len(action.stages):
        words = f"{halted(action)}: {run.stopped or action.stages[run.failed_stage].sentence}"
    elif run.stopped:
        why = halted(action) or run.stopped
        words = f"{why}; {words}" if words else why
    elif not run.sends and halted(action):
        words = since_halted(action, words)
    elif run.plan.checks and run.checks_hold is not None:
        holds = "the post-condition holds" if run.checks_hold else "the post-condition does not hold"
        more = words if not run.checks_hold and not replaced(action) else ""
        words = f"{holds}: {run.checks_words}" + (f"; {more}" if more else "")
    return words or state.value


# ── stages that did not all pass ──


def unsent(action: Action) -> bool:
    """Whether an act that nobody carries on has stages that were never sent."""
    return any(stage.state in ("waiting", "skipped") for stage in action.stages)


def halted(action: Action) -> str:
    """How far its stages came: `fleetdeck ended in stage 1 of 3 (10 %)`; "" where all passed, or there are none."""
    for number, stage in enumerate(action.stages, 1):
        if stage.state != "passed":
            why = stage.sentence if stage.state in ("stopped", "skipped") else ""
            where = "before" if stage.state == "skipped" else "in"
            return f"{why or 'stopped'} {where} stage {number} of {len(action.stages)} ({stage.title})"
    return ""


def since_halted(action: Action, said: str) -> str:
    """How far its stages came, and what its target says now."""
    good = all(item.state is ActionState.SUCCEEDED for item in action.items)
    where = halted(action)
    return f"{where}{', yet ' if good else ': '}{said}" if where and said else where or said


def left_stages(stages: tuple[StageState, ...], why: str) -> tuple[StageState, ...]:
    """The stages of an act that nobody carries on, as they are then. `why` says what stopped it; "" where that was
    found in one of them."""
    under_way = {"state": "stopped", "sentence": why} if why else {"state": "failed"}
    ends: dict[str, dict[str, Any]] = {"running": under_way, "checking": under_way}
    ends["waiting"] = {"state": "skipped", "sentence": why}
    return tuple(replace(stage, **ends.get(stage.state, {})) for stage in stages)


def _was_interrupted(action: Action) -> bool:
    """Whether its next stages are missing only because nobody was there to send them."""
    found = any(stage.state == "failed" for stage in action.stages)
    return unsent(action) and not found and any(item.state is not ActionState.SUCCEEDED for item in action.items)


# ── what would be best ──


def next_step(action: Action, state: ActionState, *, stopped: bool = False, asked: bool = False) -> str:
    """What would be best now, in a sentence; "" where that is plain. `asked`: its target was asked just now."""
    plan = action.plan
    if state is ActionState.UNKNOWN:
        return (LOOK if asked else RECONCILE) if _can_be_asked(action) else SETTLE
    if state is ActionState.TIMED_OUT:
        return "it may still end: look at its target, reconcile it later, or settle it by hand"
    if plan.act in _ROLLS and (state is ActionState.FAILED or (state is ActionState.CANCELLED and stopped)):
        if all(item.state in (ActionState.CANCELLED, ActionState.REFUSED) for item in action.items):
            return "nothing was changed: put right what stands against it, and plan it anew"
        live = replaced(action)
        if live:
            return f"look who changed {plan.word or 'it'} meanwhile: {live}; roll anew where that is still wanted"
        if _is_as_before(action):
            return f"{of_plan(plan, plan.before)} is live as before: look why, and {_anew(plan)}"
        if plan.act is ActKind.UNDO:
            return f"look at {plan.word} first, and {_anew(plan)}"
        back = f" to {of_plan(plan, plan.before)}" if plan.before else ""
        if plan.before_bad and back:
            return f"roll on with b, all at once or to another revision: undoing goes back{back}, and {plan.before_bad}"
        or_else = "roll anew" if _was_interrupted(action) else f"look at {plan.word} first"
        return f"undo it, which takes {plan.word} back{back}; or {or_else}" if plan.word else "undo it"
    if state is ActionState.CANCELLED and any(item.state is ActionState.RUNNING for item in action.items):
        return "what was sent goes on at its target: cancel it there, or reconcile it later"
    if state is ActionState.FAILED and len(action.items) > 1:
        return "look at the items that failed, and submit those anew"
    return ""


def _is_as_before(action: Action) -> bool:
    """Whether its target said at last that all of it is as it was, so that nothing is there to be undone."""
    plan = action.plan
    said = instead(of_plan(plan, plan.before), plan) if plan.before and plan.revision else ""
    return bool(said) and not action.stages and any(item.sentence == said for item in action.items)


def _anew(plan: Plan) -> str:
    """How the same is tried again. What was archived is put back only by undoing."""
    words = shlex.join(("fleetdeck", "rollback", plan.source, "--to", plan.revision))
    rolled = f"roll anew with b ({words})" if plan.revision else ""
    return ", or ".join(filter(None, (rolled, f"undo {plan.of[:8]} anew" if plan.of else ""))) or "roll anew with b"


def _can_be_asked(action: Action) -> bool:
    """Whether a target can say what became of any item in doubt: where it is asked by more than the key, that has to be
    known."""
    wanted = frozenset(action.plan.asked_by)
    unknown = [item for item in action.items if item.state is ActionState.UNKNOWN]
    return action.plan.askable and (not unknown or any(wanted <= item.found.keys() for item in unknown))
