"""The form of a batch: lines that are typed, pasted or read from a file, each an item, or JSONL; what they are read as
is said while they come. A line can be changed or removed, and keeps its number, which in a file is the file's."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from fleet.actions.preview import Line
from fleet.actions.template import WHOM, Desk
from fleet.errors import FleetdeckError
from fleet.text import scrub
from fleet.views.view import Tone
from tui.acting.batch_lines import BatchLines, faulty, is_path_like
from tui.acting.confirm import PlanScroll
from tui.acting.desk_lines import desk_lines, desk_title
from tui.acting.item_input import ItemInput
from tui.acting.may import why_not
from tui.acting.plan_lines import PlanLines
from tui.acting.submit import PATIENCE_S
from tui.acting.task_fields import TaskInput, names_in, takes_agents
from tui.alerts.acts import count_of
from tui.alerts.form import LONGEST, FormInput, Row
from tui.chrome.key_line import KeyLine
from tui.context import Context
from tui.ink import Ink
from tui.screens.sheet import Sheet

_FAULTS = 6
_LINE_CHARS = 200


class BatchSheet(Sheet[str | None]):
    """Dismissed with the id of the action that was begun, or with None."""

    BINDING_GROUP_TITLE = "Submit many"
    AUTO_FOCUS = "ItemInput"

    def __init__(self, desk: Desk, to: Sequence[str], context: Context) -> None:
        super().__init__()
        self._desk = desk
        self._deck = context
        self._lines = BatchLines()
        self._items: tuple[Mapping[str, Any], ...] = ()
        self._faults: tuple[str, ...] = ()
        self._reading = False
        self._marked: int | None = None
        """The number of the line under the cursor; None while the next one is typed."""
        self._changing: int | None = None
        """The number of the line that was taken out to be changed."""
        self._warned = ""
        """What was asked for, and would be done if it was asked for again."""
        self._list = PlanLines()
        self._line = ItemInput(id="item")
        self._file = FormInput(id="file", placeholder="a path; its lines take the place of those above")
        self._whom = FormInput(", ".join(to), id="to") if takes_agents(desk.template, to) else None

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
        self._file.call_enter("read it")
        self._show()

    # ── filling in ─────────────────────────────────────────────────────────────────────────────────────────────────

    def on_item_input_pasted(self, event: ItemInput.Pasted) -> None:
        """Lines of items, or JSONL."""
        event.stop()
        self._lines.add(event.text)
        self._read_anew()

    def on_item_input_taken_back(self, event: ItemInput.TakenBack) -> None:
        """The last line, to be changed."""
        event.stop()
        if self._lines:
            self._change(self._lines.numbers()[-1])

    def on_item_input_moved(self, event: ItemInput.Moved) -> None:
        """Another line is under the cursor; below them all the next one is typed."""
        event.stop()
        if self._marked is None and (event.by > 0 or not self._lines):
            self._line.action_line(event.by)
            return
        self._marked = self._lines.beside(self._marked, event.by)
        self._show()

    def on_item_input_removed(self, event: ItemInput.Removed) -> None:
        """The line under the cursor is none any more; the cursor stays where it was."""
        event.stop()
        if self._marked is not None:
            gone, self._marked = self._marked, self._lines.beside(self._marked, 1)
            self._lines.take(gone)
            self._read_anew()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """One more line, or the file, or the line under the cursor, or, in an empty line, the plan of them all."""
        event.stop()
        text = event.value.strip()
        if event.input is self._file and text:
            self.run_worker(self._read_file(text), name="file", group="file", exclusive=True)
        elif event.input is self._line and text:
            self.run_worker(self._add(text), name="add", group="file", exclusive=True)
        elif event.input is self._line and self._marked is not None:
            self._change(self._marked)
        elif why_not(self._deck):
            self._say(why_not(self._deck))
        elif self._faults:
            self._say("some lines are wrong: ↑ goes to them, enter changes one, del removes it")
        elif not self._items or self._reading:
            self._say("there is nothing to submit yet" if not self._reading else "being read …")
        elif self._whom is not None and self._desk.template.for_agents and not self._agents():
            self._say(f"to: {WHOM}")
            self.set_focus(self._whom)
        else:
            self._say("planning …", Tone.MUTED)
            self.run_worker(self._plan(), name="plan", group="plan", exclusive=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Nothing is wrong with what is being typed yet."""
        event.stop()
        if event.value:
            self._say("")
        if event.value and event.input is self._line and self._marked is not None:
            self._marked = None
            self._show()
        else:
            self._show_count()

    def on_form_input_cancelled(self) -> None:
        """Nothing is submitted."""
        self.dismiss(None)

    def on_task_input_paged(self, event: TaskInput.Paged) -> None:
        """Scroll the lines."""
        event.stop()
        page = self.query_one(PlanScroll)
        page.scroll_page_down(animate=False) if event.by > 0 else page.scroll_page_up(animate=False)

    def _change(self, number: int) -> None:
        """Take a line into the input."""
        text = self._lines.take(number)
        if scrub(text, LONGEST) != text:
            self._lines.put(number, text)
            self._say("it has characters, or a length, that a line cannot show: it can only be removed (del)")
            return
        self._changing, self._marked = number, None
        self._line.begin_with(text)
        self._read_anew()

    # ── reading and planning ───────────────────────────────────────────────────────────────────────────────────────

    def _read_anew(self) -> None:
        self._reading = True
        self._show()
        self.run_worker(self._read(), name="read", group="read", exclusive=True)

    async def _read(self) -> None:
        acting, text = self._deck.acting, self._lines.text()
        self._items, self._faults = (), ()
        if acting is not None and self._lines:
            try:
                self._items = await acting.read_items(self._desk.template.name, text)
            except FleetdeckError as error:
                self._faults = tuple(str(error).splitlines())
        self._reading = False
        self._show()

    async def _add(self, text: str) -> None:
        """One more line, or the changed one. A path of a file is no item before that was said."""
        if is_path_like(text) and not self._is_meant(f"item {text}") and await self._text_of(text) is not None:
            self._file.begin_with(text)
            self._say(f"this is a file: tab, then enter, reads it; enter here again takes its path as an item: {text}")
            return
        if self._changing is None:
            self._lines.add(text)
        else:
            self._lines.put(self._changing, text)
        self._changing = None
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
        if self._lines and not self._is_meant(f"file {path}"):
            self._say(f"enter again: the lines of the file take the place of {count_of(len(self._lines), 'line')}")
            return
        self._say("")
        self._lines.read(text)
        self._changing = self._marked = None
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
        wrong = faulty(self._faults)
        self._list.show([self._drawn(number, text, wrong) for number, text in self._lines])
        self.call_after_refresh(self._scroll)
        self._show_count()

    def _show_count(self) -> None:
        ink = Ink(self.app.theme_variables)
        said = [self._count(ink), *(ink.write(f"✖ {fault}", Tone.DOWN) for fault in self._faults[:_FAULTS])]
        if len(self._faults) > _FAULTS:
            said.append(ink.write(f"and {len(self._faults) - _FAULTS:,} more", Tone.DOWN))
        for line in said:
            line.no_wrap = False
        self.query_one("#count", Static).update(Text("\n").join(said))
        self._line.call_enter(self._enter())

    def _drawn(self, number: int, text: str, wrong: frozenset[int]) -> Line:
        mark = "▸" if number == self._marked else " "
        return Line(f"{mark}{number:,}", text[:_LINE_CHARS], bad=number in wrong)

    def _scroll(self) -> None:
        """Keep the line under the cursor in sight, else the last one."""
        page = self.query_one(PlanScroll)
        if self._marked is None:
            page.scroll_end(animate=False)
            return
        place, height = self._list.place_of(self._lines.numbers().index(self._marked)), page.size.height
        if not page.scroll_y <= place < page.scroll_y + height:
            page.scroll_to(y=max(0, place - height // 2), animate=False)

    def _enter(self) -> str:
        if self._line.value:
            return "add" if self._changing is None else "put it back"
        return "plan" if self._marked is None else "change"

    def _count(self, ink: Ink) -> Text:
        if self._marked is not None:
            return ink.write(f"line {self._marked:,}: enter changes it, del removes it", Tone.ACCENT)
        if self._changing is not None and self._line.value:
            return ink.write(
                f"line {self._changing:,} is being changed: enter puts it back, empty it is gone", Tone.ACCENT
            )
        if not self._lines:
            return ink.muted("type a line an item, paste lines or JSONL, or name a file; enter in an empty line plans")
        if self._reading:
            return ink.muted(f"{count_of(len(self._lines), 'line')}, being read …")
        if self._faults:
            words = f"{count_of(len(self._lines), 'line')}, not all of which can be read; ↑ goes to a line"
            return ink.write(words, Tone.DOWN)
        words = f"{count_of(len(self._items), 'item')}; enter in an empty line plans them, ↑ goes to a line"
        return ink.write(words, Tone.TITLE)

    def _say(self, message: str, tone: Tone = Tone.DOWN) -> None:
        if self.is_attached:
            self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(message, tone))
