"""A filter's text as a tree of terms, by this grammar (what binds less stands above):

    either   = both { "or" both }
    both     = one { [ "and" ] one }
    one      = { "not" | "!" } ( "(" either ")" | term )
    term     = pattern | name sign value { "," value } | "@" saved
             | "-l" selector { "," selector } | "-f" letters
    selector = label | label "=" value | label "!=" value | "!" label

`and`, `or` and `not` are words of their own, all in small or all in capital letters. A word that begins with a quote is
always a pattern. Which names a view has is not looked at here. Reading takes linear time, within named limits.
"""

from collections.abc import Callable

from fleet.errors import FilterError
from fleet.filters.chunks import HIDDEN, Chunk
from fleet.filters.lexer import COMPARISON, Kind, Token, tokens
from fleet.filters.terms import EVERYTHING, And, Compare, Fuzzy, Labelled, Leaf, Not, Or, Pattern, Saved, Term

LONGEST_TEXT = 2048
"""Characters of a filter."""
LONGEST_PATTERN = 256
"""Characters of a pattern, and of the letters after `-f`."""
MOST_TERMS = 128
DEEPEST = 32
"""Parentheses and inverses within each other."""

_AND, _OR, _NOT = ("and", "AND"), ("or", "OR"), ("not", "NOT")
_ONE_VALUE = (">", ">=", "<", "<=", "~")


