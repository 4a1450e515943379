"""`{name}` in configured texts, filled from values that were checked before.

A template is split into its parts when the configuration is read; filling it puts values between them and never looks
into them again, so that a value which looks like a placeholder stays what it is. Where a value goes decides what it may
hold: one word of an argument list, a part of a URL's path or query, a leaf of a JSON body, a header. `{{` and `}}`
stand for the braces themselves.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec import Struct

from fleet.actions.plan import HOLE_OPEN, HOLE_SHUT
from fleet.errors import ConfigError, RefusedError
from fleet.text import scrub

Values = Mapping[str, Any]

_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_AUTHORITY: Final = re.compile(r"https?://[^/?#{}@\s]+(?=[/?]|$)", re.IGNORECASE)
_HEADER: Final = re.compile(r"[\t\x20-\x7e]*")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_MISSING: Final = object()
_ADVICE: Final = "; braces themselves are written {{ and }}"


class _AnyName(Collection[str]):
    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _NAME.fullmatch(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


ANY_NAME: Final[Collection[str]] = _AnyName()
"""For who reads a template without knowing the fields, and compares its names with them later."""


class Slot(Struct, frozen=True):
    """The place of a value."""

    name: str


class Pattern(Struct, frozen=True):
    """A text with places for values, in its order."""

    text: str
    parts: tuple[str | Slot, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the values that it takes."""
        return tuple(part.name for part in self.parts if isinstance(part, Slot))

    @property
    def lone(self) -> str | None:
        """The name of the value that it is made of alone, if it is."""
        return self.parts[0].name if len(self.parts) == 1 and isinstance(self.parts[0], Slot) else None


def read_pattern(text: str, known: Collection[str]) -> Pattern:
    """The template that `text` writes. Raises ConfigError for a name that is not `known` and for a brace alone."""
    parts: list[str | Slot] = []
    at = 0
    for match in _PIECE.finditer(text):
        _add(parts, text[at : match.start()])
        at = match.end()
        if match[0] in ("{{", "}}"):
            _add(parts, match[0][0])
        elif match[1] is None:
            raise ConfigError(f"a brace stands alone in {scrub(text, 80)!r}{_ADVICE}")
        else:
            parts.append(Slot(_known(match[1], known)))
    _add(parts, text[at:])
    return Pattern(text, tuple(parts))


def read_url(text: str, known: Collection[str]) -> Pattern:
    """The template of an http URL. Raises ConfigError, also where a value would choose the host, or for a fragment."""
    if _AUTHORITY.match(text) is None:
        raise ConfigError(f"no http URL whose host is written out: {scrub(text, 80)!r}")
    pattern = read_pattern(text, known)
    if any("#" in part for part in pattern.parts if isinstance(part, str)):
        raise ConfigError(f"a URL that is sent has no fragment: {scrub(text, 80)!r}")
    return pattern


def read_argv(words: Sequence[str], known: Collection[str]) -> tuple[Pattern, ...]:
    """The templates of an argument list. Raises ConfigError, also where a value would choose the program."""
    patterns = tuple(read_pattern(word, known) for word in words)
    if not patterns or not words[0]:
        raise ConfigError("a program is wanted as the first word")
    if patterns[0].names:
        raise ConfigError("the program is written out: its word takes no placeholder")
    return patterns


def check_data(data: Any, known: Collection[str]) -> tuple[str, ...]:
    """The names that a body template takes. Raises ConfigError as `read_pattern` does, also for a place in it that YAML
    took for a mapping, since it was not quoted."""
    names: list[str] = []
    for leaf in _leaves(data, known):
        names.extend(read_pattern(leaf, known).names)
    return tuple(names)


def fill_text(pattern: Pattern, values: Values) -> str:
    """The text with its values, for a place that takes any text (a field of a Redis stream). Raises RefusedError."""
    return "".join(part if isinstance(part, str) else as_text(part.name, values) for part in pattern.parts)


def told_text(pattern: Pattern, values: Values, untold: Collection[str]) -> str:
    """The text as people may read it: a value that is `untold`, or that cannot be written, is its own name."""
    return "".join(part if isinstance(part, str) else _told(part.name, values, untold) for part in pattern.parts)


def _told(name: str, values: Values, untold: Collection[str]) -> str:
    try:
        return name if name in untold else as_text(name, values)
    except RefusedError:
        return name


def fill_word(pattern: Pattern, values: Values) -> str:
    """One line without control characters. Raises RefusedError."""
    word = fill_text(pattern, values)
    for name in pattern.names:
        _refuse_control(name, as_text(name, values))
    return word


def fill_argv(words: Iterable[Pattern], values: Values, dash: Collection[str] = ()) -> tuple[str, ...]:
    """The argument list: as many words as there are templates, each value within its own word, as it is.

    Raises RefusedError for control characters, and where a value would make an option of its word by beginning with
    `-`, but for those that `dash` names.
    """
    return tuple(_argument(word, values, dash) for word in words)


