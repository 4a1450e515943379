"""The sheet on which one of several things that can be rolled back is chosen."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct
from rich.text import Text
from textual.binding import BindingType

from fleet.actions.revision import RollbackRow
from fleet.store import Slice, Store
from fleet.views.columns import name_column, word_column
from fleet.views.view import Cell, Column, Tone, View
from tui.alerts.picking import PickSheet
from tui.ink import Ink, joined
from tui.keys.bindings import WHICH_ROLLBACK_KEYS

_MOST_LINES = 12


class Offered(Struct, frozen=True):
    """A definition on the sheet."""

    place: int
    row: RollbackRow


def _proposed(one: Offered) -> Cell:
    return Cell(f"▼ {one.row.proposed}", Tone.ACCENT) if one.row.proposed else Cell("–", Tone.MUTED)


def _view(rows: Slice[str, Offered]) -> View[Offered]:
    return View(
        name="which-rollback",
        title="Rollback",
        rows=lambda _: rows,
        columns=(
            name_column("name", "NAME", 16, lambda one: one.row.name),
            word_column("live", "LIVE", 10, lambda one: one.row.live, grow=1, priority=0, tone=lambda _: Tone.PLAIN),
            Column(id="proposed", title="PROPOSED", width=10, grow=1, priority=0, cell=lambda one, _: _proposed(one)),
            word_column("preferred", "LAST GOOD", 10, lambda one: one.row.preferred, grow=1, priority=1),
            word_column("kind", "KIND", 9, lambda one: one.row.kind, priority=3),
            word_column("slo", "OBJECTIVE", 12, lambda one: one.row.slo, grow=1, priority=2),
            word_column(
                "why", "WHY", 12, lambda one: one.row.error or one.row.because, grow=3, priority=4, empty="", tone=_tone
            ),
        ),
        fields=(),
        order=lambda one, _: (one.place,),
        words=lambda one: one.row.name,
    )


def _tone(one: Offered) -> Tone:
    return Tone.DOWN if one.row.error else Tone.DEGRADED


class WhichRollbackSheet(PickSheet[str | None]):
    """Dismissed with the name of a definition, or with None."""

    BINDING_GROUP_TITLE = "Rollbacks"
    BINDINGS: ClassVar[list[BindingType]] = WHICH_ROLLBACK_KEYS

    def __init__(self, found: Sequence[RollbackRow], whom: str) -> None:
        self._rows: Slice[str, Offered] = Slice()
        self._rows.replace({one.name: Offered(at, one) for at, one in enumerate(found)})
        self._whom = whom
        super().__init__(_view(self._rows), Store())
        self.list.styles.height = min(_MOST_LINES, len(found) + 1)

    def heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        title = ink.write("Roll back what?", Tone.TITLE, bold=True)
        return joined([title, ink.muted(f"   for {self._whom}, the likeliest first" if self._whom else "")])

    def picked(self) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        """This one."""
        key = self.list.cursor_key
        self.dismiss(None if key is None else str(key))

    def action_cancel(self) -> None:
        """None."""
        self.dismiss(None)
