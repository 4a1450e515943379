"""Cuts a template into tokens, as Go's text/template/parse does: `{{`, trim markers, comments, and what is inside."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from fleet.rules.templates.errors import TemplateError
from fleet.rules.templates.quoting import quote

_SPACES = " \t\r\n"
_KEYWORDS = frozenset({"block", "break", "continue", "define", "else", "end", "if", "range", "nil", "template", "with"})


class Kind(Enum):
    """Kinds of tokens."""

    TEXT = auto()
    LEFT = auto()
    RIGHT = auto()
    SPACE = auto()
    BOOL = auto()
    CHAR = auto()
    NUMBER = auto()
    STRING = auto()
    RAW = auto()
    FIELD = auto()
    VARIABLE = auto()
    IDENTIFIER = auto()
    KEYWORD = auto()
    DOT = auto()
    PIPE = auto()
    OPEN = auto()
    CLOSE = auto()
    ASSIGN = auto()
    DECLARE = auto()
    COMMA = auto()
    ERROR = auto()
    EOF = auto()


class Token(NamedTuple):
    """A token, where it begins in the template, and its text."""

    kind: Kind
    at: int
    text: str

    def __str__(self) -> str:
        """As Go names a token in its messages."""
        if self.kind is Kind.EOF:
            return "EOF"
        if self.kind in (Kind.KEYWORD, Kind.DOT):
            return f"<{self.text}>"
        return f"{quote(self.text[:10])}..." if len(self.text) > 10 else quote(self.text)


class LexError(TemplateError):
    """Text that is no token; `at` is where."""

    def __init__(self, at: int, text: str) -> None:
        super().__init__(text)
        self.at = at


_SINGLE = {"|": Kind.PIPE, ",": Kind.COMMA, "=": Kind.ASSIGN, "(": Kind.OPEN, ")": Kind.CLOSE}
_QUOTES = {
    '"': (Kind.STRING, "unterminated quoted string"),
    "'": (Kind.CHAR, "unterminated character constant"),
    "`": (Kind.RAW, "unterminated raw quoted string"),
}


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a template; text that is no token ends them with an ERROR, whose text says what is wrong: what the
    parser says of the tokens before comes first."""
    try:
        yield from _tokens(text)
    except LexError as error:
        yield Token(Kind.ERROR, error.at, str(error))


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while True:
        begin = text.find("{{", at)
        if begin < 0:
            break
        trimmed = _has_left_trim(text, begin + 2)
        kept = text[at:begin].rstrip(_SPACES) if trimmed else text[at:begin]
        if kept:
            yield Token(Kind.TEXT, at, kept)
        inside = begin + 2 + (2 if trimmed else 0)
        if text.startswith("/*", inside):
            at = _comment(text, inside)
            continue
        yield Token(Kind.LEFT, begin, "{{")
        for token in _action(text, inside):
            yield token
        at = _after_right(text, token.at)
    if at < len(text):
        yield Token(Kind.TEXT, at, text[at:])
    yield Token(Kind.EOF, len(text), "")


def _has_left_trim(text: str, at: int) -> bool:
    return text.startswith("-", at) and at + 1 < len(text) and text[at + 1] in _SPACES


def _right(text: str, at: int) -> tuple[bool, bool]:
    """Whether the action ends at `at`, and whether it trims what follows."""
    if at < len(text) and text[at] in _SPACES and text.startswith("-}}", at + 1):
        return True, True
    return text.startswith("}}", at), False


def _after_right(text: str, at: int) -> int:
    """Where the text goes on after the right delimiter at `at`."""
    _, trims = _right(text, at)
    return _skip(text, at + 4) if trims else at + 2


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACES:
        at += 1
    return at


def _comment(text: str, at: int) -> int:
    end = text.find("*/", at + 2)
    if end < 0:
        raise LexError(at, "unclosed comment")
    ends, _ = _right(text, end + 2)
    if not ends:
        raise LexError(end, "comment ends before closing delimiter")
    return _after_right(text, end + 2)


def _action(text: str, at: int) -> Iterator[Token]:
    """Tokens up to and with the right delimiter."""
    depth = 0
    while True:
        ends, _ = _right(text, at)
        if ends:
            if depth:
                raise LexError(at, "unclosed left paren")
            yield Token(Kind.RIGHT, at, "}}")
            return
        if at >= len(text):
            raise LexError(at, "unclosed action")
        token = _token(text, at)
        if token.kind is Kind.OPEN:
            depth += 1
        elif token.kind is Kind.CLOSE:
            depth -= 1
        yield token
        at += len(token.text)


