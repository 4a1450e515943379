"""The units that columns and fields have, and what may be written to compare with them.

`parse_quantity` reads the right side of a comparison: `age>5m`, `memory>200M`, `cpu>=80%`, `queued>1.5k`,
`since<2026-11-21T10:00Z`. The unit of an output field follows from the end of its name (`*_s`, `*_bytes`, `*_ratio`,
`*_percent`); a column says its own.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum

from fleet.times import parse_duration


class Unit(StrEnum):
    """What a number counts."""

    NUMBER = "number"
    SECONDS = "duration"
    AGE = "age"
    """Seconds since a moment; it can also be compared with a time, which the moment then is before or after."""
    BYTES = "size"
    RATIO = "ratio"
    PERCENT = "percentage"
    ANY = "any"


WANTED: dict[Unit, str] = {
    Unit.NUMBER: "a number, such as 5 or 1.5k",
    Unit.SECONDS: "a duration, such as 5m",
    Unit.AGE: "a duration, such as 5m, or a time, such as 2026-11-21T10:00Z",
    Unit.BYTES: "a size, such as 200M",
    Unit.RATIO: "a percentage, such as 80%",
    Unit.PERCENT: "a percentage, such as 80%",
    Unit.ANY: "a number, a duration (5m), a size (200M) or a percentage (80%)",
}

_ENDS = (("_s", Unit.SECONDS), ("_bytes", Unit.BYTES), ("_ratio", Unit.RATIO), ("_percent", Unit.PERCENT))
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?")
_SIZE = re.compile(r"(\d{1,30}(?:\.\d{1,30})?)([kKMGT])(i?B)?")
_POWER = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4}
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ].{1,30})?")


def field_unit(name: str) -> Unit:
    """The unit of an output field, by its name."""
    return next((unit for end, unit in _ENDS if name.endswith(end)), Unit.NUMBER)


def parse_quantity(text: str, unit: Unit) -> float | datetime | None:
    """What `text` means in `unit`, as the number that a value of that unit is compared with; an age may also be
    compared with a time (aware; UTC where it has no offset). None where `text` means nothing there."""
    if _NUMBER.fullmatch(text):
        return float(text)
    if text.endswith("%"):
        return _percent(text[:-1], unit)
    size = _SIZE.fullmatch(text)
    if size is not None:
        return _size(float(size[1]), _POWER[size[2]], size[3] or "", unit)
    if unit in (Unit.SECONDS, Unit.AGE, Unit.ANY):
        try:
            return parse_duration(text)
        except ValueError:
            pass
    return _time(text) if unit is Unit.AGE else None


def _percent(number: str, unit: Unit) -> float | None:
    if not _NUMBER.fullmatch(number) or unit not in (Unit.RATIO, Unit.PERCENT, Unit.ANY):
        return None
    return float(number) if unit is Unit.PERCENT else float(number) / 100


def _size(number: float, power: int, suffix: str, unit: Unit) -> float | None:
    """`200M` is what the cells of the view show as 200M: powers of 1,024 where bytes are counted, else of 1,000;
    `MB` and `MiB` are the one and the other everywhere."""
    if unit not in (Unit.NUMBER, Unit.BYTES, Unit.ANY):
        return None
    binary = suffix == "iB" or (not suffix and unit is Unit.BYTES)
    return float(number * (1024 if binary else 1000) ** power)


def _time(text: str) -> datetime | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        when = datetime.fromisoformat(text)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
