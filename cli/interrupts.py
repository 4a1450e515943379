"""Ctrl-C while the commands are still being imported: the end, without a word and without a traceback."""

import os
import signal
from types import FrameType

_INTERRUPTED = 128 + signal.SIGINT


def end_quietly() -> None:
    """Until `hear_interrupts`, an interrupt ends the process at once."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def hear_interrupts() -> None:
    """From now on an interrupt is an exception again, for whoever has something to clean up."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)
