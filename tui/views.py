"""The views that are tables, by name, and compact forms of them for panes and pages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from fleet.store import Slice
from fleet.views.catalogue import TABLE_VIEWS, table_view
from fleet.views.view import Column, View


class _Tables(Mapping[str, View[Any]]):
    """Each is imported when it is asked for: the first frame shows few of them."""

    def __getitem__(self, name: str) -> View[Any]:
        return table_view(name)

    def __iter__(self) -> Iterator[str]:
        return iter(TABLE_VIEWS)

    def __len__(self) -> int:
        return len(TABLE_VIEWS)


TABLES: Mapping[str, View[Any]] = _Tables()


def compact(
    view: View[Any],
    columns: Sequence[str | Column[Any]],
    *,
    needed: int,
    optional: Sequence[str] = (),
    widths: Mapping[str, int] | None = None,
) -> View[Any]:
    """`view` with these columns only (ids of its own, or columns of the caller).

    The first `needed` of them are never dropped; `optional` names the others, the most important first. `widths` are
    least widths other than the view's own. An id that the view has not is a KeyError.
    """
    known = {column.id: column for column in view.columns}
    chosen = [known[column] if isinstance(column, str) else column for column in columns]
    rank = {column.id: 0 for column in chosen[:needed]} | {name: place for place, name in enumerate(optional, 1)}
    least = widths or {}
    fitted = tuple(
        replace(column, priority=rank.get(column.id, len(rank) + 1), width=least.get(column.id, column.width))
        for column in chosen
    )
    return replace(view, columns=fitted)


def over(view: View[Any], rows: Slice[Any, Any]) -> View[Any]:
    """The same view of other rows: a page's own slice."""
    return replace(view, rows=lambda _: rows)
