"""Where an expression went wrong. `promql_parser` says what, but not where.

For grammar: the longest beginning of the text that some ending makes grammatical, found by halves, since every
beginning of a good beginning is good. For the rest: where the function that the message names stands.
"""

import re
from collections.abc import Callable, Iterator

from fleet.errors import QueryError
from fleet.promql.lexis import Token, read, tokens_of, wrong

GRAMMAR = "invalid promql query"
"""What the parser says of anything that the grammar has no place for."""
_NAMED = re.compile(r"'([A-Za-z_][A-Za-z0-9_]*)'")
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_ENDINGS = {
    "": ("", " x", " (x) x", " on(a) x"),
    "(": ("", " x", " a", "a)(x"),
    "[": ("", "1m", ":1m"),
    "{": ("", 'a="b"', '="b"', '"b"'),
}
"""What may follow, by the bracket that is open; the brackets are closed after it."""

_SEARCHED = 500
"""Tokens up to which the place is looked for: each look parses, which takes longer than the text is longer."""
Parse = Callable[[str], object]


def placed(parse: Parse, text: str, said: str) -> QueryError:
    """The error for `text`, of which the parser said `said`, with its place where it can be found."""
    tokens = tokens_of(text)
    if said == GRAMMAR and len(tokens) <= _SEARCHED:
        at = _first_unexpected(parse, text, tokens)
        if at == len(tokens):
            return wrong(text, len(text), "unexpected end of input")
        return wrong(text, tokens[at].at, f"unexpected {tokens[at].kind} {tokens[at].text!r}")
    named = _NAMED.search(said)
    found = next((token for token in tokens if named and token.kind == "word" and token.text == named[1]), None)
    return wrong(text, found.at, said) if found else QueryError(f"parse error: {said}")


def _first_unexpected(parse: Parse, text: str, tokens: list[Token]) -> int:
    good, bad = 0, len(tokens) + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        if _may_begin(parse, text, tokens[:middle]):
            good = middle
        else:
            bad = middle
    return good


def _may_begin(parse: Parse, text: str, tokens: list[Token]) -> bool:
    """Whether the text up to the last of `tokens` may be the beginning of an expression."""
    end = tokens[-1].at + len(tokens[-1].text)
    return any(_is_grammatical(parse, text[:end] + ending) for ending in _endings(tokens))


def _endings(tokens: list[Token]) -> Iterator[str]:
    opened: list[str] = []
    for token in tokens:
        if token.kind == "op" and token.text in _CLOSES:
            opened.append(token.text)
        elif token.kind == "op" and token.text in ")]}" and opened:
            opened.pop()
    closing = "".join(_CLOSES[bracket] for bracket in reversed(opened))
    for ending in _ENDINGS[opened[-1] if opened else ""]:
        yield ending + closing
        yield ending + closing + " (x)"


def _is_grammatical(parse: Parse, text: str) -> bool:
    try:
        parse(read(text).text)
    except ValueError as error:
        return str(error) != GRAMMAR
    except QueryError:
        return False
    return True
