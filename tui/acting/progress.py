"""How far an act is: a bar, counts per state, and its items as a table, the ones that went wrong first."""

from rich.text import Text

from fleet.actions.action import Action, ActionState, Item
from fleet.store import Slice
from fleet.views.actions import STATE_CELLS, state_cell
from fleet.views.columns import count_column, word_column
from fleet.views.text import progress_bar
from fleet.views.view import Column, Field, Look, Tone, View, attribute, choice
from tui.ink import Ink, joined

_BAD = (
    ActionState.UNKNOWN,
    ActionState.FAILED,
    ActionState.REFUSED,
    ActionState.TIMED_OUT,
    ActionState.CANCELLED,
)
_RANK = {state: rank for rank, state in enumerate(dict.fromkeys((*_BAD, *STATE_CELLS)))}
"""What needs somebody comes first, what is done last."""
_OVER = tuple(
    state
    for state in ActionState
    if state not in (ActionState.PLANNED, ActionState.CONFIRMED, ActionState.SENT, ActionState.RUNNING)
)


def progress_line(action: Action, ink: Ink, bar: int) -> Text:
    """`━━━━━╌╌╌  120 of 200 ended`, with a bar of so many cells, and under it `▫ 10 refused  ● 110 succeeded`."""
    total = len(action.items)
    over = action.count(*_OVER)
    first = [
        ink.write(progress_bar(over / total if total else None, None, bar), Tone.ACCENT),
        ink.write(f"{over:,} of {total:,} ended", bold=True),
    ]
    parts = []
    for state in _RANK:
        # What was seen, and apart from it what was settled by hand.
        for settled in (False, True):
            found = [item for item in action.items if item.state is state and item.settled is settled]
            if found:
                cell = state_cell(found[0])
                glyph, _, word = cell.text.partition(" ")
                parts.append(ink.write(f"{glyph} {len(found):,} {word}", cell.tone))
    return Text("\n").join([joined(first, "  "), joined(parts, "  ")])


class ItemRow(Item, frozen=True, kw_only=True):
    """An item with its number, from 1."""

    number: int


def item_rows(action: Action) -> dict[int, ItemRow]:
    """The items by their numbers."""
    return {
        number: ItemRow(
            number=number,
            words=item.words,
            state=item.state,
            sentence=item.sentence,
            found=item.found,
            tries=item.tries,
            settled=item.settled,
        )
        for number, item in enumerate(action.items, 1)
    }


def items_view(rows: Slice[int, ItemRow]) -> View[ItemRow]:
    """The items; what went wrong first."""
    return View(
        name="items",
        title="Items",
        rows=lambda _: rows,
        columns=(
            count_column("number", "#", 5, lambda row: row.number, priority=0),
            Column(
                id="state",
                title="STATE",
                width=11,
                priority=0,
                cell=lambda row, _: state_cell(row),
                sort=lambda row, _: _RANK[row.state],
            ),
            word_column("words", "ITEM", 16, lambda row: row.words, grow=2, priority=0),
            word_column("sentence", "WHAT CAME OF IT", 32, lambda row: row.sentence, grow=5, priority=1, empty=""),
            count_column("tries", "TRIES", 5, lambda row: row.tries or None, priority=3),
            word_column("found", "KNOWN AS", 12, known_as, grow=1, priority=2, empty=""),
        ),
        fields=(
            Field("item", lambda row, _: row.words),
            attribute("number"),
            choice("state", lambda row: row.state.value, ActionState),
            attribute("sentence"),
            attribute("tries"),
            attribute("settled"),
            attribute("found"),
        ),
        order=_order,
        words=lambda row: f"{row.words} {row.state.value} {row.sentence}",
        fault=lambda row: row.state in (ActionState.FAILED, ActionState.REFUSED, ActionState.UNKNOWN),
        empty="no items",
    )


def known_as(row: Item) -> str:
    """What it is called at its target, "" where that is not known."""
    return next((value for name, value in row.found.items() if name != "key"), "")


def _order(row: ItemRow, _: Look) -> tuple[float, ...]:
    return (float(_RANK[row.state]), float(row.number))
