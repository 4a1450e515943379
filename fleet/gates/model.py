"""A gate as a row."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class GateState(StrEnum):
    """Whether a gate holds. No data is no pass."""

    PASS = "pass"  # noqa: S105  # a verdict
    FAIL = "fail"
    NO_DATA = "no data"


class GateStatus(Struct, frozen=True, kw_only=True):
    """A gate: its target as written, what is claimed and what is observed, in words and as a number, and since when.

    `observed` is None where nothing is known; `claimed` what the fleet says of itself, where the gate names that.
    `unit` is what `expr` counts in (`fleet.gates.target.GateUnit`), "" for the target's base unit.
    """

    name: str
    target: str
    expr: str = ""
    state: GateState = GateState.NO_DATA
    observed: float | None = None
    observed_text: str = ""
    claimed: str = ""
    since: datetime | None = None
    error: str = ""
    unit: str = ""
