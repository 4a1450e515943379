"""How the rows of a table move: in order as news comes, held still while the operator is at work, or following what
comes last.

Nothing here wakes up by itself: one timer is armed when the cursor is moved, and ends when the operator has been
still for a while.
"""

from typing import Any

from textual.timer import Timer

from fleet.views.view import View
from tui.table.acts import TableActs

HOLD_S = 2.0
"""How long the order stands still after the cursor was moved, at least, and at most twice as long: time enough to look,
and to press the next key."""


class OrderedLines(TableActs):
    """A table whose order can be held and can follow."""

    view: View[Any]
    hold_s = HOLD_S
    _calm: Timer | None = None
    _used_again = False
    _pinned = False

    @property
    def following(self) -> bool:
        """Whether the cursor stays with the row that came last."""
        return self.rows.following

    def follow(self, following: bool) -> None:
        """Put the newest row first and stay with it, until the cursor is moved; does nothing in a view without one."""
        if self.view.newest is None or following == self.following:
            return
        if following:
            self._pinned = False
            self.rows.stand_still(False)
            if self.sort != self.view.newest:
                self.set_sort(self.view.newest)
        self.rows.follow(following)
        self.draw()

    @property
    def mode(self) -> str:
        """How the order moves, in a few words for the title; "" where there is nothing to say."""
        if self.following:
            return "following"
        behind = self.rows.behind
        if not (self._pinned or behind):
            return ""
        news = [f"{count:,} {word}" for count, word in ((behind.come, "new"), (behind.gone, "gone")) if count]
        return " · ".join(["order held", *news])

    def used(self) -> None:
        """The operator is at work on these rows: they keep their places until nothing was done for a while.

        One timer serves any number of keys, so that a key that is held down costs no more than what it draws.
        """
        self.rows.follow(False)
        if self.hold_s > 0:
            self.rows.stand_still(True)
            self._used_again = self._calm is not None
            self._calm = self._calm or self.set_timer(self.hold_s, self._calmed)
        self.draw()

    def let_go(self) -> None:
        """Take over what the order has missed, unless it is held until further notice, or the whole picture is."""
        if not self._pinned and not self.rows.held:
            self.rows.stand_still(False)
        self.draw()

    def action_hold(self) -> None:
        """Hold the order until further notice, or let it go."""
        self._pinned = not self._pinned
        if self._pinned:
            self.rows.follow(False)
            self.rows.stand_still(True)
            self.draw()
        else:
            self.let_go()

    def action_follow(self) -> None:
        """Follow the newest row, or no longer."""
        self.follow(not self.following)

    def _calmed(self) -> None:
        self._calm = None
        if self._used_again:
            self._used_again = False
            self._calm = self.set_timer(self.hold_s, self._calmed)
        else:
            self.let_go()

    def stop_calm(self) -> None:
        """End the timer, if there is one."""
        if self._calm is not None:
            self._calm.stop()
            self._calm = None
