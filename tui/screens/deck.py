"""What every screen of the dashboard is made of: tabs, title, a body, prompt, keys; and the keys that all of them
have."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from fleet.view_line import ViewLine
from fleet.views.view import Tone
from tui.acting.may import may_write, tag
from tui.acting.rolls import rolled_names
from tui.chrome.key_line import KeyLine
from tui.chrome.page_scroll import PageScroll
from tui.chrome.tabs import ViewTabs
from tui.chrome.title import TitleLine
from tui.chrome.too_small import TooSmall, size_classes
from tui.chrome.typed import is_typing
from tui.context import Context
from tui.ink import Ink
from tui.kept.history import Visit
from tui.keys.bindings import SCREEN_KEYS
from tui.live import Live
from tui.screens.copying import picks
from tui.screens.prompting import PromptScreen
from tui.table.summary import summary
from tui.table.table import Table

if TYPE_CHECKING:
    from fleet.copies import Picked
    from fleet.why.model import Subject


_SILENCING = frozenset({"acknowledge", "silence", "unsilence"})


class DeckScreen(PromptScreen, inherit_bindings=False):
    """One view. Subclasses give the body, the title, and which table `/` and `ctrl+z` mean."""

    BINDINGS: ClassVar[list[BindingType]] = SCREEN_KEYS
    title_word = ""

    def __init__(self, context: Context, line: ViewLine) -> None:
        super().__init__(context)
        self._line = line
        self._title = TitleLine(context)
        self._counted: dict[Table, Table.Counted] = {}

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
        return summary(table, self._counted.get(table), self._filters.get(table, ""), ink)

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
        self.forget_typed()
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

    # ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def picked(self) -> "Picked | None":
        """The marked rows of the table in focus, else the one under its cursor."""
        table = self.table()
        return None if table is None else picks(table, self.context.store, str(self.visit().line))

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
