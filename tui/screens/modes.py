"""Each view is a mode with a stack of its own, so that it is left and found again as it was."""

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.app import App

from fleet.view_line import VIEWS
from tui.screens.deck import DeckScreen


class Modes:
    """The views of an application. `current` is the one that is shown, `last` the one before it."""

    def __init__(self, app: App[Any], first: str, make: Callable[[str], DeckScreen]) -> None:
        """`make` makes the screen of a view, when its mode is first entered."""
        self._app = app
        self._make = make
        self._modes = {name: app.DEFAULT_MODE if name == first else name for name in VIEWS}
        self._made: dict[str, DeckScreen] = {}
        self.current = self.last = first
        for name, mode in self._modes.items():
            app.add_mode(mode, partial(self._enter_first, name))

    @property
    def made(self) -> tuple[DeckScreen, ...]:
        """The screens of the views that were entered."""
        return tuple(self._made.values())

    async def enter(self, view: str) -> DeckScreen:
        """The screen of a view, without a page on top of it."""
        if view != self.current:
            self.last, self.current = self.current, view
            await self._app.switch_mode(self._modes[view])
        while len(self._app.screen_stack) > 1:
            await self._app.pop_screen()
        return self._made[view]

    def _enter_first(self, name: str) -> DeckScreen:
        self._made[name] = screen = self._make(name)
        return screen
