"""Times and durations as outside systems write them, and as people read them.

The fleets send epoch seconds as ints, floats and strings, epoch milliseconds, RFC 3339, naive ISO (local or UTC),
and RFC 1123. Inside fleetdeck a time is an aware UTC `datetime`, a duration is float seconds.
"""

import math
import re
from datetime import UTC, datetime, tzinfo

_MILLISECONDS_FROM = 1e11
"""An epoch number above this (the year 5138 in seconds) is taken as milliseconds."""

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhdwy]))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdwy])")


def parse_time(value: object, naive: tzinfo = UTC) -> datetime | None:
    """The time that `value` means, as aware UTC, or None where it means none (never an error).

    `naive` is the zone assumed for a text without offset. Zero, negative numbers, NaN and booleans mean no time.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _from_epoch(value)
    if isinstance(value, str):
        return _from_text(value.strip(), naive)
    return None


def _from_epoch(number: float) -> datetime | None:
    try:
        if not math.isfinite(number) or number <= 0:
            return None
        return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS_FROM else number, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _from_text(text: str, naive: tzinfo) -> datetime | None:
    if len(text) > 64 or not text:
        return None
    try:
        return _from_epoch(float(text))
    except ValueError:
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        # Few pages write times as mail does, and the module costs the first frame as much as the whole rest of fleet.
        from email.utils import parsedate_to_datetime

        try:
            when = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=naive)
    try:
        return when.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def parse_duration(text: str) -> float:
    """Seconds in a Prometheus-style duration (`1h30m`, `250ms`, `5s`; a bare number is seconds).

    Raises ValueError where `text` is none.
    """
    text = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is no duration such as 5s, 250ms or 1h30m")
    return sum(float(number) * _UNITS_S[unit] for number, unit in _DURATION_PART.findall(text))


def rfc3339(when: datetime | None) -> str | None:
    """`when` as RFC 3339 in UTC with `Z` and milliseconds, for output; None stays None."""
    if when is None:
        return None
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def age_text(seconds: float | None) -> str:
    """A coarse age for a cell: `now`, `12s`, `3m`, `2h`, `5d`. One unit, so that it seldom changes; `–` for None."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 1:
        return "now"
    for unit, size in (("s", 1), ("m", 60), ("h", 3600)):
        if seconds < size * (60 if unit != "h" else 48):
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds // 86400)}d"


def span_text(seconds: float | None) -> str:
    """A duration with up to two units (`1h 20m`, `45s`, `230ms`); `–` for None."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 0.0005:
        return "<1ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    parts = (
        (whole // 86400, "d"),
        (whole % 86400 // 3600, "h"),
        (whole % 3600 // 60, "m"),
        (whole % 60, "s"),
    )
    first = next(index for index, (number, _) in enumerate(parts) if number)
    return " ".join(f"{number}{unit}" for number, unit in parts[first : first + 2] if number)
