"""Interrupts as exceptions again, once there is something to clean up.

Python drops every exception out of a callback of its own, such as those that run at the end of each import. An
interrupt that is lost there is told again. And some of its C code makes another exception of one, such as a TypeError
in the middle of an import. So the dashboard, which imports most and has nothing to clean up by then, hears of none
before `cli.dashboard.ending.Ending` does.
"""

import signal
import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_AGAIN_S: Final = 0.01


def hear_interrupts() -> None:
    """From now on an interrupt is an exception, for whoever has something to clean up (see `cli.start`)."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.unraisablehook = _unraisable


def _unraisable(lost: "UnraisableHookArgs") -> None:
    if not issubclass(lost.exc_type, KeyboardInterrupt | SystemExit):
        sys.__unraisablehook__(lost)
        return
    # Told right here it would be lost once more.
    again = threading.Timer(_AGAIN_S, signal.pthread_kill, (threading.get_ident(), signal.SIGINT))
    again.daemon = True
    again.start()
