"""The wire to the terminal: what went over it, and whether the terminal has taken it.

Everything that an application sends passes `Driver.write`, so it is counted there. A thread of the driver writes it to
the file; what that file has taken is counted behind it. The difference is on its way: over a link that is slower than
the program it would grow without end.
"""

import sys
from collections.abc import Callable
from typing import IO, Any

from textual.driver import Driver


class Wire:
    """Counts of one terminal. Characters on their way are counted by two threads, each of its own side."""

    def __init__(self) -> None:
        self.bytes = 0
        """Bytes sent since the start."""
        self.frames = 0
        """Frames sent since the start."""
        self.on_start: Callable[[], None] = lambda: None
        """Called when the terminal is (again) ours, with whatever it shows."""
        self._sent = 0
        self._taken = 0

    @property
    def is_clear(self) -> bool:
        """Whether the terminal has taken all that was sent."""
        return self._taken >= self._sent

    def send(self, text: str) -> None:
        """Count what is sent; called by the event loop."""
        self.bytes += len(text.encode("utf-8", "replace"))
        self._sent += len(text)

    def take(self, characters: int) -> None:
        """Count what the terminal has taken; called by the driver's thread."""
        self._taken += characters

    def lose(self) -> None:
        """What was on its way is gone, with the thread that was to write it."""
        self._taken = self._sent


class _Taken:
    """The driver's file, which tells when what was written to it has left this process."""

    def __init__(self, file: IO[str], wire: Wire) -> None:
        self._file = file
        self._wire = wire
        self._held = 0

    def write(self, text: str) -> int:
        self._held += len(text)
        return self._file.write(text)

    def flush(self) -> None:
        self._file.flush()
        held, self._held = self._held, 0
        self._wire.take(held)

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()


def counted(base: type[Driver], wire: Wire) -> type[Driver]:
    """A driver that does what `base` does, and tells `wire` of it."""

    class CountedDriver(base):  # type: ignore[valid-type, misc]  # which driver it is depends on the platform
        """The driver of this platform with a counter in it."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            file: IO[str] | None = getattr(self, "_file", None)
            self._tells = file is not None and file is sys.__stderr__
            if file is not None and self._tells:
                self._file = _Taken(file, wire)

        def write(self, data: str) -> None:
            wire.send(data)
            if not self._tells:
                wire.lose()
            super().write(data)

        def start_application_mode(self) -> None:
            wire.lose()
            super().start_application_mode()
            wire.on_start()

    return CountedDriver
