"""The sheets on which writes are made possible although it is read-only or frozen, for a while or for good: each wants
a reason, which goes on the record."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from fleet.times import parse_duration
from fleet.views.view import Tone
from tui.acting.may import freeze_of, tag
from tui.alerts.form import FormInput, Row
from tui.chrome.key_line import KeyLine
from tui.context import Context
from tui.ink import Ink
from tui.screens.sheet import Sheet

TIMES = ("5m", "10m", "30m", "1h")
FIRST = "10m"
LONGEST_S = 8 * 3600.0


class UnlockSheet(Sheet[tuple[str, float] | None]):
    """Dismissed with the reason and for how many seconds, or with None."""

    BINDING_GROUP_TITLE = "Unlock"
    AUTO_FOCUS = "#reason"

    def __init__(self, context: Context, for_text: str = FIRST) -> None:
        super().__init__()
        self._deck = context
        self._reason = FormInput(id="reason")
        self._for = FormInput(for_text, id="for", choices=TIMES)

    def compose(self) -> ComposeResult:
        with Vertical(classes="form"):
            yield Static(self._heading(), markup=False)
            yield Row("why", self._reason)
            yield Row("for", self._for)
            yield Static(id="warning", markup=False)
            yield KeyLine()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Unlock, or say what is missing."""
        event.stop()
        reason = self._reason.value.strip()
        if not reason:
            self._fault("a reason is wanted: it goes on the record", self._reason)
            return
        try:
            seconds = parse_duration(self._for.value)
        except ValueError as error:
            self._fault(str(error), self._for)
            return
        if not 0 < seconds <= LONGEST_S:
            self._fault("more than nothing, and at most 8h", self._for)
        else:
            self.dismiss((reason, seconds))

    def on_form_input_cancelled(self) -> None:
        """All stays as it is."""
        self.dismiss(None)

    def _heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        freeze = freeze_of(self._deck)
        why = freeze.why if freeze is not None and freeze.why else tag(self._deck)
        lines = [ink.write("Unlock for a while", Tone.TITLE, bold=True), ink.muted(why)]
        if freeze is not None and freeze.can_unfreeze:
            lines.append(ink.muted("for all your programs; then it is frozen again (:unfreeze ends that)"))
        return Text("\n").join([*lines, Text("")])

    def _fault(self, message: str, box: FormInput) -> None:
        self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(message, Tone.DOWN))
        box.focus()


class UnfreezeSheet(Sheet[str | None]):
    """Dismissed with the reason, or with None."""

    BINDING_GROUP_TITLE = "Unfreeze"
    AUTO_FOCUS = "#reason"

    def __init__(self, context: Context, reason: str = "") -> None:
        super().__init__()
        self._deck = context
        self._reason = FormInput(reason, id="reason")

    def compose(self) -> ComposeResult:
        ink = Ink(self.app.theme_variables)
        freeze = freeze_of(self._deck)
        title = ink.write("End the freeze", Tone.TITLE, bold=True)
        why = ink.muted("" if freeze is None else freeze.why or tag(self._deck))
        note = ink.muted("for all your programs; what is read-only stays so (:unlock lifts it for a while)")
        with Vertical(classes="form"):
            yield Static(Text("\n").join([title, why, note, Text("")]), markup=False)
            yield Row("why", self._reason)
            yield Static(id="warning", markup=False)
            yield KeyLine()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """End it, or say that a reason is missing."""
        event.stop()
        reason = self._reason.value.strip()
        if reason:
            self.dismiss(reason)
            return
        words = "a reason is wanted: it goes on the record"
        self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(words, Tone.DOWN))

    def on_form_input_cancelled(self) -> None:
        """All stays as it is."""
        self.dismiss(None)
