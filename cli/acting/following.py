"""Doing a plan from the command line: shown, confirmed, started, followed to its end, and told."""

import asyncio

import click

from cli.acting.confirming import Given, confirmed
from cli.acting.outcome import REFUSED, counts, exit_code, plan_json, plan_text, receipt_json, receipt_text
from fleet.actions.action import Action, Confirmation
from fleet.actions.plan import Plan
from fleet.actions.ports import Acting
from fleet.actions.preview import preview
from fleet.store import Store
from fleet.text import scrub

LOOK_S = 0.5
"""Seconds between two looks at how far it is."""


async def carry_out(
    desk: Acting, store: Store, plan: Plan, given: Given, *, output: str, dry_run: bool, timeout_s: float | None
) -> tuple[str, int]:
    """What is to be printed, and the exit code. Raises RefusedError where it is refused, on the record."""
    refusals = await desk.preflight(plan)
    if dry_run:
        await desk.start(plan, Confirmation(by=given.by, reason=given.reason, ticket=given.ticket), dry_run=True)
        text = plan_json(plan, refusals) if output == "json" else f"{plan.title}\n{plan_text(preview(plan, refusals))}"
        return text, REFUSED if refusals else 0
    id = await desk.start(plan, confirmed(plan, given, refusals))
    action = await follow(desk, store, id, timeout_s)
    return (receipt_json(action) if output == "json" else receipt_text(action)), exit_code(action)


async def follow(desk: Acting, store: Store, id: str, timeout_s: float | None) -> Action:
    """The action once it has ended, or as it is when the time is over; what changes is told on stderr meanwhile."""
    telling = asyncio.create_task(_tell(store, id))
    try:
        async with asyncio.timeout(timeout_s):
            return await desk.ended(id)
    except TimeoutError:
        click.echo(f"fleetdeck: it goes on; not ended within {timeout_s:g}s", err=True)
        return store.actions[id]
    finally:
        telling.cancel()
        await asyncio.wait([telling])


async def _tell(store: Store, id: str) -> None:
    told = ""
    while True:
        words = progress(store.actions[id]) if id in store.actions else ""
        if words and words != told:
            click.echo(words, err=True)
            told = words
        await asyncio.sleep(LOOK_S)


def progress(action: Action) -> str:
    """How far an action is, in a line."""
    parts = [action.state.value]
    if action.plan.many:
        parts.append(counts(action))
    if len(action.stages) > 1 and action.stage < len(action.stages):
        stage = action.stages[action.stage]
        parts.append(f"{scrub(stage.title)}: {stage.state}")
    elif action.outcome:
        parts.append(scrub(action.outcome))
    return "  ".join(parts)
