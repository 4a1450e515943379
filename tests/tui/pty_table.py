"""A table of 10,000 agents in a real terminal; `x` changes a cell under the cursor, `X` one out of sight, and `.` says
when there is nothing left to send."""

import asyncio
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from fleet.vocabulary import AgentState
from tests.tui.tables import TableApp, fleet_of, put
from tui.terminal.thrift import is_settled

STILL: Final = "\x1b]777;still\x07"
_CALM: Final = 5


class PtyApp(TableApp):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "change"),
        Binding("X", "change_below"),
        Binding("full_stop", "say_still"),
    ]
    number = 0
    _saying: asyncio.Task[None] | None = None

    def action_change(self) -> None:
        self.number += 1
        put(self.store, self.table.cursor_key, detail=f"changed-{self.number}")

    def action_change_below(self) -> None:
        self.number += 1
        put(self.store, "a9999", detail=f"changed-{self.number}")

    def action_say_still(self) -> None:
        self._saying = asyncio.create_task(self._say_still())

    async def _say_still(self) -> None:
        calm = 0
        while calm < _CALM:
            await asyncio.sleep(0.005)
            waits = self.beat._asked or self.frames.is_waiting or not self.wire.is_clear
            calm = calm + 1 if is_settled(self) and not waits else 0
        assert self._driver is not None
        self._driver.write(STILL)
        self._driver.flush()


def main() -> None:
    """Run until it is ended."""
    store = fleet_of(10_000)
    for number in range(0, 10_000, 3):
        put(store, f"a{number:03}", AgentState.DOWN, detail="connection refused", tasks_queued=number)
    app = PtyApp(store)
    app.run()


if __name__ == "__main__":
    main()
