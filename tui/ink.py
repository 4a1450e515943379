"""Lines of toned text for the widgets that are not tables.

Everything is a Rich `Text` built from plain strings, so no markup is ever read, and every string is scrubbed here once
more: a title, a path or an error can come from anywhere.
"""

from collections.abc import Iterable, Mapping

from rich.style import Style
from rich.text import Text
from textual.color import Color

from fleet.views.view import Cell, Tone
from tui.cells import steady
from tui.theme import is_ansi, tone_style

BOLD = Style(bold=True)


class Ink:
    """Writes in the colours of the theme that is on (`App.theme_variables`)."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def style(self, tone: Tone) -> Style:
        """The foreground of a tone."""
        return tone_style(tone, self._variables)

    @property
    def rule(self) -> Style:
        """Thin lines between things."""
        border = self._variables.get("border")
        if border is None or is_ansi(self._variables):
            return Style(dim=True)
        return Style(color=Color.parse(border).rich_color)

    def write(self, text: str, tone: Tone = Tone.PLAIN, *, bold: bool = False) -> Text:
        """One run of text."""
        style = self.style(tone)
        return Text(steady(text), style + BOLD if bold else style, no_wrap=True, end="")

    def cell(self, cell: Cell, *, bold: bool = False) -> Text:
        """A view's cell as text."""
        return self.write(cell.text, cell.tone, bold=bold)

    def muted(self, text: str) -> Text:
        """What is there to be read last."""
        return self.write(text, Tone.MUTED)


def joined(parts: Iterable[Text], gap: str = "") -> Text:
    """The parts in one line."""
    return Text(gap, no_wrap=True, end="").join(parts)


def between(left: Text, right: Text, width: int) -> Text:
    """`left` and `right` at the two ends of `width` cells; where both do not fit, `left` is cut with an ellipsis."""
    room = max(0, width - right.cell_len - (1 if right else 0))
    line = left.copy()
    line.truncate(room, overflow="ellipsis")
    line.append(" " * max(0, width - line.cell_len - right.cell_len))
    line.append_text(right)
    return line
