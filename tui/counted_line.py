"""A line of the overview that counts the rows of a slice by what they are: `alerts  ✖ 3 critical  ▲ 12 high`."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from rich.text import Text

from fleet.store import Slice
from fleet.views.view import Tone
from tui.ink import Ink, joined
from tui.live import Live

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)


class Counting(Protocol[C_co]):
    """What counts, at a cost that follows what changed, from when it is made until it is closed."""

    def counts(self) -> C_co: ...

    def close(self) -> None: ...


class CountedLine(Live, Generic[C]):
    """Shown while there is anything to count (its class `-any`)."""

    def __init__(self, rows: Slice[Any, Any], count: Callable[[], Counting[C]], nothing: C) -> None:
        """`count` makes what counts, once there is somebody to see it; `nothing` is what it says without any row."""
        super().__init__()
        self._rows = rows
        self._count = count
        self._counting: Counting[C] | None = None
        self._counts = nothing

    def is_any(self, counts: C) -> bool:
        """Whether there is anything to say."""
        return bool(counts)

    def parts(self, counts: C, ink: Ink) -> Iterable[Text]:
        """The label, and what is said of each."""
        raise NotImplementedError

    def slices(self) -> Iterable[Slice[Any, Any]]:
        return (self._rows,)

    def update_now(self) -> None:
        if self._counting is None:
            self._counting = self._count()
        counts = self._counting.counts()
        if counts != self._counts:
            self._counts = counts
            self.set_class(self.is_any(counts), "-any")
            self.refresh()

    def recolour(self) -> None:
        """Say the same in the colours of the theme that is on."""
        self.refresh()

    def on_unmount(self) -> None:
        if self._counting is not None:
            self._counting.close()
            self._counting = None

    def render(self) -> Text:
        line = joined(self.parts(self._counts, self.ink), "  ")
        line.truncate(self.size.width, overflow="ellipsis")
        return line


def counted(glyph: str, number: int, word: str, tone: Tone, ink: Ink) -> Text:
    """`✖ 3 critical`, the number brought out."""
    return joined(
        [ink.write(f"{glyph} ", tone), ink.write(f"{number:,}", tone, bold=True), ink.write(f" {word}", tone)]
    )
