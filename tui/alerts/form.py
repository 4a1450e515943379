"""The lines of a sheet that is filled in: names with inputs behind them, whose every key has an id."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static
from textual.widgets.input import Selection

from fleet.text import scrub
from tui.chrome.typed import TypedInput
from tui.ink import Ink

LONGEST = 4096
"""Characters of a line that is filled in beforehand."""


class FormInput(TypedInput):
    """An input of a sheet: `enter` enters the whole sheet, `esc` leaves it, arrows go from line to line or through
    what is proposed for this one."""

    BINDING_GROUP_TITLE = "What is typed"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "done", id="form.done"),
        Binding("escape", "cancel", "cancel", id="form.cancel", key_display="esc"),
        Binding("tab", "line(1)", "next line", id="form.next"),
        Binding("shift+tab", "line(-1)", "line above", id="form.previous", show=False),
        Binding("up", "step(-1)", "line above, or another choice", id="form.up", show=False),
        Binding("down", "step(1)", "line below, or another choice", id="form.down", show=False),
    ]

    class Cancelled(Message):
        """The operator wants out."""

    def __init__(self, value: str = "", *, id: str | None = None, choices: tuple[str, ...] = ()) -> None:
        # An input draws its value as it is.
        super().__init__(scrub(value, LONGEST), id=id, compact=True, select_on_focus=False)
        # A blinking cursor would wake the program, and the wire, twice a second.
        self.cursor_blink = False
        self._choices = choices

    def begin_with(self, value: str) -> None:
        """Hold `value`, as if it had just been made with it."""
        with self.prevent(self.Changed):
            self.value = scrub(value, LONGEST)
        self.selection = Selection.cursor(len(self.value))
        self.scroll_to(0, 0, animate=False, force=True, immediate=True)

    def action_step(self, by: int) -> None:
        """Another of the choices where this line has some; else the line above or below."""
        if self._choices:
            here = self._choices.index(self.value) + by if self.value in self._choices else 0
            self.value = self._choices[here % len(self._choices)]
            self.cursor_position = len(self.value)
        else:
            self.action_line(by)

    def action_line(self, by: int) -> None:
        """Go to the line below (1) or above (-1)."""
        if by > 0:
            self.screen.focus_next(FormInput)
        else:
            self.screen.focus_previous(FormInput)

    def action_cancel(self) -> None:
        """Leave the sheet."""
        self.post_message(self.Cancelled())


class Row(Horizontal):
    """A name and an input."""

    DEFAULT_CSS = "Row { height: 1; } Row Static { width: 10; height: 1; }"

    def __init__(self, name: str, box: FormInput) -> None:
        super().__init__()
        self._word = name
        self.box = box

    def compose(self) -> ComposeResult:
        yield Static(Ink(self.app.theme_variables).muted(self._word), markup=False)
        yield self.box


READ_ONLY = "READ-ONLY: nothing will be changed from here (read_only in the configuration, or --read-only)"
NO_SILENCER = "nothing here can keep a silence: this is a still picture"
