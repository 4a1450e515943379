"""What a screen needs once a filter is typed: reading it, what it may go on with, and what is worth a word about it.

Apart from the screen, because all that reads filters is much to import before the first frame.
"""

from collections.abc import Iterator
from typing import Any

from fleet.filters.completion import Vocabulary, vocabulary
from fleet.filters.filter import Filter, labels_not_there, parse_filter
from fleet.filters.saved import FilterShelf
from fleet.store import Store
from fleet.views.view import Look, look
from tui.suggesting import FilterSuggester
from tui.table.table import Table


def read_filter(text: str, table: Table, filters: FilterShelf) -> Filter | None:
    """The filter of a table that `text` says, None for none. Raises FilterError."""
    return parse_filter(text, table.view, filters.now) if text else None


def nothing_labelled(table: Table, store: Store) -> str:
    """That no row has a label that is filtered by, where nothing is shown because of that; else ""."""
    chosen = table.row_filter
    if table.shown or not isinstance(chosen, Filter):
        return ""
    return labels_not_there(chosen, table.view, table.view.rows(store).values())


def suggester(table: Table | None, store: Store, filters: FilterShelf) -> FilterSuggester:
    """How the filter that is being typed may go on."""

    def make() -> Vocabulary:
        if table is None:
            return Vocabulary((), {}, lambda name: ())
        view = table.view
        rows = view.rows(store)

        def pairs() -> Iterator[tuple[Any, Look]]:
            return ((row, look(store, rows, key)) for key, row in rows.items())

        return vocabulary(view, pairs, filters.now)

    return FilterSuggester(make)
