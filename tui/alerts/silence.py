"""The editor of a silence: matchers line by line, with how many alerts they match as they are typed."""

from collections.abc import Sequence

from msgspec import Struct
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from fleet.alerts.matching import parse_matchers
from fleet.alerts.model import Alert
from fleet.alerts.silences import LONGEST_S, MatchCounter, check_matchers, shared_matchers
from fleet.errors import QueryError
from fleet.promql.storage import Matchers
from fleet.times import parse_duration, span_text
from fleet.views.view import Tone
from tui.alerts.acts import count_of
from tui.alerts.form import FormInput, Row, refusal
from tui.chrome.key_line import KeyLine
from tui.context import Context
from tui.ink import Ink, joined
from tui.screens.sheet import Sheet

DURATIONS = ("30m", "1h", "2h", "4h", "8h", "1d", "3d", "1w")
"""What the arrows go through; any other duration can be typed."""
FIRST = "2h"


class Wish(Struct, frozen=True, kw_only=True):
    """The silence that is asked for."""

    matchers: Matchers
    for_s: float
    by: str
    comment: str


class Wrong(Exception):  # noqa: N818  # a wrong line, not an error of the program
    """What is wrong with a line of the form, and which."""

    def __init__(self, message: str, box: FormInput) -> None:
        super().__init__(message)
        self.box = box


class MatcherInput(FormInput):
    """One matcher."""


