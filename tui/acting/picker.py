"""The sheet on which a revision is chosen to roll back to. It reads what the target has behind its first picture, says
in place what goes wrong, and plans; nothing is done but by the dialog over the plan."""

import asyncio
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from fleet.actions.revision import Revision, Revisions
from fleet.errors import FleetdeckError
from fleet.store import Slice
from fleet.views.view import Tone
from tui.acting.may import why_not
from tui.acting.revision_facts import revision_facts
from tui.acting.revisions import Choice, choices, revisions_view
from tui.acting.roll_heading import note_lines, title_line, way_line
from tui.alerts.picking import PickList
from tui.chrome.facts import Facts
from tui.chrome.key_line import KeyLine
from tui.context import Context
from tui.ink import Ink
from tui.keys.bindings import PICKER_KEYS
from tui.live import AGES_EVERY_S, Watch, is_paused, is_uncovered
from tui.screens.sheet import Sheet
from tui.table.table import Table

PATIENCE_S = 30.0
"""How long a target may take to list its revisions, or to be planned with."""
_HEADER = 1
_LEAST = 3
"""Lines of revisions that are always there."""
_CHROME = 7
"""Lines of the sheet beside its heading, its list and what is known of a revision."""
_ABOUT_MOST = 7


class RollbackPicker(Sheet[str | None]):
    """Dismissed with the id of the action that was begun, or with None. `to` is the revision to begin at."""

    BINDING_GROUP_TITLE = "Revisions"
    AUTO_FOCUS = "PickList"
    BINDINGS: ClassVar[list[BindingType]] = PICKER_KEYS

    def __init__(self, name: str, context: Context, to: str = "") -> None:
        super().__init__()
        self._target = name
        self._deck = context
        self._to = to
        self._row = context.store.rollbacks.get(name)
        self._stages = () if self._row is None else self._row.stages
        self._staged = bool(self._stages)
        self._known: Revisions | None = None
        self._rows: Slice[str, Choice] = Slice()
        view = revisions_view(self._rows, self._row)
        self._list = PickList(view, context.store, classes="revisions", hold_s=0.0)
        self._facts = Facts(id="about")
        self._busy = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="form roll"):
            yield Static(self._heading(), id="heading", markup=False)
            yield self._list
            yield self._facts
            yield Static(id="warning", markup=False)
            yield KeyLine()
        yield Watch((self._deck.store.locks,), self._show_heading)

    def on_mount(self) -> None:
        """Ask behind the first picture."""
        self._fit()
        self.set_interval(AGES_EVERY_S, self._follow_time)
        self.call_after_refresh(self.action_read_again)

    def on_resize(self) -> None:
        """The list takes what the rest leaves."""
        self._fit()

    def recolour(self) -> None:
        """The theme is another one."""
        self._show_heading()

    # ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_choose(self) -> None:
        """Plan to roll to the revision under the cursor, and show the plan."""
        one = self._under_cursor()
        if one is None or self._busy:
            return
        if why_not(self._deck):
            self._say(why_not(self._deck))
            return
        self._say(f"planning to roll {self._target} to {one.name} …", Tone.MUTED)
        self._busy = "planning"
        self.run_worker(self._plan(one), name="plan", group="plan")

    def action_turn_stages(self) -> None:
        """In stages, or all at once."""
        self._staged = not self._staged
        self._show_heading()

    def action_read_again(self) -> None:
        """Ask the target what it has, now."""
        if self._busy:
            return
        self._busy = "reading"
        self._say(f"asking what {self._target} can be rolled to …", Tone.MUTED)
        self.run_worker(self._read(), name="revisions", group="revisions")

    def action_cancel(self) -> None:
        """Roll nothing."""
        self.dismiss(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What cannot be done has no key."""
        if action == "turn_stages":
            return bool(self._stages)
        if action == "choose":
            return self._known is not None and not why_not(self._deck)
        return super().check_action(action, parameters)

    def on_table_opened(self, event: Table.Opened) -> None:
        """A double click."""
        event.stop()
        self.action_choose()

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        """Say more of the revision under the cursor."""
        event.stop()
        self._show_about()

    # ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _read(self) -> None:
        acting = self._deck.acting
        try:
            if acting is None:
                self._say(why_not(self._deck))
                return
            async with asyncio.timeout(PATIENCE_S):
                found = await acting.revisions(self._target)
        except TimeoutError:
            self._say(f"✖ its revisions are not known: no answer within {PATIENCE_S:g} s (r asks again)")
        except FleetdeckError as error:
            self._say(f"✖ its revisions are not known: {error} (r asks again)")
        else:
            self._take(found)
        finally:
            self._busy = ""

    def _take(self, found: Revisions) -> None:
        if not self.is_attached:
            return
        store, first = self._deck.store, self._known is None
        self._known = found
        self._row = store.rollbacks.get(self._target, self._row)
        if not self._stages and self._row is not None:
            # It may have been opened before it was known in which stages.
            self._stages = self._row.stages
            self._staged = bool(self._stages)
        self._rows.replace(choices(found, store.proposals.get(self._target)))
        self._list.flush()
        wanted = found.named(self._to) if self._to else None
        if first:
            self._list.go_to(wanted.id if wanted is not None else found.preferred)
        self._show_heading()
        self._show_about()
        self._say(*self._verdict(found, missing=bool(self._to) and wanted is None))
        self.refresh_bindings()

    def _verdict(self, found: Revisions, *, missing: bool) -> tuple[str, Tone]:
        if not found.revisions:
            return f"{found.target} lists no revision", Tone.DOWN
        if missing:
            return f"{found.target} has no revision {self._to[:60]!r}", Tone.DOWN
        if not found.preferred:
            return "no other revision is known to roll to", Tone.DEGRADED
        return "", Tone.MUTED

    async def _plan(self, one: Revision) -> None:
        acting, app = self._deck.acting, self.app
        if acting is None:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                plan = await acting.plan_rollback(self._target, one.id, staged=self._staged)
        except TimeoutError:
            self._say(f"✖ no plan within {PATIENCE_S:g} s; nothing was sent")
        except FleetdeckError as error:
            self._say(f"✖ {error}")
        else:
            self._say("")
            whole: Any = app
            if self.is_attached and self.is_current:
                whole.act(plan, self.dismiss)
        finally:
            self._busy = ""

    def _under_cursor(self) -> Revision | None:
        row = self._rows.get(str(self._list.cursor_key))
        return None if row is None else row.revision

    # ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────

    def _heading(self) -> Text:
        ink, store, width = Ink(self.app.theme_variables), self._deck.store, self.app.size.width
        lines = [
            title_line(self._target, self._row, store, ink, width),
            way_line(self._stages, ink, staged=self._staged),
            *note_lines(self._target, self._row, self._known, store, ink),
        ]
        for line in lines:
            line.truncate(max(8, width - 4), overflow="ellipsis")
        return Text("\n").join(lines)

    def _show_heading(self) -> None:
        self.query_one("#heading", Static).update(self._heading())
        self._fit()

    def _follow_time(self) -> None:
        """Who holds the lock has held it for longer."""
        if not is_paused(self.app) and is_uncovered(self):
            self._show_heading()

    def _show_about(self) -> None:
        one = self._under_cursor()
        judged = self._row is not None and bool(self._row.slo)
        self._facts.show([] if one is None else list(revision_facts(one, self._deck.store, judged=judged)))
        self._fit()

    def _say(self, message: str, tone: Tone = Tone.DOWN) -> None:
        if self.is_attached:
            self.query_one("#warning", Static).update(Ink(self.app.theme_variables).write(message, tone))

    def _fit(self) -> None:
        if not self.is_attached:
            return
        heading = self._heading().plain.count("\n") + 1
        about = self._facts.get_content_height(self.app.size, self.app.size, max(20, self.app.size.width - 4))
        room = self.app.size.height - _CHROME - heading
        about = max(1, min(about, _ABOUT_MOST, room - _LEAST - _HEADER))
        self._facts.styles.max_height = about
        room -= about
        wanted = max(_LEAST, len(self._rows)) + _HEADER
        self._list.styles.height = max(_LEAST + _HEADER, min(wanted, room))
