"""The lines of a sheet that is filled in: names with inputs behind them, whose every key has an id."""

from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static
from textual.widgets.input import Selection

from fleet.text import scrub
from fleet.views.view import Tone
from tui.acting.may import freeze_of
from tui.cells import fit
from tui.chrome.typed import TypedInput
from tui.context import Context
from tui.ink import Ink, joined

_NAMES = 10
"""Cells before the inputs; the names are shorter."""
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

    def __init__(
        self, value: str = "", *, id: str | None = None, choices: tuple[str, ...] = (), placeholder: str = ""
    ) -> None:
        # An input draws its value and its placeholder as they are.
        super().__init__(scrub(value, LONGEST), scrub(placeholder, LONGEST), id=id, compact=True, select_on_focus=False)
        # A blinking cursor would wake the program, and the wire, twice a second.
        self.cursor_blink = False
        self._choices = choices

    def begin_with(self, value: str) -> None:
        """Hold `value`, as if it had just been made with it."""
        with self.prevent(self.Changed):
            self.value = scrub(value, LONGEST)
        self.selection = Selection.cursor(len(self.value))
        self.scroll_to(0, 0, animate=False, force=True, immediate=True)

    def call_enter(self, word: str) -> None:
        """What the footer says that `enter` does here, from now on."""
        called = self._bindings.key_to_bindings
        for key, bindings in called.items():
            if any(one.action == "submit" and one.description != word for one in bindings):
                called[key] = [replace(one, description=word) if one.action == "submit" else one for one in bindings]
                self.refresh_bindings()

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
    """A name and an input. Where one types there is a mark before the box, which is also seen without colour."""

    DEFAULT_CSS = "Row { height: 1; } Row Static { width: 10; height: 1; }"

    def __init__(self, name: str, box: FormInput) -> None:
        super().__init__()
        self._word = name
        self.box = box
        self._label = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield self._label
        yield self.box

    def on_mount(self) -> None:
        """As it is without the focus."""
        self.mark(on=self.box.has_focus)

    def on_descendant_focus(self) -> None:
        """One types here."""
        self.mark(on=True)

    def on_descendant_blur(self) -> None:
        """And not any more."""
        self.mark(on=False)

    def mark(self, *, on: bool) -> None:
        """Show whether one types here."""
        self._label.update(marked(self._word, _NAMES, Ink(self.app.theme_variables), on=on))


def marked(name: str, width: int, ink: Ink, *, on: bool, tone: Tone = Tone.MUTED) -> Text:
    """The name of a line in `width` cells, the last of which has a mark where one types there."""
    if not on:
        return ink.write(fit(name, width - 1), tone)
    word = ink.write(fit(name, width - 1), Tone.ACCENT, bold=True)
    return joined([word, ink.write("▌", Tone.ACCENT, bold=True)])


READ_ONLY = "READ-ONLY: nothing will be changed from here (read_only in the configuration, or --read-only)"
NO_SILENCER = "nothing here can keep a silence: this is a still picture"


def refusal(context: Context) -> str:
    """Why no silence can be made or ended from here now, "" where one can."""
    freeze = freeze_of(context)
    why = (READ_ONLY if context.read_only else "") if freeze is None else freeze.why
    return why or ("" if context.silencer is not None else NO_SILENCER)
