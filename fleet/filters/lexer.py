"""A filter's text as tokens: words, `(`, `)` and `!`.

The difficulty are parentheses, which regular expressions have, too. The rule: within a word (blanks end a word, quotes
keep blanks) those that belong together are part of it, `(a|b)`, `colou?r(ed)?`. What is left over at its beginning or
end groups terms: `(env:prod or team:core)`. One pair around a whole word groups where the inside is no pattern but a
comparison, a saved filter or an inverse: `(state:down)`, `(@mine)`, `(!planner)`. Characters after a backslash, in
`[…]` and in quotes are no parentheses at all.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from fleet.filters.chunks import HIDDEN, Chunk, check_quotes, chunks

COMPARISON = re.compile(r"(?P<name>label\.[^\0\s:=<>!~(){}|\\]+|[a-z_][a-z0-9_]*)(?P<sign>>=|<=|!=|!~|[><=:~])", re.I)
"""How a comparison begins, to be matched against what is not in quotes."""


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    OPEN = "("
    CLOSE = ")"
    NOT = "!"


class Token(Struct, frozen=True):
    """A token and where it stands in the text; a word has its chunk."""

    kind: Kind
    at: int
    chunk: Chunk | None = None


def tokens(text: str) -> list[Token]:
    """The tokens of a filter. Raises FilterError for a quote that is never closed."""
    found: list[Token] = []
    for chunk in chunks(text):
        check_quotes(chunk, text)
        found.extend(_tokens(chunk))
    return found


def _tokens(chunk: Chunk) -> Iterator[Token]:
    bare, start = chunk.bare, 0
    literal = _literal(bare)
    pairs = _pairs(bare, literal)
    end = _without_closers(bare, literal | set(pairs.values()))
    closing = [Token(Kind.CLOSE, chunk.place(place)) for place in reversed(range(end, len(bare)))]
    while start < end:
        if bare[start] == "!":
            yield Token(Kind.NOT, chunk.place(start))
        elif bare[start] == "(" and start not in pairs:
            yield Token(Kind.OPEN, chunk.place(start))
        elif bare[start] == "(" and pairs[start] == end - 1 and _is_boolean(bare, pairs, start, end):
            end -= 1
            yield Token(Kind.OPEN, chunk.place(start))
            closing.append(Token(Kind.CLOSE, chunk.place(end)))
        else:
            break
        start += 1
    if start < end or _has_empty_quotes(chunk, start):
        yield Token(Kind.WORD, chunk.place(start), chunk.part(start, end))
    yield from reversed(closing)


def _has_empty_quotes(chunk: Chunk, index: int) -> bool:
    """Whether a pair of quotes with nothing in it stands before the character `index`: that is a word, too."""
    return chunk.place(index) > (chunk.places[index - 1] + 1 if index else chunk.start)


def _is_boolean(bare: str, pairs: dict[int, int], start: int, end: int) -> bool:
    """Whether the pair around `bare[start:end]` has a term inside that is no pattern."""
    while bare[start] == "(" and pairs.get(start) == end - 1:
        start, end = start + 1, end - 1
    if bare[start] in "!@":
        return end - start > 1
    if bare[start] == HIDDEN:
        return True
    comparison = COMPARISON.match(bare, start, end)
    # `(status=500|status=502)` is a pattern: an alternative cannot be meant by a comparison but for `~`.
    return comparison is not None and (comparison["sign"].endswith("~") or "|" not in bare[start:end])


def _without_closers(bare: str, own: set[int]) -> int:
    """Where the word ends before the `)` that close what was opened in other words."""
    end = len(bare)
    while end and bare[end - 1] == ")" and end - 1 not in own:
        end -= 1
    return end


def _pairs(bare: str, literal: set[int]) -> dict[int, int]:
    """Which `)` closes which `(`."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for at, char in enumerate(bare):
        if char == "(" and at not in literal:
            opened.append(at)
        elif char == ")" and at not in literal and opened:
            pairs[opened.pop()] = at
    return pairs


def _literal(bare: str) -> set[int]:
    """The places that a pattern takes literally: after a backslash, and within `[…]`."""
    literal: set[int] = set()
    at = 0
    while at < len(bare):
        if bare[at] == "\\":
            literal.add(at + 1)
            at += 2
        elif bare[at] == "[" and (close := _class_end(bare, at)) is not None:
            literal.update(range(at, close + 1))
            at = close + 1
        else:
            at += 1
    return literal


def _class_end(bare: str, start: int) -> int | None:
    """Where the character class that begins at `start` ends; a `]` that comes first in it is a character."""
    at = start + (2 if bare[start + 1 : start + 2] == "^" else 1)
    at += bare[at : at + 1] == "]"
    while at < len(bare) and bare[at] != "]":
        at += 2 if bare[at] == "\\" else 1
    return at if at < len(bare) else None
