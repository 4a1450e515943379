"""The style that a word names: `utc`, `local`, `relative`, or a zone of the IANA database (`Europe/Berlin`).

The database is a table of this machine (or of the package tzdata); without one UTC, local and relative work all the
same. It is read only when a zone is named.
"""

from fleet.errors import FilterError
from fleet.near import nearest
from fleet.time_style import LOCAL_STYLE, RELATIVE_STYLE, UTC_STYLE, TimeStyle

_FIXED = {style.name: style for style in (UTC_STYLE, LOCAL_STYLE, RELATIVE_STYLE)}
WORDS = tuple(_FIXED)
"""The styles that are no zone."""


def time_style(text: str) -> TimeStyle:
    """The style that `text` names, whatever its case. Raises FilterError, which names the nearest zone."""
    name = text.strip()
    fixed = _FIXED.get(name.lower())
    return _named(name) if fixed is None else fixed


def zone_names() -> tuple[str, ...]:
    """The zones that this machine knows, sorted; none where it has no database."""
    from zoneinfo import available_timezones

    return tuple(sorted(available_timezones()))


def _named(name: str) -> TimeStyle:
    from zoneinfo import ZoneInfo

    for candidate in (name, *(known for known in zone_names() if known.casefold() == name.casefold())):
        try:
            return TimeStyle(candidate, ZoneInfo(candidate))
        # The database is files: a name may be a folder of it, leave it, or be none that a file can have.
        except (KeyError, ValueError, OSError):
            continue
    raise FilterError(_not_known(name))


def _not_known(name: str) -> str:
    known = zone_names()
    if not known:
        return (
            f"{name[:40]!r}: this machine has no time zones (the package tzdata brings them);"
            f" {', '.join(WORDS)} work without"
        )
    near = nearest(name, known) or nearest(name, (zone.rpartition("/")[2] for zone in known))
    found = next((zone for zone in known if near and (zone == near or zone.endswith(f"/{near}"))), None)
    hint = f"; did you mean {found}?" if found else f"; write {', '.join(WORDS)} or a zone such as Europe/Berlin"
    return f"no time zone {name[:40]!r}{hint}"
