"""What every screen of the dashboard is made of: tabs, title, a body, prompt, keys; and how the prompt is used."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from fleet.errors import FilterError
from fleet.view_line import ViewLine
from fleet.views.view import Tone
from tui.acting.may import may_write, tag
from tui.acting.rolls import rolled_names
from tui.chrome.key_line import KeyLine
from tui.chrome.page_scroll import PageScroll
from tui.chrome.prompt import Asking, Prompt
from tui.chrome.tabs import ViewTabs
from tui.chrome.title import TitleLine
from tui.chrome.too_small import TooSmall, size_classes
from tui.chrome.typed import is_typing
from tui.context import Context
from tui.ink import Ink
from tui.kept.history import Visit
from tui.keys.bindings import SCREEN_KEYS
from tui.live import Live
from tui.screens.copying import CopyScreen, picks
from tui.table.table import Table

if TYPE_CHECKING:
    from textual.suggester import Suggester

    from fleet.copies import Picked
    from fleet.why.model import Subject


_SILENCING = frozenset({"acknowledge", "silence", "unsilence"})


class DeckScreen(CopyScreen, inherit_bindings=False):
    """One view. Subclasses give the body, the title, and which table `/` and `ctrl+z` mean."""

    BINDINGS: ClassVar[list[BindingType]] = SCREEN_KEYS
    title_word = ""

    class Leaving(Message):
        """What is shown is about to become another thing."""

    class Arrived(Message):
        """Another filter is on, or only faults are shown, or all again."""

    def __init__(self, context: Context, line: ViewLine) -> None:
        super().__init__()
        self.context = context
        self._line = line
        self._title = TitleLine(context)
        self._prompt = Prompt()
        self._filters: dict[Table, str] = {}
        self._counted: dict[Table, Table.Counted] = {}
        self._before_prompt: Widget | None = None
        self._typed: str | None = None

    def compose(self) -> ComposeResult:
        self.update_classes(size_classes(self.app.size), update=False)
        yield ViewTabs(self._line.view)
        yield self._title
        with Container(id="body"):
            yield from self.body()
        yield self._prompt
        yield KeyLine()
        yield TooSmall()

    def body(self) -> Iterable[Widget]:
        """The widgets between title and prompt."""
        raise NotImplementedError

    def table(self) -> Table | None:
        """The table that the filter and the faults key mean: the focused one, if any."""
        return self.focused if isinstance(self.focused, Table) else None

    def visit(self) -> Visit:
        """What is shown, to be found so again."""
        return Visit(line=self._line)

    def title_parts(self, ink: Ink) -> list[Text]:
        """The left side of the title line."""
        parts = [ink.write(self.title_word, Tone.TITLE, bold=True)]
        table = self.table()
        return parts if table is None else [*parts, *self.table_parts(ink, table)]

    def table_parts(self, ink: Ink, table: Table) -> list[Text]:
        """How much a table shows, and by which filter; always there while a filter is on."""
        parts = []
        counted = self._counted.get(table)
        if counted is not None:
            part = counted.shown != counted.total or bool(self._filters.get(table))
            number = f"{counted.shown:,}/{counted.total:,}" if part else f"{counted.total:,}"
            parts.append(ink.write(number, Tone.PLAIN))
            if counted.marked:
                # What an act would be done to, though it cannot be seen, must be said.
                hidden = f" ({counted.hidden_marks:,} not shown)" if counted.hidden_marks else ""
                parts.append(ink.write(f"{counted.marked:,} marked{hidden}", Tone.ACCENT))
        if self._filters.get(table):
            parts.append(ink.write("/" + self._filters[table], Tone.ACCENT, bold=True))
        if table.sort:
            order = ",".join(("-" if down else "") + name for name, down in table.sort)
            parts.append(ink.write(f"sort={order}", Tone.ACCENT))
        if table.faults_only:
            parts.append(ink.write("faults only", Tone.ACCENT, bold=True))
        if table.mode:
            parts.append(ink.write(table.mode, Tone.ACCENT))
        return parts

    def show_title(self) -> None:
        """Draw the title anew."""
        self._title.show_title(*self.title_parts(Ink(self.app.theme_variables)))

    def recolour(self) -> None:
        """The theme is another one: what was drawn in its colours is drawn anew."""
        self.show_title()

    # ── what happens to the screen ─────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        self.watch(self.app, "paused", self._paused)
        self.show_title()

    def on_screen_resume(self) -> None:
        """Draw what came while another screen was on top."""
        for table in self.query(Table):
            table.refresh_rows()
        for live in self.query(Live):
            live.catch_up()

    def on_table_counted(self, event: Table.Counted) -> None:
        """Keep the count for the title."""
        if isinstance(event.control, Table):
            self._counted[event.control] = event
            self.show_title()

    def on_table_sorted(self) -> None:
        """Name the order in the title."""
        self.show_title()

    def on_table_steered(self) -> None:
        """Say in the title that the order is held, or follows."""
        self.show_title()

    def on_descendant_focus(self) -> None:
        """The title counts the table that has the focus."""
        self.show_title()

    def begin_anew(self) -> None:
        """Forget what was typed, chosen and scrolled: another thing is about to be shown here, as in a new screen."""
        if self.is_asking:
            self._prompt.close()
        self._before_prompt = self._typed = None
        self._filters.clear()
        self.clear_selection()
        for table in self.query(Table):
            table.begin_anew()
        for page in self.query(PageScroll):
            page.scroll_to(0, 0, animate=False, immediate=True)

    def redraw(self) -> None:
        """Draw everything again that differs from what is drawn, for what is not in the store's slices."""
        for table in self.query(Table):
            table.refresh_rows()
            table.flush()
        for live in self.query(Live):
            live.catch_up()

    def _paused(self, paused: bool) -> None:
        for table in self.query(Table):
            table.paused = paused
        if not paused:
            for live in self.query(Live):
                live.catch_up()

    # ── the prompt ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_asking(self) -> bool:
        """Whether the prompt is open, so that every key is text."""
        return self._prompt.is_open

    def ask(self, asking: Asking, text: str = "", completions: tuple[str, ...] = ()) -> None:
        """Open the prompt."""
        if self._before_prompt is None:
            self._before_prompt = self.focused
        if asking is Asking.FILTER:
            self.post_message(self.Leaving())
        suggester = self._suggester() if asking is Asking.FILTER else None
        self._prompt.ask(asking, text, completions, self.context.typed(asking.value), suggester)

    def _suggester(self) -> "Suggester":
        from tui.filter_reading import suggester

        return suggester(self._filtered(), self.context.store, self.context.filters)

    def action_filter(self) -> None:
        """`/`: filter the table in view, beginning with the filter that is on."""
        table = self.table()
        if table is None:
            self.app.notify("nothing here to filter", markup=False)
            return
        self.set_focus(table, scroll_visible=False)
        table.scroll_visible(animate=False, top=True)
        self._before_prompt = table
        self.ask(Asking.FILTER, self._filters.get(table, ""))

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Filter as the operator types; a filter that cannot be read leaves the last good one on."""
        event.stop()
        if event.asking is Asking.FILTER:
            # First what was typed is shown, then ten thousand rows are looked at for it; what is typed quickly is
            # looked for once.
            self._typed = event.text
            self.call_after_refresh(self._filter_typed)
        else:
            self._prompt.fault("")

    def _filter_typed(self) -> None:
        text, self._typed = self._typed, None
        if text is not None:
            self._try_filter(text)

    def on_prompt_entered(self, event: Prompt.Entered) -> None:
        """Keep the filter, or run the command; what cannot be read stays in the prompt with the reason."""
        event.stop()
        if event.asking is Asking.FILTER:
            self._typed = None
            if self._try_filter(event.text):
                self._end_filter()
            return
        try:
            command = self.context.read_command(event.text)
        except FilterError as error:
            self._prompt.fault(str(error))
            return
        self.context.entered(event.asking.value, event.text.strip())
        self._close_prompt()
        self.app.call_next(command)

    def on_prompt_left(self, event: Prompt.Left) -> None:
        """Close the prompt; a filter that was typed stays on."""
        event.stop()
        if event.asking is Asking.FILTER:
            self._filter_typed()
            self._end_filter()
        else:
            self._close_prompt()

    def _end_filter(self) -> None:
        """The filter is what it is now."""
        table = self._filtered()
        if table is not None and self._filters.get(table):
            self.context.entered(Asking.FILTER.value, self._filters[table])
        self._close_prompt()
        self.post_message(self.Arrived())

    def _try_filter(self, text: str) -> bool:
        table = self._filtered()
        if table is None:
            return True
        try:
            self.filter(table, text)
        except FilterError as error:
            self._prompt.fault(str(error))
            return False
        # Nothing to correct, but worth a word while one is typing.
        from tui.filter_reading import nothing_labelled

        self._prompt.fault(nothing_labelled(table, self.context.store))
        return True

    def filter_text(self) -> str:
        """The filter that is on, "" where there is none."""
        table = self._filtered()
        return "" if table is None else self._filters.get(table, "")

    def filter_again(self) -> None:
        """Put the filters on anew that use saved ones: what these say has changed."""
        for table, text in self._filters.items():
            if "@" in text:
                self.filter(table, text)

    def filter(self, table: Table, text: str) -> None:
        """Put a filter on; "" takes it off. Raises FilterError."""
        from tui.filter_reading import read_filter

        text = text.strip()
        table.set_filter(read_filter(text, table, self.context.filters))
        self._filters[table] = text
        self.show_title()

    def _filtered(self) -> Table | None:
        before = self._before_prompt
        return before if isinstance(before, Table) else self.table()

    def _close_prompt(self) -> None:
        self._prompt.close()
        if self._before_prompt is not None and self._before_prompt.is_attached:
            self._before_prompt.focus()
        self._before_prompt = None

    def picked(self) -> "Picked | None":
        """The marked rows of the table in focus, else the one under its cursor."""
        table = self.table()
        return None if table is None else picks(table, self.context.store, str(self.visit().line))

    # ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def subject(self) -> "Subject | None":
        """What `w` would explain; None where there is nothing that can be."""
        from tui.why.asked import subject_of

        return subject_of(self.visit(), self.table(), self.context.store)

    async def action_why(self) -> None:
        """`w`: why is it red?"""
        subject = self.subject()
        app: Any = self.app
        if subject is not None:
            await app.show_why(subject)

    def rolled(self) -> tuple[str, ...]:
        """What `b` would roll back, by names; none where nothing here can be."""
        return rolled_names(self.visit(), self.table(), self.context.store)

    def action_rollback(self) -> None:
        """`b`: choose a revision to roll back to."""
        app: Any = self.app
        names = self.rolled()
        if names:
            app.roll_back(names)

    def action_faults(self) -> None:
        """Show only what is wrong, or all again."""
        table = self.table()
        if table is not None:
            table.faults_only = not table.faults_only
            self.show_title()
            self.post_message(self.Arrived())

    async def action_back(self) -> None:
        """Take the filter off, then go back to where this page was opened from."""
        table = self.table()
        if table is not None and self._filters.get(table):
            await self.run_action("app.leave_here")
            self.filter(table, "")
            self.post_message(self.Arrived())
            return
        if len(self.app.screen_stack) > 1:
            await self.run_action("app.close_page")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`esc` and the table's keys are offered only where they do something, and none while something is typed."""
        if is_typing(self):
            return False
        if action == "back":
            table = self.table()
            return self.app.screen_stack.index(self) > 0 or bool(table is not None and self._filters.get(table))
        if action == "why":
            return self.subject() is not None
        if action == "rollback":
            app: Any = self.app
            return bool(may_write(self.context) and app.can_roll(self.rolled()))
        if action in _SILENCING:
            # Read-only by the configuration, their sheets say so; what was frozen in a panic hides them.
            return not tag(self.context).startswith("FROZEN")
        if action == "filter":
            return self.table() is not None and not self.is_asking
        return action != "faults" or self.table() is not None
