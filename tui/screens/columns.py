"""The sheet on which columns are chosen, ordered and sized, and the order of the rows; the table behind follows."""

from typing import Any, ClassVar

from msgspec import Struct
from msgspec.structs import replace
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from fleet.store import Slice, Store
from fleet.views.chosen import extra_columns
from fleet.views.columns import name_column
from fleet.views.view import Cell, Column, Look, Tone, View
from tui.chrome.key_line import KeyLine
from tui.ink import Ink, joined
from tui.screens.sheet import Sheet
from tui.table.arrangement import Arrangement, Part, arrange
from tui.table.keys import MOVING_KEYS
from tui.table.table import Table


class Choice(Struct, frozen=True):
    """A line of the sheet: the place of a column, the column, and its part in the order of the rows (`▲1`)."""

    place: int
    part: Part
    order: str

    def __eq__(self, other: object) -> bool:
        """Columns are compared by their ids: what they are made of is functions."""
        return isinstance(other, Choice) and self._shape() == other._shape()

    def __hash__(self) -> int:
        return hash(self._shape())

    def _shape(self) -> tuple[object, ...]:
        return (self.place, self.part.id, self.part.shown, self.part.width, self.order)


def choices(arrangement: Arrangement) -> dict[str, Choice]:
    """The lines of the sheet by column id."""
    arrows = {name: f"{'▼' if down else '▲'}{place}" for place, (name, down) in enumerate(arrangement.by, 1)}
    parts = enumerate(arrangement.parts)
    return {part.id: Choice(place, part, arrows.get(part.id, "")) for place, part in parts}


def _shown(row: Choice, _: Look) -> Cell:
    if row.part.column.named:
        return Cell("■ always", Tone.MUTED)
    return Cell("■ shown", Tone.UP) if row.part.shown else Cell("□ hidden", Tone.MUTED)


def _width(row: Choice, _: Look) -> Cell:
    return Cell("auto", Tone.MUTED) if row.part.width is None else Cell(f"{row.part.width}", Tone.ACCENT)


_HELP: Column[Choice] = Column(
    id="help", title="WHAT IT SHOWS", width=20, grow=5, cell=lambda row, _: Cell(row.part.column.help, Tone.MUTED)
)


def _view(rows: Slice[str, Choice]) -> View[Choice]:
    helped = any(row.part.column.help for row in rows.values())
    return View(
        name="columns",
        title="Columns",
        rows=lambda _: rows,
        columns=(
            Column(id="shown", title="", width=8, priority=0, cell=_shown),
            replace(name_column("title", "COLUMN", 14, lambda row: row.part.column.title), sort=None),
            Column(id="width", title="WIDTH", width=5, right=True, priority=0, cell=_width),
            Column(
                id="order", title="ORDER", width=5, right=True, priority=0, cell=lambda r, _: Cell(r.order, Tone.ACCENT)
            ),
            Column(id="id", title="IN A VIEW LINE", width=16, cell=lambda r, _: Cell(r.part.id, Tone.MUTED)),
            *((_HELP,) if helped else ()),
        ),
        fields=(),
        order=lambda row, _: (row.place,),
        words=lambda row: row.part.id,
    )


class ColumnList(Table, can_focus=True, inherit_bindings=False):
    """The lines of the sheet. Only the cursor's keys are its own; they have the ids that they have in any table."""

    BINDINGS: ClassVar[list[BindingType]] = MOVING_KEYS


class ColumnSheet(Sheet[None]):
    """Over the lower half of the view, so that every column of it can be seen to follow."""

    BINDING_GROUP_TITLE = "Columns"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "show", "show, hide", id="columns.toggle"),
        Binding("K,shift+up", "shift(-1)", "up", id="columns.up"),
        Binding("J,shift+down", "shift(1)", "down", id="columns.down"),
        Binding("plus,greater_than_sign,right", "widen(1)", "wider", id="columns.wider"),
        Binding("minus,less_than_sign,left", "widen(-1)", "narrower", id="columns.narrower"),
        Binding("equals_sign", "loosen", "auto width", id="columns.auto"),
        Binding("s", "sort", "sort", id="columns.sort"),
        Binding("r", "reset", "reset", id="columns.reset"),
        Binding("enter", "apply", "apply", id="columns.apply"),
        Binding("escape,q", "cancel", "cancel", id="columns.cancel", key_display="esc"),
    ]
    AUTO_FOCUS = "ColumnList"

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._target = table
        self._before = (table.chosen, table.sort, table.following)
        extra = extra_columns(table.view, table.rows.every())
        self._arrangement = arrange(table.view, table.chosen, table.sort, extra)
        self._rows: Slice[str, Choice] = Slice()
        self._rows.replace(choices(self._arrangement))
        self._list = ColumnList(_view(self._rows), Store(), hold_s=0.0)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._heading(), markup=False)
            yield self._list
            yield KeyLine()

    def on_table_opened(self, event: Table.Opened) -> None:
        """A double click does what `space` does."""
        event.stop()
        self.action_show()

    def _heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        title = ink.write(f"{self._target.view.title}: columns and order", Tone.TITLE, bold=True)
        return joined([title, ink.muted("   hidden columns can be sorted and filtered by all the same")])

    def action_show(self) -> None:
        """Show the column, or hide it."""
        self._set(self._arrangement.toggled(self._here))

    def action_shift(self, by: int) -> None:
        """Move the column."""
        self._set(self._arrangement.moved(self._here, by))

    def action_widen(self, by: int) -> None:
        """Fix the column's width, a cell wider or narrower than it is drawn."""
        self._set(self._arrangement.resized(self._here, by, self._target.drawn_width(self._here)))

    def action_loosen(self) -> None:
        """Let the layout give the width again."""
        self._set(self._arrangement.loosened(self._here))

    def action_sort(self) -> None:
        """Add a sort key by the column, then turn it, then take it away."""
        self._set(self._arrangement.sorted(self._here))

    def action_reset(self) -> None:
        """As the view has it."""
        self._set(self._arrangement.reset())

    def action_apply(self) -> None:
        """Keep what is shown."""
        self.dismiss()

    def action_cancel(self) -> None:
        """Back to what was shown before."""
        chosen, by, following = self._before
        self._show(chosen, by)
        self._target.follow(following)
        self.dismiss()

    @property
    def _here(self) -> str:
        return str(self._list.cursor_key)

    def _set(self, arrangement: Arrangement) -> None:
        self._arrangement = arrangement
        self._rows.replace(choices(arrangement))
        self._list.flush()
        self._show(arrangement.chosen, arrangement.by)

    def _show(self, chosen: Any, by: Any) -> None:
        self._target.set_columns(chosen)
        if by != self._target.sort:
            self._target.set_sort(by)
