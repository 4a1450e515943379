"""What the commands that act have in common: their options, and the one way in which they do it."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from cli.options import DurationType
from cli.plain_output import write_data
from cli.settings import operator
from fleet.errors import OutsideError, RefusedError
from fleet.text import scrub

if TYPE_CHECKING:
    from cli.acting.confirming import Given
    from config.schema import Config
    from fleet.actions.plan import Plan
    from fleet.actions.ports import Acting
    from fleet.store import Store

F = TypeVar("F", bound=Callable[..., Any])

Planning: TypeAlias = "Callable[[Acting, Store], Awaitable[Plan]]"
"""Makes the plan. Raises RefusedError."""

output_option = click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
"""What a command prints: lines for reading, or one JSON object for each thing."""

_OPTIONS = (
    click.option("--dry-run", is_flag=True, help="Show the plan and why it would be refused; send nothing."),
    click.option("--yes", is_flag=True, help="Ask nothing: the command names the target. A reason is still wanted."),
    click.option("--reason", default="", metavar="TEXT", help="Why, for the record."),
    click.option("--ticket", default="", metavar="ID", help="A ticket, for the record."),
    click.option("--code", default="", metavar="DIGITS", help="A one-time code, where the tier wants one."),
    click.option("--second", default="", metavar="NAME", help="Whose code it is, where it is another operator's."),
    click.option(
        "--timeout",
        "timeout_s",
        type=DurationType(),
        default=None,
        help="How long to follow what is submitted; anything else that has not ended by then is stopped.",
    ),
    output_option,
)


def acting_options(command: F) -> F:
    """The options of every command that does something to the fleet."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@contextlib.contextmanager
def planning(name: str, target: str) -> Iterator[None]:
    """For what asks `target` while a plan is made: where it does not answer, nothing was done, and it is refused."""
    try:
        yield
    except OutsideError as error:
        where = f" ({scrub(target, 200)})" if target else ""
        raise RefusedError(f"{scrub(name, 80)}{where} cannot be asked, so there is no plan: {error}") from error


def given_by(options: Mapping[str, Any]) -> "Given":
    """What the options say of who confirms and why."""
    from cli.acting.confirming import Given

    return Given(
        by=operator(),
        yes=options["yes"],
        reason=options["reason"],
        ticket=options["ticket"],
        code=options["code"],
        second=options["second"],
    )


def run_act(config: "Config", wait_s: float, plan: Planning, given: "Given", options: Mapping[str, Any]) -> int:
    """Plan it, carry it out, print what came of it; the exit code. Raises FleetdeckError."""

    # Whoever asks for the next word of the line does without what acts.
    from cli.acting.following import carry_out, interrupted
    from cli.acting.session import with_desk

    under_way: list[tuple[Store, str]] = []

    async def do(desk: "Acting", store: "Store") -> tuple[str, int]:
        return await carry_out(
            desk,
            store,
            await plan(desk, store),
            given,
            output=options["output"],
            dry_run=options["dry_run"],
            timeout_s=options["timeout_s"],
            begun=lambda id: under_way.append((store, id)),
        )

    try:
        text, code = with_desk(config, wait_s, do)
    except (KeyboardInterrupt, SystemExit):
        for store, id in under_way:
            click.echo(interrupted(store.actions[id]), err=True)
        raise
    write_data(text, options["output"])
    return code
