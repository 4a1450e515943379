"""The grammar of one line of an exposition page, read with regular expressions that cannot backtrack.

Sources: Prometheus "Exposition formats" (text 0.0.4, and 1.0.0 with quoted UTF-8 names) and the OpenMetrics 1.0 ABNF.
`fleet.exposition.page` puts lines together into a page and says where it is deliberately more or less strict.
"""

import re
from typing import NamedTuple

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*+"
_LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*+"
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_GAP = r"[ \t]*+"

_TEXT_START = re.compile(rf"({_NAME})?({_GAP}\{{)?")
_STRICT_START = re.compile(rf"({_NAME})?(\{{)?")
_TERM = re.compile(rf"{_GAP}(?:({_LABEL})|({_QUOTED})){_GAP}(?:={_GAP}({_QUOTED}){_GAP})?")
_TEXT_REST = re.compile(rf"{_GAP}([^ \t#]++)(?:[ \t]++(-?[0-9]++)(?![^ \t]))?{_GAP}")
_STRICT_REST = re.compile(r" ([^ #]++)(?: ([-+]?[0-9.]++(?:[eE][-+]?[0-9]++)?)(?![^ ]))?")
_NUMERIC = r"[0-9A-Za-z.+\-]++"
_PAIR = rf"{_GAP}(?:{_LABEL}|{_QUOTED}){_GAP}={_GAP}{_QUOTED}{_GAP}"
_EXEMPLAR = re.compile(rf" ?# \{{(?:{_PAIR}(?:,{_PAIR})*+)?\}} {_NUMERIC}(?: {_NUMERIC})?")
_TEXT_META = re.compile(rf"#[ \t]++(HELP|TYPE)(?:[ \t]++(?:({_NAME})|({_QUOTED}))(?![^ \t])(?:[ \t]++(.*))?)?")
_STRICT_META = re.compile(rf"# ++(HELP|TYPE|UNIT) ++(?:({_NAME})|({_QUOTED})) ++(.*)", re.DOTALL)
_TEXT_META_WORD = re.compile(r"#[ \t]++(HELP|TYPE)(?![^ \t])")

NOT_NUMERIC = re.compile(r"[^0-9A-Za-z.+\-\n]")
"""A character that no number of the format has; `float` alone would take blanks, `_` and digits of other scripts."""

_ESCAPE = re.compile(r'\\([\\n"])')
_HELP_ESCAPE = re.compile(r"\\([\\n])")


class MalformedLineError(ValueError):
    """A line outside the grammar; `column` is the 0-based character where reading stopped."""

    def __init__(self, message: str, column: int = 0) -> None:
        super().__init__(message)
        self.column = column


class SampleLine(NamedTuple):
    """A sample as written: `identity` is the text of its name and labels, `timestamp` is None or in the line's unit."""

    identity: str
    name: str
    labels: list[tuple[str, str]]
    value: str
    timestamp: float | None


class MetaLine(NamedTuple):
    """A `# HELP`, `# TYPE` or `# UNIT` line."""

    word: str
    name: str
    rest: str


def read_sample(line: str, *, strict: bool) -> SampleLine:
    """Read a sample line; `strict` is OpenMetrics (single blanks, no empty label terms, timestamps in seconds)."""
    start = (_STRICT_START if strict else _TEXT_START).match(line)
    if start is None:
        raise MalformedLineError("no metric name")
    name, brace, end = start[1] or "", start[2], start.end()
    labels: list[tuple[str, str]] = []
    if brace:
        name, end = _read_labels(line, end, name, labels, strict=strict)
    if not name:
        raise MalformedLineError("no metric name", 0)
    value, timestamp = _read_rest(line, end, strict=strict, bare=not brace)
    return SampleLine(line[:end], name, labels, value, timestamp)


def _read_labels(line: str, at: int, name: str, labels: list[tuple[str, str]], *, strict: bool) -> tuple[str, int]:
    """Read `k="v",…}` from `at` on into `labels`; the name, which may stand quoted among them, and where it ended."""
    seen: set[str] = set()
    while True:
        term = _TERM.match(line, at)
        if term is None:
            return name, _closing_brace(line, at, strict=strict)
        key = term[1] or _unquote(term[2])
        if term[3] is not None and key != "__name__":
            if key in seen or not key:
                raise MalformedLineError("a label that stands twice" if key else "a label without a name", at)
            seen.add(key)
            labels.append((key, _unquote(term[3])))
        elif term[2] is None and term[3] is None:
            raise MalformedLineError("a label without a quoted value", at)
        elif name:
            raise MalformedLineError("a second metric name", at)
        else:
            name = key if term[3] is None else _unquote(term[3])
        at = term.end()
        if line.startswith("}", at):
            return name, at + 1
        if not line.startswith(",", at):
            raise MalformedLineError("no comma or closing brace after a label", at)
        at += 1


def _closing_brace(line: str, at: int, *, strict: bool) -> int:
    """The end of the brace that closes at `at`, after nothing or (not in OpenMetrics) after a trailing comma."""
    after_comma = line[at - 1] == ","
    while line.startswith((" ", "\t"), at):
        at += 1
    if not line.startswith("}", at) or (after_comma and strict):
        raise MalformedLineError("a malformed label", at)
    return at + 1


def _read_rest(line: str, at: int, *, strict: bool, bare: bool) -> tuple[str, float | None]:
    """The value and timestamp that stand from `at` on; an exemplar behind them is read and dropped."""
    rest = (_STRICT_REST if strict else _TEXT_REST).match(line, at)
    if rest is None or (bare and rest.start(1) == at):
        raise MalformedLineError("no value", at)
    value = rest[1]
    if NOT_NUMERIC.search(value):
        raise MalformedLineError("no number where the value stands", rest.start(1))
    try:
        float(value)
        timestamp = None if rest[2] is None else float(rest[2])
    except ValueError as error:
        raise MalformedLineError("no number where the value stands", rest.start(1)) from error
    if rest.end() != len(line) and not _EXEMPLAR.fullmatch(line, rest.end()):
        raise MalformedLineError("text after the value", rest.end())
    return value, timestamp


def read_meta(line: str, *, strict: bool) -> MetaLine | None:
    """Read a line that starts with `#`; None for a free comment, which OpenMetrics (`strict`) does not have."""
    match = (_STRICT_META if strict else _TEXT_META).fullmatch(line)
    if match is None:
        if strict or _TEXT_META_WORD.match(line):
            raise MalformedLineError("malformed metadata")
        return None
    name = match[2] or _unquote(match[3] or "")
    if not name:
        if match[1] == "TYPE" or match[3]:
            raise MalformedLineError("metadata without a metric name")
        return None
    rest = match[4] or ""
    if match[1] == "HELP":
        rest = (_ESCAPE if strict else _HELP_ESCAPE).sub(_unescaped, rest)
    return MetaLine(match[1], name, rest)


def _unquote(text: str) -> str:
    inner = text[1:-1]
    return _ESCAPE.sub(_unescaped, inner) if "\\" in inner else inner


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]
