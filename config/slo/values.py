"""Values that SLO formats share: targets, windows, durations with calendar units."""

import re
from datetime import datetime

from fleet.slo.definition import WINDOW_LIMIT_S, Calendar, Rolling, Window
from fleet.slo.windows import longest_s, zone_of
from fleet.times import parse_duration

_SHORTHAND = re.compile(r"([1-9][0-9]{0,4})([mhdwMQY])")
_ROLLING_S = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 30 * 86_400, "Q": 90 * 86_400, "Y": 365 * 86_400}
_PERIODS = {"day": "d", "week": "w", "month": "M", "quarter": "Q", "year": "Y"}
_EPOCH = datetime(2024, 1, 1)
"""A Monday, and the first of a month, a quarter and a year: where calendar periods begin that say nothing else."""


def parse_target(value: object) -> float:
    """`99.9%` or 0.999 → 0.999. Raises ValueError for anything that is not above 0 and below 1."""
    text = str(value).strip()
    try:
        target = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise ValueError("an objective such as 99.9% or 0.999 is wanted") from None
    if 1 <= target < 100 and not text.endswith("%"):
        raise ValueError(f"an objective is a ratio below 1 or a percentage; did you mean {text}%?")
    if not 0 < target < 1:
        raise ValueError("an objective is above 0% and below 100%: at 100% there is no budget to spend")
    # 99.9 / 100 is not the nearest number to 0.999.
    return round(target, 12)


def parse_window(text: str, zone: str = "UTC") -> Window:
    """`30d` (rolling) or `month` (calendar). Raises ValueError."""
    if text in _PERIODS:
        zone_of(zone)
        return Calendar(count=1, unit=_PERIODS[text], start=_EPOCH, zone=zone)
    try:
        return rolling(parse_duration(text))
    except ValueError as error:
        words = ", ".join(_PERIODS)
        raise ValueError(f"{error}; a window is a duration such as 30d, or one of {words}") from None


def rolling(span_s: float) -> Rolling:
    """A rolling window. Raises ValueError for one that is too short, too long, or no whole minutes."""
    if span_s < 3600 or span_s > WINDOW_LIMIT_S or span_s % 60:
        raise ValueError(f"a window is whole minutes, from 1h to {WINDOW_LIMIT_S / 86_400:.0f}d")
    return Rolling(float(span_s))


def shorthand_s(text: str) -> float:
    """OpenSLO's duration-shorthand (`5m`, `1w`, `1M`) in seconds; a month has 30 days. Raises ValueError."""
    found = _SHORTHAND.fullmatch(text)
    if found is None:
        raise ValueError("a duration such as 5m, 1h, 28d, 4w or 1M is wanted (m h d w M Q Y)")
    return float(int(found[1]) * _ROLLING_S[found[2]])


def calendar(duration: str, start: str, zone: str) -> Calendar:
    """OpenSLO's calendar window: `1M` from `2024-01-01 00:00:00` on. Raises ValueError."""
    found = _SHORTHAND.fullmatch(duration)
    if found is None or found[2] in "mh":
        raise ValueError("a calendar window is whole days or more, such as 1d, 1w, 1M, 1Q or 1Y")
    try:
        when = datetime.fromisoformat(start.strip())
    except ValueError:
        raise ValueError("a start such as 2024-01-31 12:30:00 is wanted") from None
    zone_of(zone)
    window = Calendar(count=int(found[1]), unit=found[2], start=when.replace(tzinfo=None), zone=zone)
    if longest_s(window) > WINDOW_LIMIT_S:
        raise ValueError(f"a window is {WINDOW_LIMIT_S / 86_400:.0f}d at most")
    return window


def parse_slice(seconds: float) -> float:
    """A time slice: whole minutes that divide an hour, or whole hours. Raises ValueError."""
    if seconds < 60 or seconds % 60 or (3600 % seconds if seconds <= 3600 else seconds % 3600 or seconds > 86_400):
        raise ValueError("a time slice is whole minutes that divide an hour (1m, 5m, 15m), or whole hours up to 1d")
    return float(seconds)


def check_query(text: object) -> object:
    """Raises ValueError where `text` is no PromQL that fleetdeck answers."""
    from fleet.errors import QueryError
    from fleet.promql.parse import parse

    try:
        parse(str(text))
    except QueryError as error:
        raise ValueError(str(error)) from error
    return text
