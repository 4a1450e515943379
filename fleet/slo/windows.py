"""Windows over time: where one begins, how long it is, and what it is called."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from fleet.slo.definition import Calendar, Rolling, Window

_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"M": 1, "Q": 3, "Y": 12}
_NOMINAL_DAYS = {"d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}
_LONGEST_DAYS = {"d": 1, "w": 7, "M": 31, "Q": 92, "Y": 366}


class Period(NamedTuple):
    """A window at a moment: when it began, when it ends (of a rolling one: now), and how long it is when it is over."""

    start: datetime
    end: datetime
    span_s: float


def period(window: Window, at: datetime) -> Period:
    """The window at `at`. A calendar's period begins and ends at the same wall-clock time of its zone, so a day may
    have 23 or 25 hours. Before its start there is a period, too, counted backwards."""
    if isinstance(window, Rolling):
        return Period(at - timedelta(seconds=window.span_s), at, window.span_s)
    zone = zone_of(window.zone)
    local = at.astimezone(zone).replace(tzinfo=None)
    index = _guess(window, local)
    # By moments, not by the wall clock: that shows an hour twice, and leaves one out.
    while _moment(window, index, zone) > at:
        index -= 1
    while _moment(window, index + 1, zone) <= at:
        index += 1
    start, end = (_moment(window, number, zone) for number in (index, index + 1))
    return Period(start, end, (end - start).total_seconds())


def longest_s(window: Window) -> float:
    """The most seconds that the window can have: how long its minutes are needed."""
    if isinstance(window, Rolling):
        return window.span_s
    return window.count * _LONGEST_DAYS[window.unit] * 86_400.0 + 3600


def nominal_s(window: Window) -> float:
    """How long the window is taken to be where one number must do: a month has 30 days, a quarter 90, a year 365."""
    if isinstance(window, Rolling):
        return window.span_s
    return window.count * _NOMINAL_DAYS[window.unit] * 86_400.0


def window_text(window: Window) -> str:
    """`30d`, `1h30m`, `calendar 1M`."""
    if isinstance(window, Calendar):
        return f"calendar {window.count}{window.unit}"
    return seconds_text(window.span_s)


def seconds_text(seconds: float) -> str:
    """A duration as Prometheus writes it, in whole seconds: `5m`, `1h30m`, `30d`."""
    rest, text = round(seconds), ""
    for unit, size in _UNITS:
        number, rest = divmod(rest, size)
        text += f"{number}{unit}" if number else ""
    return text or "0s"


def zone_of(name: str) -> tzinfo:
    """The zone of that name. Raises ValueError for one that this machine does not know."""
    if name.upper() in ("", "UTC", "Z"):
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    # The database is files: a name may be a folder of it, leave it, or be none that a file can have.
    except (KeyError, ValueError, OSError):
        raise ValueError(f"no time zone {name[:40]!r}") from None


def _guess(window: Calendar, local: datetime) -> int:
    """A period that is near `local`."""
    if window.unit in _DAYS:
        return (local - window.start).days // (_DAYS[window.unit] * window.count)
    months = (local.year - window.start.year) * 12 + local.month - window.start.month
    return months // (_MONTHS[window.unit] * window.count)


def _moment(window: Calendar, index: int, zone: tzinfo) -> datetime:
    return _bound(window, index).replace(tzinfo=zone).astimezone(UTC)


def _bound(window: Calendar, index: int) -> datetime:
    """When the period `index` begins, by the wall clock. The 31st of a shorter month is its last day."""
    if window.unit in _DAYS:
        return window.start + timedelta(days=index * _DAYS[window.unit] * window.count)
    months = window.start.year * 12 + window.start.month - 1 + index * _MONTHS[window.unit] * window.count
    year, month = divmod(months, 12)
    return window.start.replace(year=year, month=month + 1, day=min(window.start.day, _length(year, month + 1)))


def _length(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day
