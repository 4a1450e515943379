"""The title of a pane: a word, a count, and one thin rule to the edge."""

from rich.text import Text
from textual.widget import Widget

from fleet.views.view import Tone
from tui.ink import Ink, joined


class Heading(Widget):
    """One line, `Queues  5 ──────`; in the accent colour while its pane has the focus."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._note: Text | str = ""
        self._focused = False

    def note(self, note: Text | str) -> None:
        """What stands beside the title."""
        if note != self._note:
            self._note = note
            self.refresh()

    def focused(self, focused: bool) -> None:
        """Whether the pane has the focus."""
        if focused != self._focused:
            self._focused = focused
            self.refresh()

    def render(self) -> Text:
        ink = Ink(self.app.theme_variables)
        note = ink.muted(self._note) if isinstance(self._note, str) else self._note
        title = ink.write(self._title, Tone.ACCENT if self._focused else Tone.TITLE, bold=True)
        line = joined([title, ink.write("  "), note, ink.write(" " if note else "")])
        line.truncate(self.size.width, overflow="ellipsis")
        line.append("─" * max(0, self.size.width - line.cell_len), ink.rule)
        return line
