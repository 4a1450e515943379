"""The sheet on which a revision is chosen to roll back to. It reads what the target has behind its first picture, says
in place what goes wrong, and plans; nothing is done but by the dialog over the plan."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from fleet.actions.revision import Revision, Revisions
from fleet.errors import FleetdeckError
from fleet.store import Slice
from fleet.text import scrub
from fleet.times import age_text
from fleet.views.slos import STATE_GLYPH, STATE_TONE, budget_text, rate_text, ratio_text
from fleet.views.view import Cell, Tone
from tui.acting.may import why_not
from tui.acting.revisions import Choice, error_text, good_cell, revisions_view
from tui.alerts.acts import count_of
from tui.alerts.picking import PickList
from tui.chrome.facts import Facts, Known
from tui.chrome.key_line import KeyLine
from tui.chrome.too_small import NORMAL_WIDTH
from tui.context import Context
from tui.ink import Ink, joined
from tui.keys.bindings import PICKER_KEYS
from tui.screens.sheet import Sheet
from tui.table.table import Table

PATIENCE_S = 30.0
"""How long a target may take to list its revisions, or to be planned with."""
_HEADER = 1
_LEAST = 3
"""Lines of revisions that are always there."""
_CHROME = 7
"""Lines of the sheet beside its heading, its list and what is known of a revision."""
_NOTES = 4
_ABOUT_MOST = 7
_DAY_S = 86_400.0
_LONGEST = 200
"""Characters of what is said of the revision under the cursor."""


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

    def on_mount(self) -> None:
        """Ask behind the first picture."""
        self._fit()
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
        proposal = store.proposals.get(self._target)
        self._known = found
        self._row = store.rollbacks.get(self._target, self._row)
        self._rows.replace(
            {
                one.id: Choice(
                    place=place,
                    revision=one,
                    preferred=one.id == found.preferred,
                    proposed=proposal is not None and proposal.revision in (one.id, one.name),
                )
                for place, one in enumerate(found.revisions)
            }
        )
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
        ink = Ink(self.app.theme_variables)
        lines = [self._title(ink), self._way(ink), *self._notes(ink)]
        for line in lines:
            line.truncate(max(8, self.app.size.width - 4), overflow="ellipsis")
        return Text("\n").join(lines)

    def _title(self, ink: Ink) -> Text:
        parts = [ink.write(f"Roll back {self._target}", Tone.TITLE, bold=True)]
        row = self._row
        if row is not None:
            where = (row.kind,) if self.app.size.width < NORMAL_WIDTH else (row.kind, row.target)
            parts.append(ink.muted(" · ".join(filter(None, where))))
            slo = self._deck.store.slos.get(row.slo) if row.slo else None
            if slo is not None:
                burn = "" if slo.burn_rate is None else f", burn {rate_text(slo.burn_rate)}"
                left = slo.budget_remaining_ratio
                budget = "" if left is None else f", {budget_text(left)}"
                words = f"{STATE_GLYPH[slo.state]} {slo.name} {slo.state.value}{burn}{budget}"
                parts.insert(1, ink.write(words, STATE_TONE[slo.state]))
        return joined(parts, "   ")

    def _way(self, ink: Ink) -> Text:
        if not self._stages:
            return ink.write("all at once")
        words = " → ".join(self._stages)
        staged = f"in stages, {words}, each with its checks" if self._staged else "all at once, without stages"
        return ink.write(staged, Tone.ACCENT if self._staged else Tone.DEGRADED)

    def _notes(self, ink: Ink) -> Iterator[Text]:
        if self._row is not None and not self._row.slo:
            yield ink.muted("no slo is named: which of them were good is not known")
        proposal, known = self._deck.store.proposals.get(self._target), self._known
        if proposal is not None:
            yield ink.write(f"▼ {proposal.revision} is proposed: {proposal.because}", Tone.ACCENT)
        if self._row is not None and self._row.said:
            yield ink.write(self._row.said, Tone.DEGRADED)
        if known is None:
            return
        bad = tuple(f"{fact.name}: {fact.value}" for fact in known.facts if fact.bad)
        said = [f"! {text}" for text in (*known.warnings, *known.problems, *bad)]
        yield from (ink.write(text, Tone.DEGRADED) for text in said[:_NOTES])
        if len(said) > _NOTES:
            yield ink.muted(f"and {count_of(len(said) - _NOTES, 'note')} more, in the plan")
        plain = [f"{one.name} {one.value}" for one in known.facts if not one.bad]
        if plain:
            yield ink.muted(" · ".join(plain))

    def _show_heading(self) -> None:
        self.query_one("#heading", Static).update(self._heading())
        self._fit()

    def _show_about(self) -> None:
        one = self._under_cursor()
        self._facts.show([] if one is None else list(self._about(one)))
        self._fit()

    def _about(self, one: Revision) -> Iterator[Known]:
        """What the columns of a narrow terminal have no room for."""
        if one.trouble:
            yield Known("unusable", (Cell(scrub(one.trouble, _LONGEST), Tone.DOWN),))
        if one.changed:
            yield Known("changed", (Cell(scrub(one.changed, _LONGEST)),))
        made = [
            f"{self._ago(one.at)}" if one.at is not None else "",
            f"by {scrub(one.author, 60)}" if one.author else "",
        ]
        if any(made):
            yield Known("made", (Cell(" ".join(filter(None, made)), Tone.MUTED),))
        span = self._span(one)
        if span:
            yield Known("was live", (Cell(span, Tone.MUTED),))
        if self._row is not None and self._row.slo:
            yield Known("objective", tuple(_judged(one)))

    def _span(self, one: Revision) -> str:
        """When it was live; of more than two times the first and the last."""
        told = one.lived if one.lived or one.live_from is None else ((one.live_from, one.live_until),)
        spans = [f"from {self._ago(start)} until {self._ago(end)}" for start, end in told]
        if one.live and one.live_from is not None:
            spans[-1] = f"from {self._ago(one.live_from)} until now"
        elif one.live:
            spans.append("now, since when is not known")
        if len(spans) > 2:
            return f"{len(spans)} times: first {spans[0]}, last {spans[-1]}"
        return ", and ".join(spans)

    def _ago(self, when: datetime | None) -> str:
        if when is None:
            return "a time not known"
        store = self._deck.store
        if store.now is None or store.times.relative:
            return store.times.clock(when, store.now)
        ago_s = max(0.0, (store.now - when).total_seconds())
        style = store.times.clock if ago_s < _DAY_S else store.times.day_minute
        return f"{style(when, store.now)} ({age_text(ago_s)} ago)"

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


def _judged(one: Revision) -> Iterator[Cell]:
    """How the objective was while it was live."""
    yield good_cell(one)
    if one.sli_ratio is not None:
        errors = "" if one.error_ratio is None else f", {error_text(one.error_ratio)} errors"
        yield Cell(f"  SLI {ratio_text(one.sli_ratio, 3)}{errors}", Tone.DOWN if one.good is False else Tone.PLAIN)
