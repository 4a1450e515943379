"""What a table tells the rest of the dashboard. Handlers are named `on_table_opened` and so on."""

from typing import TYPE_CHECKING, Any

from textual.message import Message

from fleet.index import Sort
from fleet.views.chosen import Chosen

if TYPE_CHECKING:
    from tui.table.table import Table


class TableMessage(Message, namespace="table"):
    """The root: `table` is who speaks."""

    def __init__(self, table: "Table") -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> "Table":
        return self.table


class Opened(TableMessage, namespace="table"):
    """The operator wants the details of the row of `key` in `view`."""

    def __init__(self, table: "Table", key: Any) -> None:
        super().__init__(table)
        self.view = table.view
        self.key = key


class Counted(TableMessage, namespace="table"):
    """The number of rows shown, of all rows, of marked ones or of marked ones that are not shown has changed."""

    def __init__(self, table: "Table", shown: int, total: int, marked: int, hidden_marks: int = 0) -> None:
        super().__init__(table)
        self.shown = shown
        self.total = total
        self.marked = marked
        self.hidden_marks = hidden_marks


class Highlighted(TableMessage, namespace="table"):
    """The cursor is on another row; `key` is None where there is none."""

    def __init__(self, table: "Table", key: Any) -> None:
        super().__init__(table)
        self.key = key


class Sorted(TableMessage, namespace="table"):
    """The order is another; `by` is empty for the view's own."""

    def __init__(self, table: "Table", by: tuple[Sort, ...]) -> None:
        super().__init__(table)
        self.by = by


class Steered(TableMessage, namespace="table"):
    """The order is held, let go, or follows what comes; `mode` says it in a few words, "" where it just moves."""

    def __init__(self, table: "Table", mode: str) -> None:
        super().__init__(table)
        self.mode = mode


class Arranged(TableMessage, namespace="table"):
    """Other columns are shown; `chosen` is empty for the view's own."""

    def __init__(self, table: "Table", chosen: tuple[Chosen, ...]) -> None:
        super().__init__(table)
        self.chosen = chosen
