"""The text of an expression, looked at before the parser sees it.

`promql_parser` speaks a later PromQL than Prometheus 2.42, reads regular expressions as Rust does, and recurses without
a bound in native code. So the tokens are gone over once here: size and nesting are bounded, what 2.42 does not know is
refused at its place, and patterns and `@` times are put aside, the parser getting placeholders for them.
"""

import re
from typing import NamedTuple

from fleet.errors import QueryError
from fleet.promql.arithmetic import INF
from fleet.promql.limits import MAX_BRACKETS, MAX_OPERATORS, MAX_TEXT, over
from fleet.promql.matching import check_pattern, matches_empty

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+|\#[^\r\n]*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
  | (?P<duration>(?:[0-9]++(?:ms|[smhdwy]))++(?![0-9A-Za-z_.]))
  | (?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<word>[A-Za-z_][A-Za-z0-9_:]*|:[A-Za-z_:][A-Za-z0-9_:]*)
  | (?P<op>=~|!~|==|!=|<=|>=|[-+*/%^=<>(){}\[\],@:])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPERATORS = frozenset(("+", "-", "*", "/", "%", "^", "==", "!=", "<=", ">=", "<", ">", "and", "or", "unless", "atan2"))
_NAMES_TOO = frozenset(("and", "or", "unless"))
_BEFORE_OPERANDS = (_OPERATORS - _NAMES_TOO) | {"(", ",", "bool", "group_left", "group_right"}
_LISTS = frozenset(("by", "without", "on", "ignoring", "group_left", "group_right"))
_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_DURATION_PART = re.compile(r"([0-9]+)(ms|[smhdwy])")
_LONGEST_S = 2**63 / 1e9
"""A duration is 64 bits of nanoseconds."""
_CLOSES = {")": "(", "]": "[", "}": "{"}


class Token(NamedTuple):
    """A piece of the text: its kind (`string`, `duration`, `number`, `word`, `op`, `other`) and its place."""

    kind: str
    text: str
    at: int


class Lexis(NamedTuple):
    """An expression made ready for the parser. `text` has placeholders: the pattern of the matcher whose value is
    `n` or `n|` is `patterns[n]`, the time of `@ n` is `times_ms[n]`. `negative` is the text with `-` for each `+` that
    is a sign, "" where there is none: the parser drops that without a look at the operand's type."""

    text: str
    patterns: tuple[str, ...]
    times_ms: tuple[int, ...]
    negative: str


def place(text: str, at: int) -> str:
    """Line and column of a character, as Prometheus writes them: `1:5`."""
    before = text[:at]
    return f"{before.count(chr(10)) + 1}:{at - (before.rfind(chr(10)) + 1) + 1}"


def wrong(text: str, at: int, what: str) -> QueryError:
    """The error for something wrong at a place."""
    return QueryError(f"{place(text, at)}: parse error: {what}")


def tokens_of(text: str) -> list[Token]:
    """The tokens of `text`, spaces and comments left out. Raises QueryError (`limit`) for one that is too long."""
    if len(text) > MAX_TEXT:
        raise over(f"the expression has {len(text):,} characters; up to {MAX_TEXT:,} are read")
    return [
        Token(str(match.lastgroup), match.group(), match.start())
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "space"
    ]


def read(text: str) -> Lexis:
    """Goes over `text`. Raises QueryError: too large or too deep, or not PromQL as Prometheus 2.42 has it."""
    tokens = tokens_of(text)
    text = _without_comments(text)
    _check_brackets(text, tokens)
    _check_sizes(tokens)
    return _Reader(text, tokens).read()


def _without_comments(text: str) -> str:
    """Spaces for comments, which the parser does not know everywhere."""
    if "#" not in text:
        return text
    return "".join(
        " " * len(match.group()) if match.group()[0] == "#" else match.group() for match in _TOKEN.finditer(text)
    )


def _check_sizes(tokens: list[Token]) -> None:
    operators = sum(1 for token in tokens if token.text.lower() in _OPERATORS and token.kind in ("op", "word"))
    if operators > MAX_OPERATORS:
        raise over(f"the expression has {operators:,} operators; up to {MAX_OPERATORS:,} are read")


