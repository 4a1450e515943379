"""The sheet on which one of several templates, or of several things that can be rolled back, is chosen."""

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct
from rich.text import Text
from textual.binding import BindingType

from fleet.actions.revision import RollbackRow, short
from fleet.actions.template import Template
from fleet.store import Slice, Store
from fleet.views.columns import name_column, word_column
from fleet.views.rollbacks import ROLLS_TO
from fleet.views.view import Cell, Column, Look, Tone, View
from tui.alerts.picking import PickOneSheet
from tui.ink import Ink, joined
from tui.keys.bindings import WHICH_KEYS

_MOST_LINES = 12


class Offered(Struct, frozen=True):
    """A line of the sheet; `name` is what is chosen by it."""

    place: int
    name: str
    row: Any


class WhichSheet(PickOneSheet):
    """Dismissed with a name, or with None. `what` is what the names are of, `columns` show the rows that are offered by
    them."""

    BINDING_GROUP_TITLE = "Which one"
    BINDINGS: ClassVar[list[BindingType]] = WHICH_KEYS

    def __init__(
        self, what: str, question: str, whom: str, columns: tuple[Column[Offered], ...], rows: dict[str, Any]
    ) -> None:
        offered: Slice[str, Offered] = Slice()
        offered.replace({name: Offered(at, name, row) for at, (name, row) in enumerate(rows.items())})
        self._question, self._whom = question, whom
        super().__init__(_view(offered, columns), Store())
        self.id = f"which-{what}"
        self.list.styles.height = min(_MOST_LINES, len(rows) + 1)

    def heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        return joined([ink.write(self._question, Tone.TITLE, bold=True), ink.muted(f"   {self._whom}")])


def which_template(templates: Sequence[Template], whom: str) -> WhichSheet:
    """The sheet of templates; `whom` is whom something is submitted to, "" where nobody is named."""
    rows = {one.name: one for one in templates}
    return WhichSheet("template", "Submit what?", f"to {whom}" if whom else "", _TEMPLATES, rows)


def which_rollback(found: Sequence[RollbackRow], whom: str) -> WhichSheet:
    """The sheet of what can be rolled back, the likeliest first; `whom` is who is meant, "" where nobody is named."""
    rows = {one.name: one for one in found}
    for_whom = f"for {whom}, the likeliest first" if whom else ""
    return WhichSheet("rollback", "Roll back what?", for_whom, _ROLLBACKS, rows)


def _view(rows: Slice[str, Offered], columns: tuple[Column[Offered], ...]) -> View[Offered]:
    return View(
        name="which",
        title="Which",
        rows=lambda _: rows,
        columns=columns,
        fields=(),
        order=lambda one, _: (one.place,),
        words=lambda one: one.name,
    )


def _proposed(one: Offered, _: Look) -> Cell:
    return Cell(f"▼ {short(one.row.proposed)}", Tone.ACCENT) if one.row.proposed else Cell("–", Tone.MUTED)


def _tone(one: Offered) -> Tone:
    return Tone.DOWN if one.row.error else Tone.DEGRADED


_TEMPLATES: tuple[Column[Offered], ...] = (
    name_column("name", "TEMPLATE", 20, lambda one: one.name),
    word_column("kind", "KIND", 12, lambda one: one.row.kind, priority=2),
    word_column("help", "WHAT", 20, lambda one: one.row.error or one.row.help, grow=4, priority=1),
    word_column("target", "TO", 16, lambda one: one.row.target, grow=2, priority=3),
)
_ROLLBACKS: tuple[Column[Offered], ...] = (
    name_column("name", "NAME", 16, lambda one: one.name),
    word_column("live", "LIVE", 10, lambda one: short(one.row.live), grow=1, priority=0, tone=lambda _: Tone.PLAIN),
    Column(id="proposed", title="PROPOSED", width=10, grow=1, priority=0, cell=_proposed),
    word_column(ROLLS_TO.id, ROLLS_TO.title, 10, lambda one: short(one.row.preferred), grow=1, priority=1),
    word_column("kind", "KIND", 9, lambda one: one.row.kind, priority=3),
    word_column("slo", "OBJECTIVE", 12, lambda one: one.row.slo, grow=1, priority=2),
    word_column(
        "why", "WHY", 12, lambda one: one.row.error or one.row.because, grow=3, priority=4, empty="", tone=_tone
    ),
)
