"""The sheet on which an act is settled by hand: how it ended, as an operator says it, and why. It sends nothing, wants
both, and goes on the record."""

from typing import Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from fleet.actions.action import Action, ActionState
from fleet.text import scrub
from fleet.views.view import Tone
from tui.acting.plan_scroll import MARGIN
from tui.alerts.form import FormInput, Row
from tui.chrome.key_line import KeyLine
from tui.ink import Ink
from tui.screens.sheet import Sheet

ENDS: Final = {
    "succeeded": ActionState.SUCCEEDED,
    "failed": ActionState.FAILED,
    "not done": ActionState.CANCELLED,
}
Settled = tuple[ActionState, str]
"""How it ended, and the reason."""


class SettleSheet(Sheet[Settled | None]):
    """Dismissed with what was entered, or with None. Nothing is filled in beforehand."""

    BINDING_GROUP_TITLE = "Settle"
    AUTO_FOCUS = "#how"

    def __init__(self, action: Action) -> None:
        super().__init__()
        self._action = action
        self._how = FormInput(id="how", choices=tuple(ENDS), placeholder="↑ ↓ succeeded, failed, not done")
        self._reason = FormInput(id="reason", placeholder="how you know; it goes on the record")

    def compose(self) -> ComposeResult:
        with Vertical(classes="form"):
            yield Static(self._heading(), markup=False)
            yield Row("it is", self._how)
            yield Row("why", self._reason)
            yield Static(id="warning", markup=False)
            yield KeyLine()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Settle it, or say what is missing."""
        event.stop()
        state, reason = ENDS.get(self._how.value.strip()), self._reason.value.strip()
        if state is None:
            self._fault(f"how did it end: {', '.join(ENDS)}?", self._how)
        elif not reason:
            self._fault("a reason is wanted: it goes on the record", self._reason)
        else:
            self.dismiss((state, reason))

    def on_form_input_cancelled(self) -> None:
        """It stays as it is."""
        self.dismiss(None)

    def _heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        title = ink.write(f"Settle: {scrub(self._action.plan.title, 200)}", Tone.TITLE, bold=True)
        title.truncate(max(20, self.app.size.width - MARGIN), overflow="ellipsis")
        lines = (
            scrub("; ".join(filter(None, (f"It is {self._action.state.value}", self._action.next_step))), 300),
            "What you say stands as a claim of yours. Nothing is sent, and nothing is seen to have succeeded by it.",
        )
        return Text("\n").join([title, *map(ink.muted, lines), Text("")])

    def _fault(self, message: str, box: FormInput) -> None:
        self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(message, Tone.DOWN))
        box.focus()
