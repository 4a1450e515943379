"""Doing a plan from the command line: shown, confirmed, started, followed to its end, and told."""

import asyncio
import contextlib
from collections.abc import Callable

import click
from msgspec.structs import replace

from cli.acting.confirming import Given, confirmed
from cli.acting.outcome import REFUSED, counts, exit_code, plan_json, plan_text, receipt_json, receipt_text
from fleet.actions.action import Action, ActionState, Confirmation
from fleet.actions.plan import ActKind, Plan
from fleet.actions.ports import Acting
from fleet.actions.preview import preview
from fleet.actions.printed import new_lines, printed_lines
from fleet.errors import RefusedError
from fleet.store import Store
from fleet.text import scrub

LOOK_S = 0.5
"""Seconds between two looks at how far it is."""
LINES_AT_ONCE = 200
"""Lines of output that are told between two looks; the last ones."""
COUNTS_EVERY = 10
"""Looks between two times that only the numbers of items are told anew."""
_NOT_SENT = (ActionState.PLANNED, ActionState.CONFIRMED)


async def carry_out(
    desk: Acting,
    store: Store,
    plan: Plan,
    given: Given,
    *,
    output: str,
    dry_run: bool,
    timeout_s: float | None,
    begun: Callable[[str], None],
) -> tuple[str, int]:
    """What is to be printed, and the exit code; `begun` gets the action's id once its intent is on record. Raises
    RefusedError where it is refused, on the record.

    `timeout_s` is how long what was submitted is followed once all of it is sent. Anything else is stopped then.
    """
    if timeout_s is not None and plan.act is ActKind.SUBMIT:
        plan = replace(plan, follow_s=min(plan.follow_s, timeout_s))
    refusals = await desk.preflight(plan)
    if dry_run:
        await desk.start(plan, Confirmation(by=given.by, reason=given.reason, ticket=given.ticket), dry_run=True)
        text = plan_json(plan, refusals) if output == "json" else f"{plan.title}\n{plan_text(preview(plan, refusals))}"
        return text, REFUSED if refusals else 0
    id = await desk.start(plan, await _confirmed(desk, plan, given, refusals))
    begun(id)
    action = await follow(desk, store, id, None if plan.act is ActKind.SUBMIT else timeout_s)
    if not action.ended and timeout_s is not None:
        # What is begun ends with this process, so it ends in an order that is on record.
        with contextlib.suppress(RefusedError):
            await desk.abort(id, f"--timeout {timeout_s:g}s")
        action = await desk.ended(id)
    return (receipt_json(action) if output == "json" else receipt_text(action)), exit_code(action)


async def _confirmed(desk: Acting, plan: Plan, given: Given, refusals: tuple[str, ...]) -> Confirmation:
    """What is confirmed. Who leaves the question is on record, and hears that nothing was done."""
    try:
        confirmation = confirmed(plan, given, refusals)
    except (KeyboardInterrupt, SystemExit):
        with contextlib.suppress(OSError):
            click.echo("fleetdeck: nothing was done", err=True)
        await _leave(desk, plan, given)
        raise
    if confirmation is None:
        await _leave(desk, plan, given)
        raise RefusedError("it was not confirmed, and nothing was done")
    return confirmation


async def _leave(desk: Acting, plan: Plan, given: Given) -> None:
    try:
        await desk.leave(plan, given.by, reason=given.reason, ticket=given.ticket)
    except RefusedError as error:
        click.echo(f"fleetdeck: that it was left is not on record: {error}", err=True)


async def follow(desk: Acting, store: Store, id: str, timeout_s: float | None) -> Action:
    """The action once it has ended, or as it is when the time is over; what changes is told on stderr meanwhile."""
    told = _Told()
    telling = asyncio.create_task(_tell(store, id, told))
    try:
        async with asyncio.timeout(timeout_s):
            return await desk.ended(id)
    except TimeoutError:
        click.echo(f"fleetdeck: it has not ended within {timeout_s:g}s", err=True)
        return store.actions[id]
    finally:
        telling.cancel()
        await asyncio.wait([telling])
        if id in store.actions:
            told.output(store.actions[id])


class _Told:
    """What was told of an action on stderr by now."""

    def __init__(self) -> None:
        self._words = ""
        self._numbers = ""
        self._looks = 0
        self._lines = 0

    def output(self, action: Action) -> None:
        """Tell what its commands printed since."""
        for line in new_lines(action, self._lines, LINES_AT_ONCE):
            click.echo(f"  | {scrub(line)}", err=True)
        self._lines = max(self._lines, printed_lines(action))

    def progress(self, action: Action) -> None:
        """Tell how far it is where that is other than before; only the numbers of its items not every time."""
        words, numbers = progress(action), counts(action) if action.plan.many else ""
        self._looks = self._looks + 1 if words == self._words else COUNTS_EVERY
        if self._looks >= COUNTS_EVERY and (words, numbers) != (self._words, self._numbers):
            click.echo("  ".join(filter(None, (words, numbers))), err=True)
            self._words, self._numbers, self._looks = words, numbers, 0


async def _tell(store: Store, id: str, told: _Told) -> None:
    while True:
        action = store.actions.get(id)
        if action is not None:
            told.output(action)
            told.progress(action)
        await asyncio.sleep(LOOK_S)


def interrupted(action: Action) -> str:
    """What is said of an action that was ended with the command."""
    words = f"{action.state.value}: {scrub(action.outcome)}" if action.outcome else action.state.value
    step = f"; {scrub(action.next_step)}" if action.next_step else ""
    return f"fleetdeck: interrupted, and nothing more is sent; on record as {action.id}: {words}{step}"


def progress(action: Action) -> str:
    """How far an action is, in a line, without the numbers of its items."""
    if again := _tried_again(action):
        return again
    parts = [action.state.value]
    if len(action.stages) > 1 and action.stage < len(action.stages):
        stage = action.stages[action.stage]
        parts.append(f"{scrub(stage.title)}: {stage.state}")
    elif action.outcome:
        parts.append(scrub(action.outcome))
    return "  ".join(parts)


def _tried_again(action: Action) -> str:
    """Of one task that did not arrive, and is tried again: why; "" for anything else."""
    item = action.items[0] if len(action.items) == 1 else None
    if item is None or not item.tries or not item.sentence or action.ended or item.state not in _NOT_SENT:
        return ""
    return f"not taken yet, {item.tries} {'try' if item.tries == 1 else 'tries'}: {scrub(item.sentence)}"
