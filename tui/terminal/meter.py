"""What drawing costs, as it is shown and exported: bytes and frames a second, and how late the event loop wakes up."""

import asyncio
from typing import Final

from fleet.model import TerminalReading
from tui.terminal.wire import Wire

_SAMPLE_S: Final = 0.25


class Meter:
    """Measures from one `read` to the next."""

    def __init__(self, wire: Wire) -> None:
        self.slow_link = False
        self._wire = wire
        self._since_s: float | None = None
        self._bytes = self._frames = 0
        self._lag_s = 0.0

    def start(self) -> None:
        """Begin; called once, in the event loop."""
        loop = asyncio.get_running_loop()
        self._since_s = loop.time()
        loop.call_later(_SAMPLE_S, self._sample, loop.time() + _SAMPLE_S)

    def read(self) -> TerminalReading:
        """What was sent since the last `read`, and the latest that the loop was in that time."""
        now_s = asyncio.get_running_loop().time()
        took_s = max(1e-3, now_s - (now_s if self._since_s is None else self._since_s))
        wire, lag_s = self._wire, self._lag_s
        reading = TerminalReading(
            bytes_total=wire.bytes,
            bytes_per_s=(wire.bytes - self._bytes) / took_s,
            frames_per_s=(wire.frames - self._frames) / took_s,
            loop_lag_s=lag_s,
            slow_link=self.slow_link,
        )
        self._since_s, self._bytes, self._frames, self._lag_s = now_s, wire.bytes, wire.frames, 0.0
        return reading

    def _sample(self, due_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._lag_s = max(self._lag_s, loop.time() - due_s)
        loop.call_later(_SAMPLE_S, self._sample, loop.time() + _SAMPLE_S)
