"""The lines of a plan on the screen: names on the left, texts wrapped under themselves. Only the lines in sight are
drawn, so that a batch of thousands opens as quickly as a single task."""

from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from fleet.actions.preview import LINE_CHARS, Line
from fleet.text import scrub
from fleet.views.view import Tone
from tui.cells import cut, fit
from tui.ink import Ink, joined

_NAMES = 14
_GAP = 2
_NARROWEST = 8


class Piece(Struct, frozen=True):
    """What one line of the terminal shows."""

    name: str
    text: str
    bad: bool


class PlanLines(Widget):
    """Lines of a preview."""

    DEFAULT_CSS = "PlanLines { height: auto; }"

    def __init__(self, lines: Sequence[Line] = (), *, names: int = 0, id: str | None = None) -> None:
        """`names`: cells that the names take at least."""
        super().__init__(id=id)
        self._least = names
        self._lines = tuple(lines)
        self._pieces: tuple[Piece, ...] = ()
        self._width = -1

    def show(self, lines: Sequence[Line]) -> None:
        """Replace what is shown."""
        if tuple(lines) != self._lines:
            self._lines, self._width = tuple(lines), -1
            self.refresh(layout=True)

    def place_of(self, number: int) -> int:
        """On which line of the screen, from the top of all, a line (from 0) begins; each has a heading of its own."""
        begins = (place for place, piece in enumerate(self._at(self.size.width)) if piece.name)
        return next(islice(begins, number, None), 0)

    def recolour(self) -> None:
        """The theme is another one."""
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes in `width` cells."""
        return len(self._at(width))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        pieces = self._at(width)
        if y >= len(pieces):
            return Strip.blank(width, self.rich_style)
        piece, ink, names = pieces[y], Ink(self.app.theme_variables), self._names
        tone = Tone.DOWN if piece.bad else Tone.PLAIN
        name = ink.write(fit(piece.name, names), Tone.DOWN if piece.bad else Tone.MUTED)
        line = joined([name, ink.write(" " * _GAP), ink.write(piece.text, tone)])
        strip = Strip(list(line.render(self.app.console)), line.cell_len)
        return strip.adjust_cell_length(width).apply_style(self.rich_style)

    @property
    def _names(self) -> int:
        return max(self._least, min(_NAMES, max((len(line.heading) for line in self._lines), default=0)))

    def _at(self, width: int) -> tuple[Piece, ...]:
        if width != self._width:
            self._width = width
            room = max(_NARROWEST, width - self._names - _GAP)
            self._pieces = tuple(piece for line in self._lines for piece in _broken(line, room))
        return self._pieces


def _broken(line: Line, room: int) -> Iterator[Piece]:
    name = line.heading
    # A fact can have a name of any length; what a column has no room for stands before the text.
    text = scrub(f"{name}: {line.text}" if len(name) > _NAMES else line.text, LINE_CHARS + len(name) + 2)
    for number, part in enumerate(broken(text, room)):
        yield Piece("" if number else name, part, line.bad)


def broken(text: str, width: int) -> Iterator[str]:
    """`text` in parts of at most `width` cells, broken at a blank where one is near, else anywhere; one at least."""
    at = 0
    while True:
        part = cut(text[at : at + width], width) or text[at : at + 1]
        end = at + len(part)
        if end < len(text) and not text[end].isspace():
            blank = part.rfind(" ")
            end = at + blank + 1 if blank > width // 2 else end
        yield text[at:end].rstrip() if end < len(text) else text[at:end]
        at = end + (end < len(text) and text[end] == " ")
        if at >= len(text):
            return
