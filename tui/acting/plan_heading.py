"""What stands above a plan that is to be confirmed: what it is called, and in numbers how far it reaches."""

from collections.abc import Iterator

from rich.text import Text

from fleet.actions.plan import Plan
from fleet.text import scrub
from fleet.views.view import Tone
from tui.alerts.acts import count_of
from tui.ink import Ink, joined


def plan_heading(plan: Plan, against: int, ink: Ink, width: int) -> Text:
    """Two lines of `width` cells; `against` is how many things stand against the plan."""
    title = ink.write(scrub(plan.title, 200), Tone.TITLE, bold=True)
    lines = [title, joined(_reach(plan, against, ink), " · ")]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)


def _reach(plan: Plan, against: int, ink: Ink) -> Iterator[Text]:
    """`tier 2 · 3 steps · 1 target · 40 more hit · ✖ 2 against it`"""
    yield ink.write(f"tier {plan.tier.value}", Tone.ACCENT)
    if plan.many:
        yield ink.write(count_of(len(plan.items), "item"))
    yield ink.write(count_of(len(plan.steps), "step"))
    yield ink.write(count_of(len(plan.targets), "target"))
    if plan.blast:
        yield ink.write(f"{len(plan.blast):,} more hit", Tone.DEGRADED)
    else:
        yield ink.muted("nothing else is hit")
    if against:
        yield ink.write(f"✖ {against:,} against it", Tone.DOWN, bold=True)
