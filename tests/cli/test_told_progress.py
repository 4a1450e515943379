"""What a command that acts tells while it waits."""

from datetime import UTC, datetime

from cli.acting.following import progress
from fleet.actions.action import Action, ActionState, Item
from fleet.actions.plan import ActKind, Plan, Target, Tier

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAULT = "it was not sent: refused: nothing listens there"


def _sent(*items: Item) -> Action:
    plan = Plan(
        key="k",
        act=ActKind.SUBMIT,
        kind="http",
        source="ask",
        fleet="blue",
        title="submit ask",
        tier=Tier.YES,
        word="ask",
        targets=(Target(name="ask"),),
        steps=(),
        items=tuple(item.words for item in items),
        made_at=NOW,
    )
    return Action(id="k", plan=plan, state=ActionState.SENT, planned_at=NOW, changed_at=NOW, items=items)


def test_who_waits_for_a_target_that_is_not_there_is_told_why_and_not_that_it_was_sent() -> None:
    waiting = Item(words="one", sentence=FAULT, tries=1)
    assert progress(_sent(waiting)) == f"not taken yet, 1 try: {FAULT}"
    assert progress(_sent(Item(words="one", sentence=FAULT, tries=3))) == f"not taken yet, 3 tries: {FAULT}"
    # Being tried again just now, and one of many, of which only the numbers are told.
    assert progress(_sent(Item(words="one", state=ActionState.SENT, sentence=FAULT, tries=2))) == "sent"
    assert progress(_sent(waiting, waiting)) == "sent"
