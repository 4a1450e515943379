"""A strict reader of what a program sends to its terminal: every sequence must be one that this program sends itself.

ECMA-48 and what xterm and kitty added to it. It is a list of what is allowed: whatever else comes is a finding.
"""

import re
import unicodedata
from codecs import getincrementaldecoder

from msgspec import Struct
from rich.cells import cell_len

from tests.fuzz.hostile import CANARY

_TOKEN = re.compile(
    r"\x1b\[(?P<prefix>[<=>?!]?)(?P<numbers>[0-9;:]*)(?P<middle>[ -/]*)(?P<final>[@-~])"
    r"|(?P<string>\x1b[\]P_^X].*?(?:\x07|\x1b\\|\x9c))"
    r"|(?P<escape>\x1b[ -/]*[0-~]?)"
    r"|(?P<control>[\x00-\x1f\x7f-\x9f])"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)",
    re.DOTALL,
)
_OPEN = re.compile(r"\x1b(?:\[[<=>?!]?[0-9;:]*[ -/]*|[\]P_^X](?:(?!\x07|\x1b\\|\x9c).)*|[ -/]*)?\Z", re.DOTALL)
"""A sequence that the end of what came cuts."""

MODES = {"7", "25", "1000", "1002", "1003", "1004", "1006", "1015", "1016", "1049", "2004", "2026", "2031", "2048"}
"""Private modes that Textual sets and takes back."""

ALLOWED = {
    ("", "", "m"), ("", "", "H"), ("?", "", "h"), ("?", "", "l"), ("?", "$", "p"), (">", "", "u"), ("<", "", "u"),
}  # fmt: skip
"""Colours, moves, modes, the question whether a mode is known, and kitty's keyboard."""

POINTER = re.compile(r"\x1b\]22;(?:default|pointer|text)\x07")
"""The shape of the mouse pointer, as Textual sets it."""

_CONTROLS = "\r\n"


class Finding(Struct, frozen=True):
    """Something that this program does not send: what, and what stood around it."""

    what: str
    around: str


class Screen:
    """Reads a stream as it comes; `findings` are what must not be there, `text` what stands on the screen."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self.findings: list[Finding] = []
        self.tokens = self.bytes = 0
        self._cells = [[" "] * columns for _ in range(lines)]
        self._x = self._y = 0
        self._left = ""
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self.said = ""
        """The last questions to the terminal, for whoever plays it."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes in."""
        self.bytes += len(data)
        text = self._left + self._decoder.decode(data)
        cut = _OPEN.search(text, max(0, len(text) - 4096))
        at = cut.start() if cut and cut.group() else len(text)
        text, self._left = text[:at], text[at:]
        for match in _TOKEN.finditer(text):
            self.tokens += 1
            self._token(match, text)
        if len(self._left) > 4096:
            self._find("a string without an end", self._left)
            self._left = ""

    def finish(self) -> None:
        """The stream has ended."""
        if self._left:
            self._find("a sequence without an end", self._left)

    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join("".join(line) for line in self._cells)

    def _token(self, match: re.Match[str], text: str) -> None:
        around = text[max(0, match.start() - 30) : match.end() + 30]
        if match["text"] is not None:
            self._write(match["text"], around)
        elif match["final"] is not None:
            self._csi(match, around)
        elif match["control"] is not None:
            self._control(match["control"], around)
        elif not POINTER.fullmatch(match.group()):
            self._find(f"the sequence {match.group()!r}", around)

    def _csi(self, match: re.Match[str], around: str) -> None:
        shape = (match["prefix"], match["middle"], match["final"])
        numbers = match["numbers"].split(";")
        if shape not in ALLOWED or CANARY in numbers:
            self._find(f"the sequence {match.group()!r}", around)
        elif shape[0] == "?" and not MODES.issuperset(numbers):
            self._find(f"the mode {match.group()!r}", around)
        elif shape[2] == "H":
            self._y, self._x = ((int(number or 1) - 1) for number in [*numbers, "", ""][:2])
        elif shape[1] == "$":
            self.said += match.group()

    def _control(self, control: str, around: str) -> None:
        if control not in _CONTROLS:
            self._find(f"the control character {control!r}", around)
        self._x = 0
        self._y += control == "\n"

    def _write(self, text: str, around: str) -> None:
        marks = 0
        for char in text:
            kind = unicodedata.category(char)
            if kind in ("Cf", "Cs", "Zl", "Zp", "Cc"):
                self._find(f"the character {char!a} ({kind})", around)
            marks = marks + 1 if kind in ("Mn", "Me") else 0
            if marks > 3:
                self._find("a flood of marks", around)
            self._put(char)

    def _put(self, char: str) -> None:
        width = cell_len(char)
        if 0 <= self._y < self.lines and 0 <= self._x < self.columns:
            line = self._cells[self._y]
            if width == 0:
                line[max(0, self._x - 1)] += char
            else:
                line[self._x] = char
                if width == 2 and self._x + 1 < self.columns:
                    line[self._x + 1] = ""
        self._x += width

    def _find(self, what: str, around: str) -> None:
        if len(self.findings) < 50:
            self.findings.append(Finding(what, repr(around[:200])))
