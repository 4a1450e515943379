"""The sheet on which one of several templates is chosen."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct
from rich.text import Text
from textual.binding import Binding, BindingType

from fleet.actions.template import Template
from fleet.store import Slice, Store
from fleet.views.columns import name_column, word_column
from fleet.views.view import Tone, View
from tui.alerts.picking import PickSheet
from tui.ink import Ink, joined


class Offered(Struct, frozen=True):
    """A template on the sheet."""

    place: int
    template: Template


def _view(rows: Slice[str, Offered]) -> View[Offered]:
    return View(
        name="which",
        title="Template",
        rows=lambda _: rows,
        columns=(
            name_column("name", "TEMPLATE", 20, lambda row: row.template.name),
            word_column("kind", "KIND", 12, lambda row: row.template.kind, priority=2),
            word_column("help", "WHAT", 20, lambda row: row.template.error or row.template.help, grow=4, priority=1),
            word_column("target", "TO", 16, lambda row: row.template.target, grow=2, priority=3),
        ),
        fields=(),
        order=lambda row, _: (row.place,),
        words=lambda row: row.template.name,
    )


class WhichSheet(PickSheet[str | None]):
    """Dismissed with the name of a template, or with None."""

    BINDING_GROUP_TITLE = "Templates"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "choose", id="which.choose"),
        Binding("escape,q", "cancel", "cancel", id="which.cancel", key_display="esc"),
    ]

    def __init__(self, templates: Sequence[Template], whom: str) -> None:
        self._rows: Slice[str, Offered] = Slice()
        self._rows.replace({one.name: Offered(at, one) for at, one in enumerate(templates)})
        self._whom = whom
        super().__init__(_view(self._rows), Store())

    def heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        title = ink.write("Submit what?", Tone.TITLE, bold=True)
        return joined([title, ink.muted(f"   to {self._whom}" if self._whom else "")])

    def picked(self) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        """This one."""
        key = self.list.cursor_key
        self.dismiss(None if key is None else str(key))

    def action_cancel(self) -> None:
        """None."""
        self.dismiss(None)
