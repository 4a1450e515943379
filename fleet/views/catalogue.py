"""The table views by name, and whether a view line fits the view that it names."""

import importlib
from typing import Any

from fleet.errors import FilterError
from fleet.filters.saved import SavedFilters
from fleet.index import sorting_column
from fleet.view_line import VIEWS, ViewLine
from fleet.views.chosen import columns_of
from fleet.views.view import View

TABLE_VIEWS = tuple(name for name in VIEWS if name != "overview")
"""The views that are one table; the overview is made of parts of them."""


def table_view(name: str) -> View[Any]:
    """The view of that name. Raises KeyError for a name that is none."""
    if name not in TABLE_VIEWS:
        raise KeyError(name)
    view: View[Any] = importlib.import_module(f"fleet.views.{name}").VIEW
    return view


def check_view_line(line: ViewLine, saved: SavedFilters | None = None) -> None:
    """Raise FilterError where the view of `line` cannot be filtered, ordered or laid out like that.

    `saved` are the saved filters that there are; None: that is not known here, and any name is right.
    """
    if line.view not in TABLE_VIEWS:
        if not line.is_plain:
            raise FilterError(f"{line.view} is not a list: it takes no filter, sort, columns or faults")
        return
    view = table_view(line.view)
    check_filter(line.filter, view, saved)
    columns_of(view, line.columns)
    for name, _ in line.sort:
        sorting_column(view, name)


def check_filter(text: str, view: View[Any], saved: SavedFilters | None) -> None:
    """Raise FilterError where `text` is no filter of `view`; `saved` as above."""
    if not text:
        return
    # Few lines have a filter, and what reads one is much to import before the first frame.
    from fleet.filters.filter import parse_filter
    from fleet.filters.parser import parse
    from fleet.filters.terms import Saved, leaves

    if saved is None:
        names = [leaf.name for leaf in leaves(parse(text)) if isinstance(leaf, Saved)]
        saved = SavedFilters(dict.fromkeys(names, ""))
    parse_filter(text, view, saved)
