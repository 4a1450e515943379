"""The page behind `w`: why something is red, step by step. It follows the store, and stays when its subject goes."""

import json
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace
from rich.text import Text
from textual.widget import Widget

from fleet.copies import CopyFormat
from fleet.view_line import ViewLine
from fleet.views.view import Tone
from fleet.why.model import Ladder, Mark, Subject
from fleet.why.text import as_markdown, as_tree
from tui.context import Context
from tui.ink import Ink
from tui.kept.history import Visit
from tui.live import is_paused, is_uncovered
from tui.screens.deck import DeckScreen
from tui.why.lines import TONES
from tui.why.rungs import LadderScroll, Rungs

EVERY_S = 3.0
"""How often it is asked again."""
_SOON_S = 0.02
"""Between two pieces of a ladder: keys go first."""
_NOBODY = "Nothing can be asked yet: fleetdeck has only begun, or this is a still picture."
_NEVER = "It is not there any more, and nothing was asked while it was."
MARKDOWN = CopyFormat(name="markdown", title="Markdown", noun="ladder", form="Markdown", text=lambda _: "")
JSON = CopyFormat(name="json", title="JSON, as `why -o json`", noun="ladder", form="JSON", text=lambda _: "")


class WhyPage(DeckScreen):
    """A ladder in full."""

    AUTO_FOCUS = "#why"

    def __init__(self, context: Context, subject: Subject, line: ViewLine) -> None:
        super().__init__(context, line)
        self._subject = subject
        self._rungs = Rungs()
        self._whole: Ladder | None = None
        self._gone = False
        self._asking = False

    def body(self) -> Iterable[Widget]:
        """The ladder, scrolled where it needs it."""
        yield LadderScroll(self._rungs)

    def on_mount(self) -> None:
        """Ask behind the first picture, and again as time goes on."""
        self.set_interval(EVERY_S, self._follow)
        self.call_after_refresh(self._follow)

    def on_screen_resume(self) -> None:
        """What was covered is asked again."""
        super().on_screen_resume()
        self._follow()

    def visit(self) -> Visit:
        """What is explained."""
        return Visit(line=ViewLine(view=self._line.view), why=self._subject)

    def table(self) -> None:
        """There is none to filter."""

    def title_parts(self, ink: Ink) -> list[Text]:
        """What is explained, and how it is."""
        known = self._whole
        name = known.name if known is not None else self._subject.key
        kind = ink.muted(f"{self._subject.kind.value}")
        # The name first: a narrow title is cut from its end.
        parts = [ink.write("Why", Tone.TITLE, bold=True), ink.muted("›"), ink.write(name, Tone.TITLE, bold=True), kind]
        if self._gone:
            return [*parts, ink.write("gone", Tone.STALE)]
        if known is None or not known.steps:
            return parts
        return [*parts, ink.write(known.state, TONES[known.steps[0].mark], bold=known.steps[0].mark is Mark.BAD)]

    # ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _follow(self) -> None:
        if not self._asking and self.is_attached and is_uncovered(self) and not is_paused(self.app):
            self._go_on()

    def _go_on(self) -> None:
        """Ask for one more piece; what is being made is shown only where nothing whole is."""
        self._asking = False
        if not self.is_attached:
            return
        explaining = self.context.explaining
        found = None if explaining is None else explaining(self._subject)
        if found is None:
            self._rungs.show(self._whole, "" if self._whole is not None else _NOBODY)
        elif found.complete:
            self._take(found)
        else:
            if self._whole is None:
                self._rungs.show(found, "")
            self._asking = True
            self.set_timer(_SOON_S, self._go_on)
        self.show_title()

    def _take(self, found: Ladder) -> None:
        self._gone = found.gone
        if not found.gone:
            self._whole = found
            self._rungs.show(found, "")
            return
        if self._whole is None:
            self._rungs.show(None, _NEVER)
            return
        at = self.context.store.times.clock(self._whole.at, found.at)
        self._rungs.show(self._whole, f"It is not there any more. What follows is as it was at {at}.")

    # ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def on_ladder_scroll_opened(self, event: LadderScroll.Opened) -> None:
        """Open the page of an agent or an alert."""
        event.stop()
        app: Any = self.app
        view, key = ("agents", event.link.agent) if event.link.agent else ("alerts", event.link.alert)
        await app.open_row(view, key)

    def recolour(self) -> None:
        super().recolour()
        self._rungs.refresh()

    def action_copy_name(self) -> None:
        """Copy the ladder as Markdown."""
        self._copy_one(MARKDOWN)

    def action_copy_row(self) -> None:
        """Copy it as JSON."""
        self._copy_one(JSON)

    def action_copy_as(self) -> None:
        """Let the operator choose."""
        made = [(way, self._text(way)) for way in (MARKDOWN, JSON)]
        if self._whole is None:
            self._nothing()
            return
        from tui.screens.copy_as import CopyAs

        def chosen(one: tuple[CopyFormat, str] | None) -> None:
            if one is not None:
                self._copy_one(one[0])

        self.app.push_screen(CopyAs(made), chosen)

    def _copy_one(self, way: CopyFormat) -> None:
        app: Any = self.app
        if self._whole is None:
            self._nothing()
        else:
            app.copy(self._text(way), way.told(1))

    def _text(self, way: CopyFormat) -> str:
        if self._whole is None:
            return ""
        known = replace(self._whole, gone=self._gone)
        # Nothing that is pasted ends a line: a shell must not run it.
        return as_markdown(known).rstrip("\n") if way is MARKDOWN else json.dumps(as_tree(known))
