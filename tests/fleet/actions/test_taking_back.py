"""What can be undone or cancelled, and the sentence where it cannot."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fleet.actions.action import Action, ActionState, Item
from fleet.actions.plan import ActKind, Plan, Tier
from fleet.actions.taking_back import why_not_cancelled, why_not_undone


def done(act: ActKind, state: ActionState, *items: ActionState, **more: Any) -> Action:
    plan = Plan(
        key="k",
        act=act,
        kind="http",
        source="app",
        fleet="test",
        title="do it",
        tier=Tier.YES,
        word="app",
        targets=(),
        steps=(),
        made_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    return Action(id="k", plan=plan, state=state, items=tuple(Item(words="", state=one) for one in items), **more)


@pytest.mark.parametrize(
    ("state", "items", "more", "why"),
    [
        (ActionState.SUCCEEDED, (), {}, ""),
        (ActionState.FAILED, (), {}, ""),
        (ActionState.UNKNOWN, (), {}, ""),
        (ActionState.RUNNING, (), {}, "it is under way: wait until it has ended, or stop it"),
        (ActionState.REFUSED, (ActionState.REFUSED,), {}, "nothing was changed by it"),
        (ActionState.CANCELLED, (ActionState.CANCELLED,), {}, "nothing was changed by it"),
        (ActionState.CANCELLED, (ActionState.SUCCEEDED, ActionState.CANCELLED), {}, ""),
        (ActionState.SUCCEEDED, (), {"undone_by": "0123456789abcdef"}, "it was undone already, by 01234567"),
        (ActionState.PLANNED, (), {"dry_run": True}, "it was a dry run: there is nothing to undo"),
    ],
)
def test_what_changed_something_and_was_not_taken_back_can_be_undone(
    state: ActionState, items: tuple[ActionState, ...], more: dict[str, Any], why: str
) -> None:
    for act in (ActKind.ROLLBACK, ActKind.UNDO):
        assert why_not_undone(done(act, state, *items, **more)) == why
    for act in (ActKind.SUBMIT, ActKind.CANCEL):
        assert why_not_undone(done(act, state, *items, **more)).startswith("only what was rolled can be undone")


@pytest.mark.parametrize(
    ("state", "items", "more", "why"),
    [
        (ActionState.RUNNING, (ActionState.RUNNING,), {}, ""),
        (ActionState.TIMED_OUT, (ActionState.RUNNING,), {}, ""),
        (ActionState.UNKNOWN, (ActionState.UNKNOWN,), {}, ""),
        (ActionState.FAILED, (ActionState.FAILED, ActionState.RUNNING), {}, ""),
        (ActionState.SUCCEEDED, (ActionState.SUCCEEDED,), {}, "nothing of it runs or waits any more"),
        (ActionState.CONFIRMED, (ActionState.PLANNED,), {}, "nothing of it was sent yet: stop it instead"),
        (
            ActionState.RUNNING,
            (ActionState.SENT,),
            {"cancelling": True},
            "it is being stopped: wait until it has ended",
        ),
        (ActionState.PLANNED, (), {"dry_run": True}, "it was a dry run: there is nothing to cancel"),
    ],
)
def test_what_may_still_be_at_work_can_be_cancelled(
    state: ActionState, items: tuple[ActionState, ...], more: dict[str, Any], why: str
) -> None:
    assert why_not_cancelled(done(ActKind.SUBMIT, state, *items, **more)) == why
    for act in (ActKind.ROLLBACK, ActKind.UNDO, ActKind.CANCEL):
        assert why_not_cancelled(done(act, state, *items, **more)).startswith("only what was submitted can be")
