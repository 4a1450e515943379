"""The options that several commands have in common."""

from pathlib import Path
from typing import Any

import click

from fleet.times import parse_duration


class DurationType(click.ParamType[float]):
    """`30s`, `5m`, or seconds → seconds."""

    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        try:
            seconds = parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds > 86_400:
            self.fail("a day is the most", param, ctx)
        return seconds


class NameChoice(click.Choice[str]):
    """One of some names; of a wrong one the nearest is named, too."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        from fleet.near import meant

        return f"there is no {value!r}{meant(str(value), self.choices)} (there are: {', '.join(self.choices)})"


config_option = click.option(
    "--config",
    "-c",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration; without it ./fleetdeck.yaml, then $XDG_CONFIG_HOME/fleetdeck/config.yaml.",
)

wait_option = click.option(
    "--wait",
    "wait_s",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.1, 600),
    metavar="SECONDS",
    help="How long the sweep may take.",
)

settle_option = click.option(
    "--wait",
    "wait_s",
    default="10s",
    show_default=True,
    type=DurationType(),
    metavar="DURATION",
    help="How long the sweep may take. Of alerts, silences, slos and gates, where it is given: how long to go on after "
    "it until no alert is pending.",
)

watch_option = click.option(
    "--watch",
    "watch_s",
    default="0s",
    type=DurationType(),
    metavar="DURATION",
    help="Go on watching for so long before answering: rates need several samples, `for` needs time.",
)
