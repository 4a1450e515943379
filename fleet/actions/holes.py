"""Holes in effects (`⟦task_id⟧`), filled with what earlier steps of the same item found out. Pure.

What fills a hole came from outside, so where it stands decides how it is written: escaped in a JSON text,
percent-encoded in a URL, as a part of one word in an argument list. Where no escaping would make it harmless, it is
refused: the host of a URL, the program of a command, a path on this machine.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec
from msgspec.structs import replace

from fleet.actions.plan import HOLE_OPEN, HOLE_SHUT, CommandRun, Effect, FileWork, HttpRequest, RedisWrite
from fleet.errors import RefusedError
from fleet.text import scrub

LONGEST = 2_000
"""Characters of a value that is captured."""
MOST_STEPS = 16
"""Parts of a dotted path."""

_HOLE = re.compile(re.escape(HOLE_OPEN) + r"([A-Za-z_][A-Za-z0-9_.-]{0,63})" + re.escape(HOLE_SHUT))
_AUTHORITY = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def captured(captures: Mapping[str, str], text: str) -> dict[str, str]:
    """What of a JSON answer stands at the dotted paths (`data.id`, `items.0.name`), by name. What is not there, is no
    text, number or boolean, or is too long is left out: the hole that needs it then fails."""
    if not captures:
        return {}
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    found = {name: _word(_at(document, path)) for name, path in captures.items()}
    return {name: word for name, word in found.items() if word}


def filled(effect: Effect, values: Mapping[str, str]) -> Effect:
    """`effect` with its holes filled. Raises RefusedError for a hole that nothing fills, or must not be filled."""
    if isinstance(effect, HttpRequest):
        return _request(effect, values)
    if isinstance(effect, CommandRun):
        return _command(effect, values)
    if isinstance(effect, RedisWrite):
        return _redis(effect, values)
    return _files(effect)


def _request(effect: HttpRequest, values: Mapping[str, str]) -> HttpRequest:
    authority = _AUTHORITY.match(effect.url)
    _none(authority[0] if authority else effect.url, "the host of a URL")
    return replace(
        effect,
        url=_fill(effect.url, values, _in_url),
        body=_body(effect.body, effect.content_type, values),
        headers={name: _fill(text, values, _in_header) for name, text in effect.headers.items()},
    )


def _body(body: str, content_type: str, values: Mapping[str, str]) -> str:
    if "json" in content_type:
        return _fill_json(body, values)
    if "x-www-form-urlencoded" in content_type:
        return _fill(body, values, quote_plus)
    return _fill(body, values, str)


def _command(effect: CommandRun, values: Mapping[str, str]) -> CommandRun:
    _none(effect.argv[0], "the program of a command")
    _none(effect.cwd, "the folder of a command")
    argv = (effect.argv[0], *(_argument(word, values) for word in effect.argv[1:]))
    return replace(effect, argv=argv, env={name: _fill(text, values, _no_nul) for name, text in effect.env.items()})


def _argument(word: str, values: Mapping[str, str]) -> str:
    made = _fill(word, values, _no_nul)
    if made.startswith("-") and not word.startswith("-"):
        raise RefusedError(f"{scrub(made, 60)!r} would be read as an option")
    return made


def _redis(effect: RedisWrite, values: Mapping[str, str]) -> RedisWrite:
    _none(effect.command[0], "the name of a Redis command")
    return replace(effect, command=(effect.command[0], *(_fill(word, values, str) for word in effect.command[1:])))


def _files(effect: FileWork) -> FileWork:
    for text in (effect.path, effect.source, effect.was, effect.sha256):
        _none(text, "a path on this machine")
    return effect


def _fill(text: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    return _HOLE.sub(lambda hole: escape(_value(hole[1], values)), text) if HOLE_OPEN in text else text


def _fill_json(text: str, values: Mapping[str, str]) -> str:
    """Within a JSON string a value is escaped; elsewhere it becomes a JSON string of its own."""
    parts, at, inside = [], 0, False
    for hole in _HOLE.finditer(text):
        before = text[at : hole.start()]
        inside = _in_string(before, inside)
        made = json.dumps(_value(hole[1], values), ensure_ascii=False)
        parts += [before, made[1:-1] if inside else made]
        at = hole.end()
    return "".join((*parts, text[at:]))


def _in_string(text: str, inside: bool) -> bool:
    """Whether a JSON text is within a string at its end, if it was (`inside`) at its beginning."""
    escaped = False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = inside
        elif char == '"':
            inside = not inside
    return inside


def _value(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        raise RefusedError(f"nothing fills {HOLE_OPEN}{name}{HOLE_SHUT}: no earlier step found a {name}")
    return values[name]


def _in_url(value: str) -> str:
    if not value.strip("."):
        # No encoding keeps clients and servers from reading dots as the folder above.
        raise RefusedError(f"{scrub(value, 60)!r} cannot stand in a URL")
    return quote(value, safe="")


def _in_header(value: str) -> str:
    if _CONTROL.search(value):
        raise RefusedError(f"{scrub(value, 60)!r} cannot stand in a header")
    return value


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise RefusedError("a null character cannot stand in an argument")
    return value


def _none(text: str, where: str) -> None:
    if _HOLE.search(text):
        raise RefusedError(f"{where} must not depend on an answer: {scrub(text, 80)!r}")


def _at(document: Any, path: str) -> Any:
    for part in path.split(".", MOST_STEPS):
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value) if isinstance(value, str | int | float) else ""
    return text if len(text) <= LONGEST else ""
