"""What a file, a pipe or a log may hold: text and line ends. Anything that a terminal could obey is a finding."""

import unicodedata

from tests.fuzz.ecma48 import Finding

_MOST = 20


def findings_in(content: bytes, name: str) -> list[Finding]:
    """Characters of `content` that have no place in an output called `name`."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        return [Finding(f"{name} is not UTF-8", repr(content[max(0, error.start - 20) : error.start + 20]))]
    found = []
    for at, char in enumerate(text):
        if char.isascii() and (char.isprintable() or char in "\r\n"):
            continue
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or (
            unicodedata.category(char) == "Cf" and char not in "\u200c\u200d"
        ):
            found.append(Finding(f"{name} holds {char!a}", repr(text[max(0, at - 30) : at + 30])))
        if len(found) == _MOST:
            break
    return found


def has_marker(content: bytes, marker: str) -> bool:
    """Whether a marker can be found again."""
    return marker.encode() in content
