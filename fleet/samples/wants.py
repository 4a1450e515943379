"""What is asked for: rules, SLOs, gates and queries say which series they look at and how far back."""

from collections.abc import Iterable
from typing import Protocol

from fleet.promql.storage import Matchers
from fleet.samples.index import name_of

LOOK_BACK_S = 300.0
"""Seconds for which the newest sample of a series counts as its value (Prometheus's default)."""


class Asked(Protocol):
    """What `fleet.promql.parse.Wanted` is: a selector's matchers, and how far back it looks (seconds, may be inf)."""

    @property
    def matchers(self) -> Matchers: ...

    @property
    def reach_s(self) -> float: ...


class Wants:
    """The union of what everybody asks for.

    By metric name where the matchers name one: all series of that name are kept then, whatever else the matchers say,
    which costs little and lets a question be narrowed without losing what was kept. `generation` grows with each
    change of what is to be kept.
    """

    def __init__(self) -> None:
        self._of: dict[str, tuple[Asked, ...]] = {}
        self.names: frozenset[str] = frozenset()
        self.others: tuple[Matchers, ...] = ()
        self.reach_s = LOOK_BACK_S
        self.generation = 0

    def want(self, who: str, wanted: Iterable[Asked]) -> bool:
        """`who` asks for this now, and for nothing that it asked for before; True where other series are to be kept."""
        asked = tuple(wanted)
        if asked:
            self._of[who] = asked
        else:
            self._of.pop(who, None)
        every = [one for asks in self._of.values() for one in asks]
        self.reach_s = max((one.reach_s for one in every), default=0.0) + LOOK_BACK_S
        names = frozenset(name for one in every if (name := name_of(one.matchers)) is not None)
        others = tuple({one.matchers: None for one in every if name_of(one.matchers) is None})
        if (names, others) == (self.names, self.others):
            return False
        self.names, self.others = names, others
        self.generation += 1
        return True

    def beyond(self, most_s: float) -> dict[str, float]:
        """Who looks further back than `most_s`, and how far, in seconds."""
        furthest = {who: max(one.reach_s for one in asked) for who, asked in self._of.items()}
        return {who: reach for who, reach in furthest.items() if reach > most_s}
