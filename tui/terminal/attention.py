"""Calls an operator who looks elsewhere: the terminal's bell, and a notification by OSC 9, where that was asked for.

OSC 9 is `ESC ] 9 ; text BEL`, as iTerm2 began it; kitty, WezTerm, Ghostty, foot and Windows Terminal know it, others
drop it. Through a multiplexer it goes as OSC 52 does (`fleet.clipboard`). The text is ours, with scrubbed names in it.
"""

from typing import TypeVar

from textual.app import App
from textual.timer import Timer

from fleet.alerts.model import Alert
from fleet.alerts.notices import Notice, Notices, NotifyWish
from fleet.clipboard import Clipboard, Escape, Wrap, wrapped
from fleet.clock import Clock
from fleet.store import Store, Subscription
from fleet.text import scrub
from tui.live import FLUSH_S

R = TypeVar("R")

_BELL = "\x07"


def osc9(text: str, wrap: Wrap) -> str:
    """The sequence that notifies of `text`, which is scrubbed once more: nothing in it may end the sequence early."""
    return wrapped(f"\x1b]9;{scrub(text)}\x07", wrap)


class AttentiveApp(App[R]):
    """Listens to the alerts of a store from `begin_notices` on. Idle while nothing begins to fire."""

    machine: Clipboard
    _notices: Notices | None = None
    _heard: Subscription[str, Alert] | None = None
    _bell_clock: Clock
    _ringing: Timer | None = None
    _woken = False

    def begin_notices(self, store: Store, clock: Clock, fleet: str, wish: NotifyWish) -> None:
        """Tell of alerts that begin to fire from now on, as was asked for."""
        if not wish.is_on:
            return
        self._bell_clock = clock
        self._notices = Notices(store.alerts, wish, fleet, clock.now())
        self._heard = store.alerts.subscribe(self._wake)

    async def on_unmount(self) -> None:
        """Nobody is called any more."""
        if self._heard is not None:
            self._heard.close()
            self._heard = None

    def _wake(self) -> None:
        # The store calls this from whatever task writes to it; what one evaluation finds is one notice.
        if not self._woken and self.is_running:
            self._woken = True
            self.call_later(self.set_timer, FLUSH_S, self._listen)

    def _listen(self) -> None:
        self._woken = False
        if self._heard is None or self._notices is None:
            return
        diff = self._heard.drain()
        self._notices.note(diff.changed, diff.removed)
        self._ring()

    def _ring(self) -> None:
        self._ringing = None
        if self._notices is None:
            return
        notice = self._notices.take(self._bell_clock.now())
        if notice is not None:
            self.call_attention(notice)
        left = self._notices.due_in_s(self._bell_clock.now())
        if left is not None and self._ringing is None:
            self._ringing = self.set_timer(max(left, FLUSH_S), self._ring)

    def call_attention(self, notice: Notice) -> None:
        """Hand it to the driver, which writes it whole between two frames."""
        if self._driver is None:
            return
        if notice.bell:
            self._driver.write(_BELL)  # ours: the bell
        if notice.text:
            self._driver.write(osc9(notice.text, self._wrap()))  # ours: OSC 9 around our own words and scrubbed names

    def _wrap(self) -> Wrap:
        """The form that reaches the outermost terminal: the first that the clipboard would take."""
        ways = (way for way in self.machine.routes.ways if isinstance(way, Escape))
        return next((way.wraps[0] for way in ways if way.wraps), Wrap.PLAIN)
