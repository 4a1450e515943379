"""What an operator asks of the dashboard on the command line, whichever fleet it opens on.

One option is one field of `Wishes` and one entry of `_OPTIONS`; the commands that open a dashboard take them all.
"""

import functools
from collections.abc import Callable
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import fields

from fleet.view_line import VIEWS


class Wishes(Struct, frozen=True, kw_only=True):
    """The options of a dashboard, as given."""

    view_text: str = "overview"
    """The view line to open."""
    read_only: bool = False
    """No write to the fleet, whatever the configuration allows."""


def complete_view(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of views for the shell."""
    return [name for name in VIEWS if name.startswith(incomplete)]


_OPTIONS = (
    click.option(
        "--view",
        "view_text",
        default=Wishes().view_text,
        metavar="VIEW",
        shell_complete=complete_view,
        help="Open a view: 'agents /err sort=-age'.",
    ),
    click.option("--read-only", is_flag=True, help="Forbid every write to the fleet."),
)


def with_wishes(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a dashboard; it gets them as one argument `wishes`."""

    @functools.wraps(command)
    def wishing(*args: Any, **values: Any) -> Any:
        wishes = Wishes(**{field.name: values.pop(field.name) for field in fields(Wishes)})
        return command(*args, wishes=wishes, **values)

    for option in reversed(_OPTIONS):
        wishing = option(wishing)
    return wishing
