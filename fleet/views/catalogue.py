"""The table views by name, and whether a view line fits the view that it names."""

import importlib
from typing import Any

from fleet.errors import FilterError
from fleet.filter import parse_filter
from fleet.view_line import ViewLine
from fleet.views.view import View

TABLE_VIEWS = ("agents", "tasks", "queues", "backlog", "sources", "events")
"""The views that are one table; the overview is made of parts of them."""


def table_view(name: str) -> View[Any]:
    """The view of that name. Raises KeyError for a name that is none."""
    if name not in TABLE_VIEWS:
        raise KeyError(name)
    view: View[Any] = importlib.import_module(f"fleet.views.{name}").VIEW
    return view


def check_view_line(line: ViewLine) -> None:
    """Raise FilterError where the view of `line` cannot be filtered or ordered like that."""
    if line.view not in TABLE_VIEWS:
        if line.filter or line.sort or line.faults:
            raise FilterError(f"{line.view} is not a list: it takes no filter, sort or faults")
        return
    view = table_view(line.view)
    parse_filter(line.filter, view)
    known = [column.id for column in view.columns if column.sort is not None]
    for column, _ in line.sort:
        if column not in known:
            raise FilterError(f"{line.view} cannot be sorted by {column!r} (by {', '.join(known)})")
