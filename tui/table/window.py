"""Which rows of a long list are in view, and where the cursor is: pure arithmetic, no terminal.

Two rules make a live list usable. The row under the cursor keeps its line on the screen while rows come and go above
it. And a list that nobody has touched yet stays at its top, so that the worst or newest rows are what is seen.
"""


class Window:
    """`height` lines onto `count` rows from `top` on, and a cursor that is always on one of those lines."""

    def __init__(self) -> None:
        self.height = 0
        self.count = 0
        self.top = 0
        self.cursor = 0
        self.touched = False

    @property
    def line(self) -> int:
        """The cursor's line, from 0."""
        return self.cursor - self.top

    @property
    def overflows(self) -> bool:
        """Whether there are more rows than lines."""
        return self.count > self.height

    def resize(self, height: int) -> None:
        """Give the window `height` lines; the cursor stays in view, or goes to the top where nobody has moved it."""
        self.height = max(0, height)
        if not self.touched and self.cursor >= max(1, self.height):
            self.cursor = 0
        self._show_cursor()

    def follow(self, position: int, count: int) -> None:
        """The rows have changed: there are `count`, and the one under the cursor is now at `position`."""
        line = self.line
        self.count = count
        if self.touched:
            self.cursor, self.top = position, position - line
        else:
            self.cursor, self.top = position if position < max(1, self.height) else 0, 0
        self._show_cursor()

    def move(self, by: int) -> None:
        """Move the cursor `by` rows; the window goes with it only where it must."""
        self.go(self.cursor + by)

    def go(self, position: int) -> None:
        """Put the cursor at a position, or as near to it as there are rows."""
        self.touched = True
        self.cursor = position
        self._show_cursor()

    def page(self, share: float) -> None:
        """Move window and cursor by a share of the height; `0.5` is half a page down."""
        by = max(1, int(abs(share) * self.height)) * (1 if share > 0 else -1)
        self.touched = True
        self.top += by
        self.cursor += by
        self._show_cursor()

    def home(self) -> None:
        """Back to the top, and stay there until the cursor is moved again."""
        self.cursor = self.top = 0
        self.touched = False
        self._show_cursor()

    def scroll(self, to: int) -> None:
        """Show the rows from `to` on, taking the cursor along where it would be left behind."""
        self.touched = True
        self.top = max(0, min(to, self.count - self.height))
        self.cursor = max(self.top, min(self.cursor, self.top + self.height - 1))
        self._show_cursor()

    def thumb(self) -> tuple[int, int]:
        """The first line of the scroll bar's thumb and the one after its last; (0, 0) where nothing overflows."""
        if not self.overflows or self.height <= 0:
            return (0, 0)
        size = max(1, self.height * self.height // self.count)
        start = (self.height - size) * self.top // max(1, self.count - self.height)
        return (start, start + size)

    def top_at(self, line: int) -> int:
        """The top that puts the middle of the thumb on `line`."""
        start, end = self.thumb()
        free = max(1, self.height - (end - start))
        return (line - (end - start) // 2) * (self.count - self.height) // free

    def _show_cursor(self) -> None:
        self.cursor = max(0, min(self.cursor, self.count - 1))
        self.top = min(self.top, self.cursor)
        self.top = max(self.top, self.cursor - self.height + 1) if self.height else self.top
        self.top = max(0, min(self.top, self.count - self.height))
