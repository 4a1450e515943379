"""What a screen copies: the marked rows, else the row under the cursor, in a format of `fleet/copies.py`.

The formats are imported when something is copied: the first frame does not wait for them.
"""

from typing import TYPE_CHECKING, Any

from fleet.store import Store
from fleet.views.view import View
from tui.copying import CopyingApp
from tui.screens.standing import Standing
from tui.table.table import Table

if TYPE_CHECKING:
    from fleet.copies import CopyFormat, Picked
    from fleet.output import Ordered


def picked_rows(
    view: View[Any], rows: "tuple[Ordered, ...]", store: Store, line: str, agent: str | None = None
) -> "Picked | None":
    """Rows to copy, each with its look; None where there is none."""
    from fleet.copies import Picked

    return Picked(view=view, rows=rows, store=store, line=line, agent=agent) if rows else None


def picks(table: Table, store: Store, line: str, agent: str | None = None) -> "Picked | None":
    """The marked rows of a table, else the one under its cursor; None where there is none."""
    keys = table.marked or (() if table.cursor_key is None else (table.cursor_key,))
    found = tuple(row for row in map(table.rows.found, keys) if row is not None)
    return picked_rows(table.view, found, store, line, agent)


class CopyScreen(Standing[None]):
    """A screen with something to copy."""

    def picked(self) -> "Picked | None":
        """What is to be copied now."""
        raise NotImplementedError

    def action_copy_name(self) -> None:
        """Copy names, one a line."""
        self._copy("name")

    def action_copy_row(self) -> None:
        """Copy rows as JSON."""
        self._copy("json")

    def action_copy_as(self) -> None:
        """Let the operator choose a format."""
        picked = self.picked()
        if picked is None:
            self._nothing()
            return

        def chosen(made: "tuple[CopyFormat, str] | None") -> None:
            if made is not None:
                self._send(*made, picked)

        from fleet.copies import formats_for
        from tui.screens.copy_as import CopyAs

        self.app.push_screen(CopyAs(formats_for(picked)), chosen)

    def _copy(self, name: str) -> None:
        picked = self.picked()
        if picked is None:
            self._nothing()
            return
        from fleet.copies import copied, format_named

        way = format_named(name)
        text = copied(way, picked)
        if text:
            self._send(way, text, picked)
        else:
            self.app.notify(f"what is here is nothing as {way.form or way.noun}", markup=False)  # ours: a format

    def _send(self, way: "CopyFormat", text: str, picked: "Picked") -> None:
        app: Any = self.app
        if isinstance(app, CopyingApp):
            app.copy(text, way.told(len(picked.rows)))

    def _nothing(self) -> None:
        self.app.notify("there is no row to copy", markup=False)
