"""What every sheet over a view is made of: the view goes on behind it, and none of its keys is heard meanwhile."""

from typing import ClassVar, TypeVar

from textual.binding import BindingType
from textual.screen import ModalScreen

from tui.keys.bindings import SHEET_KEYS

R = TypeVar("R")


class Sheet(ModalScreen[R], inherit_bindings=False):
    """A modal screen whose keys have ids, those that Textual gives every screen among them."""

    BINDINGS: ClassVar[list[BindingType]] = SHEET_KEYS
