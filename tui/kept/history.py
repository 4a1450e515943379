"""The way through the dashboard, as a browser keeps it: every view, page and filter that was come to. Pure."""

from typing import Any

from msgspec import Struct

from fleet.view_line import ViewLine
from fleet.why.model import Subject

MOST_VISITS = 100


class Visit(Struct, frozen=True, kw_only=True):
    """What was shown: the view with its filter, order, columns and faults; the page on top of it; the cursor's row.

    `line.subject` is the agent whose page was open, `detail` the key of any other row whose details were, `query` the
    question whose answer was (None: none was; "": none had been asked yet), `why` what was being
    explained.
    """

    line: ViewLine
    detail: Any = None
    query: str | None = None
    why: Subject | None = None
    cursor: Any = None
    following: bool = False

    @property
    def place(self) -> tuple[object, ...]:
        """What makes it another place. Order, columns and cursor are only how one stands there."""
        return (self.line.view, self.line.subject, self.detail, self.query, self.why, self.line.filter)


class Trail:
    """The visits in their order, and which of them is the present one."""

    def __init__(self) -> None:
        self._visits: list[Visit] = []
        self._at = -1

    def __len__(self) -> int:
        return len(self._visits)

    @property
    def present(self) -> Visit | None:
        """The visit that is shown; None before the first."""
        return self._visits[self._at] if self._visits else None

    def stand(self, visit: Visit) -> None:
        """The present visit has become `visit`; another place is nothing to remember it by."""
        if self.present is not None and self.present.place == visit.place:
            self._visits[self._at] = visit

    def come(self, visit: Visit) -> None:
        """`visit` is shown now. At another place it becomes the last one: what lay ahead is forgotten."""
        if self.present is not None and self.present.place == visit.place:
            self._visits[self._at] = visit
            return
        self._visits = [*self._visits[: self._at + 1], visit][-MOST_VISITS:]
        self._at = len(self._visits) - 1

    def step(self, by: int) -> Visit | None:
        """The visit before the present one (-1) or after it (1), which becomes the present one; None at either end."""
        if not 0 <= self._at + by < len(self._visits):
            return None
        self._at += by
        return self._visits[self._at]
