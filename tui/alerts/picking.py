"""Sheets on which lines of a short list are picked."""

from typing import Any, ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from fleet.store import Store
from fleet.views.view import View
from tui.chrome.key_line import KeyLine
from tui.screens.sheet import Sheet
from tui.table.keys import MOVING_KEYS
from tui.table.table import Table

R = TypeVar("R")


class PickList(Table, can_focus=True, inherit_bindings=False):
    """The lines. Only the cursor's keys are its own; they have the ids that they have in any table."""

    BINDINGS: ClassVar[list[BindingType]] = MOVING_KEYS
    ARRANGEABLE = False


class PickSheet(Sheet[R]):
    """A heading, the list, and room for a word about it."""

    AUTO_FOCUS = "PickList"

    def __init__(self, view: View[Any], store: Store) -> None:
        super().__init__()
        self.list = PickList(view, store, classes="choices", hold_s=0.0)

    def compose(self) -> ComposeResult:
        with Vertical(classes="form"):
            yield Static(self.heading(), markup=False)
            yield self.list
            yield Static(self.warning(), id="warning", markup=False)
            yield KeyLine()

    def heading(self) -> Text:
        """What this is about."""
        raise NotImplementedError

    def warning(self) -> Text:
        """What stands against it."""
        return Text("")

    def picked(self) -> None:
        """A line was clicked twice."""
        raise NotImplementedError

    def on_table_opened(self, event: Table.Opened) -> None:
        """A double click."""
        event.stop()
        self.picked()


class PickOneSheet(PickSheet[str | None]):
    """Dismissed with the key of the line that was picked, or with None."""

    def picked(self) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        """This one."""
        key = self.list.cursor_key
        self.dismiss(None if key is None else str(key))

    def action_cancel(self) -> None:
        """None of them."""
        self.dismiss(None)
