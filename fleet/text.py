"""Text from outside, made harmless once at ingest and once more where cells are built.

Agent names, task titles, error strings and label values are written by machines that nobody here controls. Sent to a
terminal as they are, they could write the clipboard (OSC 52), set the title, move the cursor or reorder the line. So
every control character, escape, bidi override and lone surrogate is replaced by a readable escape such as `\\x1b`.
"""

import re

LINE_LIMIT = 512
"""Characters kept of a single-line text (a name, a label value, an error)."""

_HOSTILE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible and bidi
    "\ud800-\udfff"  # lone surrogates
    "\U000e0000-\U000e007f"  # tag characters
    "]"
)
_FLOOD = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]{3})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+"
)


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if char in "\n\r\t":
        return " "
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def scrub(text: str, limit: int = LINE_LIMIT) -> str:
    """`text` as one harmless line of at most `limit` characters (an ellipsis stands for what was cut).

    Line breaks and tabs become blanks, other control characters readable escapes, floods of combining marks are
    cut after three. The result has no control character, and scrubbing it again changes nothing.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    cleaned = _FLOOD.sub(r"\1", _HOSTILE.sub(_escape, text))
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"


def scrub_labels(labels: dict[str, str], *, most: int = 64) -> dict[str, str]:
    """Names and values of `labels` scrubbed; at most `most` of them are kept, in order."""
    return {scrub(name, 128): scrub(value) for name, value in list(labels.items())[:most]}