def parse(text: str) -> Term:
    """The terms of a filter; an empty text matches everything. Raises FilterError that says where it went wrong and
    what was expected there."""
    if len(text) > LONGEST_TEXT:
        raise FilterError(f"a filter may have {LONGEST_TEXT:,} characters")
    return _Parser(text).all()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._next = 0
        self._depth = 0
        self._terms = 0

    def all(self) -> Term:
        if not self._tokens:
            return EVERYTHING
        term = self._either()
        token = self._peek()
        if token is not None:
            raise self._wrong(token, f"{_shown(token)} closes nothing; put it in quotes to search for it")
        return term

    def _either(self) -> Term:
        terms = [self._both()]
        while self._take_word(_OR):
            terms.append(self._both())
        return _joined(Or, terms)

    def _both(self) -> Term:
        terms = [self._one()]
        while self._take_word(_AND) or self._goes_on():
            terms.append(self._one())
        return _joined(And, terms)

    def _goes_on(self) -> bool:
        token = self._peek()
        return token is not None and token.kind is not Kind.CLOSE and not _is_word(token, _OR)

    def _one(self) -> Term:
        token = self._peek()
        if token is None:
            before = self._tokens[-1]
            raise FilterError(f"a term is wanted after {_shown(before)}", text=self._text, at=len(self._text))
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(token, f"parentheses and inverses may stand {DEEPEST} deep")
        try:
            return self._deeper(token)
        finally:
            self._depth -= 1

    def _deeper(self, token: Token) -> Term:
        self._next += 1
        if token.kind is Kind.NOT or _is_word(token, _NOT):
            return Not(self._one())
        if token.kind is Kind.OPEN:
            term = self._either()
            if not self._take(Kind.CLOSE):
                raise self._wrong(token, "'(' is never closed; put it in quotes to search for it")
            return term
        if token.chunk is None or _is_word(token, (*_AND, *_OR)):
            raise self._wrong(token, f"a term is wanted before {_shown(token)}")
        return self._term(token.chunk)

    def _term(self, word: Chunk) -> Term:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise FilterError(f"a filter may have {MOST_TERMS} terms", text=self._text, at=word.start)
        if word.bare == "-l":
            return self._selectors(word)
        if word.bare == "-f":
            return self._fuzzy(word)
        if word.bare.startswith("@"):
            return self._saved(word)
        comparison = COMPARISON.match(word.bare)
        if comparison is not None and word.bare[: comparison.end()] == comparison[0]:
            return self._comparison(word, comparison["name"], comparison["sign"])
        return Pattern(self._short(word, word.text), word.start)

    def _comparison(self, word: Chunk, name: str, sign: str) -> Term:
        value = word.part(len(name) + len(sign), len(word.text))
        if sign.endswith("~"):
            self._short(word, value.text)
        plain = sign.removeprefix("!") if sign.startswith("!") else sign
        # Empty quotes are a value, too.
        given = bool(value.text) or word.end > word.places[-1] + 1
        values = (value.text,) if plain in _ONE_VALUE else tuple(part.text for part in _split(value))
        compared = Compare(name, plain, values if given else (), word.start)
        return Not(compared) if sign.startswith("!") else compared

    def _selectors(self, flag: Chunk) -> Term:
        inverse = self._take(Kind.NOT)
        word = _unquoted(self._argument(flag, "a label, such as -l env=prod"))
        labels: list[Term] = []
        for place, part in enumerate(_split(word)):
            inverse = inverse if place == 0 else part.bare.startswith("!")
            named = part.part(1, len(part.text)) if inverse and place else part
            labels.append(self._selector(flag, named, inverse=inverse))
        return _joined(And, labels)

    def _selector(self, flag: Chunk, part: Chunk, *, inverse: bool) -> Term:
        sign = next((sign for sign in ("!=", "==", "=") if sign in part.bare), "")
        name, value = part.text, None
        if sign:
            at = part.bare.index(sign)
            name, value = part.text[:at], part.text[at + len(sign) :]
        if not name or (inverse and sign):
            raise FilterError(f"-l {part.text[:40]!r}: a label is wanted, such as env, env=prod, env!=prod or !env",
                              text=self._text, at=part.start)  # fmt: skip
        label = Labelled(name, value, flag.start)
        return Not(label) if inverse or sign == "!=" else label

    def _fuzzy(self, flag: Chunk) -> Term:
        word = self._argument(flag, "letters, such as -f plnr")
        return Fuzzy(self._short(word, word.text), flag.start)

    def _argument(self, flag: Chunk, wanted: str) -> Chunk:
        token = self._peek()
        if token is None or token.chunk is None or not token.chunk.text:
            raise FilterError(f"{flag.text} wants {wanted}", text=self._text, at=flag.end)
        self._next += 1
        return token.chunk

    def _saved(self, word: Chunk) -> Leaf:
        if len(word.text) == 1:
            raise FilterError("@ wants the name of a saved filter; put it in quotes to search for it",
                              text=self._text, at=word.end)  # fmt: skip
        return Saved(word.text[1:], word.start)

    def _short(self, word: Chunk, text: str) -> str:
        if len(text) > LONGEST_PATTERN:
            raise FilterError(f"a pattern may have {LONGEST_PATTERN} characters", text=self._text, at=word.start)
        return text

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, kind: Kind) -> bool:
        token = self._peek()
        found = token is not None and token.kind is kind
        self._next += found
        return found

    def _take_word(self, words: tuple[str, ...]) -> bool:
        token = self._peek()
        found = token is not None and _is_word(token, words)
        self._next += found
        return found

    def _wrong(self, token: Token, message: str) -> FilterError:
        return FilterError(message, text=self._text, at=token.at)


def _joined(kind: Callable[[tuple[Term, ...]], Term], terms: list[Term]) -> Term:
    """One term of many, without pairs of the same kind within each other."""
    if len(terms) == 1:
        return terms[0]
    flat: list[Term] = []
    for term in terms:
        if isinstance(term, And | Or) and type(term) is kind:
            flat.extend(term.terms)
        else:
            flat.append(term)
    return kind(tuple(flat))


def _is_word(token: Token, words: tuple[str, ...]) -> bool:
    return token.chunk is not None and token.chunk.bare in words


def _unquoted(chunk: Chunk) -> Chunk:
    """A word that stands in quotes as a whole, as if it did not."""
    return chunk if chunk.bare.strip(HIDDEN) else Chunk(chunk.text, chunk.text, chunk.places, chunk.start, chunk.end)


def _split(chunk: Chunk) -> list[Chunk]:
    """The parts between commas that are not in quotes; empty ones are left out, unless there is no other."""
    parts, start = [], 0
    for at in range(len(chunk.text) + 1):
        if at == len(chunk.text) or chunk.bare[at] == ",":
            if at > start:
                parts.append(chunk.part(start, at))
            start = at + 1
    return parts or [chunk]


def _shown(token: Token) -> str:
    return repr(token.kind.value if token.chunk is None else token.chunk.text[:40])
