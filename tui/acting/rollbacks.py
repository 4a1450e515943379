"""The table of what can be rolled back. `enter` on what is being rolled is the way to where that is watched."""

from typing import Any

from tui.acting.rolls import running_of
from tui.screens.table import TableScreen
from tui.table.table import Table


class RollbacksScreen(TableScreen):
    """What is proposed comes first."""

    async def on_table_opened(self, event: Table.Opened) -> None:
        """Watch what is under way; else the details, as of any row."""
        id = running_of(str(event.key), self.context.store)
        if id:
            event.stop()
            app: Any = self.app
            await app.show_action(id)
