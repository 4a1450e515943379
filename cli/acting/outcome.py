"""What a command that acts prints, and what it exits with."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from fleet.actions.action import SETTLED_AS, Action, ActionState, Freeze
from fleet.actions.plan import Plan, plan_sha256, public
from fleet.actions.preview import Line
from fleet.actions.printed import last_lines, printed_lines
from fleet.actions.taking_back import taken_back
from fleet.actions.verdict import settled_words, state_words
from fleet.errors import RefusedError
from fleet.store import Store
from fleet.text import scrub, scrub_json

FAILED: Final = 1
REFUSED: Final = 2
UNKNOWN: Final = 3
"""Exit codes beside 0: it failed (was cancelled, or out of time); it was refused and nothing was sent; nobody knows."""

OUTPUT_LINES: Final = 20
"""Lines of output that a receipt for reading has; the last ones."""
LISTED: Final = 20
"""Items that went wrong which are listed one by one; the others are counted."""

_LISTING = "`fleetdeck get actions --columns id,title,state` lists them"
_WRONG = (ActionState.REFUSED, ActionState.FAILED, ActionState.UNKNOWN)
_EXITS = {
    ActionState.SUCCEEDED: 0,
    ActionState.REFUSED: REFUSED,
    ActionState.UNKNOWN: UNKNOWN,
}


def known_id(store: Store, text: str) -> str:
    """The id of the action that `text` is, or begins. Raises RefusedError."""
    found = [text] if text in store.actions else [id for id in store.actions if id.startswith(text)]
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} actions on record begin with" if found else "no action on record is"
    raise RefusedError(f"{many} {scrub(text, 80)!r}: {_LISTING}")


def exit_code(action: Action) -> int:
    """0 succeeded, 1 failed, 2 refused, 3 unknown, also where somebody only says that it succeeded."""
    if action.state is ActionState.SUCCEEDED and not action.succeeded:
        return UNKNOWN
    return _EXITS.get(action.state, FAILED)


def plan_text(lines: tuple[Line, ...]) -> str:
    """A preview as text: headings before what stands under them."""
    width = max((len(line.heading) for line in lines), default=0)
    return "".join(f"{line.heading:<{width}}  {'! ' if line.bad else ''}{line.text}\n" for line in lines)


def plan_json(plan: Plan, refusals: tuple[str, ...]) -> str:
    """A plan as a JSON object: what is private as hashes, and why it would be refused."""
    fields = msgspec.to_builtins(public(plan), str_keys=True)
    return _json({**fields, "plan_sha256": plan_sha256(plan), "refused_because": list(refusals)})


def receipt_json(action: Action) -> str:
    """An action as a JSON object."""
    return _json(msgspec.to_builtins(action, str_keys=True))


def freeze_json(row: Freeze) -> str:
    """Whether the fleet can be written to, as a JSON object."""
    return _json(msgspec.to_builtins(row, str_keys=True))


def receipt_text(action: Action) -> str:
    """An action as lines for reading."""
    return "".join(f"{line}\n" for line in _receipt(action))


def _receipt(action: Action) -> Iterator[str]:
    yield f"{state_words(action)}: {scrub(action.plan.title)}"
    if action.outcome:
        yield f"  {scrub(action.outcome)}"
    of = taken_back(action.plan)
    if of is not None:
        yield f"  {of.name} {scrub(of.value)}"
    for stage in action.stages:
        said = f": {scrub(stage.sentence)}" if stage.sentence else ""
        yield f"  {scrub(stage.title)}: {stage.state}{said}"
    if action.plan.many:
        yield f"  {counts(action)}"
        wrong = [item for item in action.items if item.state in _WRONG or item.settled]
        yield from (f"  {state_words(item)}: {scrub(item.words)}: {scrub(item.sentence)}" for item in wrong[:LISTED])
        if len(wrong) > LISTED:
            yield f"  and {len(wrong) - LISTED:,} more, which -o json lists"
    yield from (f"  {line}" for line in _output(action))
    if action.next_step:
        yield f"  next: {scrub(action.next_step)}"
    yield f"  id {action.id}"


def _output(action: Action) -> Iterator[str]:
    """The last lines of what was printed, after how many there were before them, and how many of those are lost."""
    last = last_lines(action, OUTPUT_LINES)
    before = printed_lines(action) - len(last)
    if before:
        lost = action.output_cut_lines
        left_out = f", {lost:,} of them ({action.output_cut:,} characters) left out" if action.output_cut else ""
        kept = "; -o json has the others" if before > lost else ""
        yield f"| … {before:,} line{'s' if before != 1 else ''} before these{left_out}{kept} …"
    yield from (f"| {scrub(line)}" for line in last)


def counts(action: Action) -> str:
    """`200 items: 188 succeeded, 10 refused, 2 settled as failed`"""
    found = Counter(state_words(item) for item in action.items)
    names = [*(state.value for state in ActionState), *map(settled_words, SETTLED_AS)]
    return f"{len(action.items):,} items: {', '.join(f'{found[name]:,} {name}' for name in names if found[name])}"


def _json(value: Any) -> str:
    return scrub_json(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"
