"""The dashboard application: owns the work that goes on behind the screens, holds what all of them share, and has the
keys and commands that work everywhere. What it shows, and how one gets there, is `tui.navigating`.

The first frame is drawn before anything else is started (or imported): `on_start` begins after it.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.command import Provider
from textual.reactive import reactive
from textual.screen import Screen
from textual.system_commands import SystemCommandsProvider

from fleet.alerts.notices import NotifyWish
from fleet.alerts.ports import Graphing, Silencer
from fleet.clipboard import Clipboard
from fleet.clock import Clock
from fleet.errors import FilterError
from fleet.filters.saved import FilterShelf, SavedFilters
from fleet.promql.ports import Querying
from fleet.store import Store
from fleet.text import scrub
from fleet.view_line import ViewLine
from fleet.views.catalogue import check_view_line
from fleet.why.ports import Explaining
from tui.background import Background
from tui.cells import steady
from tui.chrome.prompt import Asking
from tui.chrome.tabs import ViewTabs
from tui.chrome.too_small import HEIGHTS, WIDTHS
from tui.command_table import palette_of, verbs_of, words_of
from tui.commands import Command, Verb, completions, read_command
from tui.context import Context
from tui.copying import CopyingApp, TerminalOnly
from tui.kept.memory import Memory
from tui.kept.remembering import Remember
from tui.keys.bindings import APP_KEYS
from tui.keys.in_order import OrderlyApp
from tui.keys.keyed import KeyedApp, ReadKeys
from tui.keys.keymap import KeyMap
from tui.navigating import NavigatingApp
from tui.palette import AgentPages
from tui.screens.deck import DeckScreen
from tui.terminal.attention import AttentiveApp
from tui.terminal.guard import GuardedApp
from tui.terminal.own_terminal import OwnTerminalApp
from tui.terminal.profile import LOCAL, Profile
from tui.themed import Look, ThemedApp
from tui.timed import TimedApp

if TYPE_CHECKING:
    from fleet.actions.ports import Acting

log = logging.getLogger(__name__)


class FleetdeckApp(
    OrderlyApp[None],
    GuardedApp[None],
    KeyedApp[None],
    CopyingApp[None],
    AttentiveApp[None],
    NavigatingApp[None],
    TimedApp[None],
    OwnTerminalApp[None],
    ThemedApp[None],
    inherit_bindings=False,
):
    """The dashboard over a store that others fill.

    `on_start` is run as a task of this app from after the first frame until the end, when it is cancelled and awaited;
    if it raises, the dashboard says so and stays. `collect_now` asks for a sweep at once, `reload` for the
    configuration to be read again. `log_path` is where the operator is sent for more. `profile` says what drawing
    may cost. `silencer` makes and ends silences, in the name of `operator` (`user@host`); `graphing` gives the curves
    of expressions, `querying` answers them, `explain` says why something is red; `notify` says of which alerts the
    terminal tells. `acting` plans and starts what is done to the fleet.
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
        reload: Callable[[], None] | None = None,
        log_path: Path | None = None,
        read_keys: ReadKeys = KeyMap,
        clipboard: Clipboard | None = None,
        profile: Profile = LOCAL,
        memory: Memory | None = None,
        remember: Remember | None = None,
        memory_trouble: str = "",
        filters: FilterShelf | None = None,
        look: Look | None = None,
        silencer: Silencer | None = None,
        operator: str = "",
        graphing: Graphing | None = None,
        querying: Querying | None = None,
        explain: Explaining | None = None,
        notify: NotifyWish | None = None,
        acting: "Acting | None" = None,
    ) -> None:
        super().__init__(read_keys)
        self.follow(profile)
        self.begin_with(memory or Memory(), remember)
        self.begin_filters(filters or FilterShelf(SavedFilters({}, dict(self.memory.filters))))
        self.begin_times(store)
        self._memory_trouble = memory_trouble
        self.begin_at(view)
        self.animation_level = "none"
        self.context = Context(
            store=store,
            clock=clock,
            fleet_name=scrub(fleet_name, 40),
            read_only=read_only,
            read_command=lambda text: read_command(text, self, store, self.shelf.now),
            typed=self.typed,
            entered=self.keep_typed,
            filters=self.shelf,
            silencer=silencer,
            operator=scrub(operator, 120),
            graphing=graphing,
            querying=querying,
            explaining=explain,
            acting=acting,
        )
        self._notify_wish = notify or NotifyWish()
        self._first = view
        self._background = Background(on_start, self._broke)
        self._collect_now = collect_now
        self._reload = reload
        self._troubles: dict[str, str] = {}
        self._log_path = log_path
        self._keys_problem = self.take_keys()
        self.machine = clipboard or TerminalOnly()
        self.begin_look(look or Look())

    # ── start and end ──────────────────────────────────────────────────────────────────────────────────────────────

    async def on_ready(self) -> None:
        """Show what the first line asks for, then start the work once that is drawn."""
        if self._first.subject is not None or not self._first.is_plain:
            try:
                check_view_line(self._first, self.shelf.now)
                await self.open(self._first)
            except FilterError as error:
                self.say(str(error), bad=True)
        self.arrived()
        if self._memory_trouble:
            self.say(self._memory_trouble, bad=True)
        if self._keys_problem:
            self.say(self._keys_problem, bad=True)
        self.begin_notices(self.context.store, self.context.clock, self.context.fleet_name, self._notify_wish)
        self.begin_proposals()
        self.after_frame(self._background.begin)

    async def on_unmount(self) -> None:
        """End the work, and wait until it has ended."""
        await self._background.end()

    def _broke(self, error: BaseException) -> None:
        if not self.is_running:
            return
        log.error("collecting has stopped", exc_info=error)
        where = f" (see {self._log_path})" if self._log_path else ""
        self.report("collecting", "collecting has stopped")
        self.say(f"collecting has stopped: {type(error).__name__}: {error}{where}", bad=True)

    # ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────

    def report(self, topic: str, trouble: str) -> None:
        """Put what is wrong with fleetdeck itself into every title; "" where there is nothing wrong any more."""
        self._troubles.pop(topic, None)
        if trouble:
            self._troubles[topic] = scrub(trouble, 120)
        self.trouble = " · ".join(self._troubles.values())

    def say(self, message: str, *, bad: bool = False) -> None:
        """A toast; its text may come from outside."""
        self.notify(steady(message), severity="error" if bad else "information", markup=False)

    # ── keys and commands ──────────────────────────────────────────────────────────────────────────────────────────

    @property
    def words(self) -> Mapping[str, Command]:
        """The commands that are no view."""
        return words_of(self)

    @property
    def verbs(self) -> Mapping[str, Verb]:
        """The commands that take words."""
        return verbs_of(self)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the command palette offers beside agents."""
        return palette_of(self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`:` is text while the prompt is open, and means nothing on a sheet."""
        if action == "command" and not (isinstance(self.screen, DeckScreen) and not self.screen.is_asking):
            return False
        return super().check_action(action, parameters)

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

    def action_reload(self) -> None:
        """Read the configuration again; what came of it is said when it is done."""
        if self._reload is None:
            self.say("there is no configuration to read again here")
            return
        self._reload()

    def reload_keys(self) -> None:
        """Read the keys file again; a mistake in it leaves the keys as they are."""
        problem = self.take_keys()
        for view in self._view_modes.made:
            view.query_one(ViewTabs).refresh()
        self.say(problem or f"keys: {self.key_map.name}", bad=bool(problem))
