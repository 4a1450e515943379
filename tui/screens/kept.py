"""Screens that are made once and filled anew whenever they are opened.

To make the widgets of a page, to match their styles, to lay them out and to draw the blank parts of each for the first
time takes several times as long as to show other words in them. What is kept is made anew where more than its words
would be another: in another theme, at another size of the terminal, with other keys.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from textual.app import App
from textual.screen import Screen

S = TypeVar("S", bound=Screen[Any])


def kept(app: App[Any], kind: type[S], make: Callable[[], S], fill: Callable[[S], None]) -> S:
    """A screen to be pushed: the one of its `kind` that was made before, once `fill` has filled it, or what `make`
    makes. While the one that is kept is open somewhere, others are made beside it, and end when they are left."""
    name, under = f"kept {kind.__name__}", _conditions(app)
    if app.is_screen_installed(name):
        screen = app.get_screen(name, kind)
        if any(screen in stack for stack in app._screen_stacks.values()):
            return make()
        if screen.is_running and getattr(screen, "made_under", None) == under:
            fill(screen)
            return screen
        app.uninstall_screen(name)
        if screen.is_running:
            screen.remove()
    screen = make()
    vars(screen)["made_under"] = under
    app.install_screen(screen, name)
    return screen


async def made_ready(app: App[Any], kind: type[S], make: Callable[[], S]) -> None:
    """Make what `kept` will be asked for, and draw the grounds of it where nobody sees them, one at a time."""
    name = f"kept {kind.__name__}"
    if app.is_screen_installed(name):
        return
    screen = kept(app, kind, make, lambda _: None)
    await app._get_screen(screen)[1]
    if screen.is_attached and not screen.is_current:
        screen._refresh_layout(app.size)
        for widget in list(screen._compositor.visible_widgets):
            await asyncio.sleep(0)
            if widget.is_attached and widget.children and widget is not screen and not screen.is_current:
                widget.render_lines(widget.size.region)


def _conditions(app: App[Any]) -> tuple[object, ...]:
    """What the look of a screen depends on beside its words."""
    return app.size, app.theme, getattr(app, "key_map", None), getattr(app, "only_ascii", False)
