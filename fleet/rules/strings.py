"""Quoted text as PromQL and Go write it: `"a\\n"`, `'a'`, `` `a` ``."""

import re

from fleet.errors import QueryError

_ESCAPE = re.compile(r"""\\(?:([abfnrtv\\'"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.?))""")
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}


def unquoted(text: str) -> str:
    """The text in a PromQL string, quotes included in `text`. Raises QueryError."""
    if text.startswith("`"):
        return text[1:-1]
    return _ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return _SIMPLE[match[1]]
    digits = match[2] or match[3] or match[4]
    code = int(digits, 16) if digits else int(match[5], 8) if match[5] else -1
    if not 0 <= code < 0x110000 or 0xD800 <= code < 0xE000:
        raise QueryError(f"parse error: unknown escape sequence {match[0]!r}")
    return chr(code)
