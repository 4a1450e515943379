"""What an operator asks of the dashboard on the command line, whichever fleet it opens on.

One option is one field of `Wishes` and one entry of `_OPTIONS`; the commands that open a dashboard take them all.
"""

import functools
from collections.abc import Callable
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import fields

from cli.complete import complete_preset, complete_tz, complete_view
from fleet.theme_names import AUTO, THEME_NAMES

DEMO_AGENTS, DEMO_SEED = 24, 7
"""The demo fleet that is shown where nothing else is asked for."""


class Wishes(Struct, frozen=True, kw_only=True):
    """The options of a dashboard, as given."""

    view_text: str = ""
    """The view line to open; "" opens the view that was left the last time, at first the overview."""
    read_only: bool = False
    """No write to the fleet, whatever the configuration allows."""
    fresh: bool = False
    """Neither use what was kept from the last time, nor keep anything."""
    slow_link: bool | None = None
    """Whether to draw for a slow link; None: as the environment says."""
    tz: str | None = None
    """How to show times: utc, local, relative, or a zone; None: as it was left, else as the configuration says."""
    keys: str | None = None
    """A preset of keys, or a keys file; None: $FLEETDECK_KEYS, else the operator's own keys.yaml."""
    theme: str | None = None
    """A theme; None: as it was left, else as the configuration says, as far as the terminal has colours."""
    ascii: bool | None = None
    """Whether to draw in ASCII only; None: as the environment says."""


_OPTIONS = (
    click.option(
        "--view",
        "view_text",
        default=Wishes().view_text,
        metavar="VIEW",
        shell_complete=complete_view,
        help="Open a view: 'agents /err sort=-age'. Without it, the view that was left the last time.",
    ),
    click.option("--read-only", is_flag=True, help="Forbid every write to the fleet."),
    click.option(
        "--fresh", is_flag=True, help="Start as for the first time: use nothing that was kept, and keep nothing."
    ),
    click.option(
        "--slow-link/--no-slow-link",
        default=None,
        help="Draw for a slow link, or not; without it, under SSH or with FLEETDECK_SLOW_LINK=1.",
    ),
    click.option(
        "--tz",
        metavar="ZONE",
        shell_complete=complete_tz,
        help="Show times in utc, local, a zone such as Europe/Berlin, or as ages (relative).",
    ),
    click.option(
        "--keys",
        metavar="FILE|PRESET",
        shell_complete=complete_preset,
        help="Keys: default, vim, emacs, tmux-safe, or a keys.yaml; see `fleetdeck keys`.",
    ),
    click.option(
        "--theme",
        type=click.Choice([AUTO, *THEME_NAMES]),
        help="Colours; without it those of the last time. auto is light or dark, or ansi where there are 16 colours.",
    ),
    click.option(
        "--ascii/--no-ascii",
        "ascii",
        default=None,
        help="Draw in ASCII only, or not; without it by the locale, or FLEETDECK_ASCII=1.",
    ),
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
