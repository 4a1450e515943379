"""What commands print, as it comes: it follows the end until somebody scrolls back, and says how much was left out."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from fleet.actions.action import Action
from fleet.actions.preview import LINE_CHARS
from fleet.actions.printed import gap_words, parts, printed_lines
from fleet.text import scrub
from fleet.views.view import Tone
from tui.acting.plan_lines import broken
from tui.alerts.acts import count_of
from tui.chrome.page_scroll import PageScroll
from tui.ink import Ink, joined

_INDENT = 2
_NARROWEST = 8


class Output(Vertical):
    """The output of an act; not there while there is none."""

    DEFAULT_CSS = "Output { height: auto; display: none; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = Static(markup=False)
        self._lines = OutputLines()
        self._page = PageScroll(self._lines, id="log")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._page

    def show(self, action: Action) -> None:
        """Show what it has printed by now. Where the end was in view, it stays in view."""
        follows = self._page.is_vertical_scroll_end
        self.display = bool(action.output)
        self._lines.show(action)
        self._title.update(self._heading(action))
        if follows:
            self._page.scroll_end(animate=False)

    def _heading(self, action: Action) -> Text:
        ink = Ink(self.app.theme_variables)
        parts = [ink.write("Output", Tone.TITLE, bold=True), ink.muted(count_of(printed_lines(action), "line"))]
        if action.output_cut:
            parts.append(ink.write(left_out(action), Tone.DEGRADED))
        if not action.ended:
            parts.append(ink.muted("goes on"))
        return joined(parts, "  ")


def left_out(action: Action) -> str:
    """How much of what was printed is not shown, in the words of a title."""
    chars = count_of(action.output_cut, "character")
    lost = f"{count_of(action.output_cut_lines, 'line')} of them ({chars})" if action.output_cut_lines else chars
    where = "in the middle " if action.output_head else "before these "
    return f"{lost} {where}left out"


class OutputLines(Widget):
    """The lines. What is shown already is not broken into lines again when more comes."""

    DEFAULT_CSS = "OutputLines { height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._head, self._gap, self._tail = _Section(), _Section(), _Section()

    def show(self, action: Action) -> None:
        """Replace what is shown."""
        gap = gap_words(action)
        head, tail = parts(action) if gap else (action.output, "")
        before = self._head.text, self._gap.text, self._tail.text
        self._head.text, self._gap.text, self._tail.text = head, gap, tail
        if before != (head, gap, tail):
            self.refresh(layout=True)

    def recolour(self) -> None:
        """The theme is another one."""
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes in `width` cells."""
        room = max(_NARROWEST, width - _INDENT)
        return sum(len(section.pieces(room)) for section in (self._head, self._gap, self._tail))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        found = self._at(y, max(_NARROWEST, width - _INDENT))
        if found is None:
            return Strip.blank(width, self.rich_style)
        ink = Ink(self.app.theme_variables)
        line = joined([ink.write(" " * _INDENT), ink.write(*found)])
        strip = Strip(list(line.render(self.app.console)), line.cell_len)
        return strip.adjust_cell_length(width).apply_style(self.rich_style)

    def _at(self, y: int, room: int) -> tuple[str, Tone] | None:
        for section, tone in ((self._head, Tone.PLAIN), (self._gap, Tone.DEGRADED), (self._tail, Tone.PLAIN)):
            pieces = section.pieces(room)
            if y < len(pieces):
                return pieces[y], tone
            y -= len(pieces)
        return None


class _Section:
    """Text that mostly grows at its end."""

    def __init__(self) -> None:
        self.text = ""
        self._broken = ""
        self._width = 0
        self._pieces: list[str] = []

    def pieces(self, width: int) -> list[str]:
        """Its lines, broken where they have no room in `width` cells."""
        if self.text is self._broken and width == self._width:
            return self._pieces
        grown = width == self._width and self._broken.endswith("\n") and self.text.startswith(self._broken)
        if not grown:
            self._pieces, self._broken, self._width = [], "", width
        new = self.text[len(self._broken) :]
        for line in new.removesuffix("\n").split("\n") if new else ():
            if len(line) <= width and line.isascii() and line.isprintable():
                self._pieces.append(line)
            else:
                self._pieces.extend(broken(scrub(line, LINE_CHARS), width))
        self._broken = self.text
        return self._pieces
