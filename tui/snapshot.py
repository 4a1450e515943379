"""One frame of the dashboard without a terminal: as SVG for `fleetdeck screenshot`, as plain text for a pipe.

The same store gives the same frame on every machine: the size is fixed, the time is the store's, nothing moves, and
the ids within an SVG are made from its content.
"""

import io
from collections.abc import Awaitable, Callable

from msgspec import Struct
from rich.console import Console
from textual.app import App
from textual.pilot import Pilot

from tui.settled import settled

Settle = Callable[[Pilot[None]], Awaitable[None]]


class Frame(Struct, frozen=True):
    """What stood on the screen."""

    _svg: str
    _text: str

    def svg(self) -> str:
        """The frame as an SVG document."""
        return self._svg

    def text(self) -> str:
        """The frame as lines of plain text, without trailing blanks."""
        return self._text


async def render(app: App[None], size: tuple[int, int], *, settle: Settle | None = None) -> Frame:
    """Run `app` headless in `size` (columns, lines), wait until `settle` is through, and take one frame.

    Raises whatever made the app fail.
    """
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        if settle is not None:
            await settle(pilot)
        await pilot.pause()
        await settled()
        return Frame(app.export_screenshot(simplify=True), screen_text(app))


def screen_text(app: App[None]) -> str:
    """What is on the screen of a running app, as lines of plain text."""
    width, height = app.size
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None, legacy_windows=False)
    # The compositor is Textual's own; this is how its export_screenshot reads the screen, too.
    console.print(app.screen._compositor.render_update(full=True, screen_stack=app._background_screens))
    printed = console.file.getvalue() if isinstance(console.file, io.StringIO) else ""
    return "\n".join(line.rstrip() for line in printed.splitlines()).rstrip("\n") + "\n"
