"""Whether rollbacks are carried out by themselves, or somebody put an end to that: by stopping or undoing what was done
so. It is read from the records, so it holds for every program of the user, and outlives them. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from fleet.actions.action import AUTO, Action, ActionState
from fleet.actions.plan import ActKind
from fleet.actions.revision import of_plan
from fleet.text import scrub

DAY: Final = timedelta(days=1)
_ARMS: Final = "an operator's next rollback that succeeds arms it again, or `rearmed` under auto"


def done_by_itself(acts: Iterable[Action]) -> list[Action]:
    """Those of `acts` that went by themselves, as far as anything was begun."""
    return [one for one in acts if one.actor == AUTO and one.state is not ActionState.REFUSED]


def disarmed(acts: Sequence[Action], live: str, since: datetime | None = None) -> str:
    """Why nothing goes by itself any more, in a sentence; "" where it may. `acts` are those of one definition, `live`
    is what is live now, `since` the time from which on acts count (`rearmed` in the configuration).

    A rollback of an operator that succeeded arms it again, unless it is one that takes back what was done so."""
    mine = [one for one in done_by_itself(acts) if since is None or _at(one) >= since]
    if not mine:
        return ""
    last = max(mine, key=_at)
    troubles = [(_at(one), _not_succeeded(one)) for one in mine if one.ended and not one.succeeded]
    troubles += [(_at(one), f"{one.actor} undid what it did: {_ARMS}") for one in acts if _takes_back(one, mine)]
    armed = max((_at(one) for one in acts if _arms(one, mine)), default=None)
    left = [words for at, words in sorted(troubles) if armed is None or at > armed]
    if left:
        return left[-1]
    if live and live == last.plan.before and (armed is None or armed < _at(last)):
        return f"{of_plan(last.plan, live)} is live again, which it had rolled back: {_ARMS}"
    return ""


def _not_succeeded(one: Action) -> str:
    how = f" ({scrub(one.outcome, 160)})" if one.outcome else ""
    return f"the last one that was carried out by itself did not succeed{how}: {_ARMS}"


def _takes_back(one: Action, mine: Sequence[Action]) -> bool:
    """Whether an operator took back, or began to, what went by itself."""
    if one.actor == AUTO or one.sent_at is None:
        return False
    if one.act is ActKind.UNDO:
        return any(one.plan.of == other.id for other in mine)
    return _rolls_forward_again(one, mine)


def _rolls_forward_again(one: Action, mine: Sequence[Action]) -> bool:
    before = [other for other in mine if _at(other) <= _at(one)]
    return bool(before) and one.plan.revision == max(before, key=_at).plan.before != ""


def _arms(one: Action, mine: Sequence[Action]) -> bool:
    by_hand = one.actor != AUTO and one.act is ActKind.ROLLBACK and one.succeeded
    return by_hand and not _rolls_forward_again(one, mine)


def _at(one: Action) -> datetime:
    return one.sent_at or one.plan.made_at