class SilenceSheet(Sheet[Wish | None]):
    """Dismissed with the silence that is asked for, or with None. Below the last matcher there is always an empty line
    for one more."""

    BINDING_GROUP_TITLE = "Silence"
    AUTO_FOCUS = "#comment"

    def __init__(self, alerts: Sequence[Alert], context: Context) -> None:
        super().__init__()
        self._deck = context
        self._take(alerts)
        self._for = FormInput(FIRST, id="for", choices=DURATIONS)
        self._comment = FormInput(id="comment")
        self._by = FormInput(context.operator, id="by")

    def show(self, alerts: Sequence[Alert]) -> None:
        """Ask about other alerts, as a new sheet would."""
        self._take(alerts)
        self.query_one("#about", Static).update(self._heading())
        self._begin_matchers()
        self._for.begin_with(FIRST)
        self._comment.begin_with("")
        self._by.begin_with(self._deck.operator)
        self._say(self._refusal())
        self.set_focus(self._comment)
        self._count()

    def _begin_matchers(self) -> None:
        """A line for each matcher to begin with, and an empty one."""
        lines = self.query_one("#matchers", Vertical)
        rows, texts = self._rows(), (*self._first, "")
        for row, text in zip(rows, texts, strict=False):
            row.box.begin_with(text)
        for row in rows[len(texts) :]:
            row.remove()
        lines.mount(*(Row("match", MatcherInput(text)) for text in texts[len(rows) :]))
        lines.scroll_to(0, 0, animate=False, immediate=True)

    def _rows(self) -> list[Row]:
        # The rows, not the inputs in them: a row is there at once, its input only when it has been composed.
        return list(self.query_one("#matchers", Vertical).query_children(Row))

    def _take(self, alerts: Sequence[Alert]) -> None:
        self._counter = MatchCounter(self._deck.store.alerts.values())
        self._first = tuple(map(str, shared_matchers(alerts)))
        self._about = count_of(len(alerts), "alert")

    def compose(self) -> ComposeResult:
        with Vertical(classes="form"):
            yield Static(self._heading(), id="about", markup=False)
            with Vertical(id="matchers"):
                for text in (*self._first, ""):
                    yield Row("match", MatcherInput(text))
            yield Static(id="count", markup=False)
            yield Row("for", self._for)
            yield Row("comment", self._comment)
            yield Row("who", self._by)
            yield Static(Ink(self.app.theme_variables).write(self._refusal(), Tone.DOWN), id="warning", markup=False)
            yield KeyLine()

    def on_mount(self) -> None:
        """Say how many alerts it begins with."""
        self._count()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Count anew once what was typed is shown, and keep an empty line at the end."""
        event.stop()
        self._say(self._refusal())
        if isinstance(event.input, MatcherInput):
            rows = self._rows()
            if rows and rows[-1].box.value.strip():
                self.query_one("#matchers").mount(Row("match", MatcherInput()))
            self.call_after_refresh(self._count)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Ask for it, or say what is wrong in which line."""
        event.stop()
        if self._refusal():
            self._say(self._refusal())
            return
        try:
            wish = self._wish()
        except Wrong as wrong:
            self._say(str(wrong))
            wrong.box.focus()
        else:
            self.dismiss(wish)

    def on_form_input_cancelled(self) -> None:
        """Nothing is silenced."""
        self.dismiss(None)

    # ── what stands in the form ──

    def _wish(self) -> Wish:
        """What is asked for. Raises Wrong."""
        matchers = self._matchers()
        boxes = [row.box for row in self._rows()]
        try:
            check_matchers(matchers)
        except QueryError as error:
            raise Wrong(str(error), boxes[0]) from error
        for_s = self._seconds()
        if not self._comment.value.strip():
            raise Wrong("a comment is wanted: whoever comes next will ask why", self._comment)
        if not self._by.value.strip():
            raise Wrong("a name is wanted: whoever comes next will ask you", self._by)
        return Wish(matchers=matchers, for_s=for_s, by=self._by.value.strip(), comment=self._comment.value.strip())

    def _matchers(self) -> Matchers:
        """The matchers of all lines. Raises Wrong."""
        found: Matchers = ()
        for number, box in enumerate((row.box for row in self._rows()), 1):
            try:
                found += parse_matchers(box.value)
            except QueryError as error:
                raise Wrong(f"line {number}: {error}", box) from error
        return found

    def _seconds(self) -> float:
        try:
            seconds = parse_duration(self._for.value)
        except ValueError as error:
            raise Wrong(str(error), self._for) from error
        if not 0 < seconds <= LONGEST_S:
            raise Wrong(f"a silence lasts more than nothing and at most {span_text(LONGEST_S)}", self._for)
        return seconds

    def _refusal(self) -> str:
        return refusal(self._deck)

    # ── what is said ──

    def _heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        title = ink.write(f"Silence what {self._about} shares", Tone.TITLE, bold=True)
        return joined([title, ink.muted('   =  !=  =~"regex"  !~   ↑ ↓ durations')])

    def _count(self) -> None:
        if not self.is_attached:
            return
        ink = Ink(self.app.theme_variables)
        try:
            matchers = self._matchers()
            matched = self._counter.count(matchers)
        except (Wrong, QueryError) as wrong:
            self._mark(wrong.box if isinstance(wrong, Wrong) else None)
            self.query_one("#count", Static).update(ink.write(f"✖ {wrong}", Tone.DOWN))
            return
        self._mark(None)
        everything = matched.count == matched.total and matched.total > 1
        parts = [ink.write(str(matched), Tone.DEGRADED if everything else Tone.TITLE, bold=True)]
        if not matchers:
            parts.append(ink.muted("no matcher yet"))
        elif everything:
            parts.append(ink.write("! that is every alert there is", Tone.DEGRADED, bold=True))
        elif not matched.count:
            parts.append(ink.muted("nothing that is active now"))
        self.query_one("#count", Static).update(joined(parts, "  "))

    def _mark(self, wrong: FormInput | None) -> None:
        """Point at the line that cannot be read."""
        ink = Ink(self.app.theme_variables)
        for row in self.query(Row):
            if isinstance(row.box, MatcherInput):
                word = ink.write("✖ match", Tone.DOWN) if row.box is wrong else ink.muted("match")
                # A line that has just been mounted has none yet, and needs no pointing at.
                for label in row.query(Static):
                    label.update(word)

    def _say(self, message: str) -> None:
        self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(message, Tone.DOWN))
