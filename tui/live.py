"""Widgets that are drawn from the store: woken by a change, drawn at most four times a second, idle when nothing
happens."""

from collections.abc import Callable, Iterable
from typing import Any

from textual.app import App
from textual.widget import Widget

from fleet.store import Slice, Subscription
from tui.ink import Ink

FLUSH_S = 0.25

AGES_EVERY_S = 10.0
"""How often ages and sparklines are brought up to date in a fleet where nothing changes."""


class Live(Widget):
    """A widget that draws what some slices of the store hold.

    A wake arms one timer if none is pending. It is not armed while the screen is covered or drawing is paused: the
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
        """The store calls this from whatever task writes to it, so the timer is armed in the widget's own."""
        if not self._armed and self._may_draw():
            self._armed = True
            self.call_later(self.set_timer, FLUSH_S, self._due)

    def _due(self) -> None:
        self._armed = False
        if self._may_draw():
            self.catch_up()

    def _may_draw(self) -> bool:
        return self.is_attached and not is_paused(self.app) and is_uncovered(self)


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
