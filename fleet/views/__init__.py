"""What each view shows, as data: its rows, columns, output fields, order, and what counts as a fault.

The dashboard draws these, `fleetdeck get` prints them, `screenshot` renders them; none of them knows a row's type.
One module a view, each exporting `VIEW`.
"""

import importlib
from typing import Any

from fleet.views.view import View

TABLE_VIEWS = ("agents", "tasks", "queues", "backlog", "sources", "events")
"""The views that are one table; the overview is made of parts of them."""


def table_view(name: str) -> View[Any]:
    """The view of that name. Raises KeyError for a name that is none."""
    if name not in TABLE_VIEWS:
        raise KeyError(name)
    view: View[Any] = importlib.import_module(f"fleet.views.{name}").VIEW
    return view
