"""The rows of actions: the single writer of `store.actions`, and what is kept of them on disk.

Keeping an action takes a write that is forced to the disk. So those who want one action kept at one time share a write,
which has all of what they want kept in it. Of a big batch items change one by one, thousands of times: they are changed
in a list, put into the row where somebody looks at it, and shown a few times a second; and only they are written.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from msgspec.structs import replace

from actions.ledger import RecordFolder, Records
from actions.records import OUTPUT_CHARS
from actions.seen_tasks import SeenTasks
from fleet.actions.action import Action, Item
from fleet.actions.audit import AuditEntry
from fleet.actions.printed import shortened
from fleet.clock import Clock
from fleet.errors import FleetdeckError, RefusedError
from fleet.store import Store
from fleet.text import scrub

BIG: Final = 100
"""Items from which on an act is a big one."""
SHOW_S: Final = 0.1
"""Seconds until the changed items of a big one are shown."""


class Board:
    """Rows by id. `most` is how many are shown, `full` how many of them with all of a long output."""

    def __init__(self, store: Store, records: Records, clock: Clock, most: int, full: int = 16) -> None:
        self._store = store
        self._records = records
        self._clock = clock
        self.tasks = SeenTasks(store, clock)
        self._most = most
        self._full = full
        self._writing: dict[str, asyncio.Lock] = {}
        self._version: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        self._items: dict[str, list[Item]] = {}
        """The items of big ones with changes that are not in their rows yet."""
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._unkept: dict[str, set[int]] = {}
        """The items of big ones that changed since they were kept."""
        self._long: dict[str, None] = {}
        """Those that have much output, the one that printed last at the end."""

    def __getitem__(self, id: str) -> Action:
        self._put_in(id)
        return self._store.actions[id]

    def get(self, id: str) -> Action | None:
        """The row of an action."""
        self._put_in(id)
        return self._store.actions.get(id)

    def item_of(self, id: str, number: int) -> Item:
        """An item of a row."""
        items = self._items.get(id)
        return self._store.actions[id].items[number] if items is None else items[number]

    def ids(self) -> tuple[str, ...]:
        """Of all rows."""
        return tuple(self._store.actions)

    def version(self, id: str) -> int:
        """A number that grows with every change of a row; 0 where there never was one."""
        return self._version.get(id, 0)

    def show(self, action: Action) -> Action:
        """Put a row there."""
        self._items.pop(action.id, None)
        return self._put(action, whole=True)

    def _put(self, action: Action, *, whole: bool) -> Action:
        """`whole`: any of its items may be other."""
        if self._store.actions.put(action.id, action):
            self._version[action.id] = self._version.get(action.id, 0) + 1
            if whole and len(action.items) >= BIG:
                self._unkept[action.id] = set(range(len(action.items)))
            self._forget()
        return action

    def change(self, id: str, **fields: Any) -> Action:
        """Change fields of a row; `changed_at` is now."""
        if len(fields.get("output", "")) > OUTPUT_CHARS:
            self._long.pop(id, None)
            self._long[id] = None
            self._shorten()
        return self._put(replace(self[id], changed_at=self._clock.now(), **fields), whole="items" in fields)

    def _shorten(self) -> None:
        """Keep of the output of older ones only as much as on disk: memory is bounded however many there were."""
        for id in list(self._long)[: -self._full]:
            row = self.get(id)
            if row is None or row.ended:
                del self._long[id]
            if row is not None and row.ended:
                self._put(shortened(row, OUTPUT_CHARS), whole=False)

    def item(self, id: str, number: int, **fields: Any) -> None:
        """Change fields of an item of a row."""
        row = self._store.actions[id]
        if len(row.items) < BIG:
            items = [*row.items[:number], replace(row.items[number], **fields), *row.items[number + 1 :]]
            self._put(replace(row, changed_at=self._clock.now(), items=tuple(items)), whole=False)
            return
        changed = self._items.get(id)
        if changed is None:
            changed = self._items[id] = list(row.items)
        changed[number] = replace(changed[number], **fields)
        self._unkept.setdefault(id, set()).add(number)
        self._version[id] = self._version.get(id, 0) + 1
        if id not in self._timers:
            self._timers[id] = asyncio.get_running_loop().call_later(SHOW_S, self._put_in, id)

    def recorded(self, entry: AuditEntry) -> None:
        """Note the number of a line of the audit log in the row that it is about."""
        row = self.get(entry.idempotency_key)
        if row is not None and entry.seq and entry.seq not in row.audit:
            self._put(replace(row, audit=(*row.audit, entry.seq)), whole=False)

    def _put_in(self, id: str) -> None:
        """Put changed items into their row."""
        timer = self._timers.pop(id, None)
        if timer is not None:
            timer.cancel()
        items = self._items.pop(id, None)
        row = self._store.actions.get(id)
        if items is not None and row is not None:
            self._store.actions.put(id, replace(row, changed_at=self._clock.now(), items=tuple(items)))

    def stage(self, id: str, number: int, **fields: Any) -> Action:
        """Change fields of a stage of a row."""
        stages = list(self[id].stages)
        if number >= len(stages):
            return self[id]
        stages[number] = replace(stages[number], **fields)
        return self.change(id, stages=tuple(stages))

    async def keep(self, id: str) -> None:
        """Have on disk how the action is now. Raises RefusedError where that is not possible."""
        wanted = self._version.get(id, 0)
        lock = self._writing.setdefault(id, asyncio.Lock())
        async with lock:
            if self._kept.get(id, -1) >= wanted:
                return
            version, unkept = self._version.get(id, 0), self._unkept.pop(id, set())
            try:
                await _to_the_end(self._written(id, unkept))
            except (FleetdeckError, OSError) as error:
                self._unkept.setdefault(id, set()).update(unkept)
                raise RefusedError(scrub(f"the record cannot be kept: {error}", 300)) from error
            self._kept[id] = version

    def _written(self, id: str, unkept: set[int]) -> Coroutine[Any, Any, None]:
        row, items = self._store.actions[id], self._items.get(id)
        if items is not None:
            row = replace(row, changed_at=self._clock.now(), items=tuple(items))
        if len(row.items) >= BIG and isinstance(self._records, RecordFolder):
            return self._records.keep_changes(row, unkept)
        return self._records.keep(row)

    def drop(self, id: str) -> None:
        """Take a row away."""
        self._store.actions.drop(id)
        self.tasks.forget(id)
        timer = self._timers.pop(id, None)
        if timer is not None:
            timer.cancel()
        for known in (self._version, self._kept, self._writing, self._items, self._unkept):
            known.pop(id, None)

    def _forget(self) -> None:
        """Drop the oldest rows that have ended where there are too many."""
        if len(self._store.actions) <= self._most:
            return
        for id in [id for id, row in self._store.actions.items() if row.ended][: len(self._store.actions) - self._most]:
            self.drop(id)


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Wait for it also where we are cancelled: a write that is left alone might come after a later one."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
        raise
