"""Opening the dashboard. Its first frame is drawn before the network libraries are imported; the collectors start
behind it and end with it. Without a terminal one plain frame is printed instead."""

import asyncio
import functools
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from cli.settings import log_file
from cli.wishes import Wishes
from config.schema import Config
from fleet.clock import SystemClock
from fleet.store import Store
from fleet.view_line import parse_view_line
from fleet.views.catalogue import check_view_line

if TYPE_CHECKING:
    from cli.deck import Deck

ConfigLater = Callable[[], Awaitable[Config]]
"""Gives the configuration once it is there (the demo fleet has to start first)."""


def open_dashboard(config: Config, wishes: Wishes) -> None:
    """The dashboard on a configured fleet, until the operator quits."""

    async def at_once() -> Config:
        return config

    run(at_once, config.name, replace(wishes, read_only=wishes.read_only or config.read_only))


def run(later: ConfigLater, name: str, wishes: Wishes) -> None:
    """The dashboard on the fleet whose configuration `later` gives."""
    view = parse_view_line(wishes.view_text)
    check_view_line(view)
    blind = [name for name in ("stdin", "stdout", "stderr") if not getattr(sys, name).isatty()]
    if blind:
        _print_frame(later, wishes)
        words = f"{', '.join(blind)} {'is' if len(blind) == 1 else 'are'} no terminal"
        click.echo(f"fleetdeck: {words}, so here is one frame; the live view needs one (ssh -t)", err=True)
        return
    if os.environ.get("NO_COLOR") == "":
        # An empty NO_COLOR means unset (no-color.org); Textual takes it as set.
        del os.environ["NO_COLOR"]
    from tui.app import FleetdeckApp

    store, clock = Store(), SystemClock()
    decks: list[Deck] = []

    async def collect() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Leave as by `q`, so that the terminal is given back as it was.
            loop.add_signal_handler(number, functools.partial(app.exit, return_code=128 + number))
        from cli.deck import Deck
        from cli.self_metrics import offer

        config = await later()
        deck = Deck(config, store, clock)
        decks.append(deck)
        with offer(config.self_metrics, store):
            await deck.run()

    def collect_now() -> None:
        for deck in decks:
            deck.collect_now()

    app = FleetdeckApp(
        store,
        fleet_name=name,
        clock=clock,
        view=view,
        read_only=wishes.read_only,
        on_start=collect,
        collect_now=collect_now,
        log_path=log_file(),
    )
    app.run()
    if app.return_code:
        sys.exit(app.return_code)


def _print_frame(later: ConfigLater, wishes: Wishes) -> None:
    """One plain frame after the first sweep, for pipes and logs."""
    from cli.headless import draw, sweep

    async def first_sweep() -> tuple[Config, Store]:
        config, store = await later(), Store()
        await sweep(config, store, 10.0)
        return config, store

    config, store = asyncio.run(first_sweep())
    columns, lines = shutil.get_terminal_size((120, 40))
    size = (max(columns, 60), max(lines, 15))
    text, _ = draw(store, config.name, wishes.view_text, size, read_only=wishes.read_only)
    click.echo(text, nl=False)
