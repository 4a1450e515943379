"""Dialogs in which a key can start something: they hear nothing that was typed before one could read them.

Keys are dropped until the dialog has been on the terminal for 300 ms, and each that is dropped begins the wait anew, so
that neither what was typed ahead nor a key that is held down gets through. What counts is when a key was pressed, not
when a busy program came to it. The focus begins on the way out.
"""

from typing import Any, ClassVar, TypeVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from fleet.views.view import Tone
from tui.chrome.page_scroll import PageScroll
from tui.context import Context
from tui.ink import Ink, joined
from tui.screens.sheet import Sheet

R = TypeVar("R")

QUIET_S = 0.3
"""How long a dialog must have been seen, with no key pressed, before it hears one."""
_ALWAYS = frozenset({"ctrl+q"})


class Cancel(Widget, can_focus=True):
    """The way out, which has the focus first; arrows scroll the page above it."""

    BINDING_GROUP_TITLE = "Cancel"
    DEFAULT_CSS = "Cancel { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "leave", "cancel", id="cancel.leave"),
        *PageScroll.BINDINGS,
    ]

    def __init__(self) -> None:
        super().__init__(id="cancel")
        self._words = Text("")

    def say(self, words: Text) -> None:
        """What stands beside it."""
        self._words = words
        self.refresh()

    def render(self) -> Text:
        ink = Ink(self.app.theme_variables)
        word = ink.write("[ Cancel ]", Tone.ACCENT if self.has_focus else Tone.MUTED, bold=self.has_focus)
        if self.has_focus:
            word.stylize("reverse")
        return joined([word, ink.write("   "), self._words])

    def on_click(self) -> None:
        """As enter."""
        self.action_leave()

    def action_leave(self) -> None:
        """Leave; nothing is done."""
        if isinstance(self.screen, Unhurried):
            self.screen.action_cancel()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing, while nothing is heard."""
        return not (isinstance(self.screen, Unhurried) and self.screen.is_deaf)

    def action_scroll_down(self) -> None:
        """A line of the page."""
        self._page.scroll_down(animate=False)

    def action_scroll_up(self) -> None:
        """A line of the page, up."""
        self._page.scroll_up(animate=False)

    def action_page_down(self) -> None:
        """A screenful."""
        self._page.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A screenful up."""
        self._page.scroll_page_up(animate=False)

    def action_scroll_home(self) -> None:
        """The top."""
        self._page.scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        """The bottom."""
        self._page.scroll_end(animate=False)

    @property
    def _page(self) -> PageScroll:
        return self.screen.query_one(PageScroll)


class Quiet(Sheet[R]):
    """A sheet that hears nothing until one could read it. Whoever is one sets `_deck`."""

    _deck: Context
    _hears_from: float | None = None
    _later: Timer | None = None

    def on_mount(self) -> None:
        """Listen from 300 ms after the first picture."""
        app: Any = self.app
        app.after_frame(self._painted)

    def awake(self) -> None:
        """Keys are heard from now on, or must be waited for again."""
        self._later = None
        if not self.is_attached:
            return
        if self.is_deaf:
            self._wait()
        self.refresh_bindings()
        self.woken()

    def woken(self) -> None:
        """Say what can be done."""

    @property
    def is_deaf(self) -> bool:
        """Whether keys are dropped."""
        return self._hears_from is None or self._deck.clock.monotonic() < self._hears_from

    def drops(self, event: events.Key | events.Paste) -> bool:
        """Whether a key or a paste is not to be heard, because nobody can have meant this dialog by it."""
        if isinstance(event, events.Key) and event.key in _ALWAYS:
            return False
        if self._hears_from is None:
            return True
        # The age of the event by the clock that stamps events, taken from ours.
        pressed = self._deck.clock.monotonic() - max(0.0, Message().time - event.time)
        if pressed >= self._hears_from:
            return False
        self._hears_from = max(self._hears_from, pressed + QUIET_S)
        return True

    def _painted(self) -> None:
        self._hears_from = self._deck.clock.monotonic() + QUIET_S
        self._wait()

    def _wait(self) -> None:
        if self._later is None:
            self._later = self.set_timer(QUIET_S, self.awake)


class Unhurried(Quiet[R]):
    """A sheet with a `Cancel` and a `PageScroll`."""

    AUTO_FOCUS = "#cancel"

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._deck = context

    def action_cancel(self) -> None:
        """Leave; nothing is done."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing, while nothing is heard; a click is no better than a key."""
        return not self.is_deaf
