"""Inputs whose every key has an id, and that let none of them fall through."""

from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Input

from tui.keys.bindings import EDITING_KEYS


class TypedInput(Input, inherit_bindings=False):
    """A one-line input with the editing keys of `tui/keys/bindings.py`."""

    BINDINGS: ClassVar[list[BindingType]] = EDITING_KEYS

    def on_key(self, event: events.Key) -> None:
        """Leave `alt+x` to the bindings: the input would take it for an x."""
        if "+" in event.key:
            event.prevent_default()


def is_typing(screen: Screen[Any]) -> bool:
    """Whether what has the focus takes keys for text."""
    focused = screen.focused
    return focused is not None and focused.check_consume_key("x", "x")
