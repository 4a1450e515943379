"""Names of keys: as operators write them, as Textual knows them, and whether every terminal can send them.

`?`, `esc`, `meta+v`, `ctrl+C` and `pgdn` are read as well as Textual's own `question_mark`, `escape`, `alt+v`, `ctrl+c`
and `pagedown`. A key that terminals send as another one (`ctrl+i` is `tab`) is refused with the name of the other.
"""

import difflib
import string
from functools import lru_cache

from textual.keys import KEY_NAME_REPLACEMENTS, REPLACED_KEYS, format_key, key_to_character

UNBOUND = "unbound"
"""The key of a binding that has none: a name that no terminal sends (an empty one is no wish for Textual)."""

_ARROWS = frozenset({"up", "down", "left", "right", "home", "end", "pageup", "pagedown"})
_NAMED = (
    _ARROWS
    | {"insert", "delete", "backspace", "enter", "escape", "tab", "space"}
    | {f"f{number}" for number in range(1, 25)}
)
_WRITTEN = {
    "esc": "escape", "return": "enter", "cr": "enter", "ret": "enter", "del": "delete", "ins": "insert",
    "pgup": "pageup", "page_up": "pageup", "pgdn": "pagedown", "pgdown": "pagedown", "page_down": "pagedown",
    "bs": "backspace", "spc": "space", "period": "full_stop", "dot": "full_stop", "dash": "minus", "hyphen": "minus",
}  # fmt: skip
_WORDS = {
    "⏎": "enter", "↑": "up", "↓": "down", "←": "left", "→": "right", "⌫": "backspace", "⌦": "delete", "⇥": "tab",
}  # fmt: skip
_MODIFIERS = {
    "ctrl": "ctrl", "control": "ctrl", "alt": "alt", "meta": "alt", "option": "alt", "shift": "shift",
    "super": "super", "cmd": "super", "hyper": "hyper",
}  # fmt: skip
_SENT_AS = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape", "ctrl+h": "backspace"}
"""Control characters that terminals have always shared between two keys."""
_NUL = frozenset({"ctrl+@", "ctrl+at", "ctrl+space"})
"""One key with two names: NUL of old terminals, and what newer keyboard protocols make of the same fingers."""

_LETTERS = frozenset(string.ascii_lowercase)
_EVERYWHERE: dict[tuple[str, ...], frozenset[str]] = {
    (): _NAMED - {f"f{number}" for number in range(13, 25)},
    ("ctrl",): (_LETTERS - set("him"))
    | _ARROWS
    | {"@", "backslash", "right_square_bracket", "circumflex_accent", "underscore"}
    | {f"f{number}" for number in range(1, 13)},
    # A terminal's alt+b and alt+f are, by an old convention, the words to the left and to the right.
    ("alt",): (_LETTERS - set("bf")) | _ARROWS,
    ("alt", "shift"): _LETTERS,
    ("shift",): _ARROWS | {"tab", "delete"},
    ("ctrl", "shift"): _ARROWS,
}


@lru_cache(1024)
def canonical(written: str) -> str:
    """Textual's name of the key that `written` means. Raises ValueError with a sentence where it means none."""
    *modifiers, base = _parts(written if written == " " else written.strip())
    mods = sorted({_modifier(modifier, written) for modifier in modifiers})
    name = _base(base, written)
    if len(name) == 1 and name.isalpha() and mods:
        name, mods = _letter(name, mods)
    if mods == ["shift"] and is_printable(name):
        raise ValueError(f"{written!r}: write the character that shift makes of it there")
    key = "+".join([*mods, name])
    if key in _SENT_AS:
        raise ValueError(f"{written!r} cannot be told from {_SENT_AS[key]} in a terminal; write {_SENT_AS[key]}")
    return "ctrl+@" if key in _NUL else key


def known_as(key: str) -> str:
    """`key` (a name of Textual) under the one name by which keys are compared here."""
    return "ctrl+@" if key in _NUL else key


def sent(key: str) -> tuple[str, ...]:
    """The names under which Textual hears of `key`."""
    return ("ctrl+@", "ctrl+space") if key == "ctrl+@" else (key,)


def is_printable(key: str) -> bool:
    """Whether an input takes `key` for text."""
    return _character(key) is not None


def is_everywhere(key: str) -> bool:
    """Whether every terminal can send `key`, and not only those with a newer keyboard protocol."""
    *mods, base = key.split("+")
    if not mods and is_printable(key):
        return True
    return base in _EVERYWHERE.get(tuple(mods), frozenset())


def written(key: str) -> str:
    """`key` as a keys file has it: a character where it is one, else its name."""
    *mods, base = key.split("+")
    return "+".join([*mods, base if base in _NAMED else _character(base) or base])


def shown(key: str) -> str:
    """`key` as the footer has it: `^r`, `⏎`, `shift+→`, `alt+x`."""
    if key in _NUL:
        return "^space"
    *mods, base = key.split("+")
    face = base if base == "space" else format_key(base)
    return f"^{face}" if mods == ["ctrl"] else "+".join([*mods, face])


def in_words(face: str) -> str:
    """A key as `shown` gives it, without the signs that not every terminal has: `enter`, `shift+right`."""
    return face if face.isascii() else "".join(_WORDS.get(char, char) for char in face)


def _character(key: str) -> str | None:
    """The character that `key` types. Textual's own function does not know the names that Textual shortens."""
    if key in _NAMED:
        return " " if key == "space" else None
    character = key_to_character(REPLACED_KEYS.get(key, key))
    return character if character is not None and character.isprintable() else None


def _parts(text: str) -> list[str]:
    if not text:
        raise ValueError("an empty text is no key; [] binds nothing")
    if text == "+" or text.endswith("++"):
        return [part for part in text.removesuffix("+").split("+") if part] + ["plus"]
    return text.split("+")


def _modifier(text: str, whole: str) -> str:
    found = _MODIFIERS.get(text.lower())
    if found is None:
        raise ValueError(f"{whole!r}: {text!r} is no modifier (there are ctrl, alt, shift, super)")
    return found


def _base(text: str, whole: str) -> str:
    name = text if len(text) == 1 else text.lower().replace("-", "_")
    name = "space" if name == " " else _WRITTEN.get(name, name)
    if name in _NAMED:
        return name
    character = name if len(name) == 1 else _character(name)
    if character is not None and character.isprintable():
        named = _named(character)
        # A few characters have names that Textual does not find again.
        if _character(named) == character:
            return named
    raise ValueError(f"{whole!r} is no key{_near(whole)}")


def _named(character: str) -> str:
    """Textual's name of a character: letters and digits are their own."""
    import unicodedata

    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _letter(name: str, mods: list[str]) -> tuple[str, list[str]]:
    """A letter with modifiers: terminals know `ctrl+c` and `alt+shift+c`, and `C` where there is only shift."""
    if mods == ["shift"]:
        return name.upper(), []
    if name.isupper() and "alt" in mods:
        mods = sorted({*mods, "shift"})
    return name.lower(), mods


def _near(wrong: str) -> str:
    """`; did you mean ctrl+x?` for hyphens in the place of plus signs and for slips of the finger."""
    parts = wrong.lower().replace("c-", "ctrl+").replace("m-", "alt+").replace("-", "+")
    if parts != wrong.lower():
        try:
            return f"; did you mean {written(canonical(parts))}?"
        except ValueError:
            pass
    *mods, base = parts.split("+")
    close = difflib.get_close_matches(base, [*sorted(_NAMED), *sorted(_WRITTEN)], n=1)
    return f"; did you mean {'+'.join([*mods, close[0]])}?" if close else ""
