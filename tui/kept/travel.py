"""An application that knows the way by which its operator came, and goes back and forward on it like a browser."""

from typing import TypeVar

from textual.app import App

from fleet.text import scrub
from tui.kept.history import Trail, Visit
from tui.screens.deck import DeckScreen

R = TypeVar("R")


class TravellingApp(App[R]):
    """The history of views, pages and filters. Whoever shows another one calls `leaving` before and `arrived` after."""

    def __init__(self) -> None:
        super().__init__()
        self.trail = Trail()

    async def revisit(self, visit: Visit) -> None:
        """Show what was shown at that visit."""
        raise NotImplementedError

    def leaving(self) -> None:
        """Remember how things stand here, to find them so again."""
        visit = self._here()
        if visit is not None:
            self.trail.stand(visit)

    def arrived(self) -> None:
        """Remember that this was come to."""
        visit = self._here()
        if visit is not None:
            self.trail.come(visit)

    async def action_history(self, step: int) -> None:
        """Back (-1) to what was shown before, or forward (1) again."""
        self.leaving()
        visit = self.trail.step(step)
        if visit is None:
            words = "there is nothing to go back to" if step < 0 else "there is nothing to go forward to"
            self.notify(scrub(words), markup=False)
            return
        await self.revisit(visit)

    def action_leave_here(self) -> None:
        """Remember how things stand here."""
        self.leaving()

    def on_prompt_screen_leaving(self) -> None:
        """The filter is about to change."""
        self.leaving()

    def on_prompt_screen_arrived(self) -> None:
        """The filter was changed, or a page was left."""
        self.arrived()

    def _here(self) -> Visit | None:
        shown = [screen for screen in self.screen_stack if isinstance(screen, DeckScreen)]
        return shown[-1].visit() if shown else None
