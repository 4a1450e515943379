"""What is said of a proposal, and of one that is not made: in the row of its definition, and where it is told. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil

from fleet.actions.action import Proposal
from fleet.actions.revision import not_by_itself
from fleet.times import span_text

_FINE_S = 60.0
_STEP_S = 10


def left_text(due: datetime, now: datetime) -> str:
    """How long until then: in seconds, above a minute in tens of them."""
    left_s = max(0.0, (due - now).total_seconds())
    return f"{ceil(left_s)}s" if left_s < _FINE_S else span_text(ceil(left_s / _STEP_S) * _STEP_S)


def by_itself(proposal: Proposal, now: datetime) -> str:
    """`auto in 12s`, `not by itself: …`; "" where its definition does not say `auto`."""
    if proposal.acts_at is None:
        return not_by_itself(proposal.held_back) if proposal.held_back else ""
    before = f" ({proposal.held_back})" if proposal.held_back else ""
    return f"auto in {left_text(proposal.acts_at, now)}{before}"


def not_proposed(words: str, due: datetime | None, now: datetime) -> str:
    """Why nothing is proposed; "" where nothing is wrong."""
    if not words or due is None or due <= now:
        return words
    return f"{words}; looks again in {left_text(due, now)}"


def told(proposals: Sequence[Proposal], now: datetime) -> Iterator[str]:
    """New proposals in sentences for who does something else: one for each that is carried out by itself, and one for
    all others."""
    ready = [one for one in proposals if one.acts_at is None]
    for one in proposals:
        if one.acts_at is not None:
            left = left_text(one.acts_at, now)
            yield f"{one.target} rolls back to {one.called} by itself in {left}: {one.because} (R freezes)"
    if ready:
        held = f". Not by itself: {ready[0].held_back}" if ready[0].held_back else ""
        names = ", ".join(f"{one.target} to {one.called}" for one in ready)
        yield f"A rollback is ready (:rollback): {names}. {ready[0].because}{held}"
