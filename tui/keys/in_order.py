"""Keys are heard one after another: the next goes to whoever has the focus once all is done that the last one means.

Textual gives each key to the widget that has the focus when the key comes, and what a key is bound to is only done
once it came back from there. Of keys that come in one burst (typed ahead, sent by a multiplexer, or while the program
is busy) those behind a `tab` would land in the line that it leaves.
"""

import asyncio
from collections import deque
from functools import partial
from typing import Any, TypeVar

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

R = TypeVar("R")

PATIENCE_S = 1.0
"""How long a key is waited for: whoever had it may have been closed meanwhile."""
_LOOKS = 10
"""In so many parts: a program that was stopped, or not let run, for as long has waited for one of them only."""


class OrderlyApp(App[R]):
    """An application in which a key, or a paste, waits for the one before it."""

    _key_under_way: events.Event | None = None
    """The key that is on its way."""
    _key_patience: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._keys_behind: deque[events.Event] = deque()

    async def on_event(self, event: events.Event) -> None:
        """Let a key wait for the one before it."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._keys_behind.append(event)
            await self._hear_next_key()
        else:
            await super().on_event(event)

    async def _hear_next_key(self) -> None:
        while self._keys_behind and self._key_under_way is None:
            event = self._keys_behind.popleft()
            await super().on_event(event)
            # What was taken at once, or dropped, was not forwarded.
            if event.is_forwarded:
                self._key_under_way = event
                self._be_patient(event, _LOOKS)
                first = self.focused or self.screen
                self._follow_key(event, first, first)

    def _be_patient(self, event: events.Event, looks: int) -> None:
        """Wait for a key for so many parts of the patience, then no longer."""
        if looks and self._key_under_way is event:
            loop = asyncio.get_running_loop()
            self._key_patience = loop.call_later(PATIENCE_S / _LOOKS, self._be_patient, event, looks - 1)
        else:
            self._key_done(event)

    def _follow_key(self, event: events.Event, node: MessagePump, first: MessagePump, *, again: bool = False) -> None:
        """Be told once `node` is done with an event: what it is told by stands behind the event in its queue. `first`
        had it first; `again`: what it is bound to was done, and what that says goes the same way."""
        told = partial(self._key_passed, event, node, first, again=again)
        if not node.call_later(told):
            told()

    def _key_passed(self, event: events.Event, node: MessagePump, first: MessagePump, *, again: bool) -> None:
        parent = node._parent
        if self._key_under_way is not event:
            return
        if parent is not None and (again or not event._stop_propagation):
            self._follow_key(event, parent, first, again=again)
        elif not again and isinstance(node, Screen | App):
            # `enter` in a line says that it was pressed, and who hears that may move the focus.
            self._follow_key(event, first, first, again=True)
        else:
            self._key_done(event)

    def _key_done(self, event: events.Event) -> None:
        if self._key_under_way is event:
            self._key_under_way = None
            if self._key_patience is not None:
                self._key_patience.cancel()
            if self._keys_behind:
                self.call_later(self._hear_next_key)