def _check_brackets(text: str, tokens: list[Token]) -> None:
    opened: list[Token] = []
    for token in tokens:
        if token.kind != "op":
            continue
        if token.text in "([{":
            opened.append(token)
            if len(opened) > MAX_BRACKETS:
                raise over(f"{place(text, token.at)}: more than {MAX_BRACKETS} brackets are open at once")
        elif token.text in _CLOSES and (not opened or opened.pop().text != _CLOSES[token.text]):
            raise wrong(text, token.at, f'unexpected "{token.text}"')
    if opened:
        raise wrong(text, opened[-1].at, f'unclosed "{opened[-1].text}"')


class _Reader:
    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.inside: list[str] = []
        self.pieces: list[str] = []
        self.patterns: list[str] = []
        self.times_ms: list[int] = []
        self.pluses: list[int] = []
        self.done = 0

    def read(self) -> Lexis:
        place = 0
        while place < len(self.tokens):
            place = self._token(place)
        self.pieces.append(self.text[self.done :])
        negative = "".join("-" if place in self.pluses else piece for place, piece in enumerate(self.pieces))
        known = "".join(self.pieces)
        return Lexis(known, tuple(self.patterns), tuple(self.times_ms), negative if self.pluses else "")

    def _token(self, place: int) -> int:
        token = self.tokens[place]
        before = self.tokens[place - 1].text if place else ""
        if token.kind == "string" and before in ("=~", "!~") and self.inside[-1:] == ["{"]:
            self._pattern(token)
        elif token.kind == "op" and token.text == "@" and self.inside[-1:] != ["{"]:
            return self._at(place)
        elif token.kind == "op":
            self._operator(place, token)
        elif token.kind == "other":
            raise wrong(self.text, token.at, _unreadable(token.text))
        else:
            self._newer(place, token, before)
        return place + 1

    def _operator(self, place: int, token: Token) -> None:
        op, before = token.text, self.tokens[place - 1].text.lower() if place else ""
        if op in "([{":
            self.inside.append("labels" if op == "(" and before in _LISTS else op)
        elif op in ")]}":
            self.inside.pop()
        elif op == "+" and before == "offset" and not _is_operand(self.tokens, place - 1):
            raise wrong(self.text, token.at, 'unexpected "+" in offset, expected duration')
        elif op == "+" and _is_operand(self.tokens, place):
            self._replace(token.at, token.at + 1, "+")
            self.pluses.append(len(self.pieces) - 1)

    def _newer(self, place: int, token: Token, before: str) -> None:
        """Refuses what PromQL came to know after Prometheus 2.42."""
        where = self.inside[-1] if self.inside else ""
        if where == "{":
            if token.kind == "string" and before in ("{", ","):
                raise wrong(self.text, token.at, "quoted names are newer than Prometheus 2.42: write {__name__=…}")
            if token.text == "or" and before not in ("{", ","):
                raise wrong(self.text, token.at, '"or" between matchers is newer than Prometheus 2.42')
        elif where == "labels" and token.kind == "string":
            raise wrong(self.text, token.at, f"unexpected string {token.text} in grouping opts, expected label")
        elif token.kind in ("duration", "number"):
            self._amount(place, token, where)
        elif token.text.lower() in ("nan", "inf") and self._shifts(place):
            raise wrong(self.text, token.at, f'unexpected number "{token.text}" in offset, expected duration')

    def _shifts(self, place: int) -> bool:
        """Whether what stands here is what `offset` shifts by."""
        name = place - 2 if place and self.tokens[place - 1].text == "-" else place - 1
        return name > 0 and self.tokens[name].text.lower() == "offset" and not _is_operand(self.tokens, name)

    def _amount(self, place: int, token: Token, where: str) -> None:
        shifts = self._shifts(place)
        if token.kind == "number":
            if where == "[" or shifts:
                raise wrong(self.text, token.at, f'unexpected number "{token.text}", expected a duration such as 5m')
            if token.text[:2].lower() != "0x" and float(token.text) == INF:
                raise wrong(self.text, token.at, f"error parsing number: {token.text} is out of range")
        elif where != "[" and not shifts:
            raise wrong(self.text, token.at, f'unexpected duration "{token.text}"')
        elif _span_s(token.text) > _LONGEST_S:
            raise wrong(self.text, token.at, "duration out of range")

    def _replace(self, start: int, end: int, new: str) -> None:
        self.pieces += (self.text[self.done : start], new)
        self.done = end

    def _pattern(self, token: Token) -> None:
        pattern = unquoted(token.text, self.text, token.at)
        try:
            check_pattern(pattern)
        except QueryError as error:
            raise wrong(self.text, token.at, str(error)) from error
        empty = matches_empty(pattern)
        self._replace(token.at, token.at + len(token.text), f'"{len(self.patterns)}{"|" if empty else ""}"')
        self.patterns.append(pattern)

    def _at(self, place: int) -> int:
        """`@` and a number, which may be signed."""
        sign, after = 1, place + 1
        while after < len(self.tokens) and self.tokens[after].text in ("+", "-") and after == place + 1:
            sign = -1 if self.tokens[after].text == "-" else 1
            after += 1
        if after >= len(self.tokens):
            return place + 1
        token = self.tokens[after]
        if token.kind != "number":
            return place + 1
        seconds = sign * number_of(token.text)
        millis = int(abs(seconds) * 1000 + 0.5) * (1 if seconds >= 0 else -1) if abs(seconds) < 9e15 else None
        if millis is None:
            raise wrong(self.text, token.at, f"timestamp out of bounds for @ modifier: {token.text}")
        start = self.tokens[place + 1].at
        self._replace(start, token.at + len(token.text), str(len(self.times_ms)))
        self.times_ms.append(millis)
        return after + 1


