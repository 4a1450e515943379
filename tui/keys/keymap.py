"""Which key does what: what the classes of the dashboard declare, what an operator chose instead, and what is wrong
with such a choice. Pure; `tui/keys/declared.py` reads the classes, `cli/keys_yaml.py` reads files.

A binding stands in a layer, and layers decide who hears a key first: while something is typed, only the input does; on
a sheet, the sheet and what has the focus in it; else the widget with the focus, then its screen, then the application.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import combinations

from msgspec import Struct

from tui.keys.names import UNBOUND, is_printable, sent, written

Keys = Mapping[str, tuple[str, ...]]
"""Keys by the id of their binding, by Textual's names; () binds nothing."""


class Layer(StrEnum):
    """Where in the chain from the focus to the application a binding stands."""

    TYPING = "typing"
    WIDGET = "widget"
    SHEET = "sheet"
    SCREEN = "screen"
    APP = "everywhere"


_WAYS_OUT = (".close", ".cancel")
"""Ids, by how they end, that must have a key."""


class Declared(Struct, frozen=True, kw_only=True):
    """A binding as its class declares it.

    `homes` are the classes whose nodes have it. `fixed` ones keep their keys whatever the operator chooses, so that
    there is always a way out. `writes` ones change the fleet: no bare letter and no ctrl key may do that.
    """

    id: str
    keys: tuple[str, ...]
    description: str
    layer: Layer
    homes: frozenset[str]
    priority: bool = False
    fixed: bool = False
    writes: bool = False


class Wrong(Struct, frozen=True):
    """A mistake in a choice: the id that it stands under, and a sentence."""

    id: str
    text: str


class KeyMap(Struct, frozen=True, kw_only=True):
    """What the dashboard is to use. `problem` is a sentence for the operator whose own choice could not be used."""

    keys: Keys = {}
    name: str = "default"
    problem: str = ""

    def for_textual(self) -> dict[str, str]:
        """The same as Textual's keymap."""
        return {
            name: ",".join(part for key in keys for part in sent(key)) if keys else UNBOUND
            for name, keys in self.keys.items()
        }


def in_force(declared: Iterable[Declared], chosen: Keys) -> dict[str, tuple[str, ...]]:
    """The keys of every binding."""
    return {one.id: chosen.get(one.id, one.keys) for one in declared}


def mistakes(declared: Iterable[Declared], chosen: Keys, base: Keys | None = None) -> list[Wrong]:
    """What is wrong with `chosen`, laid over `base` (a preset; the keys that the classes declare where it is None)."""
    known = {one.id: one for one in declared}
    found = [wrong for name, keys in chosen.items() for wrong in _alone(name, keys, known)]
    asked = {name: keys for name, keys in chosen.items() if name in known and not known[name].fixed}
    force = in_force(known.values(), {**(base or {}), **asked})
    told: set[tuple[str, str]] = set()
    for one, other in _collisions(known.values(), force):
        # Named where the operator made it.
        late, early = (one, other) if one.id in asked else (other, one)
        if late.id in asked:
            shared = next(key for key in force[late.id] if key in force[early.id])
            if (late.id, shared) not in told:
                told.add((late.id, shared))
                found.append(Wrong(late.id, _taken(shared, early)))
    return found


def _alone(name: str, keys: tuple[str, ...], known: Mapping[str, Declared]) -> Iterator[Wrong]:
    """What is wrong with the keys of one id, whatever the others are."""
    one = known.get(name)
    if one is None:
        close = difflib.get_close_matches(name[:64].lower(), list(known), n=3)
        yield Wrong(name, "there is no such binding" + (f"; did you mean {' or '.join(close)}?" if close else ""))
        return
    if one.fixed:
        fixed = " and ".join(map(written, one.keys))
        yield Wrong(name, f"always {fixed}, so that there is a way out; it cannot be remapped")
        return
    if not keys and name.endswith(_WAYS_OUT):
        yield Wrong(name, "must have a key: nothing else leads out there")
    for key in keys:
        if one.layer is Layer.TYPING and is_printable(key):
            yield Wrong(name, f"{written(key)} is text while something is typed")
        if one.writes and not may_write(key):
            yield Wrong(name, f"{written(key)} is too easily pressed for what changes the fleet; take f5 or alt+x")


def may_write(key: str) -> bool:
    """Whether `key` may do what changes the fleet: a function key, or one with alt. Never a bare key or ctrl."""
    *mods, base = key.split("+")
    return "alt" in mods or (len(base) > 1 and base[0] == "f" and base[1:].isdigit())


def _collisions(known: Iterable[Declared], force: Keys) -> Iterator[tuple[Declared, Declared]]:
    """Pairs that want the same key at the same time, and do not share one as they are declared: those are meant to."""
    by_key: dict[str, list[Declared]] = {}
    for one in known:
        for key in force[one.id]:
            by_key.setdefault(key, []).append(one)
    seen: set[tuple[str, str]] = set()
    for rivals in by_key.values():
        for one, other in combinations(rivals, 2):
            meant = set(one.keys) & set(other.keys)
            if (one.id, other.id) not in seen and not meant and meet(one, other):
                seen.add((one.id, other.id))
                yield one, other


def meet(one: Declared, other: Declared) -> bool:
    """Whether both can want a key at the same moment, so that one of them would never get it."""
    if one.homes & other.homes or one.fixed or other.fixed:
        return True
    for sheet, part in ((one, other), (other, one)):
        # What stands on a sheet is not known here; what leads out of one must not be lost to any of it.
        if sheet.layer is Layer.SHEET and part.layer in (Layer.WIDGET, Layer.TYPING):
            return sheet.id.endswith(_WAYS_OUT)
    chain = (Layer.WIDGET, Layer.SCREEN, Layer.APP)
    return one.layer in chain and other.layer in chain and one.layer is not other.layer


def _taken(key: str, by: Declared) -> str:
    if by.fixed:
        return f"{written(key)} is kept for {by.id} ({by.description})"
    return f"{written(key)} is already {by.id} ({by.description}); that one must get another key"
