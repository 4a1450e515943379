"""Ctrl-C while the commands are still being imported: the end, without a word and without a traceback.

And afterwards: an interrupt is an exception, and Python drops every exception out of a callback of its own, such as
those that run at the end of each import. One that is lost there is told again.
"""

import os
import signal
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_INTERRUPTED = 128 + signal.SIGINT
_AGAIN_S: Final = 0.01


def end_quietly() -> None:
    """Until `hear_interrupts`, an interrupt ends the process at once."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def hear_interrupts() -> None:
    """From now on an interrupt is an exception again, for whoever has something to clean up."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.unraisablehook = _unraisable


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)


def _unraisable(lost: "UnraisableHookArgs") -> None:
    if not issubclass(lost.exc_type, KeyboardInterrupt | SystemExit):
        sys.__unraisablehook__(lost)
        return
    # Told right here it would be lost once more.
    again = threading.Timer(_AGAIN_S, signal.pthread_kill, (threading.get_ident(), signal.SIGINT))
    again.daemon = True
    again.start()
