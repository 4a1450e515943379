"""Names and values in two aligned columns; long values wrap under themselves."""

from collections.abc import Sequence

from msgspec import Struct
from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from fleet.views.view import Cell
from tui.ink import Ink

_NAME_MOST = 22
_GAP = 2


class Known(Struct, frozen=True):
    """A name and its value, which is a run of cells (each with its own tone)."""

    name: str
    value: tuple[Cell, ...]


class Facts(Widget):
    """A list of `Known`, laid out anew only when it changes."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
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
            broken = list(run.wrap(self.app.console, room, overflow="fold"))
            lines = lines + broken if lines[-1].plain.strip() else lines[:-1] + broken
        return lines
