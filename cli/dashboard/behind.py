"""What goes on behind the dashboard: collecting, from after the first frame until the end."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING

from cli.dashboard import garbage
from cli.dashboard.last_state import LastState
from cli.dashboard.memory_file import memory_path
from cli.settings import state_dir
from fleet.clock import Clock
from fleet.errors import ConfigError
from fleet.store import Store
from fleet.views.catalogue import TABLE_VIEWS, table_view

if TYPE_CHECKING:
    from cli.deck import Deck
    from cli.judging.judgement import Judgement
    from cli.judging.past import Past
    from cli.reload import ConfigFile, Reloaded
    from config.schema import Config
    from fleet.actions.ports import Acting
    from tui.app import FleetdeckApp

log = logging.getLogger(__name__)

ConfigLater = Callable[[], Awaitable["Config"]]
"""Gives the configuration once it is there (the demo fleet has to start first)."""


def _import() -> None:
    for name in ("cli.acting.acts", "cli.deck", "cli.kinds", "cli.reload", "cli.self_metrics"):
        import_module(name)
    for name in TABLE_VIEWS:
        # The key that opens one should not wait for it.
        table_view(name)


class Behind:
    """Fills `store` by the configuration that `later` gives, for the application that is `attach`ed."""

    def __init__(
        self,
        later: ConfigLater,
        store: Store,
        clock: Clock,
        last: LastState,
        *,
        lasting: bool = False,
        read_only: bool = False,
    ) -> None:
        """`lasting`: the fleet is the same one at the next start, so what is known of its alerts and objectives is
        kept. `read_only`: the command line says so."""
        self._later = later
        self._store = store
        self._clock = clock
        self._last = last
        self._lasting = lasting
        self._read_only = read_only
        self._app: FleetdeckApp | None = None
        self._deck: Deck | None = None
        self._file: ConfigFile | None = None

    def attach(self, app: "FleetdeckApp") -> None:
        """Whose pace is kept, and who is told what went wrong."""
        self._app = app

    async def collect(self) -> None:
        """Until cancelled. The imports stand here because the first frame waits for none of them; they are made in a
        thread because a key should not, either."""
        garbage.release()
        reading = asyncio.ensure_future(self._later())
        await asyncio.to_thread(_import)
        from cli.acting.books import Keeping
        from cli.deck import Deck
        from cli.kinds import kind_tables
        from cli.log_file import log_files
        from cli.reload import ConfigFile
        from cli.self_metrics import offer

        app = self._app
        assert app is not None  # noqa: S101  # attached before it runs
        keeping = asyncio.create_task(garbage.keep(app.idle_s))
        self._last.recall(self._store, self._clock)
        config = await reading
        kept = Keeping.of(config, read_only=self._read_only)
        deck = self._deck = Deck(config, self._store, self._clock, app.meter.read, self._past(config), kept)
        self._file = ConfigFile(deck, config, kind_tables(), self._clock.now(), self._reloaded)
        self._file.follow()
        loop = asyncio.get_running_loop()

        def tell_log(words: str) -> None:
            loop.call_soon_threadsafe(app.report, "log", words)

        with contextlib.ExitStack() as stack:
            stack.callback(keeping.cancel)
            for log in log_files():
                stack.enter_context(log.telling(tell_log))
            try:
                stack.enter_context(offer(config.self_metrics, self._store))
            except ConfigError as error:
                # An address that is taken is no reason to watch nothing.
                app.report("self_metrics", str(error))
            async with self._last.kept(self._store, self._clock):
                await deck.run()

    @property
    def judgement(self) -> "Judgement | None":
        """What says what is wrong, once there is a fleet to watch."""
        return None if self._deck is None else self._deck.judgement

    @property
    def acting(self) -> "Acting | None":
        """What can be done to the fleet, once there is one to watch."""
        return None if self._deck is None or self._deck.acts is None else self._deck.acts.desk

    def _past(self, config: "Config") -> "Past":
        """A fleet without a file of its own is another one at each start, and has no past."""
        from cli.judging.past import no_past, past_of

        if not self._lasting:
            return no_past()
        try:
            return past_of(memory_path(state_dir(), config.name, config.path), writes=True)
        except OSError as error:
            log.warning("nothing of alerts and objectives is kept: %s", error)
            return no_past()

    def collect_now(self) -> None:
        """Have everything looked at now, if anything is looked at yet."""
        if self._deck is not None:
            self._deck.collect_now()

    def reload(self) -> None:
        """Read the configuration again, once it has been read."""
        if self._file is not None:
            self._file.reload()

    def _reloaded(self, result: "Reloaded") -> None:
        if self._app is not None:
            self._app.report("config", "the configuration is wrong" if result.bad else "")
            self._app.say(result.text, bad=result.bad)
