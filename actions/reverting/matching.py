"""Which definitions of rollbacks a name fits, and which of them share an objective."""

from collections.abc import Sequence
from typing import Final

from actions.reverting.followed import Followed
from fleet.actions.rolled import asked_names, is_of
from fleet.store import Store

_NOT: Final = 9


def matching(definitions: Sequence[Followed], name: str, store: Store) -> tuple[str, ...]:
    """The definitions by which an agent, a service, an objective, a gate or an alert (by its id) can be rolled back,
    the likeliest first."""
    names = frozenset(asked_names(name, store))
    ranked = sorted((_rank(one, names), number, one.name) for number, one in enumerate(definitions))
    return tuple(found for rank, _, found in ranked if rank < _NOT)


def _rank(one: Followed, names: frozenset[str]) -> int:
    """How well a definition fits names, the less the better; _NOT where it does not."""
    if one.name in names:
        return 0
    if any(is_of(name, one.head.slo or "") for name in names) or one.head.gate in names:
        return 1
    agents = one.agents()
    if names.intersection(agents):
        return 2
    return 3 if names & one.words(agents) else _NOT


def sharing(one: Followed, definitions: Sequence[Followed]) -> tuple[str, ...]:
    """The other definitions that are judged by the same objective, or by a part of it, or it by a part of theirs."""
    mine = one.head.slo or ""
    theirs = ((other.name, other.head.slo or "") for other in definitions if other is not one)
    return tuple(name for name, slo in theirs if is_of(mine, slo) or is_of(slo, mine))
