"""The form of a batch: lines that are typed, pasted or read from a file, each an item, or JSONL; what they are read as
is said while they come."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from fleet.actions.preview import Line
from fleet.actions.template import Desk
from fleet.errors import FleetdeckError
from fleet.views.view import Tone
from tui.acting.confirm import PlanScroll
from tui.acting.desk_lines import desk_lines, desk_title
from tui.acting.may import why_not
from tui.acting.plan_lines import PlanLines
from tui.acting.submit import PATIENCE_S
from tui.acting.task_fields import TaskInput, names_in
from tui.alerts.acts import count_of
from tui.alerts.form import FormInput, Row
from tui.chrome.key_line import KeyLine
from tui.context import Context
from tui.ink import Ink
from tui.screens.sheet import Sheet

PASTED_CHARS = 4_000_000
"""Characters of a paste that are taken as lines."""
_FAULTS = 6
_LINE_CHARS = 200


class ItemInput(TaskInput):
    """One more line. A paste of several is taken as such; backspace in an empty one takes the last one back."""

    takes_lines = PASTED_CHARS

    class Pasted(Message):
        """Several lines were pasted."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class TakenBack(Message):
        """The operator wants the last line again."""

    def on_paste(self, event: events.Paste) -> None:
        """Take all lines of it."""
        event.stop()
        event.prevent_default()
        if "\n" in event.text:
            self.post_message(self.Pasted(event.text))
        else:
            self.insert_text_at_cursor(event.text)

    def action_delete_left(self) -> None:
        """A character, or the line above where there is none."""
        if self.value:
            super().action_delete_left()
        else:
            self.post_message(self.TakenBack())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """This is the form of many already, and what was sent before fills in that of one."""
        return action not in ("batch", "recall") and super().check_action(action, parameters)


