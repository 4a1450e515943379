"""What commands print, as it comes: it follows the end until somebody scrolls back, and says how much was dropped."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from fleet.actions.action import Action
from fleet.actions.preview import Line
from fleet.views.view import Tone
from tui.acting.plan_lines import PlanLines
from tui.alerts.acts import count_of
from tui.chrome.page_scroll import PageScroll
from tui.ink import Ink, joined


class Output(Vertical):
    """The output of an act; not there while there is none."""

    DEFAULT_CSS = "Output { height: auto; display: none; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = Static(markup=False)
        self._lines = PlanLines()
        self._page = PageScroll(self._lines, id="log")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._page

    def show(self, action: Action) -> None:
        """Show what it has printed by now. Where the end was in view, it stays in view."""
        lines = output_lines(action)
        follows = self._page.is_vertical_scroll_end
        self.display = bool(lines)
        self._lines.show(lines)
        self._title.update(self._heading(action, len(lines)))
        if follows:
            self._page.scroll_end(animate=False)

    def _heading(self, action: Action, lines: int) -> Text:
        ink = Ink(self.app.theme_variables)
        parts = [ink.write("Output", Tone.TITLE, bold=True), ink.muted(count_of(lines, "line"))]
        if action.output_cut:
            parts.append(ink.write(f"{count_of(action.output_cut, 'character')} before them dropped", Tone.DEGRADED))
        if not action.ended:
            parts.append(ink.muted("goes on"))
        return joined(parts, "  ")


def output_lines(action: Action) -> list[Line]:
    """The lines that are kept; the first is marked where its beginning was dropped."""
    texts = action.output.splitlines()
    if texts and action.output_cut:
        texts[0] = f"…{texts[0]}"
    return [Line("", text) for text in texts]
