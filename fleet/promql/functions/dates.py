"""Parts of dates, in UTC, of values that are seconds since the epoch; without an argument, of the evaluation's time.

The calendar is Go's: proleptic Gregorian, counted from the year -292277022399 on in 64 bits, which wrap. Values beyond
64 bits, NaN and infinities are -2⁶³ seconds, as amd64 converts them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from fleet.promql.function import Function, Special, Vector
from fleet.promql.labels import EMPTY

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation

_DAY_S = 86_400
_WEEK_S = 7 * _DAY_S
_FIRST_YEAR = -292_277_022_399
"""Its first of January was a Monday, and it begins 400 years whose last one is a leap year."""
_UNIX_S = 62_135_596_800 + 9_223_371_966_579_724_800
"""The epoch, in seconds since the first year began."""
_WRAP = 1 << 64
_ERA_DAYS, _CENTURY_DAYS, _OLYMPIAD_DAYS, _YEAR_DAYS = 146_097, 36_524, 1_461, 365
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Date(NamedTuple):
    """A day, and the year's day from 1 on."""

    year: int
    month: int
    day: int
    year_day: int


def is_leap(year: int) -> bool:
    """Whether February has 29 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_days(year: int, month: int) -> int:
    """How many days a month has."""
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


def absolute(seconds: float) -> int:
    """Seconds since the first year began."""
    whole = int(seconds) if -(2.0**63) <= seconds < 2.0**63 else -(1 << 63)
    return (whole + _UNIX_S) % _WRAP


def date(seconds: int) -> Date:
    """The day at these seconds since the first year began."""
    eras, days = divmod(seconds // _DAY_S, _ERA_DAYS)
    centuries = min(days // _CENTURY_DAYS, 3)
    olympiads, days = divmod(days - centuries * _CENTURY_DAYS, _OLYMPIAD_DAYS)
    years = min(days // _YEAR_DAYS, 3)
    days -= years * _YEAR_DAYS
    year = _FIRST_YEAR + 400 * eras + 100 * centuries + 4 * olympiads + years
    month, left = 1, days
    while left >= (length := month_days(year, month)):
        left -= length
        month += 1
    return Date(year, month, left + 1, days + 1)


def _minute(seconds: int) -> int:
    return seconds // 60 % 60


def _hour(seconds: int) -> int:
    return seconds // 3600 % 24


def _day_of_week(seconds: int) -> int:
    return (seconds + _DAY_S) % _WRAP % _WEEK_S // _DAY_S


def _days_in_month(seconds: int) -> int:
    day = date(seconds)
    return month_days(day.year, day.month)


def _part(part: Callable[[int], int]) -> Special:
    """The function that gives this part of a date."""

    def call(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> Vector:
        if not arguments:
            return Vector((EMPTY,), (float(part(absolute(evaluation.at_ms // 1000))),))
        given = evaluation.vector(arguments[0])
        values = [float(part(absolute(value))) for value in given.values]
        return Vector([labels.nameless() for labels in given.labels], values)

    return Special(call)


FUNCTIONS: dict[str, Function] = {
    "minute": _part(_minute),
    "hour": _part(_hour),
    "day_of_week": _part(_day_of_week),
    "day_of_month": _part(lambda seconds: date(seconds).day),
    "day_of_year": _part(lambda seconds: date(seconds).year_day),
    "days_in_month": _part(_days_in_month),
    "month": _part(lambda seconds: date(seconds).month),
    "year": _part(lambda seconds: date(seconds).year),
}
