"""The table of objectives, from which the formula of each is one key away."""

from typing import Any, ClassVar

from textual.binding import BindingType

from tui.keys.bindings import SLO_KEYS
from tui.screens.table import TableScreen


class SlosScreen(TableScreen):
    """Worst budget first."""

    BINDINGS: ClassVar[list[BindingType]] = SLO_KEYS

    async def action_formula(self) -> None:
        """How the numbers of the row under the cursor came about."""
        app: Any = self.app
        if self._table.cursor_key is not None:
            await app.show_formula(self._table.cursor_key)
