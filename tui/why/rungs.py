"""The widget of a ladder: its lines, and a cursor that goes from row to row of those that open a page."""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from fleet.why.model import Ladder
from tui.chrome.page_scroll import PageScroll
from tui.ink import Ink
from tui.why.lines import Line, Opens, lines_of


class Rungs(Widget):
    """A ladder, laid out anew when it is another one, or the width is."""

    DEFAULT_CSS = "Rungs { height: auto; }"

    def __init__(self) -> None:
        super().__init__(id="rungs")
        self._ladder: Ladder | None = None
        self._notice = ""
        self._cursor: Opens | None = None

    def show(self, ladder: Ladder | None, notice: str) -> None:
        """Show a ladder, and above it a sentence where there is one to say."""
        if (ladder, notice) == (self._ladder, self._notice):
            return
        self._ladder, self._notice = ladder, notice
        self.refresh(layout=True)

    @property
    def cursor(self) -> Opens | None:
        """The row under the cursor; None where it is on none."""
        return self._cursor

    def links(self) -> list[tuple[int, Opens]]:
        """(line, what it opens) of each row that opens something."""
        found: dict[Opens, int] = {}
        for number, line in enumerate(self._lines(self.size.width)):
            if line.link is not None:
                found.setdefault(line.link, number)
        return [(number, link) for link, number in found.items()]

    def go_to(self, link: Opens | None) -> None:
        """Put the cursor on a row."""
        if link != self._cursor:
            self._cursor = link
            self.refresh()
            self.screen.refresh_bindings()

    def link_at(self, line: int) -> Opens | None:
        """What a line opens."""
        lines = self._lines(self.size.width)
        return lines[line].link if 0 <= line < len(lines) else None

    def render(self) -> Text:
        return Text("\n", end="").join(line.text for line in self._lines(self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes in `width` cells."""
        return max(1, len(self._lines(width)))

    def _lines(self, width: int) -> list[Line]:
        ink = Ink(self.app.theme_variables)
        lines = []
        if self._notice:
            text = ink.write(self._notice)
            text.no_wrap = False
            lines = [Line(part) for part in text.wrap(self.app.console, max(10, width), overflow="fold")]
            lines.append(Line(Text("")))
        if self._ladder is not None:
            lines += lines_of(self._ladder, ink, self.app.console, width, self._cursor)
        return lines


class LadderScroll(PageScroll, can_focus=True):
    """Scrolls a ladder. Down goes to the next row that opens something where it is in sight, else down a line."""

    BINDING_GROUP_TITLE = "Why"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "open", id="why.open")]

    class Opened(Message):
        """The operator wants the page of what a row names."""

        def __init__(self, link: Opens) -> None:
            super().__init__()
            self.link = link

    def __init__(self, rungs: Rungs) -> None:
        super().__init__(rungs, id="why")
        self._rungs = rungs

    def action_scroll_down(self) -> None:
        """To the next row in sight that opens something, else a line down."""
        self._walk(1)

    def action_scroll_up(self) -> None:
        """To the row before in sight that opens something, else a line up."""
        self._walk(-1)

    def _walk(self, by: int) -> None:
        top = self.scroll_offset.y
        links = self._rungs.links()
        places = {link: line for line, link in links}
        now = places.get(self._rungs.cursor) if self._rungs.cursor is not None else None
        in_sight = [(line, link) for line, link in links if top <= line < top + self._rows()]
        if now is None or not top <= now < top + self._rows():
            # Out of sight it is nowhere.
            now = top - 1 if by > 0 else top + self._rows()
        ahead = [one for one in in_sight if (one[0] > now if by > 0 else one[0] < now)]
        if ahead:
            self._rungs.go_to(ahead[0][1] if by > 0 else ahead[-1][1])
        elif by > 0:
            self.scroll_down(animate=False)
        else:
            self.scroll_up(animate=False)

    def action_open(self) -> None:
        """Open what is under the cursor."""
        if self._rungs.cursor is not None:
            self.post_message(self.Opened(self._rungs.cursor))

    def on_click(self, event: events.Click) -> None:
        """Choose a row; the second click opens it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        link = self._rungs.link_at(offset.y + self.scroll_offset.y)
        if link is not None and link == self._rungs.cursor:
            self.action_open()
        elif link is not None:
            self._rungs.go_to(link)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to open only where the cursor is on a row."""
        return action != "open" or self._rungs.cursor is not None

    def _rows(self) -> int:
        return self.scrollable_content_region.height