class BatchSheet(Sheet[str | None]):
    """Dismissed with the id of the action that was begun, or with None."""

    BINDING_GROUP_TITLE = "Submit many"
    AUTO_FOCUS = "ItemInput"

    def __init__(self, desk: Desk, to: Sequence[str], context: Context) -> None:
        super().__init__()
        self._desk = desk
        self._deck = context
        self._texts: list[str] = []
        self._items: tuple[Mapping[str, Any], ...] = ()
        self._faults: tuple[str, ...] = ()
        self._reading = False
        self._list = PlanLines()
        self._line = ItemInput(id="item")
        self._file = FormInput(id="file")
        takes_agents = bool(desk.template.agents or to)
        self._whom = FormInput(", ".join(to), id="to") if takes_agents else None

    def compose(self) -> ComposeResult:
        with Vertical(classes="form task"):
            yield Static(self._heading(), id="desk", markup=False)
            yield PlanScroll(self._list, id="items")
            yield Static(id="count", markup=False)
            yield Row("item", self._line)
            yield Row("file", self._file)
            if self._whom is not None:
                yield Row("to", self._whom)
            yield Static(id="warning", markup=False)
            yield KeyLine()

    def on_mount(self) -> None:
        """Say how it is filled in."""
        self._show()

    # ── filling in ─────────────────────────────────────────────────────────────────────────────────────────────────

    def on_item_input_pasted(self, event: ItemInput.Pasted) -> None:
        """Lines of items, or JSONL."""
        event.stop()
        self._take([*self._texts, *_lines(event.text)])

    def on_item_input_taken_back(self, event: ItemInput.TakenBack) -> None:
        """The last line, to be changed."""
        event.stop()
        if self._texts:
            self._line.value = self._texts[-1]
            self._line.cursor_position = len(self._line.value)
            self._take(self._texts[:-1])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """One more line, or the file, or, in an empty line, the plan of them all."""
        event.stop()
        text = event.value.strip()
        if event.input is self._file and text:
            self.run_worker(self._read_file(text), name="file", group="file", exclusive=True)
        elif event.input is self._line and text:
            self._line.value = ""
            self._take([*self._texts, text])
        elif why_not(self._deck):
            self._say(why_not(self._deck))
        elif self._faults:
            self._say("some lines are wrong; backspace takes the last one back")
        elif not self._items or self._reading:
            self._say("there is nothing to submit yet" if not self._reading else "being read …")
        else:
            self._say("planning …", Tone.MUTED)
            self.run_worker(self._plan(), name="plan", group="plan", exclusive=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Nothing is wrong with what is being typed yet."""
        event.stop()
        if event.value:
            self._say("")

    def on_form_input_cancelled(self) -> None:
        """Nothing is submitted."""
        self.dismiss(None)

    def on_task_input_paged(self, event: TaskInput.Paged) -> None:
        """Scroll the lines."""
        event.stop()
        page = self.query_one(PlanScroll)
        page.scroll_page_down(animate=False) if event.by > 0 else page.scroll_page_up(animate=False)

    # ── reading and planning ───────────────────────────────────────────────────────────────────────────────────────

    def _take(self, texts: list[str]) -> None:
        self._texts, self._reading = texts, True
        self._show()
        self.run_worker(self._read(), name="read", group="read", exclusive=True)

    async def _read(self) -> None:
        acting, text = self._deck.acting, "\n".join(self._texts)
        self._items, self._faults = (), ()
        if acting is not None and self._texts:
            try:
                self._items = await acting.read_items(self._desk.template.name, text)
            except FleetdeckError as error:
                self._faults = tuple(str(error).splitlines())
        self._reading = False
        self._show()

    async def _read_file(self, path: str) -> None:
        acting = self._deck.acting
        if acting is None:
            return
        try:
            text = await acting.batch_text(path)
        except FleetdeckError as error:
            self._say(str(error))
            return
        self._file.value = ""
        self._take(_lines(text))
        self.set_focus(self._line)

    async def _plan(self) -> None:
        acting = self._deck.acting
        if acting is None:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                plan = await acting.plan_submit(self._desk.template.name, self._items, self._agents())
        except TimeoutError:
            self._say(f"no plan within {PATIENCE_S:g} s; nothing was sent")
        except FleetdeckError as error:
            self._say(str(error))
        else:
            self._say("")
            app: Any = self.app
            if self.is_attached and self.is_current:
                app.act(plan, self._begun)

    def _agents(self) -> tuple[str, ...]:
        return () if self._whom is None else names_in(self._whom.value)

    def _begun(self, id: str) -> None:
        self.dismiss(id)

    # ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────

    def _heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        title = desk_title(self._desk, ink, "Submit many of")
        return Text("\n").join([title, *desk_lines(self._desk, ink, recalls=False)])

    def _show(self) -> None:
        if not self.is_attached:
            return
        ink = Ink(self.app.theme_variables)
        self._list.show([Line(f"{at:,}", text[:_LINE_CHARS]) for at, text in enumerate(self._texts, 1)])
        self.query_one(PlanScroll).scroll_end(animate=False)
        said = [self._count(ink), *(ink.write(f"✖ {fault}", Tone.DOWN) for fault in self._faults[:_FAULTS])]
        if len(self._faults) > _FAULTS:
            said.append(ink.write(f"and {len(self._faults) - _FAULTS:,} more", Tone.DOWN))
        for line in said:
            line.no_wrap = False
        self.query_one("#count", Static).update(Text("\n").join(said))

    def _count(self, ink: Ink) -> Text:
        if not self._texts:
            return ink.muted("type a line an item, paste lines or JSONL, or name a file; enter in an empty line plans")
        if self._reading:
            return ink.muted(f"{count_of(len(self._texts), 'line')}, being read …")
        if self._faults:
            return ink.write(f"{count_of(len(self._texts), 'line')}, not all of which can be read", Tone.DOWN)
        return ink.write(f"{count_of(len(self._items), 'item')}; enter in an empty line plans them", Tone.TITLE)

    def _say(self, message: str, tone: Tone = Tone.DOWN) -> None:
        if self.is_attached:
            self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(message, tone))


def _lines(text: str) -> list[str]:
    """The lines of a text that are not blank."""
    return [line for line in text.splitlines() if line.strip()]
