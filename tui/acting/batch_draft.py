"""A batch while it is put together: its lines, the cursor among them, the line that is being changed, and what all of
them are read as. It knows no widget."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fleet.errors import FleetdeckError
from fleet.text import scrub
from tui.acting.batch_lines import BatchLines
from tui.alerts.form import LONGEST

if TYPE_CHECKING:
    from fleet.actions.ports import Acting


class BatchDraft:
    """`marked` is the number of the line under the cursor, None while the next one is typed; `changing` the number of
    the line that was taken out to be changed. `items` and `faults` are what the lines were read as last, and `reading`
    is whether that is not known yet."""

    def __init__(self) -> None:
        self.lines = BatchLines()
        self.marked: int | None = None
        self.changing: int | None = None
        self.items: tuple[Mapping[str, Any], ...] = ()
        self.faults: tuple[str, ...] = ()
        self.reading = False

    def move(self, by: int) -> bool:
        """Go to the line above (-1) or below (1); False where there is none that way, so that the cursor leaves."""
        if self.marked is None and (by > 0 or not self.lines):
            return False
        self.marked = self.lines.beside(self.marked, by)
        return True

    def remove(self) -> bool:
        """Drop the line under the cursor, which stays where it was; False where there is none."""
        if self.marked is None:
            return False
        gone, self.marked = self.marked, self.lines.beside(self.marked, 1)
        self.lines.take(gone)
        return True

    def take_out(self, number: int) -> str | None:
        """Take a line out to be changed; None where an input could not show all of it, and it stays."""
        text = self.lines.take(number)
        if scrub(text, LONGEST) != text:
            self.lines.put(number, text)
            return None
        self.changing, self.marked = number, None
        return text

    def enter(self, text: str) -> None:
        """Have one more line, or the changed one where it was."""
        if self.changing is None:
            self.lines.add(text)
        else:
            self.lines.put(self.changing, text)
        self.changing = None

    def replace(self, text: str) -> None:
        """Have the lines of a file, and no others."""
        self.lines.read(text)
        self.changing = self.marked = None

    async def read(self, acting: "Acting | None", template: str) -> None:
        """Have the lines read as items of a template, or learn what is wrong with which."""
        text = self.lines.text()
        self.items, self.faults = (), ()
        if acting is not None and self.lines:
            try:
                self.items = await acting.read_items(template, text)
            except FleetdeckError as error:
                self.faults = tuple(str(error).splitlines())
        self.reading = False
