"""An application that keeps what its operator chose, and brings it back at the next start.

Nothing is written while nothing changes: a change arms one timer, and what has changed until it is due is kept at once,
in a thread, because a home folder may be far away. What is left is kept when the application ends.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec.structs import replace
from textual.app import App
from textual.timer import Timer

from fleet.text import scrub
from fleet.view_line import ViewLine
from tui.kept.history import Visit
from tui.kept.memory import Memory
from tui.screens.deck import DeckScreen
from tui.screens.table import TableScreen

R = TypeVar("R")

KEEP_AFTER_S = 2.0
"""Seconds from a change until it is kept: a crash costs no more than that."""

Remember = Callable[[Memory], str]
"""Keeps the memory; gives "" or why it could not. May block."""


def gathered(memory: Memory, screens: Iterable[DeckScreen], current: str) -> Memory:
    """`memory` with the views as they are shown now, and which of them is open."""
    for screen in screens:
        if isinstance(screen, TableScreen):
            visit = screen.visit()
            memory = memory.left(visit.line, following=visit.following)
    return replace(memory, view=current)


class RememberingApp(App[R]):
    """The memory of the application: `memory` is what is known to be worth keeping, `gathered` adds what is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = self._kept = Memory()
        self._remember: Remember | None = None
        self._due: Timer | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._said = False

    def begin_with(self, memory: Memory, remember: Remember | None) -> None:
        """Start from `memory`, and keep what changes by `remember`; None: nothing is kept."""
        self.memory = self._kept = memory
        self._remember = remember

    def gathered(self) -> Memory:
        """`memory` with the present state of everything that is shown."""
        return self.memory

    def changed(self) -> None:
        """Something that is kept may have changed: look at it in a moment."""
        if self._remember is not None and self._due is None and self.is_running:
            self._due = self.set_timer(KEEP_AFTER_S, self._keep)

    def keep_choice(self, name: str, value: str) -> None:
        """Keep what was chosen by a key; "" is the default, which is not kept."""
        choices = {known: text for known, text in self.memory.choices.items() if known != name}
        self.memory = replace(self.memory, choices={**choices, name: value} if value else choices)
        self.changed()

    def keep_filters(self, filters: dict[str, str]) -> None:
        """Keep these as the saved filters, by name."""
        self.memory = replace(self.memory, filters=filters)
        self.changed()

    def keep_typed(self, sign: str, text: str) -> None:
        """Keep a line that was entered after `sign`."""
        self.memory = self.memory.entered(sign, text)
        self.changed()

    def typed(self, sign: str) -> tuple[str, ...]:
        """The lines that were entered after `sign`, oldest first."""
        return tuple(self.memory.typed.get(sign, ()))

    def remembered(self, view: str) -> Visit | None:
        """How a view was left; None where nothing is known of it."""
        line, following = self.memory.line(view), view in self.memory.following
        if line is None and not following:
            return None
        return Visit(line=line or ViewLine(view=view), following=following)

    def on_table_sorted(self) -> None:
        """The order is kept."""
        self.changed()

    def on_table_arranged(self) -> None:
        """The columns are kept."""
        self.changed()

    def on_table_steered(self) -> None:
        """Whether a view follows is kept."""
        self.changed()

    def on_prompt_screen_arrived(self) -> None:
        """Filters and views are kept."""
        self.changed()

    async def on_unmount(self) -> None:
        """Keep what is left."""
        if self._keeping is not None:
            await asyncio.wait({self._keeping})
        memory = self.gathered()
        if self._remember is not None and memory != self._kept:
            self._remember(memory)

    def _keep(self) -> None:
        self._due = None
        memory = self.gathered()
        if self._remember is None or memory == self._kept:
            return
        if self._keeping is not None and not self._keeping.done():
            self.changed()
            return
        self._keeping = asyncio.ensure_future(self._keep_now(self._remember, memory))

    async def _keep_now(self, remember: Remember, memory: Memory) -> None:
        trouble = await asyncio.to_thread(remember, memory)
        if not trouble:
            self._kept, self._said = memory, False
        elif not self._said:
            # Once: it is tried again with every change, and a full disk is no news the second time.
            self._said = True
            self.notify(scrub(trouble), severity="warning", markup=False)
