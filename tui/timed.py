"""An application whose operator chooses how times are shown: `ctrl+t` and `:time`.

The style stands in the store, beside its time, and cells take it from there: a change redraws the cells that show a
time and nothing else.
"""

from collections.abc import Callable
from typing import TypeVar

from textual.app import App

from fleet.store import Store
from fleet.text import scrub
from fleet.time_style import TimeStyle, following
from fleet.time_zones import WORDS, time_style
from tui.screens.deck import DeckScreen

R = TypeVar("R")

CHOICE = "times"
"""Under which name the style is kept between sessions."""


class TimedApp(App[R]):
    """The style of times of the application. `keep_choice` is what keeps a choice for the next session."""

    def __init__(self) -> None:
        super().__init__()
        self._timed = Store()
        self._named: TimeStyle | None = None

    def begin_times(self, store: Store) -> None:
        """Show the times of `store`, whose style is the first one; a zone that is named there stays in the round."""
        self._timed = store
        self._named = store.times if store.times.name not in WORDS else None

    def keep_choice(self, name: str, value: str) -> None:
        """Keep a choice."""

    def action_time(self) -> None:
        """The next way to show times."""
        self.show_times(following(self._timed.times, self._named))

    def time_command(self, text: str) -> Callable[[], None]:
        """`:time utc`, `:time Europe/Berlin`; without a word the next way. Raises FilterError."""
        if not text:
            return self.action_time
        style = time_style(text)
        return lambda: self.show_times(style)

    def show_times(self, style: TimeStyle) -> None:
        """Show all times in `style`, and say so."""
        self._timed.times = style
        if style.name not in WORDS:
            self._named = style
        for screen in self.screen_stack:
            if isinstance(screen, DeckScreen):
                screen.redraw()
        self.keep_choice(CHOICE, style.name)
        self.notify(scrub(self._words(style)), markup=False)

    def _words(self, style: TimeStyle) -> str:
        if style.relative:
            return "times as ages"
        now = self._timed.now
        return f"times in {style.name}" + (f": {style.title(now)}" if now is not None else "")
