"""The views that are tables, by name, and the compact forms of them that stand in the panes of the overview."""

from typing import Any

from msgspec.structs import replace

from fleet.store import Slice
from fleet.view_line import VIEWS
from fleet.views.agents import VIEW as AGENTS
from fleet.views.backlog import VIEW as BACKLOG
from fleet.views.events import VIEW as EVENTS
from fleet.views.queues import VIEW as QUEUES
from fleet.views.sources import VIEW as SOURCES
from fleet.views.tasks import VIEW as TASKS
from fleet.views.view import View

TABLES: dict[str, View[Any]] = {
    view.name: view for view in (AGENTS, TASKS, QUEUES, BACKLOG, SOURCES, EVENTS) if view.name in VIEWS
}


def compact(view: View[Any], *columns: str, empty: str | None = None) -> View[Any]:
    """`view` with only the columns named, in that order; a name that the view has not is a KeyError."""
    known = {column.id: column for column in view.columns}
    chosen = tuple(known[name] for name in columns)
    return replace(view, columns=chosen, empty=view.empty if empty is None else empty)


def over(view: View[Any], rows: Slice[Any, Any], *columns: str) -> View[Any]:
    """A compact `view` of other rows: a page's own slice."""
    return replace(compact(view, *columns), rows=lambda _: rows)