def fill_url(pattern: Pattern, values: Values) -> str:
    """The URL: values as `%XX` where they would not be plain parts of a path or query. Raises RefusedError, also for a
    value that would leave its folder (`..`) or that leaves a part of the path empty."""
    made: list[str] = []
    for part in pattern.parts:
        if isinstance(part, str):
            made.append(part)
        else:
            text = as_text(part.name, values)
            _refuse_control(part.name, text)
            made.append(quote(text, safe=""))
    _check_path(pattern, made)
    return "".join(made)


def fill_header(pattern: Pattern, values: Values) -> str:
    """The value of a header, in printable ASCII. Raises RefusedError."""
    text = fill_text(pattern, values)
    if not _HEADER.fullmatch(text):
        named = ", ".join(pattern.names)
        raise RefusedError(f"{named}: a character that a header cannot carry")
    return text


def fill_data(data: Any, values: Values) -> Any:
    """A JSON body: `data` with its texts filled. A text that is one placeholder alone takes the value with its type,
    or is left out where nothing was entered; keys of mappings are left as they are. Raises RefusedError."""
    made = _filled(data, values)
    return None if made is _MISSING else made


def _filled(data: Any, values: Values) -> Any:
    if isinstance(data, Mapping):
        pairs = ((key, _filled(value, values)) for key, value in data.items())
        return {key: value for key, value in pairs if value is not _MISSING}
    if isinstance(data, list | tuple):
        return [value for value in (_filled(one, values) for one in data) if value is not _MISSING]
    if not isinstance(data, str):
        return data
    pattern = read_pattern(data, ANY_NAME)
    if pattern.lone is None:
        return fill_text(pattern, values)
    value = values.get(pattern.lone)
    if value is None:
        return _MISSING
    for text in _texts(value):
        _refuse_holes(pattern.lone, text)
    return value


def as_text(name: str, values: Values) -> str:
    """A value within a text: numbers and true, false as JSON writes them, a list with commas, a mapping as JSON,
    nothing for null. Raises RefusedError where it cannot be told from its neighbours, or not be written in UTF-8."""
    text = _written(name, _value(name, values))
    _refuse_holes(name, text)
    return text


def _written(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(one, str | int | float) for one in value):
        texts = [_written(name, one) for one in value]
        if any("," in text for text in texts):
            raise RefusedError(f"{name}: an item of the list has a comma, which parts the items")
        return ",".join(texts)
    return msgspec.json.encode(value).decode()


def _value(name: str, values: Values) -> Any:
    try:
        return values[name]
    except KeyError:
        raise RefusedError(f"{name}: there is no value for it") from None


def _argument(pattern: Pattern, values: Values, dash: Collection[str]) -> str:
    word = fill_word(pattern, values)
    led = bool(pattern.parts) and isinstance(pattern.parts[0], Slot)
    if led and word.startswith("-") and pattern.names[0] not in dash:
        raise RefusedError(f"{pattern.names[0]}: begins with “-”, which the program would take for an option")
    return word


def _check_path(pattern: Pattern, made: Sequence[str]) -> None:
    """Look at those parts of the path that values are in."""
    segment, filled, named = "", False, ""
    for part, text in [*zip(pattern.parts, made, strict=True), ("/", "/")]:
        if isinstance(part, Slot):
            segment, filled, named = segment + text, True, part.name
            continue
        path, query, _ = text.partition("?")
        if not segment and not filled and "://" in path:
            path = path.partition("://")[2]
        for place, piece in enumerate(path.split("/")):
            if place:
                _check_segment(segment, filled, named)
                segment, filled = "", False
            segment += piece
        if query:
            _check_segment(segment, filled, named)
            return


def _check_segment(segment: str, filled: bool, name: str) -> None:
    if filled and segment in ("", ".", ".."):
        raise RefusedError(f"{name}: {segment or 'nothing'!r} is no part of a path")


def _refuse_control(name: str, text: str) -> None:
    for char in text:
        if unicodedata.category(char) in ("Cc", "Zl", "Zp"):
            raise RefusedError(f"{name}: a control character (U+{ord(char):04X}) cannot stand there")


def _refuse_holes(name: str, text: str) -> None:
    """A value must not look like the place of what an earlier step brings, which is filled later."""
    if HOLE_OPEN in text or HOLE_SHUT in text:
        raise RefusedError(f"{name}: the brackets {HOLE_OPEN} and {HOLE_SHUT} cannot be sent")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RefusedError(f"{name}: half a character (a lone surrogate), which UTF-8 cannot write") from None


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key)
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _leaves(data: Any, known: Collection[str]) -> Iterable[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, list | tuple):
        for one in data:
            yield from _leaves(one, known)
    elif isinstance(data, Mapping):
        if len(data) == 1 and next(iter(data)) in known and next(iter(data.values())) is None:
            raise ConfigError(f'a placeholder is quoted in YAML: "{{{next(iter(data))}}}"')
        for one in data.values():
            yield from _leaves(one, known)


def _known(name: str, known: Collection[str]) -> str:
    if name not in known:
        wanted = ", ".join(f"{{{one}}}" for one in sorted(known)) or "none"
        raise ConfigError(f"there is no value for {{{scrub(name, 64)}}} (known: {wanted}){_ADVICE}")
    return name


def _add(parts: list[str | Slot], text: str) -> None:
    if not text:
        return
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    else:
        parts.append(text)
