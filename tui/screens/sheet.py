"""What every sheet over a view is made of: the view goes on behind it, and none of its keys is heard meanwhile."""

from typing import Any, ClassVar, TypeVar

from textual.binding import BindingType
from textual.screen import ModalScreen

from tui.chrome.too_small import size_classes
from tui.keys.bindings import SHEET_KEYS
from tui.screens.standing import Standing, behind

R = TypeVar("R")


class Sheet(Standing[R], ModalScreen[R], inherit_bindings=False):
    """A modal screen whose keys have ids, those that Textual gives every screen among them."""

    BINDINGS: ClassVar[list[BindingType]] = SHEET_KEYS

    async def _compose(self) -> None:
        # It stands at once: see `Standing`.
        self.update_classes(size_classes(self.app.size), update=False)
        await super()._compose()

    def render(self) -> Any:
        """What lies behind."""
        return behind(super().render())
