"""The least that Textual can show: one line of text. What any Textual program takes to its first frame."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Bare(App[None]):
    """A line at the bottom, so that it is the last to be drawn."""

    CSS = "Static { dock: bottom; }"

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("ready")


if __name__ == "__main__":
    Bare().run()
