"""The sheet on which is chosen what the lines of the pane gather: alerts of one name and severity, or of one label."""

from typing import ClassVar

from msgspec import Struct
from rich.text import Text
from textual.binding import Binding, BindingType

from fleet.store import Slice, Store
from fleet.views.columns import count_column, name_column
from fleet.views.view import Cell, Column, Look, Tone, View
from tui.alerts.lines import label_counts
from tui.alerts.picking import PickOneSheet
from tui.ink import Ink, joined


class Gathering(Struct, frozen=True):
    """A label to gather by, with how many lines that makes; "" is name and severity."""

    place: int
    name: str
    lines: int
    chosen: bool


def _chosen(row: Gathering, _: Look) -> Cell:
    return Cell("▸", Tone.ACCENT) if row.chosen else Cell("")


def _view(rows: Slice[str, Gathering]) -> View[Gathering]:
    return View(
        name="group_by",
        title="Group by",
        rows=lambda _: rows,
        columns=(
            Column(id="chosen", title="", width=1, priority=0, cell=_chosen),
            name_column("label", "GROUP BY", 20, lambda row: row.name or "name and severity"),
            count_column("lines", "LINES", 6, lambda row: row.lines, priority=0),
        ),
        fields=(),
        order=lambda row, _: (row.place,),
        words=lambda row: row.name,
    )


class GroupBySheet(PickOneSheet):
    """Dismissed with the label, "" for name and severity, None for no other."""

    BINDING_GROUP_TITLE = "Group by"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "choose", id="group_by.choose"),
        Binding("escape,q", "cancel", "cancel", id="group_by.cancel", key_display="esc"),
    ]

    def __init__(self, store: Store, by: str) -> None:
        self._rows: Slice[str, Gathering] = Slice()
        counted = [("", len(store.alert_groups)), *label_counts(store)]
        self._rows.replace({name: Gathering(at, name, lines, name == by) for at, (name, lines) in enumerate(counted)})
        super().__init__(_view(self._rows), Store())

    def heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        return joined([ink.write("Group alerts by", Tone.TITLE, bold=True), ink.muted("   t shows them one by one")])
