"""An application that shows views and pages: by a view line, by a key, by what a row is about, or as they were before.

Every way leads through `leaving` and `arrived`, so that all of it can be gone back on.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace
from textual.await_complete import AwaitComplete
from textual.screen import Screen

from fleet.errors import FilterError
from fleet.view_line import ViewLine
from fleet.views.view import View
from fleet.why.model import Subject
from tui.acting.rolling_app import RollingApp
from tui.filtering import FilteringApp
from tui.kept.history import Visit
from tui.kept.memory import Memory
from tui.kept.remembering import RememberingApp, gathered
from tui.kept.travel import TravellingApp
from tui.screens.deck import DeckScreen
from tui.screens.made import query_page, row_page, slo_page, view_screen, visited_page, why_page
from tui.screens.modes import Modes
from tui.screens.table import TableScreen
from tui.table.table import Table
from tui.terminal.let_go import let_go
from tui.views import TABLES

R = TypeVar("R")


class NavigatingApp(TravellingApp[R], RollingApp[R], RememberingApp[R], FilteringApp[R]):
    """`begin_at` says which view is the first; the others are made when they are entered."""

    def begin_at(self, line: ViewLine) -> None:
        """Begin at what a view line asks for, once it can be shown: until `open` its view is as it was left."""
        self._asked = line
        self._view_modes = Modes(self, line.view, self._view)

    def _view(self, name: str) -> DeckScreen:
        return view_screen(self.context, name, lambda: self._as_left(name))

    def _as_left(self, name: str) -> Visit | None:
        """How a view was left the last time; a filter that comes back is said, that nobody takes a part for all."""
        left, asked = self.remembered(name), self._asked
        if asked.view == name and not asked.is_plain:
            kept = left.line.columns if left is not None else ()
            return Visit(line=replace(asked, subject=None, columns=asked.columns or kept))
        if left is not None and (left.line.filter or left.line.faults):
            only = " and ".join(["faults only"] * left.line.faults + [f"/{left.line.filter}"] * bool(left.line.filter))
            self.call_after_refresh(self.say, f"{name} as it was left: {only}")
        return left

    def gathered(self) -> Memory:
        """The memory with every view as it is now."""
        return gathered(self.memory, self._view_modes.made, self._view_modes.current)

    # ── views ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, line: ViewLine) -> None:
        """Show what a view line asks for; one that only names a view shows it as it was left."""
        self.leaving()
        self._asked = line
        screen = await self._view_modes.enter(line.view)
        if isinstance(screen, TableScreen) and not line.is_plain:
            screen.apply(line)
        if line.subject is not None:
            await self.push_screen(self._row_page(TABLES["agents"], line.subject))
        self.arrived()

    async def revisit(self, visit: Visit) -> None:
        """Show what was shown then, as it was then."""
        screen = await self._view_modes.enter(visit.line.view)
        page = visited_page(self, self.context, visit, self.action_page)
        if page is not None:
            await self.push_screen(page)
        elif isinstance(screen, TableScreen):
            try:
                screen.restore(visit)
            except FilterError as error:
                # A saved filter may have been taken away meanwhile.
                self.say(str(error), bad=True)

    async def action_view(self, name: str) -> None:
        """A number key."""
        await self.open(ViewLine(view=name))

    async def action_last_view(self) -> None:
        """Back to the view before this one."""
        await self.open(ViewLine(view=self._view_modes.last))

    # ── pages ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def open_query(self, expr: str = "") -> None:
        """Ask in PromQL; without an expression the line for it is opened."""
        from tui.queries.screen import QueryScreen

        self.leaving()
        if not isinstance(self.screen, QueryScreen):
            await self.push_screen(query_page(self.context, self._view_modes.current, expr))
        elif expr:
            self.screen.ask_for(expr)
        else:
            self.screen.action_edit()
        self.arrived()

    async def show_why(self, subject: Subject) -> None:
        """The page that says why something is red."""
        await self._show(lambda: why_page(self.context, self._view_modes.current, subject))

    async def open_row(self, view: str, key: Any) -> None:
        """The page of an agent, or the details of any other row, from wherever one is."""
        await self._show(lambda: self._row_page(TABLES[view], key))

    async def show_formula(self, slo: str) -> None:
        """The page of an objective, beginning with how its numbers came about."""
        await self._show(lambda: slo_page(self.context, slo, explaining=True))

    async def on_table_opened(self, event: Table.Opened) -> None:
        """Show the page of an agent, or the details of any other row."""
        await self._show(lambda: self._row_page(event.view, event.key))

    async def action_close_page(self) -> None:
        """Back to where the page was opened from."""
        self.leaving()
        await self.pop_screen()
        self.arrived()

    def pop_screen(self) -> AwaitComplete:
        """As Textual's; nothing is kept of a page that is left."""
        let_go(self)
        return super().pop_screen()

    async def _show(self, page: Callable[[], Screen[Any]]) -> None:
        self.leaving()
        await self.push_screen(page())
        self.arrived()

    def _row_page(self, view: View[Any], key: Any) -> Screen[Any]:
        return row_page(self, self.context, view, key, self.action_page)
