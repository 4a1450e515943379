"""A rollback as a tree of lines: the whole, its stages, the checks of each in words, what must hold at the end, the
instances. Where the lines do not fit, what matters least at the moment is left out first. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import zip_longest

from msgspec import Struct

from fleet.actions.action import Action, ActionState, StageState
from fleet.actions.plan import Stage
from fleet.actions.preview import check_words
from fleet.model import AgentStatus
from fleet.times import span_text
from fleet.views.actions import HOLDS_CELLS, STAGE_CELLS
from fleet.views.actions import state_cell as act_cell
from fleet.views.text import progress_bar, state_cell
from fleet.views.view import Cell, Tone

_OPEN = ("running", "checking", "failed", "stopped")
_BAR = 8
_WORD = 10
_TITLE_MOST = 24
_AFTERWARDS = "afterwards"
_INSTANCES = 40


class Line(Struct, frozen=True):
    """A line: how deep it stands, its cells, and how soon it is left out (0: never). `text` comes last and is cut in
    its middle where it is too long: what was measured stands at its end."""

    depth: int
    cells: tuple[Cell, ...]
    rank: int = 0
    text: Cell | None = None


def tree_of(action: Action, agents: Sequence[AgentStatus], now: datetime) -> list[Line]:
    """All lines of a rollback; `agents` are its instances as they are now."""
    lines, width = [_root(action, now)], len(_AFTERWARDS)
    if action.stages:
        width = min(_TITLE_MOST, max(len(_AFTERWARDS), *(len(stage.title) for stage in action.stages)))
        for number, stage in enumerate(action.stages):
            lines += _stage(action, number, stage, now, width)
    else:
        lines += _steps(action)
    lines += _after(action, now, width)
    return [*lines, *_instances(agents, width)]


def fitted(lines: Sequence[Line], room: int) -> list[Line]:
    """The lines for which there is room: ranks are left out whole, the highest first; then the middle is."""
    for rank in sorted({line.rank for line in lines}, reverse=True):
        shown = [line for line in lines if line.rank <= rank]
        if len(shown) <= room or rank == 0:
            break
    else:
        return []
    if len(shown) <= room:
        return shown
    if room < 3:
        return shown[:room]
    head, tail = (room - 1) // 2, room - 1 - (room - 1) // 2
    left_out = Line(1, (Cell(f"… {len(shown) - head - tail:,} lines more", Tone.MUTED),))
    return [*shown[:head], left_out, *shown[-tail:]]


def branches(lines: Sequence[Line]) -> list[str]:
    """What stands before each line: `├─ `, `└─ `, and what goes on beside the lines below."""
    found = []
    for place, line in enumerate(lines):
        parts = ["│  " if _goes_on(lines, place, depth) else "   " for depth in range(1, line.depth)]
        if line.depth:
            parts.append("├─ " if _goes_on(lines, place, line.depth) else "└─ ")
        found.append("".join(parts))
    return found


def _goes_on(lines: Sequence[Line], place: int, depth: int) -> bool:
    """Whether another line of that depth follows under the same one."""
    for line in lines[place + 1 :]:
        if line.depth < depth:
            return False
        if line.depth == depth:
            return True
    return False


def _root(action: Action, now: datetime) -> Line:
    end = _end(action, now)
    spent = "" if action.sent_at is None or end is None else f"  {_span(action.sent_at, end)}"
    stopping = (Cell("  being stopped", Tone.DEGRADED),) if action.cancelling and not action.ended else ()
    title = Cell(f"  {action.plan.title}", Tone.TITLE)
    return Line(0, (act_cell(action), Cell(spent, Tone.MUTED), *stopping), text=title)


def _stage(action: Action, number: int, stage: StageState, now: datetime, width: int) -> Iterator[Line]:
    plan = action.plan.stages[number] if number < len(action.plan.stages) else None
    cell = STAGE_CELLS.get(stage.state, Cell(f"? {stage.state}", Tone.UNKNOWN))
    cells = [Cell(f"{stage.title:<{width}}  "), Cell(f"{cell.text:<{_WORD}}", cell.tone)]
    if stage.since is not None:
        end = stage.until or _end_of(action, number) or _end(action, now)
        cells.append(Cell(f"  {_span(stage.since, end) if end is not None else '':>6}", Tone.MUTED))
    if plan is not None and stage.state == "checking":
        cells += _progress(plan, stage, now)
    words = stage.sentence if stage.state in ("failed", "stopped") and not stage.checks else ""
    yield Line(1, tuple(cells), text=Cell(f"  {words}", Tone.DOWN) if words else None)
    yield from _stage_checks(action, number, stage, plan)


def _progress(plan: Stage, stage: StageState, now: datetime) -> Iterator[Cell]:
    if stage.held_from is None:
        yield Cell(f"  not all hold yet, {span_text(plan.within_s)} at most", Tone.DEGRADED)
    elif plan.hold_s:
        held_s = min(plan.hold_s, max(0.0, (now - stage.held_from).total_seconds()))
        yield Cell(f"  {progress_bar(held_s / plan.hold_s, None, _BAR)}", Tone.UP)
        yield Cell(f" holds {held_s:.0f}s of {plan.hold_s:g}s", Tone.MUTED)


def _stage_checks(action: Action, number: int, stage: StageState, plan: Stage | None) -> Iterator[Line]:
    rank = 1 if stage.state in _OPEN else 7
    if number == action.stage and stage.state == "running":
        sentence = next((item.sentence for item in action.items if item.sentence), "")
        for step in action.plan.steps:
            if step.stage == number:
                yield Line(2, (Cell("▸ ", Tone.ACCENT),), 2, Cell(step.title))
        if sentence:
            yield Line(2, (Cell("  "),), 2, Cell(sentence, Tone.MUTED))
    if stage.checks:
        yield from _checks(stage.checks, stage.holds, rank, passed=stage.state == "passed")
    elif plan is not None and stage.state != "skipped":
        for check in plan.checks:
            yield Line(2, (Cell("· ", Tone.MUTED),), 4, Cell(check_words(check, action.plan), Tone.MUTED))


def _checks(words: Sequence[str], holds: Sequence[bool | None], rank: int, *, passed: bool = False) -> Iterator[Line]:
    for text, held in zip_longest(words, holds[: len(words)]):
        cell = HOLDS_CELLS[True if passed else held]
        yield Line(2, (Cell(f"{cell.text} ", cell.tone),), rank, Cell(text, Tone.MUTED if rank > 1 else Tone.PLAIN))


def _steps(action: Action) -> Iterator[Line]:
    """Without stages: each step, and what is known of it."""
    for step in action.plan.steps:
        item = action.items[step.item] if step.item < len(action.items) else None
        cell = act_cell(action if item is None else item)
        said = f": {item.sentence}" if item is not None and item.sentence else ""
        yield Line(1, (Cell(f"{cell.text:<12} ", cell.tone),), 2, Cell(f"{step.title}{said}"))


def after_state(action: Action) -> str:
    """How it is with what must hold at the end, in the words of a stage."""
    if action.succeeded:
        return "passed"
    if action.ended and not action.checks:
        return "skipped"
    if action.ended:
        return "failed" if action.state is ActionState.FAILED and not action.settled else "stopped"
    return "checking" if action.checks else "waiting"


def _after(action: Action, now: datetime, width: int) -> Iterator[Line]:
    if not action.plan.checks:
        return
    state = after_state(action)
    begun = _after_began(action) if action.checks else None
    cells = [Cell(f"{_AFTERWARDS:<{width}}  "), Cell(f"{STAGE_CELLS[state].text:<{_WORD}}", STAGE_CELLS[state].tone)]
    end = _end(action, now)
    if begun is not None and end is not None:
        cells.append(Cell(f"  {_span(begun, end):>6}", Tone.MUTED))
    if state == "checking":
        cells.append(Cell(f"  {span_text(action.plan.within_s)} at most", Tone.MUTED))
    yield Line(1, tuple(cells))
    if action.checks:
        yield from _checks(action.checks, action.holds, 1, passed=state == "passed")
    elif state != "skipped":
        for check in action.plan.checks:
            yield Line(2, (Cell("· ", Tone.MUTED),), 3, Cell(check_words(check, action.plan), Tone.MUTED))


def _instances(agents: Sequence[AgentStatus], width: int) -> Iterator[Line]:
    if not agents:
        return
    up = sum(state_cell(row.state).tone is Tone.UP for row in agents)
    tone = Tone.PLAIN if up == len(agents) else Tone.DEGRADED
    yield Line(1, (Cell(f"{'instances':<{width}}  {up:,} of {len(agents):,} up", tone),), 3)
    for row in agents[:_INSTANCES]:
        cell = state_cell(row.state)
        shown = Cell(f"{row.name}  {row.detail}" if row.detail else row.name)
        yield Line(2, (Cell(f"{cell.text:<11}", cell.tone),), 6, shown)


def _end(action: Action, now: datetime) -> datetime | None:
    """When it ended, or now; None where nobody saw it end."""
    return action.ended_at if action.ended else now


def _end_of(action: Action, number: int) -> datetime | None:
    """When a stage ended that does not say so itself: when the next began, else when all did."""
    later = action.stages[number + 1 : number + 2]
    return later[0].since if later and later[0].since is not None else action.ended_at


def _after_began(action: Action) -> datetime | None:
    return action.stages[-1].until if action.stages else action.sent_at


def _span(start: datetime, end: datetime) -> str:
    seconds = max(0.0, (end - start).total_seconds())
    return f"{seconds:.0f}s" if seconds < 60 else span_text(seconds)
