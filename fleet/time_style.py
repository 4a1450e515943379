"""How times are shown to people: in which zone, or as ages.

Every value of fleetdeck is UTC, and so is everything that it writes (`fleet.times.rfc3339`). A `TimeStyle` is only for
the eye: cells take it from the store, beside the store's own time, so that a change of style redraws the cells that
show a time and nothing else. The offset stands in the title of every screen; a time that has another one than now (on
the other side of a change to summer time) carries its own.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct

from fleet.times import age_text, rfc3339


class TimeStyle(Struct, frozen=True):
    """A way to show times. `zone` None is the zone of this machine (which honours `TZ`); `relative` shows ages, and
    UTC where a clock is wanted; `exact` shows every time in full, for output that is kept. `name` is what selects it.
    """

    name: str = "utc"
    zone: tzinfo | None = UTC
    relative: bool = False
    exact: bool = False

    def clock(self, when: datetime | None, now: datetime | None) -> str:
        """`14:03:22`, an age where style is relative, `–` for None."""
        return self._cell(when, now, "%H:%M:%S")

    def day_clock(self, when: datetime | None, now: datetime | None) -> str:
        """`11-21 14:03:22`, or an age."""
        return self._cell(when, now, "%m-%d %H:%M:%S")

    def day_minute(self, when: datetime | None, now: datetime | None) -> str:
        """`11-21 14:03`, or an age."""
        return self._cell(when, now, "%m-%d %H:%M")

    def full(self, when: datetime | None, now: datetime | None) -> str:
        """`2026-11-21T14:03:22.120+01:00` (RFC 3339); relative: `3m ago (2026-11-21T13:03:22.120Z)`; `–` for None."""
        if when is None:
            return "–"
        if self.relative and now is not None:
            ago = (now - when).total_seconds()
            return f"{age_text(ago)}{' ago' if ago >= 1 else ''} ({rfc3339(when)})"
        shown = self._there(when)
        return (rfc3339(when) or "") if not _offset(shown) else shown.isoformat(timespec="milliseconds")

    def title(self, now: datetime) -> str:
        """The time of day with its offset, `14:03:22+01:00`; `Z` for UTC."""
        shown = self._there(now)
        return shown.strftime("%H:%M:%S") + offset_text(_offset(shown))

    def _cell(self, when: datetime | None, now: datetime | None, form: str) -> str:
        if when is None:
            return "–"
        if self.exact:
            return self.full(when, now)
        if self.relative and now is not None:
            return age_text((now - when).total_seconds())
        shown = self._there(when)
        text = shown.strftime(form)
        if self.zone is UTC or now is None:
            return text
        offset = _offset(shown)
        return text if offset == _offset(self._there(now)) else text + _short(offset)

    def _there(self, when: datetime) -> datetime:
        """`when` in the zone; in UTC where that would leave the calendar."""
        if self.zone is UTC or self.relative:
            return when.astimezone(UTC)
        try:
            return when.astimezone(self.zone)
        except (OverflowError, ValueError, OSError):
            return when.astimezone(UTC)


UTC_STYLE = TimeStyle()
LOCAL_STYLE = TimeStyle("local", None)
EXACT_STYLE = TimeStyle("exact", exact=True)
"""For `fleetdeck get`, whatever the operator likes to look at."""
RELATIVE_STYLE = TimeStyle("relative", UTC, relative=True)


def following(style: TimeStyle, named: TimeStyle | None) -> TimeStyle:
    """The style after `style`: UTC, local, the named zone that was asked for, if any, relative, and round again."""
    round_ = [UTC_STYLE, LOCAL_STYLE, *([named] if named is not None else []), RELATIVE_STYLE]
    names = [other.name for other in round_]
    return round_[(names.index(style.name) + 1) % len(round_)] if style.name in names else UTC_STYLE


def offset_text(offset: timedelta) -> str:
    """`+01:00`; `Z` for none."""
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "Z"
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _short(offset: timedelta) -> str:
    """The offset in as few characters as it takes: `+2`, `+5:30`, `+0`."""
    minutes = round(offset.total_seconds() / 60)
    sign, hours, rest = "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60
    return f"{sign}{hours}:{rest:02}" if rest else f"{sign}{hours}"


def _offset(when: datetime) -> timedelta:
    return when.utcoffset() or timedelta()
