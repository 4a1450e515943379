"""Where a rollback is watched: its tree beside its objective, the end of what it printed, what became of it and what
would be best now. It shows what the store says, and nothing of what was only asked for."""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.widget import Widget

from fleet.actions.action import AUTO, Action
from fleet.actions.printed import last_lines
from fleet.actions.taking_back import taken_back
from fleet.slo.model import Burn, SloStatus
from fleet.slo.windows import seconds_text
from fleet.store import Store
from fleet.views.gates import STATE_CELLS as GATE_CELLS
from fleet.views.slos import STATE_GLYPH, STATE_TONE, budget_text, left_tone, rate_text, ratio_text
from fleet.views.text import spark
from fleet.views.view import Cell, Tone
from tui.acting.action_page import ActionPage
from tui.acting.roll_tree import Line, branches, fitted, tree_of
from tui.chrome.facts import Facts, Known
from tui.chrome.too_small import NORMAL_WIDTH
from tui.context import Context
from tui.ink import Ink, joined
from tui.keys.bindings import WATCH_KEYS
from tui.live import Watch, is_paused, is_uncovered

EVERY_S = 1.0
"""How often the times of what is under way are brought up to date; once it has ended, they stand."""
_RATES = 120
"""Burn rates that are remembered while one looks."""
_TAIL = 4
"""Lines of output that are shown at most; the receipt has all."""


class RollTree(Widget):
    """The tree, as much of it as there is room for."""

    def __init__(self) -> None:
        super().__init__(id="tree")
        self._lines: list[Line] = []

    def show(self, lines: list[Line]) -> None:
        """Replace what is shown."""
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render(self) -> Text:
        ink, width = Ink(self.app.theme_variables), self.size.width
        shown = fitted(self._lines, self.size.height)
        return Text("\n", end="").join(
            _drawn(line, before, ink, width) for line, before in zip(shown, branches(shown), strict=True)
        )


def _drawn(line: Line, before: str, ink: Ink, width: int) -> Text:
    branch = ink.write(before)
    branch.stylize(ink.rule)
    text = joined([branch])
    for cell in line.cells:
        text.append_text(ink.cell(cell, bold=line.depth == 0))
    if line.text is not None:
        run = ink.cell(line.text, bold=line.depth == 0)
        text.append_text(_in_the_middle(run, width - text.cell_len))
    text.truncate(width, overflow="ellipsis")
    return text


