"""What the dashboard keeps from one session to the next, as a value. How it is kept is
`cli.dashboard.memory_file`'s business.

Kept of each view: its order, columns, filter and faults-only, as its view line, and whether it follows. A filter comes
back, but never in secret: it stands in the title as always, and a toast names it when its view is opened for the first
time. Marks and cursors are not kept: the rows of tomorrow are others.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from fleet.errors import FilterError
from fleet.text import scrub
from fleet.view_line import VIEWS, ViewLine, parse_view_line
from fleet.views.catalogue import check_view_line

VERSION = 1
MOST_TYPED = 100
"""Lines that are kept of what was typed into each prompt."""
MOST_NAMED = 200
"""Saved filters, and choices, that are kept."""
_LONGEST = 1_000

T = TypeVar("T")


class Memory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept. Whatever reads it must bear any text in any field: files are edited by hand.

    `views` are view lines by the name of the view, `filters` saved filters by their names, `choices` what was chosen by
    a key (`times`: how times are shown), `typed` the lines entered after `:` and `/`, oldest first, by that sign.
    """

    version: int = VERSION
    theme: str = ""
    view: str = ""
    views: Mapping[str, str] = {}
    following: tuple[str, ...] = ()
    filters: Mapping[str, str] = {}
    choices: Mapping[str, str] = {}
    typed: Mapping[str, tuple[str, ...]] = {}

    def line(self, view: str) -> ViewLine | None:
        """How a view was left; None where that is not known, or cannot be read any more."""
        text = self.views.get(view, "")
        if not text:
            return None
        try:
            line = parse_view_line(text)
            check_view_line(line)
        except FilterError:
            return None
        return line if line.view == view and line.subject is None else None

    def left(self, line: ViewLine, *, following: bool) -> "Memory":
        """With the view as it is now."""
        others = tuple(name for name in self.following if name != line.view)
        views = {**self.views, line.view: str(line)}
        if line.is_plain:
            del views[line.view]
        return replace(self, views=views, following=(*others, line.view) if following else others)

    def entered(self, sign: str, text: str) -> "Memory":
        """With a line that was typed, as the youngest; one that was typed before is not kept twice."""
        if not text.strip() or len(text) > _LONGEST:
            return self
        kept = (*(old for old in self.typed.get(sign, ()) if old != text), text)
        return replace(self, typed={**self.typed, sign: kept[-MOST_TYPED:]})


def bounded(memory: Memory) -> Memory:
    """`memory` without what is too much or too long, and its texts scrubbed."""
    return Memory(
        version=VERSION,
        theme=scrub(memory.theme, 80),
        view=memory.view if memory.view in VIEWS else "",
        views={name: text for name, text in memory.views.items() if name in VIEWS and len(text) <= 4 * _LONGEST},
        following=tuple(name for name in dict.fromkeys(memory.following) if name in VIEWS),
        filters=_named(memory.filters),
        choices=_named(memory.choices),
        typed={sign: _typed(memory.typed.get(sign, ())) for sign in (":", "/") if memory.typed.get(sign)},
    )


def merged(base: Memory, mine: Memory, theirs: Memory) -> Memory:
    """What is to be kept where two dashboards shared `base`: of each key what I changed since, else theirs.

    `theirs` is what stands in the file now. Lines that were typed in both are kept of both.
    """
    old, new, other = asdict(base), asdict(mine), asdict(theirs)
    found = {name: _merged_value(old[name], new[name], other[name]) for name in new}
    typed = {
        sign: _merged_typed(*(memory.typed.get(sign, ()) for memory in (base, mine, theirs)))
        for sign in sorted({*mine.typed, *theirs.typed})
    }
    found["typed"] = {sign: lines for sign, lines in typed.items() if lines}
    found["following"] = _merged_set(base.following, mine.following, theirs.following)
    return Memory(**found)


def _merged_value(base: Any, mine: Any, theirs: Any) -> Any:
    if not isinstance(mine, Mapping):
        return theirs if mine == base else mine
    gone = {name for name in base if name not in mine}
    kept = {name: value for name, value in theirs.items() if name not in gone}
    return kept | {name: value for name, value in mine.items() if base.get(name) != value}


def _merged_set(base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    wanted = (set(theirs) - (set(base) - set(mine))) | (set(mine) - set(base))
    return tuple(name for name in VIEWS if name in wanted)


def _merged_typed(base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """Theirs, then what was typed here since: the lines of `mine` that do not follow in `base`."""
    fresh, place = [], 0
    for text in mine:
        if text in base[place:]:
            place = base.index(text, place) + 1
        else:
            fresh.append(text)
    return (*(text for text in theirs if text not in fresh), *fresh)[-MOST_TYPED:]


def _named(texts: Mapping[str, str]) -> dict[str, str]:
    kept = {scrub(name, 80): scrub(text, _LONGEST) for name, text in texts.items() if len(text) <= _LONGEST}
    return dict(list(kept.items())[-MOST_NAMED:])


def _typed(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(scrub(line, _LONGEST) for line in lines if len(line) <= _LONGEST)[-MOST_TYPED:]
