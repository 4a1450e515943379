"""The screens of views and the pages on top of them. A view is made when it is first entered; a module that only few
need is imported then."""

from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.screen import Screen

from fleet.view_line import ViewLine
from fleet.views.view import View
from fleet.why.model import Subject
from tui.acting.submits import SubmittingTable
from tui.context import Context
from tui.kept.history import Visit
from tui.screens.deck import DeckScreen
from tui.screens.kept import kept
from tui.screens.overview import OverviewScreen
from tui.screens.sources import SourcesScreen
from tui.screens.table import TableScreen
from tui.views import TABLES

ActionPage = Callable[[str], Screen[Any]]
"""What is opened of an action in a list."""


def view_screen(context: Context, name: str, as_left: Callable[[], Visit | None]) -> DeckScreen:
    """The screen of a view, as it was left."""
    line, view = ViewLine(view=name), TABLES.get(name)
    if view is None:
        return OverviewScreen(context, line)
    return _table_screen(name)(context, line, view, as_left())


def _table_screen(name: str) -> type[TableScreen]:
    """The screen of a table view; some show more than their table, and few of these are ever opened."""
    if name == "alerts":
        from tui.alerts.pane import AlertsScreen

        return AlertsScreen
    if name == "silences":
        from tui.alerts.silences import SilencesScreen

        return SilencesScreen
    if name == "slos":
        from tui.slos.table import SlosScreen

        return SlosScreen
    if name == "actions":
        from tui.acting.actions import ActionsScreen

        return ActionsScreen
    if name == "rollbacks":
        from tui.acting.rollbacks import RollbacksScreen

        return RollbacksScreen
    if name in ("agents", "queues", "tasks"):
        return SubmittingTable
    return SourcesScreen if name == "sources" else TableScreen


def row_page(app: App[Any], context: Context, view: View[Any], key: Any, action_page: ActionPage) -> Screen[Any]:
    """The page of an agent, or the details of any other row."""
    if view.name == "agents":
        from tui.screens.agent import AgentScreen

        return AgentScreen(context, key)
    if view.name == "alerts":
        from tui.alerts.page import AlertPage

        return kept(app, AlertPage, lambda: AlertPage(context, key), lambda page: page.show(key))
    if view.name == "slos":
        return slo_page(context, key)
    if view.name == "actions":
        return action_page(key)
    if view.name == "gates":
        from tui.gates.page import GatePage

        return GatePage(context, key)
    from tui.screens.detail import DetailScreen

    return DetailScreen(context, view, key)


def slo_page(context: Context, slo: str, *, explaining: bool = False) -> Screen[Any]:
    """The page of an objective; `explaining`: beginning with how its numbers came about."""
    from tui.slos.page import SloPage

    return SloPage(context, slo, explaining=explaining)


def query_page(context: Context, view: str, expr: str) -> Screen[Any]:
    """Where PromQL is asked, on top of a view."""
    from tui.queries.screen import QueryScreen

    return QueryScreen(context, ViewLine(view=view), expr)


def why_page(context: Context, view: str, subject: Subject) -> Screen[Any]:
    """The page that says why something is red, on top of a view."""
    from tui.why.page import WhyPage

    return WhyPage(context, subject, ViewLine(view=view))


def visited_page(app: App[Any], context: Context, visit: Visit, action_page: ActionPage) -> Screen[Any] | None:
    """The page that was shown at a visit; None where that was the view itself."""
    line = visit.line
    if line.subject is not None:
        return row_page(app, context, TABLES["agents"], line.subject, action_page)
    if visit.detail is not None:
        return row_page(app, context, TABLES[line.view], visit.detail, action_page)
    if visit.query is not None:
        return query_page(context, line.view, visit.query)
    return why_page(context, line.view, visit.why) if visit.why is not None else None
