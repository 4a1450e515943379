"""A page that is longer than the terminal: scrolled by arrows and by vim's keys."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll


class PageScroll(VerticalScroll, can_focus=True, inherit_bindings=False):
    """A scrolled part of a screen, reached by `tab` like a table."""

    BINDING_GROUP_TITLE = "Page"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "down", id="page.down", show=False),
        Binding("k,up", "scroll_up", "up", id="page.up", show=False),
        Binding("pagedown,ctrl+f,space", "page_down", "page down", id="page.page_down", show=False),
        Binding("pageup,ctrl+b", "page_up", "page up", id="page.page_up", show=False),
        Binding("home,g", "scroll_home", "top", id="page.top", show=False),
        Binding("end,G", "scroll_end", "bottom", id="page.bottom", show=False),
    ]