def _is_operand(tokens: list[Token], place: int) -> bool:
    """Whether an operand begins with this token: `offset` is a metric's name then, `+` a sign. So may `and`, `or` and
    `unless` be names, of a row of which every other one is an operator."""
    first = place
    while first and tokens[first - 1].text.lower() in _NAMES_TOO:
        first -= 1
    begins = not first or tokens[first - 1].text.lower() in _BEFORE_OPERANDS or _ends_list(tokens, first)
    return begins is ((place - first) % 2 == 0)


def _ends_list(tokens: list[Token], place: int) -> bool:
    """Whether the labels of `on (…)` end before this token."""
    at = place - 1
    if tokens[at].text != ")":
        return False
    while at and tokens[at].text != "(":
        at -= 1
    return at > 0 and tokens[at - 1].text.lower() in _LISTS


def _span_s(duration: str) -> float:
    return sum(int(amount) * _UNITS_S[unit] for amount, unit in _DURATION_PART.findall(duration))


def _unreadable(text: str) -> str:
    if text in "\"'`":
        return "unterminated quoted string"
    return f"unexpected character: {text!r}"


def number_of(text: str) -> float:
    """A number as Prometheus reads it: `0x1f`, and `017` in octal, as Go does."""
    if text[:2].lower() == "0x":
        return float(int(text, 16))
    if len(text) > 1 and text[0] == "0" and set(text) <= set("01234567"):
        return float(int(text, 8))
    return float(text)


_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))", re.DOTALL
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}


def unquoted(quoted: str, text: str, at: int) -> str:
    """What a quoted string says, escapes read as Go does. `text` and `at` are for the error."""
    if quoted[0] == "`":
        return quoted[1:-1]

    def meaning(match: re.Match[str]) -> str:
        simple, octal, *hexadecimal, unknown = match.groups()
        if simple:
            return _SIMPLE[simple]
        code = int(octal, 8) if octal else int(next((h for h in hexadecimal if h), "110000"), 16)
        if unknown is not None or code > 0x10FFFF:
            raise wrong(text, at + match.start() + 1, f"unknown escape sequence {match.group()!r}")
        return chr(code)

    return _ESCAPE.sub(meaning, quoted[1:-1])
