"""Names and values in two aligned columns; long values wrap under themselves."""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from rich.cells import cell_len
from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from fleet.views.view import Cell
from tui.cells import cut
from tui.ink import Ink

_NAME_MOST = 22
_GAP = 2


class Known(Struct, frozen=True):
    """A name and its value, which is a run of cells (each with its own tone)."""

    name: str
    value: tuple[Cell, ...]


class Facts(Widget):
    """A list of `Known`, laid out anew only when it changes."""

    def __init__(self, *, names: int = 0, id: str | None = None) -> None:
        """`names`: cells that the names take at least, so that lists below each other are aligned."""
        super().__init__(id=id)
        self._least = names
        self._known: tuple[Known, ...] = ()

    def show(self, known: Sequence[Known]) -> None:
        """Replace what is shown."""
        if tuple(known) != self._known:
            self._known = tuple(known)
            self.refresh(layout=True)

    def render(self) -> Text:
        return Text("\n", end="").join(self._lines(self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the values take in `width` cells."""
        return len(self._lines(width))

    def _lines(self, width: int) -> list[Text]:
        ink = Ink(self.app.theme_variables)
        names = min(_NAME_MOST, max((len(known.name) for known in self._known), default=0))
        names = max(self._least, names)
        room = max(8, width - names - _GAP)
        lines: list[Text] = []
        for known in self._known:
            name = ink.muted(known.name)
            name.truncate(names, overflow="ellipsis", pad=True)
            for wrapped in self._wrapped(ink, known.value, room):
                lines.append(Text.assemble(name, " " * _GAP, wrapped))
                name = Text(" " * names)
        return lines

    def _wrapped(self, ink: Ink, cells: tuple[Cell, ...], room: int) -> list[Text]:
        """The cells one after the other; one that does not fit any more goes to the next line, and is only broken
        where it is longer than a whole one."""
        lines = [Text("", end="")]
        for cell in cells:
            run = ink.cell(cell)
            if lines[-1].cell_len + len(run.plain.rstrip()) <= room:
                lines[-1].append_text(run)
                continue
            run.no_wrap = False
            if max(map(cell_len, run.plain.split()), default=0) > room:
                broken = list(run.divide(list(_breaks(run.plain, room))))
            else:
                broken = list(run.wrap(self.app.console, room))
            lines = lines + broken if lines[-1].plain.strip() else lines[:-1] + broken
        return lines


def _breaks(text: str, room: int) -> Iterator[int]:
    """Where lines begin of a text that has words longer than a line: these are broken where a line is full, and begin
    where they stand, so that a mark before them is not left on a line of its own."""
    at = 0
    while len(part := cut(text[at:], room)) < len(text) - at:
        end = at + max(1, len(part))
        blank = text.rfind(" ", at, end) + 1
        if blank > at and text[at:blank].strip() and cell_len(text[blank:].split(" ", 1)[0]) <= room:
            end = blank
        at = end
        yield at
