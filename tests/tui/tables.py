"""A table alone on a screen, over a store that the test writes."""

from datetime import UTC, datetime
from typing import Any, TypeVar

import anyio
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.message import Message

from fleet.model import AgentStatus
from fleet.store import Store
from fleet.views.agents import VIEW
from fleet.views.view import View
from fleet.vocabulary import AgentState
from tui.table.table import Table
from tui.terminal.thrift import ThriftyApp
from tui.themes import THEMES

M = TypeVar("M", bound=Message)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class CountingTable(Table):
    """A table that counts how often it took over news by itself, and says when it did."""

    flushes = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.flushed = anyio.Event()

    def flush(self) -> None:
        super().flush()
        self.flushes += 1
        self.flushed.set()
        self.flushed = anyio.Event()


class TableApp(ThriftyApp[None]):
    """One table and everything that it told. Its order is not held after a key unless the test asks for it."""

    def __init__(self, store: Store, view: View[Any] = VIEW, **options: Any) -> None:
        super().__init__()
        options.setdefault("hold_s", 0.0)
        self.store = store
        self.told: list[Message] = []
        self.table = CountingTable(view, store, **options)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def compose(self) -> ComposeResult:
        yield self.table

    def on_table_opened(self, message: Table.Opened) -> None:
        self.told.append(message)

    def on_table_counted(self, message: Table.Counted) -> None:
        self.told.append(message)

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        self.told.append(message)

    def on_table_steered(self, message: Table.Steered) -> None:
        self.told.append(message)

    def last(self, kind: type[M]) -> M:
        return next(message for message in reversed(self.told) if isinstance(message, kind))


def fleet_of(count: int, state: AgentState = AgentState.UP) -> Store:
    """A store of agents `a000`, `a001`, … that are all in one state."""
    store = Store()
    store.now = NOW
    for number in range(count):
        put(store, f"a{number:03}", state)
    return store


def put(store: Store, name: str, state: AgentState | None = None, **values: Any) -> None:
    """Write an agent, keeping what else is known of it."""
    old = store.status.get(name) or AgentStatus(name=name, state=AgentState.UP)
    store.status.put(name, replace(old, state=state or old.state, **values))


def lines(app: App[Any]) -> list[str]:
    """What the terminal shows, line by line."""
    return [strip.text for strip in app.screen._compositor.render_strips()]
