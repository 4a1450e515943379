"""The live dashboard, wired together. It is imported once the terminal is prepared, for this loads what draws; what
fetches is loaded behind the first frame."""

import os
from pathlib import Path

from msgspec import Struct

from cli.dashboard.behind import Behind, ConfigLater
from cli.dashboard.clipboard import MachineClipboard
from cli.dashboard.ending import run_app
from cli.dashboard.last_state import LastState
from cli.dashboard.late import LateExplainer, LateGraphs, LateQueries, LateSilencer, late_acting
from cli.dashboard.memory_file import Kept, open_memory
from cli.dashboard.saved import Taste, first_style
from cli.keys_file import find_keys, key_map
from cli.settings import log_file, operator
from cli.wishes import Wishes
from fleet.clock import Clock, SystemClock
from fleet.filters.saved import FilterShelf, SavedFilters
from fleet.store import Store
from fleet.view_line import VIEWS, ViewLine
from fleet.views.catalogue import check_view_line
from tui.app import FleetdeckApp
from tui.terminal.capabilities import Capabilities
from tui.terminal.profile import Profile
from tui.themed import Look
from tui.timed import CHOICE


class Live(Struct, frozen=True, kw_only=True):
    """What is to be shown, and where: the fleet of which `later` gives the configuration, as `wishes` ask for it."""

    later: ConfigLater
    name: str
    path: Path | None
    """Where the configuration stands, if it will again."""
    taste: Taste
    wishes: Wishes
    asked: ViewLine | None
    """The view that the wishes name."""
    terminal: Capabilities
    profile: Profile

    def run(self) -> None:
        """Until the operator quits. Raises FilterError where the view asks for a filter that there is not, and what
        `find_keys` raises."""
        if self.wishes.keys:
            find_keys(self.wishes.keys, os.environ)
        kept = open_memory(self.name, self.path, fresh=self.wishes.fresh)
        saved = SavedFilters(self.taste.filters, dict(kept.memory.filters))
        if self.asked is not None:
            check_view_line(self.asked, saved)
        store, clock = Store(), SystemClock()
        store.times = first_style(self.wishes.tz, kept.memory.choices.get(CHOICE, ""), self.taste.time)
        behind = self._behind(store, clock)
        app = self._app(store, clock, behind, kept, saved)
        behind.attach(app)
        run_app(app)

    def _behind(self, store: Store, clock: Clock) -> Behind:
        last = LastState(self.name, None if self.wishes.fresh else self.path)
        if last.is_small:
            last.recall(store, clock)
        read_only = self.wishes.read_only
        return Behind(self.later, store, clock, last, lasting=self.path is not None, read_only=read_only)

    def _app(self, store: Store, clock: Clock, behind: Behind, kept: Kept, saved: SavedFilters) -> FleetdeckApp:
        return FleetdeckApp(
            store,
            fleet_name=self.name,
            clock=clock,
            view=self.asked or ViewLine(view=kept.memory.view or VIEWS[0]),
            read_only=self.wishes.read_only,
            profile=self.profile,
            on_start=behind.collect,
            collect_now=behind.collect_now,
            reload=behind.reload,
            log_path=log_file(),
            read_keys=lambda: key_map(self.wishes.keys, os.environ),
            clipboard=MachineClipboard(os.environ),
            memory=kept.memory,
            remember=kept.remember,
            memory_trouble=kept.trouble,
            filters=FilterShelf(saved),
            look=Look(terminal=self.terminal, theme=self.wishes.theme or "", configured=self.taste.theme),
            silencer=LateSilencer(lambda: behind.judgement),
            acting=late_acting(lambda: behind.acting),
            operator=operator(),
            graphing=LateGraphs(lambda: behind.judgement),
            querying=LateQueries(lambda: behind.judgement),
            explain=LateExplainer(lambda: behind.judgement),
            notify=self.taste.notify,
        )
