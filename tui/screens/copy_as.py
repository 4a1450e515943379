"""The sheet on which a format is chosen to copy in, each with the beginning of what it makes."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from fleet.copies import CopyFormat
from fleet.views.view import Tone
from tui.chrome.key_line import KeyLine
from tui.ink import Ink, joined
from tui.screens.sheet import Sheet

Made = tuple[CopyFormat, str]

_TITLE = 32
_PREVIEW = 400
"""Characters of a text that are looked at for its first line on the sheet."""


class Choices(Widget, can_focus=True):
    """A line for each format; one is chosen."""

    DEFAULT_CSS = "Choices { height: auto; }"

    def __init__(self, made: list[Made]) -> None:
        super().__init__(id="choices")
        self.made = made
        self.at = 0

    def move(self, by: int) -> None:
        """Choose another line; beyond either end it goes on from the other."""
        self.at = (self.at + by) % len(self.made)
        self.refresh()

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """A line each."""
        return len(self.made)

    def render(self) -> Text:
        ink = Ink(self.app.theme_variables)
        return Text("\n").join(self._line(ink, place) for place in range(len(self.made)))

    def on_click(self, event: events.Click) -> None:
        """Choose the line; the second click copies."""
        line = event.get_content_offset_capture(self).y
        if 0 <= line < len(self.made):
            again, self.at = self.at == line, line
            self.refresh()
            if again and isinstance(self.screen, CopyAs):
                self.screen.action_choose()

    def _line(self, ink: Ink, place: int) -> Text:
        way, text = self.made[place]
        here = place == self.at
        sign = ink.write("▸ " if here else "  ", Tone.ACCENT, bold=True)
        title = ink.write(f"{place + 1} {way.title}".ljust(_TITLE), Tone.TITLE if here else Tone.PLAIN, bold=here)
        lines = text.count("\n") + 1
        rest = ink.muted(f"  {lines:,} lines") if lines > 1 else Text("")
        line = joined([sign, title, ink.muted(" " + text[:_PREVIEW].replace("\n", " "))])
        line.truncate(max(0, self.size.width - rest.cell_len), overflow="ellipsis")
        return joined([line, rest])


class CopyAs(Sheet[Made | None]):
    """Chooses one of the formats; dismissed with it and its text, or with None."""

    BINDING_GROUP_TITLE = "Copy as"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "copy", id="copy_as.choose"),
        Binding("escape,q", "close", "close", id="copy_as.close"),
        Binding("down,j", "move(1)", "next", id="copy_as.down", show=False),
        Binding("up,k", "move(-1)", "previous", id="copy_as.up", show=False),
        *(Binding(str(n), f"pick({n - 1})", f"copy as {n}", id=f"copy_as.{n}", show=False) for n in range(1, 10)),
    ]
    AUTO_FOCUS = "#choices"

    def __init__(self, made: list[Made]) -> None:
        super().__init__()
        self._choices = Choices(made)

    def compose(self) -> ComposeResult:
        with Vertical(id="copy-as"):
            yield self._choices
            yield KeyLine()

    def action_move(self, by: int) -> None:
        """Choose another line."""
        self._choices.move(by)

    def action_choose(self) -> None:
        """Copy the chosen one."""
        self.dismiss(self._choices.made[self._choices.at])

    def action_pick(self, place: int) -> None:
        """Copy the one of this number."""
        if place < len(self._choices.made):
            self.dismiss(self._choices.made[place])

    def action_close(self) -> None:
        """Copy nothing."""
        self.dismiss(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Numbers without a line mean nothing."""
        return action != "pick" or parameters[0] in range(len(self._choices.made))
