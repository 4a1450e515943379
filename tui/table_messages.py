"""What a table tells the rest of the dashboard. Handlers are named `on_table_opened` and so on."""

from typing import TYPE_CHECKING, Any

from textual.message import Message

from fleet.index import Sort

if TYPE_CHECKING:
    from tui.table import Table


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
    """The number of rows shown, of all rows, or of marked ones has changed."""

    def __init__(self, table: "Table", shown: int, total: int, marked: int) -> None:
        super().__init__(table)
        self.shown = shown
        self.total = total
        self.marked = marked


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
