"""A table of 10,000 agents in a real terminal; `x` changes a cell under the cursor, `X` one out of sight."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from fleet.vocabulary import AgentState
from tests.tui.tables import TableApp, fleet_of, put


class PtyApp(TableApp):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "change"), Binding("X", "change_below")]
    number = 0

    def action_change(self) -> None:
        self.number += 1
        put(self.store, self.table.cursor_key, detail=f"changed-{self.number}")

    def action_change_below(self) -> None:
        self.number += 1
        put(self.store, "a9999", detail=f"changed-{self.number}")


def main() -> None:
    """Run until it is ended."""
    store = fleet_of(10_000)
    for number in range(0, 10_000, 3):
        put(store, f"a{number:03}", AgentState.DOWN, detail="connection refused", tasks_queued=number)
    app = PtyApp(store)
    app.run()


if __name__ == "__main__":
    main()
