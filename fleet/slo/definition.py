"""Objectives as they are defined, whichever format they were written in. Ratios are 0–1, times seconds.

The names are OpenSLO's (v1), which Pyrra's, sloth's and fleetdeck's own short form are turned into.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from fleet.slo.model import Budgeting, Tier

SLO_LIMIT = 500
"""Definitions that a configuration may hold; those beyond it are refused by name."""
GROUP_LIMIT = 5_000
"""Objectives times groups that are followed, all definitions together; a group beyond it is left out, and said."""
WINDOW_LIMIT_S = 400 * 86_400.0
"""The longest window."""


class Source(StrEnum):
    """Where the samples come from."""

    OWN = "own samples"
    PROMETHEUS = "prometheus"


class Op(StrEnum):
    """How a value compares with its threshold when it is good."""

    LTE = "lte"
    GTE = "gte"
    LT = "lt"
    GT = "gt"

    @property
    def sign(self) -> str:
        """As PromQL writes it."""
        return {"lte": "<=", "gte": ">=", "lt": "<", "gt": ">"}[self.value]

    def holds(self, value: float, threshold: float) -> bool:
        """Whether `value` is good."""
        if self is Op.LTE:
            return value <= threshold
        if self is Op.GTE:
            return value >= threshold
        return value < threshold if self is Op.LT else value > threshold


class Counted(Struct, frozen=True, kw_only=True):
    """Good (or bad) events of all events, as PromQL. `counter`: they are counters, whose increments are taken; else
    gauges, each sample of which is a number of events. `within`: `good` is a histogram's buckets, of which the one with
    the greatest `le` up to it is taken."""

    total: str
    good: str = ""
    bad: str = ""
    counter: bool = True
    within: float | None = None


class Raw(Struct, frozen=True, kw_only=True):
    """A query that gives the ratio of good (`success`) or of bad events itself. Each look at it counts as one event."""

    query: str
    success: bool = True


class Threshold(Struct, frozen=True, kw_only=True):
    """A value that is good while it compares with `value` so. Each look at each series counts as one event."""

    query: str
    op: Op
    value: float


Indicator = Counted | Raw | Threshold


class Rolling(Struct, frozen=True):
    """The last so many seconds."""

    span_s: float


class Calendar(Struct, frozen=True, kw_only=True):
    """Periods of `count` days, weeks, months, quarters or years (`d w M Q Y`), from `start` on, by the wall clock of
    `zone`."""

    count: int
    unit: str
    start: datetime
    zone: str = "UTC"


Window = Rolling | Calendar


class Objective(Struct, frozen=True, kw_only=True):
    """One target. `slice_s` and `slice_target` where time slices are counted; a slice is good from that ratio on."""

    target: float
    indicator: Indicator
    name: str = ""
    slice_s: float = 0.0
    slice_target: float = 0.0


class SloDefinition(Struct, frozen=True, kw_only=True):
    """An objective, or several over the same service. `by` are the labels whose values make a row of their own (`agent`
    is an agent's name); none: one row for all. `where` is a filter of the agents view that the agent of a series must
    pass. `tiers` None: the usual ones for the window. `place` says where it was written."""

    name: str
    objectives: tuple[Objective, ...]
    window: Window
    service: str = ""
    description: str = ""
    budgeting: Budgeting = Budgeting.OCCURRENCES
    by: tuple[str, ...] = ()
    where: str = ""
    tiers: tuple[Tier, ...] | None = None
    source: Source = Source.OWN
    labels: dict[str, str] = {}
    place: str = ""
