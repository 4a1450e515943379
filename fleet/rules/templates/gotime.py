"""Times as Go's time package writes them: `String`, `Format` with a layout, and what templates may ask of a time."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_LAYOUT = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07"
    r"|002|01|02|03|04|05|06|15|__2|_2(?!006)|PM|pm|[.,]0++(?![0-9])|[.,]9++(?![0-9])|1|2|3|4|5"
)


class GoInt(int):
    """An integer with a name and a type, such as a month."""

    type_name = "int"
    words: str

    @classmethod
    def month(cls, number: int) -> Self:
        """1 is January."""
        return cls._named(number, "time.Month", MONTHS[number - 1])

    @classmethod
    def weekday(cls, number: int) -> Self:
        """0 is Sunday."""
        return cls._named(number, "time.Weekday", DAYS[number - 1])

    @classmethod
    def int64(cls, number: int) -> Self:
        """A plain number of 64 bits."""
        return cls._named(number, "int64", "")

    @classmethod
    def _named(cls, number: int, type_name: str, words: str) -> Self:
        made = cls(number)
        made.type_name, made.words = type_name, words
        return made


def go_time_text(when: datetime) -> str:
    """`2015-07-01 00:00:00.123 +0000 UTC`."""
    return go_format(when, "2006-01-02 15:04:05.999999999 -0700 MST")


def go_format(when: datetime, layout: str) -> str:
    """`when` (in UTC) by a layout of Go's, such as `2006-01-02`."""
    return _LAYOUT.sub(lambda found: _part(when, found[0]), layout)


def _part(when: datetime, part: str) -> str:
    if part[0] in ".," and len(part) > 1:
        digits = f"{when.microsecond:06d}000000"[: len(part) - 1]
        kept = digits if part[1] == "0" else digits.rstrip("0")
        return f"{part[0]}{kept}" if kept else ""
    return _PARTS[part](when)


def _hour(when: datetime) -> int:
    return when.hour % 12 or 12


_PARTS: dict[str, Callable[[datetime], str]] = {
    "January": lambda when: MONTHS[when.month - 1],
    "Jan": lambda when: MONTHS[when.month - 1][:3],
    "1": lambda when: str(when.month),
    "01": lambda when: f"{when.month:02d}",
    "Monday": lambda when: DAYS[when.weekday()],
    "Mon": lambda when: DAYS[when.weekday()][:3],
    "2": lambda when: str(when.day),
    "_2": lambda when: f"{when.day:2d}",
    "02": lambda when: f"{when.day:02d}",
    "__2": lambda when: f"{when.timetuple().tm_yday:3d}",
    "002": lambda when: f"{when.timetuple().tm_yday:03d}",
    "15": lambda when: f"{when.hour:02d}",
    "3": lambda when: str(_hour(when)),
    "03": lambda when: f"{_hour(when):02d}",
    "4": lambda when: str(when.minute),
    "04": lambda when: f"{when.minute:02d}",
    "5": lambda when: str(when.second),
    "05": lambda when: f"{when.second:02d}",
    "2006": lambda when: f"{when.year:04d}",
    "06": lambda when: f"{when.year % 100:02d}",
    "PM": lambda when: "PM" if when.hour >= 12 else "AM",
    "pm": lambda when: "pm" if when.hour >= 12 else "am",
    "MST": lambda when: "UTC",
    **{f"Z{zone}": lambda when: "Z" for zone in ("07:00:00", "070000", "07:00", "0700", "07")},
    "-07:00:00": lambda when: "+00:00:00",
    "-070000": lambda when: "+000000",
    "-07:00": lambda when: "+00:00",
    "-0700": lambda when: "+0000",
    "-07": lambda when: "+00",
}

METHODS: dict[str, tuple[int, Callable[..., Any]]] = {
    "Format": (1, go_format),
    "String": (0, go_time_text),
    "Year": (0, lambda when: when.year),
    "Month": (0, lambda when: GoInt.month(when.month)),
    "Day": (0, lambda when: when.day),
    "Hour": (0, lambda when: when.hour),
    "Minute": (0, lambda when: when.minute),
    "Second": (0, lambda when: when.second),
    "Nanosecond": (0, lambda when: when.microsecond * 1000),
    "YearDay": (0, lambda when: when.timetuple().tm_yday),
    "Weekday": (0, lambda when: GoInt.weekday(when.isoweekday() % 7)),
    "Unix": (0, lambda when: GoInt.int64(int(when.timestamp() // 1))),
    "UnixMilli": (0, lambda when: GoInt.int64(round(when.timestamp() * 1000))),
}
"""What a template may ask of a time: how many arguments, all of them text, and what it gives."""
