"""Objectives as defined, and as a row of the table. Ratios are 0–1, times seconds.

Budgets and burn rates as in the Google SRE Workbook, chapter 5; definitions as in OpenSLO v1.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class SloState(StrEnum):
    """What is said of an objective. NaN, 0/0 and missing series are `no data`, never `ok`."""

    OK = "ok"
    BURNING = "burning"
    EXHAUSTED = "exhausted"
    NO_DATA = "no data"


class Budgeting(StrEnum):
    """How bad is counted, in OpenSLO's words."""

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


class Tier(Struct, frozen=True, gc=False):
    """A pair of windows that fires when both burn faster than `factor`. `severity` is `page` or `ticket`."""

    name: str
    factor: float
    long_s: float
    short_s: float
    severity: str


class Burn(Struct, frozen=True, kw_only=True, gc=False):
    """A tier as it is: the burn rates over both windows (None: no data there), and whether it fires."""

    tier: str
    severity: str
    factor: float
    long_s: float
    short_s: float
    long_rate: float | None = None
    short_rate: float | None = None
    firing: bool = False


class SloStatus(Struct, frozen=True, kw_only=True):
    """An objective as a row.

    `sli_ratio` is good/total over the window (or good slices), `budget_remaining_ratio` 1 − bad/(total × (1 −
    objective)), below 0 when it is overspent; `burn_rate` that of the shortest window. `exhaustion_s` is the time until
    the budget is spent at the burn rate of the last hour; None where it is not burning or not known. `coverage_ratio`
    is how much of the window there is data for. `good`, `total` and `samples` are what it was made from; `formula` says
    how, `inputs` the queries or series with their sample counts. `trend` is what was left of the budget at twelve
    moments of the window, oldest first.
    """

    name: str
    service: str = ""
    objective_ratio: float
    window_s: float
    window: str = ""
    budgeting: Budgeting = Budgeting.OCCURRENCES
    state: SloState = SloState.NO_DATA
    sli_ratio: float | None = None
    budget_remaining_ratio: float | None = None
    burn_rate: float | None = None
    burns: tuple[Burn, ...] = ()
    exhaustion_s: float | None = None
    coverage_ratio: float = 0.0
    good: float | None = None
    total: float | None = None
    samples: int = 0
    formula: str = ""
    inputs: tuple[tuple[str, int], ...] = ()
    labels: dict[str, str] = {}
    source: str = ""
    description: str = ""
    since: datetime | None = None
    error: str = ""
    trend: tuple[float, ...] = ()
