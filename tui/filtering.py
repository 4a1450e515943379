"""An application with saved filters: `:save NAME`, `:forget NAME`, `:filters`, and `@NAME` in every filter."""

from collections.abc import Callable
from typing import TypeVar

from textual.app import App

from fleet.errors import FilterError
from fleet.filters.parser import parse
from fleet.filters.saved import FilterShelf, check_name
from fleet.text import scrub
from tui.screens.deck import DeckScreen

R = TypeVar("R")


class FilteringApp(App[R]):
    """The saved filters of the application."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf = FilterShelf()

    def begin_filters(self, shelf: FilterShelf | None) -> None:
        """Use the filters of `shelf`, and keep what changes on it as `keep_filters` does."""
        if shelf is not None:
            self.shelf = shelf
        if self.shelf.keep is None:
            self.shelf.keep = self.keep_filters

    def keep_filters(self, filters: dict[str, str]) -> None:
        """Keep these for the next session."""

    def save_command(self, text: str) -> Callable[[], None]:
        """`:save NAME` keeps the filter that is on, `:save NAME FILTER` that one. Raises FilterError."""
        name, _, given = text.partition(" ")
        if not name:
            raise FilterError("save wants a name, such as save mine")
        check_name(name)
        filter_text = given.strip() or self._filter_in_view()
        parse(filter_text)
        self.shelf.now.saved(name, filter_text)
        return lambda: self._save(name, filter_text)

    def forget_command(self, text: str) -> Callable[[], None]:
        """`:forget NAME`. Raises FilterError."""
        self.shelf.now.forgotten(text)
        return lambda: self._forget(text)

    def action_saved_filters(self) -> None:
        """What is saved, and under which name."""
        from tui.screens.filters import FiltersSheet

        self.push_screen(FiltersSheet(self.shelf.now))

    def _filter_in_view(self) -> str:
        screen = self.screen
        return screen.filter_text() if isinstance(screen, DeckScreen) else ""

    def _save(self, name: str, text: str) -> None:
        self.shelf.save(name, text)
        self.notify(scrub(f"saved: @{name} is {text}"), markup=False)
        self._filter_again()

    def _forget(self, name: str) -> None:
        self.shelf.forget(name)
        self.notify(scrub(f"@{name} is forgotten"), markup=False)

    def _filter_again(self) -> None:
        """A filter that is on may use the one that was saved anew."""
        for screen in self.screen_stack:
            if isinstance(screen, DeckScreen):
                screen.filter_again()
