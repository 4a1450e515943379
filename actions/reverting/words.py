"""The placeholders of a rollback's definition, and what may be put in their place (`fleet.actions.placeholders`)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import re2
from msgspec import Meta

from fleet.actions.placeholders import check_data, fill_argv, fill_data, fill_url, read_argv, read_pattern, read_url
from fleet.actions.revision import Revision
from fleet.errors import ConfigError, RefusedError
from fleet.text import scrub

TO: Final = frozenset({"to", "live", "share", "percent", "name"})
"""What words of a roll may name: the revision rolled to, the one that is live, the share (0–1), the same in percent
(1–100), and the name of the revision."""

IDS: Final = r"[A-Za-z0-9][A-Za-z0-9._:/@+~^=-]{0,199}"
"""What an id of a revision may be where a definition says nothing else: it begins with no dash, so that no program
takes it for an option."""

KEY: Final = "⟦key⟧"
"""Stands for the idempotency key of the step until the plan is made, which is when there is one."""

Values = Mapping[str, Any]


def _word(text: object) -> object:
    try:
        read_pattern(str(text), TO)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return text


Word = Annotated[str, Meta(max_length=4000, extra={"check": _word})]
"""A word, or an address, with placeholders."""


def check_argv(*lists: Sequence[str]) -> None:
    """Raises ValueError where a placeholder would choose the program; empty lists are left out."""
    try:
        for words in filter(None, lists):
            read_argv(words, TO)
    except ConfigError as error:
        raise ValueError(str(error)) from error


def check_request(url: str, body: object = None) -> None:
    """Raises ValueError where an address or a body has an unknown placeholder, or one that chooses the host."""
    try:
        read_url(url, TO)
        check_data(body, TO)
    except ConfigError as error:
        raise ValueError(str(error)) from error


def check_says_where(key: str, texts: Any) -> None:
    """Raises ValueError, for that key, where no text of what rolls names the revision: wherever it would roll to, it
    would not be where the plan says."""
    if not {"to", "name"} & set(check_data(texts, TO)):
        raise ValueError(f"{key}: it does not say to which revision; {{to}} is wanted in it")


def argv_of(words: Sequence[str], values: Values) -> tuple[str, ...]:
    """The argument list with its values. Raises RefusedError for one that a program could take for an option."""
    return fill_argv(read_argv(words, TO), values)


def url_of(url: str, values: Values) -> str:
    """The address with its values. Raises RefusedError for one that would leave its place."""
    return fill_url(read_url(url, TO), values)


def body_of(body: Any, values: Values) -> Any:
    """A JSON body with its values, which keep their types where they stand alone."""
    return fill_data(body, values)


def values_of(to: Revision, live: str = "", share: float = 1.0, ids: str = IDS) -> Values:
    """The values of the placeholders. Raises RefusedError for an id that is none: a target that lies."""
    return {
        "to": checked_id(to.id, ids),
        "name": to.name,
        "live": checked_id(live, ids) if live else "",
        "share": share,
        "percent": percent_of(share),
    }


def checked_id(text: str, pattern: str = IDS) -> str:
    """An id that may be put into words. Raises RefusedError for another one."""
    if not text.isprintable() or re2.fullmatch(pattern, text) is None:
        raise RefusedError(f"{scrub(text, 60)!r} is no id of a revision that may be put into a command or an address")
    return text


def at_path(value: Any, path: str) -> Any:
    """What a JSON value has at a dotted path (`data.items.0`); None where it has nothing there. "" is the value itself;
    a name with dots in it is found, too."""
    while path:
        if isinstance(value, Mapping) and path in value:
            return value[path]
        head, _, path = path.partition(".")
        if isinstance(value, Mapping) and head in value:
            value = value[head]
        elif isinstance(value, list) and head.isdecimal() and int(head) < len(value):
            value = value[int(head)]
        else:
            return None
    return value


def percent_of(share: float) -> int:
    """A share in whole percent, one at least."""
    return max(1, round(share * 100))
