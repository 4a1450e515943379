"""The two ways by which a text reaches the terminal past every widget of ours: a paste, and the crash that ends it all.

Textual shows what was pasted into an input raw, and prints a crash with the values of all local variables, raw too:
the fleet's texts, and whatever else was at hand. On the terminal of an operator, or in a recording of it, neither has
a place.
"""

import logging
from pathlib import Path
from typing import TypeVar

from rich.text import Text
from textual import events
from textual.app import App, ScreenStackError
from textual.css.query import NoMatches

from fleet.crash import crash_report
from fleet.text import scrub, scrub_lines

R = TypeVar("R")

PASTE_CHARS = 2_000
"""Characters of a paste that are taken; what is typed here is a filter or a name."""

log = logging.getLogger(__name__)


class GuardedApp(App[R]):
    """An application that takes pastes as one harmless line, and whose crash is told in plain, harmless lines."""

    _log_path: Path | None = None

    async def on_event(self, event: events.Event) -> None:
        """Scrub a paste before any widget has it."""
        if isinstance(event, events.Paste):
            # Few take lines; they say how many characters of them.
            most = int(getattr(self.focused, "takes_lines", 0))
            lines = scrub_lines(event.text[:most].replace("\r", "\n"), most)
            event.text = lines if most else scrub(event.text.strip("\r\n"), PASTE_CHARS)
        await super().on_event(event)

    def _handle_exception(self, error: Exception) -> None:
        """Widgets that still open, or say something, while everything is taken down may not find what is gone by then,
        or was not made any more: that is no failure of the dashboard."""
        if self._running or not isinstance(error, NoMatches | ScreenStackError):
            super()._handle_exception(error)
        else:
            log.debug("while everything was taken down", exc_info=error)

    def _fatal_error(self) -> None:
        error = self._exception
        if error is None:
            return
        log.critical("the dashboard failed", exc_info=error)
        lines = [*crash_report(error), "fleetdeck has failed, which should not happen whatever it watches."]
        if self._log_path is not None:
            lines.append(scrub(f"More is in {self._log_path}"))
        # Only the first: what fails behind it fails because of it.
        told = Text("\n".join(lines), no_wrap=True, overflow="fold")
        self._exit_renderables[:] = self._exit_renderables[:1] or [told]
        self._close_messages_no_wait()
