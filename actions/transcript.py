"""What the commands of an act print, as it comes: its first and its last half of a limit, on whole lines.

The beginning is made harmless once. The end is made harmless where it is shown: of a flood nobody reads what is dropped
before anybody saw it. While more than the limit comes, only its last lines are shown; all that is kept, once it ended.
"""

import re
from collections import deque
from typing import Final

from msgspec import Struct

from fleet.text import scrub

LIVE_CHARS: Final = 20_000
"""Characters of the end that are shown while more than the limit comes."""
LINE_CHARS: Final = 4_096
"""Characters after which a line goes on in a line of its own."""
_ENDS: Final = re.compile(r"\r\n?")
_ANSI: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[PX^_][^\x1b\n]*(?:\x1b\\)?|[ -/]*[0-~])"
)
_PLAIN: Final = re.compile(r"[\x20-\x7e\n]*")


class Printed(Struct, frozen=True, kw_only=True):
    """The fields of a row that say what was printed (`fleet.actions.action.Action`)."""

    output: str
    output_head: int = 0
    output_cut: int = 0
    output_cut_lines: int = 0


class _Piece(Struct):
    """Whole lines, `raw` as they came."""

    text: str
    raw: bool

    @property
    def lines(self) -> int:
        return self.text.count("\n")


class Transcript:
    """`most` characters are kept: half of them the beginning, half of them the end."""

    def __init__(self, most: int) -> None:
        self._half = max(most // 2, 1)
        self._head: list[str] = []
        self._room = self._half
        self._tail: deque[_Piece] = deque()
        self._tail_chars = 0
        self._tail_lines = 0
        self._cut = 0
        self._cut_lines = 0

    def __bool__(self) -> bool:
        """Whether anything was printed."""
        return bool(self._head or self._tail)

    def add(self, text: str) -> None:
        """Take lines, as they came; the last one ends here, too."""
        text = _ENDS.sub("\n", text) if "\r" in text else text
        text = _short(text if text.endswith("\n") else text + "\n")
        if not self._tail:
            text = self._begin(text)
        if text:
            # What comes when there is more than enough is mostly dropped before anybody sees it.
            raw = self._tail_chars + len(text) > self._half
            self._tail.append(_Piece(text if raw else harmless(text), raw))
            self._tail_chars += len(self._tail[-1].text)
            self._tail_lines += self._tail[-1].lines
            self._drop()

    def _begin(self, text: str) -> str:
        """Take of `text` what there is room for at the beginning; the rest."""
        at = len(text) if len(text) <= self._room else text.rfind("\n", 0, self._room) + 1
        if at:
            self._head.append(harmless(text[:at]))
        self._room = self._room - at
        return text[at:]

    def _drop(self) -> None:
        """Drop what is not among the last half any more, a piece at a time."""
        while self._tail_chars - len(self._tail[0].text) >= self._half:
            gone = self._tail.popleft()
            self._tail_chars -= len(gone.text)
            self._tail_lines -= gone.lines
            self._cut += len(gone.text)
            self._cut_lines += gone.lines

    def live(self) -> Printed:
        """What is shown while it goes on: all of it, or its beginning and its last lines."""
        return self._shown(self._half if self._tail_chars <= self._half else min(self._half, LIVE_CHARS))

    def whole(self) -> Printed:
        """All that is kept."""
        return self._shown(self._half)

    def _shown(self, most: int) -> Printed:
        self._head = ["".join(self._head)]
        tail, chars, lines = "", 0, 0
        if self._tail_chars <= self._half and not any(piece.raw for piece in self._tail):
            # Nothing was dropped: what was joined once is joined to what comes.
            self._tail = deque([_Piece("".join(piece.text for piece in self._tail), False)] if self._tail else [])
            tail = self._tail[0].text if self._tail else ""
            chars, lines = self._tail_chars, self._tail_lines
        else:
            tail, chars, lines = self._end(most)
        cut = self._cut + self._tail_chars - chars
        return Printed(
            output=self._head[0] + tail,
            output_head=len(self._head[0]) if cut else 0,
            output_cut=cut,
            output_cut_lines=self._cut_lines + self._tail_lines - lines,
        )

    def _end(self, most: int) -> tuple[str, int, int]:
        """The last lines, of at most `most` characters; how many characters and lines they had as they came."""
        pieces: list[str] = []
        chars = lines = 0
        for piece in reversed(self._tail):
            room = most - chars
            whole = len(piece.text) <= room
            text = piece.text if whole else _last_lines(piece.text, room) or ("" if pieces else piece.text[-room:])
            if text:
                pieces.append(harmless(text) if piece.raw else text)
                chars, lines = chars + len(text), lines + text.count("\n")
            if not whole:
                break
        return "".join(reversed(pieces)), chars, lines


def harmless(text: str) -> str:
    """Lines that no terminal obeys; what only colours them is left out."""
    if _PLAIN.fullmatch(text) and not ("@" in text and "://" in text):
        return text
    lines = _ANSI.sub("", text).split("\n")
    return "\n".join(scrub(line, LINE_CHARS) for line in lines)


def _last_lines(text: str, most: int) -> str:
    """Its last whole lines, of at most `most` characters."""
    at = text.find("\n", len(text) - most - 1) + 1
    return text[at:] if at else ""


def _short(text: str) -> str:
    """The same lines, those that are too long broken into several."""
    pieces: list[str] = []
    at = begin = 0
    while len(text) - at > LINE_CHARS:
        newline = text.rfind("\n", at, at + LINE_CHARS + 1)
        if newline < 0:
            pieces.append(text[begin : at + LINE_CHARS])
            begin = at = at + LINE_CHARS
        else:
            at = newline + 1
    return "\n".join([*pieces, text[begin:]]) if pieces else text
