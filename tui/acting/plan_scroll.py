"""Where the lines of a plan, or of what will be one, are scrolled in a dialog."""

from tui.chrome.page_scroll import PageScroll

MARGIN = 4
"""Cells of a dialog beside its lines."""


class PlanScroll(PageScroll, can_focus=False):
    """The plan; it is scrolled by the keys of what has the focus."""

    def turn(self, by: int) -> None:
        """Scroll a screenful down (1) or up (-1), while something else is typed into."""
        self.scroll_page_down(animate=False) if by > 0 else self.scroll_page_up(animate=False)
