"""The sheet on which alerts are acknowledged: how many, which, by whom, and why."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from fleet.alerts.model import Alert
from fleet.views.view import Tone
from tui.alerts.acts import count_of
from tui.alerts.form import FormInput, Row, refusal
from tui.alerts.words import named_lines
from tui.chrome.key_line import KeyLine
from tui.context import Context
from tui.ink import Ink, joined
from tui.screens.sheet import Sheet


class AckSheet(Sheet[tuple[str, str] | None]):
    """Dismissed with who and why, or with None."""

    BINDING_GROUP_TITLE = "Acknowledge"
    AUTO_FOCUS = "#reason"

    def __init__(self, alerts: Sequence[Alert], context: Context) -> None:
        super().__init__()
        self._alerts = tuple(alerts)
        self._deck = context
        self._by = FormInput(context.operator, id="by")
        self._reason = FormInput(id="reason")

    def show(self, alerts: Sequence[Alert]) -> None:
        """Ask about other alerts, as a new sheet would."""
        self._alerts = tuple(alerts)
        self.query_one("#about", Static).update(self._heading())
        self.query_one("#warning", Static).update(self._warning())
        self._by.begin_with(self._deck.operator)
        self._reason.begin_with("")
        self.set_focus(self._reason)

    def compose(self) -> ComposeResult:
        with Vertical(classes="form"):
            yield Static(self._heading(), id="about", markup=False)
            yield Row("why", self._reason)
            yield Row("who", self._by)
            yield Static(self._warning(), id="warning", markup=False)
            yield KeyLine()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it, or say what is missing, in the line where it is."""
        event.stop()
        by, reason = self._by.value.strip(), self._reason.value.strip()
        if self._refusal():
            self._fault(self._refusal())
        elif not reason:
            self._fault("a reason is wanted: whoever comes next will ask", self._reason)
        elif not by:
            self._fault("a name is wanted: whoever comes next will ask you", self._by)
        else:
            self.dismiss((by, reason))

    def on_form_input_cancelled(self) -> None:
        """Nothing is acknowledged."""
        self.dismiss(None)

    def _heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        title = ink.write(f"Acknowledge {count_of(len(self._alerts), 'alert')}", Tone.TITLE, bold=True)
        note = ink.muted("   renewed while it fires")
        return Text("\n").join([joined([title, note]), *named_lines(ink, self._alerts), Text("")])

    def _refusal(self) -> str:
        return refusal(self._deck)

    def _warning(self) -> Text:
        return Ink(self.app.theme_variables).write(self._refusal(), Tone.DOWN)

    def _fault(self, message: str, box: FormInput | None = None) -> None:
        self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(message, Tone.DOWN))
        if box is not None:
            box.focus()
