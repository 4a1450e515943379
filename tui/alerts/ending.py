"""The sheet on which silences and acknowledgements are ended; where several hold an alert, it asks which."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import Static

from fleet.alerts.model import Silence
from fleet.store import Slice, Store
from fleet.views.columns import count_column, word_column
from fleet.views.view import Cell, Column, Look, Tone, View
from tui.acting.unhurried import Quiet
from tui.alerts.acts import count_of
from tui.alerts.form import refusal
from tui.alerts.picking import PickSheet
from tui.alerts.words import matchers_text
from tui.context import Context
from tui.ink import Ink, joined


class Choice(Struct, frozen=True):
    """A silence on the sheet."""

    place: int
    silence: Silence
    ends: bool = True


def _shown(row: Choice, _: Look) -> Cell:
    return Cell("■ end", Tone.ACCENT) if row.ends else Cell("□ keep", Tone.MUTED)


def _kind(row: Choice) -> str:
    return "ack" if row.silence.acknowledges else "silence"


def _view(rows: Slice[str, Choice], context: Context) -> View[Choice]:
    store = context.store

    def until(row: Choice, _: Look) -> Cell:
        return Cell(store.times.clock(row.silence.ends_at, store.now), Tone.MUTED)

    return View(
        name="ending",
        title="End",
        rows=lambda _: rows,
        columns=(
            Column(id="ends", title="", width=6, priority=0, cell=_shown),
            word_column("kind", "KIND", 7, _kind),
            Column(id="until", title="UNTIL", width=10, cell=until),
            word_column("by", "BY", 12, lambda row: row.silence.created_by, priority=2),
            count_column("held", "HOLDS", 5, lambda row: row.silence.matched, priority=1),
            word_column("matchers", "MATCHERS", 20, lambda row: matchers_text(row.silence), grow=3, priority=0),
            word_column("comment", "COMMENT", 12, lambda row: row.silence.comment, grow=2, priority=3),
        ),
        fields=(),
        order=lambda row, _: (row.place,),
        words=lambda row: row.silence.id,
    )


class EndSheet(PickSheet[tuple[str, ...] | None], Quiet[tuple[str, ...] | None]):
    """Dismissed with the ids of the silences to end, or with None. All of them are marked at first, so that `enter` is
    only heard once that could be read."""

    BINDING_GROUP_TITLE = "End silences"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "end", "end them", id="ending.end"),
        Binding("space", "turn", "end, keep", id="ending.toggle"),
        Binding("escape,q", "cancel", "cancel", id="ending.cancel", key_display="esc"),
    ]

    def __init__(self, silences: Sequence[Silence], context: Context) -> None:
        self._deck = context
        self._rows: Slice[str, Choice] = Slice()
        self._rows.replace({one.id: Choice(place, one) for place, one in enumerate(silences)})
        super().__init__(_view(self._rows, context), Store())

    def heading(self) -> Text:
        ink = Ink(self.app.theme_variables)
        held = sum(row.silence.matched for row in self._rows.values())
        title = ink.write(f"End {count_of(len(self._rows), 'silence')}", Tone.TITLE, bold=True)
        note = f"   {count_of(held, 'alert')} held by {'it' if len(self._rows) == 1 else 'them'}"
        return joined([title, ink.muted(note)])

    def warning(self) -> Text:
        return Ink(self.app.theme_variables).write(self._refusal(), Tone.DOWN)

    def picked(self) -> None:
        self.action_turn()

    def action_turn(self) -> None:
        """End this one, or keep it."""
        row = self._rows.get(str(self.list.cursor_key))
        if row is not None:
            self._rows.put(row.silence.id, replace(row, ends=not row.ends))
            self.list.flush()

    def action_end(self) -> None:
        """End those that are marked."""
        ids = tuple(id for id, row in self._rows.items() if row.ends)
        if self._refusal() or not ids:
            words = self._refusal() or "none is marked to end; space marks one"
            self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(words, Tone.DOWN))
            return
        self.dismiss(ids)

    def action_cancel(self) -> None:
        """End none."""
        self.dismiss(None)

    def _refusal(self) -> str:
        return refusal(self._deck)
