"""The targets of gates, in the notation that plans write: `>99.9%`, `<500ms`, `<5min`, `203/203 passing`, `0`.

A target knows its base unit: a percentage is compared with a ratio of 0–1, times with seconds, sizes with bytes, as
Prometheus's conventions have them. Where an expression counts in something else, the gate says so (`unit`).
"""

import math
import re
from collections.abc import Callable
from enum import StrEnum
from operator import eq, ge, gt, le, lt, ne

from msgspec import Struct

_NUMBER = r"[+-]?(?:\d{1,15}(?:[,_]\d{3}){0,5})(?:\.\d{1,15})?"
_BOUND = re.compile(rf"(>=|<=|==|!=|=|≥|≤|≠|>|<)?\s*({_NUMBER})\s*([%a-zA-Zµ]{{0,12}})")
_SHARE = re.compile(r"(\d{1,15})\s*/\s*(\d{1,15})(?:\s+[A-Za-z]{1,20})?")
_SAME = {"=": "==", "≥": ">=", "≤": "<=", "≠": "!=", "": ">="}
_HOLDS: dict[str, Callable[[float, float], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le, "==": eq, "!=": ne}
_SPELT = {
    "ratio": "%",
    "seconds": "ms s sec secs second seconds m min mins minute minutes h hr hrs hour hours d day days",
    "bytes": "B KB MB GB TB KiB MiB GiB TiB",
}
_FACTORS = {
    "%": 0.01,
    "ms": 0.001,
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **{f"{prefix}B": 1000.0**power for power, prefix in enumerate(("", "K", "M", "G", "T"))},
    **{f"{prefix}iB": 1024.0**power for power, prefix in enumerate(("K", "M", "G", "T"), 1)},
}


class GateUnit(StrEnum):
    """What an expression counts in."""

    NUMBER = "number"
    RATIO = "ratio"
    PERCENT = "percent"
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    BYTES = "bytes"


_TO_BASE = {GateUnit.PERCENT: 0.01, GateUnit.MILLISECONDS: 0.001}
_BASE = {GateUnit.PERCENT: GateUnit.RATIO, GateUnit.MILLISECONDS: GateUnit.SECONDS}


class Target(Struct, frozen=True, kw_only=True):
    """A target. `bound` is in the base unit; `of` is the m of `n/m`, where `bound` is the n. `suffix` is the unit as it
    was written, in which values are shown beside it."""

    text: str
    op: str
    bound: float
    of: float | None = None
    unit: GateUnit = GateUnit.NUMBER
    suffix: str = ""

    def holds(self, observed: float, total: float | None = None) -> bool:
        """Whether `observed` (base unit) reaches the target; NaN does not. Of `n/m`, `total` is how many there are:
        no more of them may fail than m − n."""
        if math.isnan(observed) or not _HOLDS[self.op](observed, self.bound):
            return False
        return self.of is None or total is None or total - observed <= self.of - self.bound

    def shown(self, observed: float) -> str:
        """`observed` (base unit) in the target's own unit: `99.87%`, `512ms`."""
        if math.isnan(observed):
            return "NaN"
        if math.isinf(observed):
            return "+Inf" if observed > 0 else "-Inf"
        value = observed / _FACTORS.get(self.suffix, 1.0)
        return f"{value:,.4f}".rstrip("0").rstrip(".") + self.suffix

    def brief(self, observed: float) -> str:
        """As `shown`, with four leading digits: for the side of a graph."""
        return f"{observed / _FACTORS.get(self.suffix, 1.0):.4g}{self.suffix}"

    def from_unit(self, value: float, unit: GateUnit | None) -> float:
        """A value of the expression, which counts in `unit` (None: the target's base unit), in the base unit."""
        return value * _TO_BASE.get(unit, 1.0) if unit is not None else value


def parse_target(text: str, unit: GateUnit | None = None) -> Target:
    """Read a target; a number without a comparison is what must at least be reached, and `0` what must not be exceeded
    (`errors: 0`). Raises ValueError with a sentence for what is none, or does not fit what the expression counts in."""
    words = text.strip()
    share = _SHARE.fullmatch(words)
    if share is not None:
        return _fitting(_share(words, float(share[1]), float(share[2])), unit)
    found = _BOUND.fullmatch(words)
    if found is None:
        raise ValueError(f"{text!r} is no target; write one such as >99.9%, <500ms, >= 5 or 203/203 passing")
    op, number, suffix = found[1] or "", float(found[2].replace(",", "").replace("_", "")), found[3]
    known = next((GateUnit(base) for base, spelt in _SPELT.items() if suffix in spelt.split()), None)
    if suffix and known is None:
        raise ValueError(f"{text!r}: {suffix!r} is no unit here; write %, ms, s, min, h, d, KB, MiB or none")
    if not op and not number:
        op = "<="
    base = known or (_BASE.get(unit, unit) if unit else None) or GateUnit.NUMBER
    bound = number * (_FACTORS[suffix] if suffix else _TO_BASE.get(unit, 1.0) if unit else 1.0)
    return _fitting(Target(text=words, op=_SAME.get(op, op), bound=bound, unit=base, suffix=suffix), unit)


def _share(text: str, passing: float, of: float) -> Target:
    if passing > of:
        raise ValueError(f"{text!r}: more than all of them cannot pass")
    return Target(text=text, op=">=", bound=passing, of=of)


def _fitting(target: Target, unit: GateUnit | None) -> Target:
    if unit is not None and _BASE.get(unit, unit) is not target.unit:
        raise ValueError(f"{target.text!r} is in {target.unit.value}, but the expression counts in {unit.value}")
    return target