def _in_the_middle(run: Text, room: int) -> Text:
    """Cut where it is too long: an expression is known by its beginning, and what it gave stands at its end."""
    if run.cell_len <= room or room < 12:
        return run
    tail = min(len(run) // 2, room * 3 // 5)
    head, _ = run.divide([max(1, room - tail - 1)])[:2]
    return head.append("…").append_text(run[len(run) - tail :])


class Tail(Widget):
    """The end of what was printed."""

    def __init__(self) -> None:
        super().__init__(id="tail")
        self._texts: tuple[str, ...] = ()

    def show(self, action: Action) -> None:
        """Replace what is shown."""
        texts = tuple(last_lines(action, _TAIL))
        if texts != self._texts:
            self._texts = texts
            self.display = bool(texts)
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line each."""
        return len(self._texts)

    def render(self) -> Text:
        ink = Ink(self.app.theme_variables)
        lines = [ink.write(text, Tone.MUTED) for text in self._texts]
        for line in lines:
            line.truncate(self.size.width, overflow="ellipsis")
        return Text("\n", end="").join(lines)


class WatchPage(ActionPage):
    """A rollback while it goes on, and how it ended."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = WATCH_KEYS

    def __init__(self, context: Context, id: str) -> None:
        super().__init__(context, id)
        self._tree, self._tail = RollTree(), Tail()
        self._judged = Facts(id="judged")
        self._ends = Facts(id="ends")
        self._rates: deque[float] = deque(maxlen=_RATES)
        self._rated: datetime | None = None

    def body(self) -> Iterable[Widget]:
        """The tree and the objective side by side, or one below the other; under them how it ends."""
        store = self.context.store
        yield Container(self._tree, self._judged, id="watch")
        yield self._tail
        yield self._ends
        yield Watch((store.actions, store.freeze, store.status), self._show)
        yield Watch((store.slos, store.gates), self._show_judged)

    def on_mount(self) -> None:
        """What is under way has times that go on."""
        self.set_interval(EVERY_S, self._follow)

    def on_resize(self) -> None:
        """Beside the tree there is room for more."""
        self._show_judged()

    def called(self, action: Action) -> str:
        """The definition by which it is rolled."""
        return action.plan.source

    def recolour(self) -> None:
        super().recolour()
        for widget in (self._tree, self._tail, self._judged, self._ends):
            widget.refresh()

    async def action_receipt(self) -> None:
        """Everything that is on record of it."""
        app: Any = self.app
        await app.show_receipt(self._action_id)

    # ── what is shown ──────────────────────────────────────────────────────────────────────────────────────────────

    def _follow(self) -> None:
        under_way = self._last is not None and not self._last.ended
        if under_way and is_uncovered(self) and not is_paused(self.app):
            self._show_tree()

    def _show(self) -> None:
        action = self._last = self.context.store.actions.get(self._action_id, self._last)
        if action is not None:
            self._show_tree()
            self._tail.show(action)
            self._ends.show(list(ends_of(action)))
        self._show_judged()
        self.show_title()
        self.refresh_bindings()

    def _show_tree(self) -> None:
        store, action = self.context.store, self._last
        if action is None:
            return
        row = store.rollbacks.get(action.plan.source)
        names = () if row is None else row.agents
        agents = [status for status in map(store.status.get, names) if status is not None]
        self._tree.show(tree_of(action, agents, self.context.clock.now()))

    def _show_judged(self) -> None:
        action, store = self._last, self.context.store
        if action is None or not self.is_attached:
            return
        row = store.rollbacks.get(action.plan.source)
        slo = None if row is None else store.slos.get(row.slo)
        if slo is not None:
            self._remember(slo, store.slos.seen(slo.name))
        narrow = self.app.size.width < NORMAL_WIDTH
        known = list(judged_by(slo, tuple(self._rates), narrow=narrow)) if slo is not None else []
        self._judged.show([*known, *_gate(row.gate if row is not None else "", store)])

    def _remember(self, slo: SloStatus, seen: datetime | None) -> None:
        if slo.burn_rate is not None and seen != self._rated:
            self._rated = seen
            self._rates.append(slo.burn_rate)


def judged_by(slo: SloStatus, rates: tuple[float, ...], *, narrow: bool) -> Iterator[Known]:
    """The objective as it is now, and how its burn rate went while one looked."""
    state = Cell(f"{STATE_GLYPH[slo.state]} {slo.state.value}", STATE_TONE[slo.state])
    sli = "SLI not known" if slo.sli_ratio is None else f"SLI {ratio_text(slo.sli_ratio, 3)}"
    wanted = Cell(f"  {sli} of {ratio_text(slo.objective_ratio)}")
    left = slo.budget_remaining_ratio
    budget = () if left is None else (Cell(f"  {budget_text(left)}", left_tone(left)),)
    burn = Cell(f"burns {rate_text(slo.burn_rate)}", Tone.DOWN if (slo.burn_rate or 0) > 1 else Tone.PLAIN)
    went = Cell(f"  {spark(list(rates), 24, low=0.0)}", Tone.ACCENT) if len(rates) > 1 else Cell("")
    if narrow:
        yield Known(slo.name, (state, wanted, *budget, Cell("  "), burn, went))
        return
    yield Known("objective", (Cell(slo.name, Tone.TITLE),))
    yield Known("", (state, wanted))
    if budget:
        yield Known("budget", budget)
    yield Known("burn rate", (burn, went))
    for burning in slo.burns:
        if burning.long_rate is not None or burning.short_rate is not None:
            yield Known("", _tier(burning))


def _tier(burn: Burn) -> tuple[Cell, ...]:
    rates = (
        f"{rate_text(burn.long_rate)} in {seconds_text(burn.long_s)}",
        f"{rate_text(burn.short_rate)} in {seconds_text(burn.short_s)}",
    )
    state = Cell("✖ fires", Tone.DOWN) if burn.firing else Cell("● quiet", Tone.UP)
    return (Cell(f"{burn.tier:<12}"), state, Cell(f"  {', '.join(rates)}, over {burn.factor:.3g}", Tone.MUTED))


def _gate(name: str, store: Store) -> Iterator[Known]:
    gate = store.gates.get(name) if name else None
    if gate is not None:
        seen = Cell(f"  {gate.observed_text or 'nothing observed'} of {gate.target}", Tone.MUTED)
        yield Known("gate", (Cell(f"{gate.name}  ", Tone.TITLE), GATE_CELLS[gate.state], seen))


def ends_of(action: Action) -> Iterator[Known]:
    """What became of it, and what would be best now; while it goes on only what must hold. Of one that nobody asked
    for, why it was done; of one that takes another back, which."""
    if action.actor == AUTO:
        yield Known("by itself", (Cell(f"{action.actor}: {action.reason}", Tone.DEGRADED),))
    of = taken_back(action.plan)
    if of is not None:
        yield Known(of.name, (Cell(of.value, Tone.MUTED),))
    if not action.ended:
        if action.plan.expects:
            yield Known("must hold", (Cell(action.plan.expects, Tone.MUTED),))
        return
    if action.outcome:
        tone = Tone.UP if action.succeeded else Tone.DEGRADED if action.settled else Tone.DOWN
        yield Known("outcome", (Cell(action.outcome, tone),))
    if action.next_step:
        yield Known("next", (Cell(action.next_step, Tone.ACCENT),))
