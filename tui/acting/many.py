"""The form of a batch: lines that are typed, pasted or read from a file, each an item, or JSONL; what they are read as
is said while they come. A line can be changed or removed, and keeps its number, which in a file is the file's."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from fleet.actions.template import WHOM, Desk
from fleet.errors import FleetdeckError
from fleet.views.view import Tone
from tui.acting.batch_draft import BatchDraft
from tui.acting.batch_lines import is_path_like
from tui.acting.batch_words import enter_word, numbered, summary_lines
from tui.acting.desk_lines import desk_lines, desk_title
from tui.acting.item_input import ItemInput
from tui.acting.may import why_not
from tui.acting.plan_lines import PlanLines
from tui.acting.plan_scroll import PlanScroll
from tui.acting.submit import PATIENCE_S
from tui.acting.task_fields import TaskInput, names_in, takes_agents
from tui.alerts.acts import count_of
from tui.alerts.form import FormInput, Row
from tui.chrome.key_line import KeyLine
from tui.context import Context
from tui.ink import Ink
from tui.screens.sheet import Sheet


class BatchSheet(Sheet[str | None]):
    """Dismissed with the id of the action that was begun, or with None."""

    BINDING_GROUP_TITLE = "Submit many"
    AUTO_FOCUS = "ItemInput"

    def __init__(self, desk: Desk, to: Sequence[str], context: Context) -> None:
        super().__init__()
        self._desk = desk
        self._deck = context
        self._draft = BatchDraft()
        self._warned = ""
        """What was asked for, and would be done if it was asked for again."""
        self._list = PlanLines()
        self._line = ItemInput(id="item")
        self._file = FormInput(id="file", placeholder="a path; its lines take the place of those above")
        self._whom = FormInput(", ".join(to), id="to") if takes_agents(desk.template, to) else None

    def compose(self) -> ComposeResult:
        with Vertical(classes="form task many"):
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
        self._file.call_enter("read it")
        self._show()

    # ── filling in ─────────────────────────────────────────────────────────────────────────────────────────────────

    def on_item_input_pasted(self, event: ItemInput.Pasted) -> None:
        """Lines of items, or JSONL."""
        event.stop()
        self._draft.lines.add(event.text)
        self._read_anew()

    def on_item_input_taken_back(self, event: ItemInput.TakenBack) -> None:
        """The last line, to be changed."""
        event.stop()
        if self._draft.lines:
            self._change(self._draft.lines.numbers()[-1])

    def on_item_input_moved(self, event: ItemInput.Moved) -> None:
        """Another line is under the cursor; below them all the next one is typed."""
        event.stop()
        if self._draft.move(event.by):
            self._show()
        else:
            self._line.action_line(event.by)

    def on_item_input_removed(self, event: ItemInput.Removed) -> None:
        """The line under the cursor is none any more."""
        event.stop()
        if self._draft.remove():
            self._read_anew()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """One more line, or the file, or the line under the cursor, or, in an empty line, the plan of them all."""
        event.stop()
        text = event.value.strip()
        if event.input is self._file and text:
            self.run_worker(self._read_file(text), name="file", group="file", exclusive=True)
        elif event.input is self._line and text:
            self.run_worker(self._add(text), name="add", group="file", exclusive=True)
        elif event.input is self._line and self._draft.marked is not None:
            self._change(self._draft.marked)
        else:
            self._submit()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Nothing is wrong with what is being typed yet."""
        event.stop()
        if event.value:
            self._say("")
        if event.value and event.input is self._line and self._draft.marked is not None:
            self._draft.marked = None
            self._show()
        else:
            self._show_count()

    def on_form_input_cancelled(self) -> None:
        """Nothing is submitted."""
        self.dismiss(None)

    def on_task_input_paged(self, event: TaskInput.Paged) -> None:
        """Scroll the lines."""
        event.stop()
        self.query_one(PlanScroll).turn(event.by)

    def _change(self, number: int) -> None:
        """Take a line into the input."""
        text = self._draft.take_out(number)
        if text is None:
            self._say("it has characters, or a length, that a line cannot show: it can only be removed (del)")
            return
        self._line.begin_with(text)
        self._read_anew()

    # ── reading and planning ───────────────────────────────────────────────────────────────────────────────────────

    def _read_anew(self) -> None:
        self._draft.reading = True
        self._show()
        self.run_worker(self._read(), name="read", group="read", exclusive=True)

    async def _read(self) -> None:
        await self._draft.read(self._deck.acting, self._desk.template.name)
        self._show()

    async def _add(self, text: str) -> None:
        """One more line, or the changed one. A path of a file is no item before that was said."""
        if is_path_like(text) and not self._is_meant(f"item {text}") and await self._text_of(text) is not None:
            self._file.begin_with(text)
            self._say(f"this is a file: tab, then enter, reads it; enter here again takes its path as an item: {text}")
            return
        self._draft.enter(text)
        self._line.begin_with("")
        self._file.begin_with("")
        self._say("")
        self._read_anew()

    async def _read_file(self, path: str) -> None:
        """The lines of a file take the place of all that there are."""
        try:
            text = await self._file_text(path)
        except FleetdeckError as error:
            self._say(str(error))
            return
        lines = self._draft.lines
        if lines and not self._is_meant(f"file {path}"):
            self._say(f"enter again: the lines of the file take the place of {count_of(len(lines), 'line')}")
            return
        self._say("")
        self._draft.replace(text)
        self._file.begin_with("")
        self._line.begin_with("")
        self._read_anew()
        self.set_focus(self._line)

    async def _text_of(self, path: str) -> str | None:
        """What a file holds; None where there is none that can be read."""
        with contextlib.suppress(FleetdeckError):
            return await self._file_text(path)
        return None

    async def _file_text(self, path: str) -> str:
        acting = self._deck.acting
        return "" if acting is None else await acting.batch_text(path)

    def _is_meant(self, wish: str) -> bool:
        """Whether it is asked for the second time in a row."""
        before, self._warned = self._warned, "" if wish == self._warned else wish
        return before == wish

    def _submit(self) -> None:
        """Plan all of them, or say what that waits for."""
        waits_for = self._waits_for()
        if waits_for:
            self._say(waits_for)
        elif self._whom is not None and self._desk.template.for_agents and not self._agents():
            self._say(f"to: {WHOM}")
            self.set_focus(self._whom)
        else:
            self._say("planning …", Tone.MUTED)
            self.run_worker(self._plan(), name="plan", group="plan", exclusive=True)

    def _waits_for(self) -> str:
        draft, why = self._draft, why_not(self._deck)
        if why or draft.faults:
            return why or "some lines are wrong: ↑ goes to them, enter changes one, del removes it"
        if draft.reading:
            return "being read …"
        return "" if draft.items else "there is nothing to submit yet"

    async def _plan(self) -> None:
        acting = self._deck.acting
        if acting is None:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                plan = await acting.plan_submit(self._desk.template.name, self._draft.items, self._agents())
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
        self._list.show(list(numbered(self._draft)))
        self.call_after_refresh(self._scroll)
        self._show_count()

    def _show_count(self) -> None:
        typed, ink = bool(self._line.value), Ink(self.app.theme_variables)
        self.query_one("#count", Static).update(Text("\n").join(summary_lines(self._draft, ink, typed=typed)))
        self._line.call_enter(enter_word(self._draft, typed=typed))

    def _scroll(self) -> None:
        """Keep the line under the cursor in sight, else the last one."""
        if not self.is_attached:
            return
        page, marked = self.query_one(PlanScroll), self._draft.marked
        if marked is None:
            page.scroll_end(animate=False)
            return
        place, height = self._list.place_of(self._draft.lines.numbers().index(marked)), page.size.height
        if not page.scroll_y <= place < page.scroll_y + height:
            page.scroll_to(y=max(0, place - height // 2), animate=False)

    def _say(self, message: str, tone: Tone = Tone.DOWN) -> None:
        if self.is_attached:
            self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(message, tone))
