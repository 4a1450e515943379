"""Which columns a view shows, in what order, how wide, and what it is sorted by, while that is being chosen. Pure: each
act gives another arrangement, so that going back is keeping the first one."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fleet.views.chosen import LEAST_WIDTH, MOST_WIDTH, Chosen, columns_of
from fleet.views.view import Column, View
from tui.table.sorting import By, toggled_sort


class Part(Struct, frozen=True):
    """A column that can be shown: whether it is, and the width that the operator fixed, if any."""

    column: Column[Any]
    shown: bool
    width: int | None = None

    @property
    def id(self) -> str:
        return self.column.id


class Arrangement(Struct, frozen=True):
    """All that could be shown, in order, and the order of the rows."""

    parts: tuple[Part, ...]
    own: tuple[str, ...]
    """The ids of the view's own columns in their natural order."""
    by: By = ()

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        """The choice as a view takes it; empty where it is the view's own."""
        shown = [part for part in self.parts if part.shown]
        if tuple(part.id for part in shown) == self.own and not any(part.width for part in shown):
            return ()
        return tuple((part.id, part.width) for part in shown)

    def toggled(self, id: str) -> "Arrangement":
        """With the column shown or hidden; what a row is called stays."""
        return self._with(id, lambda part: part if part.column.named else replace(part, shown=not part.shown))

    def moved(self, id: str, by: int) -> "Arrangement":
        """With the column `by` places further down."""
        parts = list(self.parts)
        start = next(place for place, part in enumerate(parts) if part.id == id)
        part = parts.pop(start)
        parts.insert(max(0, min(start + by, len(parts))), part)
        return replace(self, parts=tuple(parts))

    def resized(self, id: str, by: int, drawn: int | None = None) -> "Arrangement":
        """With the column `by` cells wider than it is, from then on of a fixed width; `drawn` is what the layout gave
        to a column that has none yet."""

        def sized(part: Part) -> Part:
            width = (part.width or drawn or part.column.width) + by
            return replace(part, width=max(LEAST_WIDTH, min(width, MOST_WIDTH)))

        return self._with(id, sized)

    def loosened(self, id: str) -> "Arrangement":
        """With the column as wide as the view has it."""
        return self._with(id, lambda part: replace(part, width=None))

    def sorted(self, id: str) -> "Arrangement":
        """With one more sort key by the column; or that turned round; or without it."""
        return replace(self, by=toggled_sort(self.by, self.part(id).column))

    def reset(self) -> "Arrangement":
        """As the view has it."""
        ranked = {id: place for place, id in enumerate(self.own)}
        parts = sorted(self.parts, key=lambda part: ranked.get(part.id, len(ranked)))
        fresh = (replace(part, shown=part.id in ranked, width=None) for part in parts)
        return replace(self, parts=tuple(fresh), by=())

    def part(self, id: str) -> Part:
        """The column of that id. Raises KeyError."""
        found = next((part for part in self.parts if part.id == id), None)
        if found is None:
            raise KeyError(id)
        return found

    def _with(self, id: str, change: Any) -> "Arrangement":
        return replace(self, parts=tuple(change(part) if part.id == id else part for part in self.parts))


def arrange(view: View[Any], chosen: Sequence[Chosen], by: By, extra: Iterable[Column[Any]]) -> Arrangement:
    """What is shown now, first and in its order; then what is hidden: the view's own columns, then the `extra` ones.

    Raises FilterError for a chosen column that there is not.
    """
    widths = dict(chosen)
    shown = list(columns_of(view, [(id, None) for id, _ in chosen]))
    taken = {column.id for column in shown}
    hidden = [column for column in (*view.columns, *extra) if column.id not in taken]
    parts = [Part(column, shown=True, width=widths.get(column.id)) for column in shown]
    return Arrangement(
        parts=(*parts, *(Part(column, shown=False) for column in hidden)),
        own=tuple(column.id for column in view.columns),
        by=by,
    )
