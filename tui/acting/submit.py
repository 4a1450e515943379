"""The form of a task, made from its template; `enter` plans it, and the plan is confirmed in the dialog of all acts."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Static

from fleet.actions.template import WHOM, Desk
from fleet.errors import FleetdeckError
from fleet.text import scrub
from fleet.views.view import Tone
from tui.acting.desk_lines import desk_lines, desk_title
from tui.acting.may import why_not
from tui.acting.task_fields import FieldRow, TaskInput, named_in, names_in, takes_agents, to_field, values_of
from tui.alerts.form import LONGEST
from tui.chrome.key_line import KeyLine
from tui.context import Context
from tui.ink import Ink
from tui.screens.sheet import Sheet

PATIENCE_S = 30.0
"""How long planning may take: it may ask the target."""
MARGIN = 4
"""Cells beside its lines."""


class TaskForm(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The lines that are filled in."""


class SubmitSheet(Sheet[str | None]):
    """Dismissed with the id of the action that was begun, or with None."""

    BINDING_GROUP_TITLE = "Submit"
    AUTO_FOCUS = "TaskInput"

    def __init__(self, desk: Desk, to: Sequence[str], context: Context) -> None:
        super().__init__()
        self._desk = desk
        self._deck = context
        self._to = FieldRow(to_field(desk.template)) if takes_agents(desk.template, to) else None
        self._first_to = ", ".join(to)
        self._rows = {field.name: FieldRow(field) for field in desk.template.fields}
        self._draft: Mapping[str, str] = {}
        self._at = -1
        self._planning = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="form task"):
            yield Static(self._heading(), id="desk", markup=False)
            with TaskForm():
                yield from self._rows.values()
                if self._to is not None:
                    yield self._to
            yield Static(id="warning", markup=False)
            yield KeyLine()

    def on_mount(self) -> None:
        """Whom it is for stands there already."""
        if self._to is not None:
            self._to.box.value = scrub(self._first_to, LONGEST)
        if not self._rows and self._to is None:
            self.set_focus(None)
        self._fit()

    def on_resize(self) -> None:
        """The form takes what the rest leaves."""
        self._fit()

    # ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is being changed is not wrong yet."""
        event.stop()
        for row in self._lines():
            if row.box is event.input:
                row.fault("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """`enter`: plan it."""
        event.stop()
        if why_not(self._deck):
            self._say(why_not(self._deck))
        elif self._desk.template.for_agents and not self._whom():
            self._refused(f"to: {WHOM}")
        elif not self._planning:
            self._planning = True
            self._say("planning …", Tone.MUTED)
            self.run_worker(self._plan(), name="plan", group="plan")

    def on_form_input_cancelled(self) -> None:
        """Nothing is submitted."""
        self.dismiss(None)

    def on_task_input_recalled(self, event: TaskInput.Recalled) -> None:
        """Put in what was sent before; beyond the newest stands what was being entered."""
        event.stop()
        history = self._desk.history
        at = self._at - event.by
        if not -1 <= at < len(history):
            self._say("nothing was sent before that" if event.by < 0 else "", Tone.MUTED)
            return
        if self._at == -1:
            self._draft = {name: row.box.value for name, row in self._rows.items()}
        self._at = at
        if at == -1:
            for name, row in self._rows.items():
                row.box.value = self._draft[name]
            self._say("")
            return
        cut = [name for name, row in self._rows.items() if not row.fill(history[at].get(name))]
        words = f"as sent {at + 1} of {len(history)} before" + (f"; cut or changed: {', '.join(cut)}" if cut else "")
        self._say(words, Tone.DEGRADED if cut else Tone.MUTED)

    def on_task_input_many(self, event: TaskInput.Many) -> None:
        """The form of a batch, in the place of this one."""
        event.stop()
        from tui.acting.many import BatchSheet

        def begun(id: str | None) -> None:
            if id:
                self.dismiss(id)

        self.app.push_screen(BatchSheet(self._desk, self._whom(), self._deck), begun)

    def on_task_input_paged(self, event: TaskInput.Paged) -> None:
        """Scroll the form."""
        event.stop()
        form = self.query_one(TaskForm)
        form.scroll_page_down(animate=False) if event.by > 0 else form.scroll_page_up(animate=False)

    # ── planning ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _plan(self) -> None:
        acting, app = self._deck.acting, self.app
        values = values_of({name: (row.field, row.box.value) for name, row in self._rows.items()})
        if acting is None:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                plan = await acting.plan_submit(self._desk.template.name, (values,), self._whom())
        except TimeoutError:
            self._say(f"no plan within {PATIENCE_S:g} s; nothing was sent")
        except FleetdeckError as error:
            self._refused(str(error))
        else:
            self._say("")
            whole: Any = app
            if self.is_attached and self.is_current:
                whole.act(plan, self._begun)
        finally:
            self._planning = False

    def _begun(self, id: str) -> None:
        self.dismiss(id)

    def _refused(self, message: str) -> None:
        """Say it where it belongs."""
        rows = {row.field.name: row for row in self._lines()}
        row = rows.get(named_in(message, tuple(rows)))
        for other in rows.values():
            other.fault("")
        if row is None:
            self._say(message)
            return
        self._say("")
        row.fault(message)
        self.set_focus(row.box)

    def _whom(self) -> tuple[str, ...]:
        return names_in(self._first_to if self._to is None else self._to.box.value)

    def _lines(self) -> list[FieldRow]:
        return [*self._rows.values(), *([] if self._to is None else [self._to])]

    # ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────

    def _heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        return Text("\n").join([desk_title(self._desk, ink, "Submit"), *desk_lines(self._desk, ink)])

    def _say(self, message: str, tone: Tone = Tone.DOWN) -> None:
        if self.is_attached:
            self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(message, tone))

    def _fit(self) -> None:
        heading = self._heading().wrap(self.app.console, max(1, self.app.size.width - MARGIN))
        # A line to say something in, the keys, and the blanks around them.
        chrome = 5 + len(heading)
        self.query_one(TaskForm).styles.max_height = max(4, self.app.size.height - chrome)
