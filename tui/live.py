"""Widgets that are drawn from the store: woken by a change, drawn at the beat of the application, idle when nothing
happens."""

from collections.abc import Callable, Iterable
from typing import Any

from textual.app import App
from textual.widget import Widget

from fleet.store import Slice, Subscription
from tui.ink import Ink
from tui.terminal.profile import LOCAL
from tui.terminal.thrift import ThriftyApp

FLUSH_S = 1 / LOCAL.flushes_per_s

AGES_EVERY_S = 10.0
"""How often ages and sparklines are brought up to date in a fleet where nothing changes."""


class Live(Widget):
    """A widget that draws what some slices of the store hold.

    A wake asks for the next beat, once. It does not while the screen is covered or drawing is paused: the
    subscription stays dirty, so nothing more is heard from it until `catch_up` drains it.
    """

    _armed = False
    _subscriptions: tuple[Subscription[Any, Any], ...] = ()

    def slices(self) -> Iterable[Slice[Any, Any]]:
        """The slices that this widget draws."""
        raise NotImplementedError

    def update_now(self) -> None:
        """Read the store and show what it says; called when one of the slices changed."""
        self.refresh()

    def on_mount(self) -> None:
        self._subscriptions = tuple(part.subscribe(self._wake) for part in self.slices())
        self.update_now()

    def on_unmount(self) -> None:
        for subscription in self._subscriptions:
            subscription.close()

    def catch_up(self) -> None:
        """Show at once what came while the widget was covered or drawing was paused."""
        if not self._subscriptions:
            return
        for subscription in self._subscriptions:
            subscription.drain()
        self.update_now()

    @property
    def ink(self) -> Ink:
        """The colours of the theme that is on."""
        return Ink(self.app.theme_variables)

    def _wake(self) -> None:
        """The store calls this from whatever task writes to it."""
        if not self._armed and self._may_draw():
            self._armed = True
            at_next_beat(self, self._due, FLUSH_S)

    def _due(self) -> None:
        self._armed = False
        if self._may_draw():
            self.catch_up()

    def _may_draw(self) -> bool:
        return self.is_attached and not is_paused(self.app) and is_uncovered(self)


def at_next_beat(widget: Widget, due: Callable[[], None], period_s: float) -> None:
    """Have a widget call `due` at the next beat of its application, in the widget's own task."""
    app = widget.app
    if isinstance(app, ThriftyApp):
        app.beat.ask(lambda: widget.call_next(due) if widget.is_attached else None, period_s)
    else:
        widget.call_later(widget.set_timer, period_s, due)


def is_paused(app: App[Any]) -> bool:
    """Whether the operator asked for a still picture."""
    return bool(getattr(app, "paused", False))


def is_uncovered(widget: Widget) -> bool:
    """Whether the widget's screen is on top, or shows through what is."""
    stack = widget.app.screen_stack
    own = widget.screen
    return own in stack and all(screen.is_modal for screen in stack[stack.index(own) + 1 :])


class Watch(Live):
    """Draws nothing: calls `changed` at the pace of drawing when one of some slices changed, and once at the start."""

    DEFAULT_CSS = "Watch { display: none; }"

    def __init__(self, slices: Iterable[Slice[Any, Any]], changed: Callable[[], None]) -> None:
        super().__init__()
        self._slices = tuple(slices)
        self._changed = changed

    def slices(self) -> Iterable[Slice[Any, Any]]:
        return self._slices

    def update_now(self) -> None:
        self._changed()
