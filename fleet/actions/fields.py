"""Checks what was entered against the fields of a template: text from a form, or values from a file of JSON.

What is wrong is said by the name of the field, with what would be right; a private value is never repeated.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from fleet.actions.template import Field
from fleet.errors import RefusedError
from fleet.near import meant
from fleet.text import scrub

_SHOWN: Final = 60
"""Characters of a wrong value that are repeated."""
_CHOICES: Final = 12
"""Choices that are named in an error."""
_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})
_DIGITS: Final = 40
_PATTERNS: Final = 256


def checked(fields: Sequence[Field], values: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """The values with their types and defaults, in the order of the fields. One that was not entered and has no default
    is not there. `partial`: more is still to come, so nothing is missing and no default stands in. Raises RefusedError
    that names the field."""
    known = [field.name for field in fields]
    for name in values:
        if name not in known:
            raise RefusedError(f"{scrub(str(name), _SHOWN)}: there is no such field{_known(str(name), known)}")
    found: dict[str, Any] = {}
    for field in fields:
        value = values.get(field.name)
        if is_empty(value) and not partial:
            value = field.default
        if not is_empty(value):
            found[field.name] = checked_value(field, value)
        elif field.required and not partial:
            raise RefusedError(f"{field.name}: is missing{_help(field)}")
    return found


def checked_value(field: Field, value: Any) -> Any:
    """One value with its type. Raises RefusedError that names the field."""
    return _CHECKS[field.type](field, value)


def is_empty(value: object) -> bool:
    """Whether nothing was entered."""
    return value is None or (isinstance(value, str) and not value.strip())


def full_match(pattern: str) -> Callable[[str], bool]:
    """Whether the whole of a text is matched by an RE2 pattern. Raises `re2.error` for one that RE2 cannot do."""
    return _compiled(pattern)


@lru_cache(maxsize=_PATTERNS)
def _compiled(pattern: str) -> Callable[[str], bool]:
    import re2

    from fleet.whole_match import whole_match

    options = re2.Options()
    options.log_errors = False
    return whole_match(pattern, options)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(field, value, "text is wanted")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise RefusedError(f"{field.name}: it has half a character, which cannot be sent") from None
    if not field.lines and ("\n" in value or "\r" in value):
        raise RefusedError(f"{field.name}: it has several lines; one is wanted")
    if any(ord(char) < 0x20 and char not in "\n\r\t" for char in value):
        raise RefusedError(f"{field.name}: it has a control character")
    _within(field, value)
    return value


def _within(field: Field, text: str) -> None:
    """Length, pattern and choices of a text."""
    if len(text) > field.longest:
        raise RefusedError(f"{field.name}: it has {len(text):,} characters, {field.longest:,} is the most")
    if len(text) < field.shortest:
        raise RefusedError(f"{field.name}: it has {len(text):,} characters, {field.shortest:,} is the least")
    if field.choices and text not in field.choices:
        raise _wrong(field, text, f"it must be one of {_listed(field.choices)}", meant(text, field.choices))
    if field.pattern and not full_match(field.pattern)(text):
        raise _wrong(field, text, f"it must match {scrub(field.pattern, 120)}{_help(field)}")


def _integer(field: Field, value: Any) -> int:
    number = value
    if isinstance(value, str):
        digits = value.strip()
        plain = digits.removeprefix("-").removeprefix("+")
        number = int(digits) if plain.isascii() and plain.isdecimal() and len(plain) <= _DIGITS else None
    elif isinstance(value, float):
        number = int(value) if value.is_integer() else None
    if isinstance(number, bool) or not isinstance(number, int):
        raise _wrong(field, value, f"a whole number is wanted{_range(field)}")
    _in_range(field, number)
    return number


def _number(field: Field, value: Any) -> float | int:
    number = value
    if isinstance(value, str):
        try:
            number = float(value) if len(value) <= _DIGITS and "_" not in value else None
        except ValueError:
            number = None
    if isinstance(number, bool) or not isinstance(number, int | float) or not _finite(number):
        raise _wrong(field, value, f"a number is wanted{_range(field)}")
    _in_range(field, number)
    return number


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _in_range(field: Field, number: float) -> None:
    low, high = field.minimum, field.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise _wrong(field, number, f"it must be{_range(field)}")
    if field.choices and str(number) not in field.choices:
        raise _wrong(field, number, f"it must be one of {_listed(field.choices)}")


def _boolean(field: Field, value: Any) -> bool:
    word = value.strip().lower() if isinstance(value, str) else value
    if word is True or (isinstance(word, str) and word in _YES):
        return True
    if word is False or (isinstance(word, str) and word in _NO):
        return False
    raise _wrong(field, value, "true or false is wanted")


def _list(field: Field, value: Any) -> list[str]:
    items = value
    if isinstance(value, str):
        items = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(items, list | tuple):
        raise _wrong(field, value, "a list is wanted, with commas between")
    return [_text(field, item) for item in items]


def _json(field: Field, value: Any) -> Any:
    document = value
    if isinstance(value, str):
        if len(value) > field.longest:
            raise RefusedError(f"{field.name}: it has {len(value):,} characters, {field.longest:,} is the most")
        try:
            document = msgspec.json.decode(value.encode())
        except (ValueError, RecursionError) as error:
            raise RefusedError(f"{field.name}: no JSON: {scrub(str(error), 120)}") from None
    try:
        size = len(msgspec.json.encode(document))
    except (ValueError, TypeError, RecursionError) as error:
        raise RefusedError(f"{field.name}: cannot be written as JSON: {scrub(str(error), 120)}") from None
    if size > 4 * field.longest:
        raise RefusedError(f"{field.name}: it has {size:,} bytes, {4 * field.longest:,} is the most")
    return document


_CHECKS: Final[Mapping[str, Callable[[Field, Any], Any]]] = {
    "text": _text,
    "choice": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "list": _list,
    "json": _json,
}


def _wrong(field: Field, value: object, wanted: str, hint: str = "") -> RefusedError:
    if field.private:
        return RefusedError(f"{field.name}: {wanted}")
    return RefusedError(f"{field.name}: {wanted}, not {scrub(repr(value), _SHOWN)}{hint}")


def _range(field: Field) -> str:
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        return f" between {low:g} and {high:g}"
    if low is not None:
        return f" of at least {low:g}"
    return "" if high is None else f" of at most {high:g}"


def _listed(choices: Sequence[str]) -> str:
    more = f", … ({len(choices)} in all)" if len(choices) > _CHOICES else ""
    return ", ".join(scrub(choice, 40) for choice in choices[:_CHOICES]) + more


def _known(name: str, known: Sequence[str]) -> str:
    return meant(name, known) or f" (known: {_listed(known) or 'none'})"


def _help(field: Field) -> str:
    return f" ({scrub(field.help, 120)})" if field.help else ""
