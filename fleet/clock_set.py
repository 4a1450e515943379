"""Putting the store's times right after the clock was set.

A clock that is set makes nothing older or younger. So every time that was read from it moves along: when rows were
last confirmed, when states began, when events were seen. Times that others gave stay as they gave them.
"""

from datetime import timedelta
from typing import Any

from msgspec import structs

from fleet.store import Slice, Store

_OWN_TIMES = {
    "agents": ("gone_since",),
    "status": ("since",),
    "sources": ("last_success",),
    "tasks": ("first_seen", "last_changed"),
    "submitted": ("first_seen", "last_changed"),
    "events": ("at",),
}
"""The fields of rows that hold times of our own clock, by the slice's name in `Store`."""

_SLICES = (
    "agents",
    "health",
    "scrapes",
    "processes",
    "status",
    "tasks",
    "submitted",
    "queues",
    "backlog",
    "sources",
    "host",
    "self_",
)


def shift(store: Store, by_s: float) -> None:
    """Move all of our own times in `store` by `by_s` seconds. The one writer of everything, for once."""
    by = timedelta(seconds=by_s)
    for name in _SLICES:
        getattr(store, name).shift(by)
    for name, fields in _OWN_TIMES.items():
        _shift_rows(getattr(store, name), fields, by)
    store.history.shift(by_s)


def _shift_rows(rows: Slice[Any, Any], fields: tuple[str, ...], by: timedelta) -> None:
    for key, row in list(rows.items()):
        known = {field: at + by for field in fields if (at := getattr(row, field)) is not None}
        if known:
            rows.put(key, structs.replace(row, **known))
