"""The dashboard application: opens views, owns the work that goes on behind them, and holds what all screens share.

The first frame is drawn before anything else is started (or imported): `on_start` begins after it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.command import Provider
from textual.reactive import reactive
from textual.screen import Screen
from textual.system_commands import SystemCommandsProvider

from fleet.clock import Clock
from fleet.errors import FilterError
from fleet.store import Store
from fleet.text import scrub
from fleet.view_line import VIEWS, ViewLine
from fleet.views.catalogue import check_view_line
from tui.chrome.prompt import Asking
from tui.chrome.too_small import HEIGHTS, WIDTHS
from tui.commands import Command, completions, read_command
from tui.context import Context
from tui.keys import APP_KEYS
from tui.palette import AgentPages
from tui.screens.agent import AgentScreen
from tui.screens.deck import DeckScreen
from tui.screens.detail import DetailScreen
from tui.screens.help import HelpScreen, live_keys
from tui.screens.overview import OverviewScreen
from tui.screens.table import TableScreen
from tui.table import Table
from tui.theme import THEMES
from tui.thrift import ThriftyApp
from tui.views import TABLES


class FleetdeckApp(ThriftyApp[None]):
    """The dashboard over a store that others fill.

    `on_start` is run as a task of this app from after the first frame until the end, when it is cancelled and awaited;
    if it raises, the dashboard says so and stays. `collect_now` asks for a sweep at once. `log_path` is where the
    operator is sent for more.
    """

    TITLE = "fleetdeck"
    CSS_PATH = "fleetdeck.tcss"
    BINDINGS: ClassVar[list[BindingType]] = APP_KEYS
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {SystemCommandsProvider, AgentPages}
    DEFAULT_MODE = "first"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    paused: reactive[bool] = reactive(False, repaint=False)
    """Whether drawing is paused; the data go on."""

    trouble: reactive[str] = reactive("", repaint=False)
    """What is wrong with fleetdeck itself; stands in every title until it ends."""

    def __init__(
        self,
        store: Store,
        *,
        fleet_name: str,
        clock: Clock,
        view: ViewLine,
        read_only: bool = False,
        on_start: Callable[[], Awaitable[None]] | None = None,
        collect_now: Callable[[], None] | None = None,
        log_path: Path | None = None,
    ) -> None:
        super().__init__()
        # Each view is a mode with a stack of its own, so that it is left and found again as it was.
        self._modes_of = {name: self.DEFAULT_MODE if name == view.view else name for name in VIEWS}
        for name, mode in self._modes_of.items():
            self.add_mode(mode, partial(self._view, name))
        self.animation_level = "none"
        self.context = Context(
            store=store,
            clock=clock,
            fleet_name=scrub(fleet_name, 40),
            read_only=read_only,
            read_command=lambda text: read_command(text, self, store),
        )
        self._first = view
        self._current = self._last = view.view
        self._on_start = on_start
        self._collect_now = collect_now
        self._log_path = log_path
        self._work: asyncio.Task[None] | None = None
        self._views: dict[str, DeckScreen] = {}
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    # ── start and end ──────────────────────────────────────────────────────────────────────────────────────────────

    async def on_ready(self) -> None:
        """Show what the first line asks for, then start the work once that is drawn."""
        if self._first.subject is not None or self._first.filter or self._first.sort or self._first.faults:
            try:
                check_view_line(self._first)
                await self.open(self._first)
            except FilterError as error:
                self.say(str(error), bad=True)
        self.call_after_refresh(self._start)

    async def on_unmount(self) -> None:
        """End the work, and wait until it has ended."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait({self._work})

    def _start(self) -> None:
        if self._on_start is not None and self._work is None:
            self._work = asyncio.ensure_future(self._run(self._on_start))
            self._work.add_done_callback(self._work_ended)

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        await work()

    def _work_ended(self, work: "asyncio.Task[None]") -> None:
        error = None if work.cancelled() else work.exception()
        if error is None or not self.is_running:
            return
        self.log.error(repr(error))
        where = f" (see {self._log_path})" if self._log_path else ""
        self.trouble = "collecting has stopped"
        self.say(f"{self.trouble}: {type(error).__name__}: {error}{where}", bad=True)

    # ── what is shown ──────────────────────────────────────────────────────────────────────────────────────────────

    def _view(self, name: str) -> DeckScreen:
        """The screen of a view, made when its mode is first entered and kept, so that filter and cursor stay."""
        line = ViewLine(view=name)
        view = TABLES.get(name)
        screen = OverviewScreen(self.context, line) if view is None else TableScreen(self.context, line, view)
        self._views[name] = screen
        return screen

    async def open(self, line: ViewLine) -> None:
        """Show what a view line asks for; one that only names a view shows it as it was left."""
        if line.view != self._current:
            self._last, self._current = self._current, line.view
            await self.switch_mode(self._modes_of[line.view])
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        screen = self._views[line.view]
        if isinstance(screen, TableScreen) and (line.filter or line.sort or line.faults):
            screen.apply(line)
        if line.subject is not None:
            await self.push_screen(AgentScreen(self.context, line.subject))

    async def on_table_opened(self, event: Table.Opened) -> None:
        """Show the page of an agent, or the details of any other row."""
        if event.view.name == "agents":
            await self.push_screen(AgentScreen(self.context, event.key))
        else:
            await self.push_screen(DetailScreen(self.context, event.view, event.key))

    def say(self, message: str, *, bad: bool = False) -> None:
        """A toast; its text may come from outside."""
        self.notify(scrub(message), severity="error" if bad else "information", markup=False)

    # ── keys and commands ──────────────────────────────────────────────────────────────────────────────────────────

    @property
    def words(self) -> Mapping[str, Command]:
        """The commands that are no view."""
        quit_, help_ = self.exit, self.action_help
        return {
            "quit": quit_,
            "q": quit_,
            "help": help_,
            "?": help_,
            "pause": self.action_pause,
            "collect": self.action_collect,
            "theme": self.action_change_theme,
        }

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the command palette offers beside agents."""
        for number, name in enumerate(VIEWS, 1):
            yield SystemCommand(f"view {name}", f"key {number}", lambda name=name: self.open(ViewLine(view=name)))
        yield SystemCommand("collect now", "ask every source at once", self.action_collect)
        yield SystemCommand("pause drawing", "hold the picture still while the data go on", self.action_pause)
        yield SystemCommand("theme", "other colours", self.action_change_theme)
        yield SystemCommand("help", "the keys that work here", self.action_help)
        yield SystemCommand("quit", "leave fleetdeck", self.exit)

    async def action_view(self, name: str) -> None:
        """A number key."""
        await self.open(ViewLine(view=name))

    async def action_last_view(self) -> None:
        """Back to the view before this one."""
        await self.open(ViewLine(view=self._last))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`:` is text while the prompt is open, and means nothing on a sheet."""
        if action == "command":
            return isinstance(self.screen, DeckScreen) and not self.screen.is_asking
        return True

    def action_command(self) -> None:
        """`:`: ask for a command."""
        if isinstance(self.screen, DeckScreen):
            self.screen.ask(Asking.COMMAND, completions=completions(self, self.context.store))

    def action_pause(self) -> None:
        """Hold the picture still, or let it go on."""
        self.paused = not self.paused

    def action_collect(self) -> None:
        """Ask for a sweep at once."""
        if self._collect_now is None:
            self.say("nothing collects here: this is a still picture")
            return
        self._collect_now()
        self.say("collecting now")

    def action_help(self) -> None:
        """The keys that work here."""
        if isinstance(self.screen, DeckScreen):
            self.push_screen(HelpScreen(live_keys(self.screen)))
