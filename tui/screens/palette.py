"""Textual's command palette with keys that have ids."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.command import CommandInput, CommandPalette

from tui.chrome.typed import TypedInput


def _quiet(keys: str, action: str, description: str, name: str) -> Binding:
    return Binding(keys, action, description, id=f"palette.{name}", show=False)


class PaletteInput(TypedInput):
    """The keys of what is typed into the palette; Textual makes the widget itself."""

    BINDING_GROUP_TITLE = "What is typed"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "run", id="palette.run")]


class Palette(CommandPalette, inherit_bindings=False):
    """The commands and the pages of agents, found by a part of their names."""

    BINDING_GROUP_TITLE = "Palette"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "escape", "close", id="palette.close"),
        _quiet("down", "cursor_down", "next", "down"),
        _quiet("up", "command_list('cursor_up')", "previous", "up"),
        _quiet("pagedown", "command_list('page_down')", "page down", "page_down"),
        _quiet("pageup", "command_list('page_up')", "page up", "page_up"),
        _quiet("ctrl+home,shift+home", "command_list('first')", "first", "top"),
        _quiet("ctrl+end,shift+end", "command_list('last')", "last", "bottom"),
    ]

    def on_mount(self) -> None:
        """Give the input our keys. Textual composes it, so it cannot be one of ours; its map of keys can."""
        box = self.query_one(CommandInput)
        box._bindings = PaletteInput()._bindings
        # A blinking cursor would wake the program, and the wire, twice a second.
        box.cursor_blink = False
