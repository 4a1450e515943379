"""The rows of actions: the single writer of `store.actions`, and what is kept of them on disk.

Keeping an action takes a write that is forced to the disk. So those who want one action kept at one time share a write,
which has all of what they want kept in it.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from actions.ledger import Records
from fleet.actions.action import Action
from fleet.clock import Clock
from fleet.errors import FleetdeckError, RefusedError
from fleet.store import Store
from fleet.text import scrub


class Board:
    """Rows by id. `most` is how many are shown."""

    def __init__(self, store: Store, records: Records, clock: Clock, most: int) -> None:
        self._store = store
        self._records = records
        self._clock = clock
        self._most = most
        self._writing: dict[str, asyncio.Lock] = {}
        self._version: dict[str, int] = {}
        self._kept: dict[str, int] = {}

    def __getitem__(self, id: str) -> Action:
        return self._store.actions[id]

    def get(self, id: str) -> Action | None:
        """The row of an action."""
        return self._store.actions.get(id)

    def show(self, action: Action) -> Action:
        """Put a row there."""
        if self._store.actions.put(action.id, action):
            self._version[action.id] = self._version.get(action.id, 0) + 1
            self._forget()
        return action

    def change(self, id: str, **fields: Any) -> Action:
        """Change fields of a row; `changed_at` is now."""
        return self.show(replace(self[id], changed_at=self._clock.now(), **fields))

    def item(self, id: str, number: int, **fields: Any) -> Action:
        """Change fields of an item of a row."""
        items = list(self[id].items)
        items[number] = replace(items[number], **fields)
        return self.change(id, items=tuple(items))

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
            version, action = self._version.get(id, 0), self[id]
            try:
                await _to_the_end(self._records.keep(action))
            except (FleetdeckError, OSError) as error:
                raise RefusedError(scrub(f"the record cannot be kept: {error}", 300)) from error
            self._kept[id] = version

    def drop(self, id: str) -> None:
        """Take a row away."""
        self._store.actions.drop(id)
        for known in (self._version, self._kept, self._writing):
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
