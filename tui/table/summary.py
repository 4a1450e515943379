"""What the title of a screen says of a table: how much of it is shown, by which filter, and in which order."""

from rich.text import Text

from fleet.views.view import Tone
from tui.ink import Ink
from tui.table.table import Table


def summary(table: Table, counted: Table.Counted | None, filter_text: str, ink: Ink) -> list[Text]:
    """`3/120  2 marked (1 not shown)  /state:down  sort=-age  faults only`, a part each. `counted` is None before the
    table has counted its rows; `filter_text` is "" without a filter."""
    parts = [] if counted is None else _counts(counted, ink, filtered=bool(filter_text))
    if filter_text:
        parts.append(ink.write("/" + filter_text, Tone.ACCENT, bold=True))
    if table.sort:
        order = ",".join(("-" if down else "") + name for name, down in table.sort)
        parts.append(ink.write(f"sort={order}", Tone.ACCENT))
    if table.faults_only:
        parts.append(ink.write("faults only", Tone.ACCENT, bold=True))
    if table.mode:
        parts.append(ink.write(table.mode, Tone.ACCENT))
    return parts


def _counts(counted: Table.Counted, ink: Ink, *, filtered: bool) -> list[Text]:
    part = counted.shown != counted.total or filtered
    parts = [ink.write(f"{counted.shown:,}/{counted.total:,}" if part else f"{counted.total:,}")]
    if counted.marked:
        # What an act would be done to, though it cannot be seen, must be said.
        hidden = f" ({counted.hidden_marks:,} not shown)" if counted.hidden_marks else ""
        parts.append(ink.write(f"{counted.marked:,} marked{hidden}", Tone.ACCENT))
    return parts
