"""The question before an act is aborted. It sends nothing, but what was half done stays half done."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from fleet.actions.preview import Line
from fleet.text import scrub
from fleet.views.view import Tone
from tui.acting.plan_lines import PlanLines
from tui.acting.plan_scroll import MARGIN, PlanScroll
from tui.acting.unhurried import Cancel, Unhurried
from tui.chrome.key_line import KeyLine
from tui.context import Context
from tui.ink import Ink
from tui.keys.bindings import CONFIRM_KEYS


class AskSheet(Unhurried[bool]):
    """Dismissed with whether it is to be done."""

    BINDING_GROUP_TITLE = "Confirm"
    BINDINGS: ClassVar[list[BindingType]] = CONFIRM_KEYS

    def __init__(self, title: str, lines: Sequence[Line], context: Context) -> None:
        super().__init__(context)
        self._words = title
        self._about = tuple(lines)
        self._cancel = Cancel()

    def compose(self) -> ComposeResult:
        ink = Ink(self.app.theme_variables)
        with Vertical(classes="form act"):
            title = ink.write(scrub(self._words, 200), Tone.TITLE, bold=True)
            title.truncate(self.app.size.width - MARGIN, overflow="ellipsis")
            yield Static(title, markup=False)
            yield PlanScroll(PlanLines(self._about), id="plan")
            yield self._cancel
            yield KeyLine()

    def on_mount(self) -> None:
        """As every dialog, it is heard only after a moment."""
        self._cancel.say(ink_of(self).muted("…"))

    def woken(self) -> None:
        ink = ink_of(self)
        self._cancel.say(ink.muted("…") if self.is_deaf else ink.write("y does it", Tone.ACCENT))

    def action_yes(self) -> None:
        """Do it."""
        self.dismiss(True)

    def action_cancel(self) -> None:
        """Do not."""
        self.dismiss(False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to run dry here."""
        return action not in ("dry_run", "page") and super().check_action(action, parameters)


def ink_of(sheet: Unhurried[bool]) -> Ink:
    """The colours of the theme that is on."""
    return Ink(sheet.app.theme_variables)
