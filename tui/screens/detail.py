"""The details of one row of any view: every field that `fleetdeck get` would print, by name."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.widget import Widget

from fleet.view_line import VIEWS, ViewLine
from fleet.views.view import Cell, Field, Look, Tone, View, look
from fleet.work import Backlog, Section
from tui.chrome.facts import Facts, Known
from tui.chrome.page_scroll import PageScroll
from tui.context import Context
from tui.ink import Ink
from tui.kept.history import Visit
from tui.live import Watch
from tui.screens.copying import picked_rows
from tui.screens.deck import DeckScreen

if TYPE_CHECKING:
    from fleet.copies import Picked

_TONED = {"error": Tone.DOWN, "anomalies": Tone.DEGRADED, "problems": Tone.DEGRADED}


def value_cells(name: str, value: Any) -> list[tuple[Cell, ...]]:
    """The lines of one field's value; what is not known is a dash."""
    if value is None or value == "" or (isinstance(value, list | tuple | Mapping) and not value):
        return [(Cell("–", Tone.MUTED),)]
    tone = _TONED.get(name, Tone.PLAIN)
    if isinstance(value, Mapping):
        return [(Cell(f"{key} ", Tone.MUTED), Cell(str(item))) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [(Cell(_item(item), tone),) for item in value]
    if isinstance(value, bool):
        return [(Cell("yes" if value else "no"),)]
    if isinstance(value, int | float):
        return [(Cell(f"{value:,}" if isinstance(value, int) else f"{value:,.6g}", tone),)]
    return [(Cell(str(value), tone),)]


def _item(item: Any) -> str:
    """One of a list; of a mapping its values, as in `alertname = Down`."""
    return " ".join(map(str, item.values())) if isinstance(item, Mapping) else str(item)


def section_cells(section: Section) -> tuple[Cell, ...]:
    """A heading of a backlog with its own count."""
    odd = section.claims_complete and section.done < section.total
    claim = (Cell("  ≠ claims to be complete", Tone.DEGRADED),) if odd else ()
    return (Cell(f"{section.done:>5,}/{section.total:<5,}"), Cell(f"  {section.title}", Tone.MUTED), *claim)


class DetailScreen(DeckScreen):
    """A row of a view in full. It stays when the row goes, and says so."""

    AUTO_FOCUS = "#details"

    def __init__(self, context: Context, view: View[Any], key: Any) -> None:
        super().__init__(context, ViewLine(view=view.name))
        self._view = view
        self._key = key
        self._rows = view.rows(context.store)
        self._facts = Facts()

    def body(self) -> Iterable[Widget]:
        """The fields, scrolled where they need it."""
        yield PageScroll(self._facts, id="details")
        store = self.context.store
        yield Watch((self._rows, *(part.slice(store) for part in self._view.beside)), self._update)

    def visit(self) -> Visit:
        """The row whose details these are."""
        return Visit(line=self._line, detail=self._key)

    def picked(self) -> "Picked | None":
        """The row; None once it is gone."""
        store, row = self.context.store, self._rows.get(self._key)
        if row is None:
            return None
        at = look(store, self._rows, self._key)
        # A table of an agent's page is no view of its own.
        line = self._view.name if self._view.name in VIEWS else ""
        return picked_rows(self._view, ((row, at),), store, line)

    def title_parts(self, ink: Ink) -> list[Text]:
        """Which row this is, in the words of the view's first two columns."""
        parts = [ink.write(self._view.title, Tone.MUTED), ink.muted("›")]
        row = self._rows.get(self._key)
        if row is None:
            return [*parts, ink.write(str(self._key), Tone.TITLE, bold=True), ink.write("gone", Tone.STALE)]
        at = look(self.context.store, self._rows, self._key)
        return [*parts, *(ink.cell(column.cell(row, at), bold=True) for column in self._view.columns[:2])]

    def _cells(self, field: Field[Any], row: Any, at: Look) -> list[tuple[Cell, ...]]:
        when = None if field.when is None else field.when(row, at)
        if when is None:
            return value_cells(field.name, field.value(row, at))
        return [(Cell(at.store.times.full(when, at.store.now)),)]

    def _update(self) -> None:
        row = self._rows.get(self._key)
        if row is not None:
            at = look(self.context.store, self._rows, self._key)
            known = []
            for field in self._view.fields:
                for place, cells in enumerate(self._cells(field, row, at)):
                    known.append(Known("" if place else field.name.replace("_", " "), cells))
            sections = row.sections if isinstance(row, Backlog) else ()
            for place, section in enumerate(sections):
                known.append(Known("" if place else "sections", section_cells(section)))
            self._facts.show(known)
        self.show_title()
