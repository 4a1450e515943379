"""Text from outside, made harmless once at ingest and once more where cells are built.

Agent names, task titles, error strings and label values are written by machines that nobody here controls. Sent to a
terminal as they are, they could write the clipboard (OSC 52), set the title, move the cursor or reorder the line. So
every control character, escape, bidi override, invisible character and lone surrogate is replaced by a readable escape
such as `\\x1b`. What a URL carries before its `@` is nobody's business and becomes `***`.
"""

import re
from sys import intern
from unicodedata import category

LINE_LIMIT = 512
"""Characters kept of a single-line text (a name, a label value, an error)."""

MARKS = 3
"""Combining marks that may stand on one character; a flood of them would run over the lines around it."""

LABELS = 64
"""Labels that are kept where no configured limit reaches."""

_C1_AND_UNSEEN = (
    "\x7f-\x9f"  # DEL, C1
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u17b4\u17b5\u180b-\u180f"  # format characters,
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"  # bidi, line ends, fillers
    "\ud800-\udfff"  # lone surrogates
    "\ufdd0-\ufdef\ufffe\uffff"  # no characters
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # of scripts, notes
    "\U000e0000-\U000e0fff"  # tags, and variation selectors that can carry a text of their own unseen
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
)
_HOSTILE = re.compile(f"[\x00-\x1f{_C1_AND_UNSEEN}]")
_UNESCAPED = re.compile(f"[{_C1_AND_UNSEEN}]")
_JOINERS = "\u200c\u200d"
_STRAY_JOINERS = re.compile(f"(?:^|(?<=[\x00-\x7f]))[{_JOINERS}]+")
"""A joiner after nothing or after ASCII joins nothing: it only makes two equal texts differ."""
_STACKING = "\u1160-\u11ff\ud7b0-\ud7ff"
"""Letters of Hangul that take no cell of their own."""
_MAYBE_FLOOD = re.compile(rf"(?:[^\w\s\x00-\x7f]|[{_STACKING}]){{{MARKS + 1},}}")
_STACKS = re.compile(f"[{_JOINERS}{_STACKING}]")
_USERINFO = re.compile(r"://[^/?#\s]*@")
_USERINFO_REACH = 1024
"""Characters behind the limit that are still looked at: a password that the limit halves is a password."""


def _escape(match: re.Match[str]) -> str:
    return "".join(map(_escaped, match.group()))


def _escaped(char: str) -> str:
    if char in "\n\r\t":
        return " "
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _thinned(match: re.Match[str]) -> str:
    """A run of characters that are no letters, with at most `MARKS` marks after each other."""
    kept: list[str] = []
    marks = 0
    for char in match.group():
        marks = marks + 1 if category(char) in ("Mn", "Me") or _STACKS.match(char) else 0
        if marks <= MARKS:
            kept.append(char)
    return "".join(kept)


def scrub(text: str, limit: int = LINE_LIMIT) -> str:
    """`text` as one harmless line of at most `limit` characters (an ellipsis stands for what was cut).

    Line breaks and tabs become blanks, other control characters readable escapes, floods of combining marks are
    cut after three, credentials in a URL become `***`. The result has no control character, and scrubbing it again
    changes nothing. The time depends on `limit` and not on the length of `text`.
    """
    long = len(text) > limit
    if long:
        text = text[: limit + _USERINFO_REACH]
    if "@" in text and "://" in text:
        text = _USERINFO.sub("://***@", text)
    if long:
        # What stood between was cut already: that something is missing must be seen even where the rest would fit.
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    cleaned = _STRAY_JOINERS.sub(_escape, _HOSTILE.sub(_escape, text))
    if not cleaned.isascii():
        cleaned = _MAYBE_FLOOD.sub(_thinned, cleaned)
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"


def scrub_lines(text: str, limit: int = LINE_LIMIT) -> str:
    """`text` with each of its lines scrubbed; the line breaks stay."""
    return "\n".join(scrub(line, limit) for line in text.split("\n"))


def scrub_labels(labels: dict[str, str], *, most: int = LABELS, chars: int = LINE_LIMIT) -> dict[str, str]:
    """Names and values of `labels` scrubbed; at most `most` of them are kept, in order, with `chars` of each value.

    Equal ones are the same object: thousands of agents have `env="prod"`.
    """
    return {intern(scrub(name, 128)): intern(scrub(value, chars)) for name, value in list(labels.items())[:most]}


def scrub_json(document: str) -> str:
    """A JSON document that means the same, with every character that a terminal could obey as a `\\u` escape.

    Encoders escape only the control characters below U+0020; behind them come C1, bidi overrides and the unseen.
    """
    return _UNESCAPED.sub(_json_escape, document)


def _json_escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