def _token(text: str, at: int) -> Token:
    char = text[at]
    if char in _SPACES:
        return Token(Kind.SPACE, at, _spaces(text, at))
    if char == ":":
        if not text.startswith("=", at + 1):
            raise LexError(at, "expected :=")
        return Token(Kind.DECLARE, at, ":=")
    if char in _SINGLE:
        return Token(_SINGLE[char], at, char)
    if char in _QUOTES:
        return _quoted(text, at)
    if char == "$":
        return _name(text, at, Kind.VARIABLE)
    if char == "." and not "0" <= text[at + 1 : at + 2] <= "9":
        return _name(text, at, Kind.FIELD)
    if char in "+-." or (char.isascii() and char.isdigit()):
        return Token(Kind.NUMBER, at, _number(text, at))
    if _is_word(char):
        return _word(text, at)
    if char.isascii() and char.isprintable():
        return Token(Kind.TEXT, at, char)
    raise LexError(at, f"unrecognized character in action: {unicode_name(char)}")


def _quoted(text: str, at: int) -> Token:
    kind, wrong = _QUOTES[text[at]]
    if kind is not Kind.RAW:
        return Token(kind, at, _until(text, at, text[at], wrong))
    end = text.find("`", at + 1)
    if end < 0:
        raise LexError(at, wrong)
    return Token(kind, at, text[at : end + 1])


def unicode_name(char: str) -> str:
    """`U+0040 '@'`, as Go's %#U."""
    shown = f" '{char}'" if char.isprintable() else ""
    return f"U+{ord(char):04X}{shown}"


def _spaces(text: str, at: int) -> str:
    """Blanks; the last one may belong to ` -}}`."""
    end = _skip(text, at)
    if text.startswith("-}}", end):
        end -= 1
    return text[at:end]


def _until(text: str, at: int, quote: str, wrong: str) -> str:
    end = at + 1
    while end < len(text) and text[end] not in (quote, "\n"):
        end += 2 if text[end] == "\\" and text[end + 1 : end + 2] != "\n" else 1
    if end >= len(text) or text[end] != quote:
        raise LexError(at, wrong)
    return text[at : end + 1]


def _is_word(char: str) -> bool:
    return char == "_" or char.isalpha() or char.isdecimal()


def _end_of_word(text: str, at: int) -> int:
    while at < len(text) and _is_word(text[at]):
        at += 1
    return at


def _terminated(text: str, at: int) -> None:
    """What may follow a name; a missing blank is a mistake and not two tokens."""
    if at < len(text) and text[at] not in _SPACES and text[at] not in ".,|:()" and not text.startswith("}}", at):
        raise LexError(at, f"bad character {unicode_name(text[at])}")


def _name(text: str, at: int, kind: Kind) -> Token:
    """`.Field`, `.`, `$variable` or `$`."""
    end = _end_of_word(text, at + 1)
    _terminated(text, end)
    if end == at + 1 and kind is Kind.FIELD:
        return Token(Kind.DOT, at, ".")
    return Token(kind, at, text[at:end])


def _word(text: str, at: int) -> Token:
    end = _end_of_word(text, at)
    _terminated(text, end)
    word = text[at:end]
    if word in _KEYWORDS:
        return Token(Kind.KEYWORD, at, word)
    return Token(Kind.BOOL if word in ("true", "false") else Kind.IDENTIFIER, at, word)


def _accept(text: str, at: int, allowed: str) -> int:
    while at < len(text) and text[at] in allowed:
        at += 1
    return at


def _number(text: str, at: int) -> str:
    end = at + 1 if text[at] in "+-" else at
    digits = "0123456789_"
    if text.startswith("0", end) and text[end + 1 : end + 2] in ("x", "X", "o", "O", "b", "B"):
        digits = {"x": "0123456789abcdefABCDEF_", "o": "01234567_", "b": "01_"}[text[end + 1].lower()]
        end += 2
    end = _accept(text, end, digits)
    if text.startswith(".", end):
        end = _accept(text, end + 1, digits)
    exponent = "eE" if len(digits) == 11 else "pP" if len(digits) > 11 else ""
    if exponent and text[end : end + 1] in tuple(exponent):
        end = end + 2 if text[end + 1 : end + 2] in ("+", "-") else end + 1
        end = _accept(text, end, "0123456789_")
    if text.startswith("i", end):
        end += 1
    if end < len(text) and (_is_word(text[end]) or text[end] in "+-"):
        raise LexError(at, f'bad number syntax: "{text[at : end + 1]}"')
    return text[at:end]
