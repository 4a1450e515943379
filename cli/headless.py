"""The commands without a dashboard: one sweep, then rows or one frame."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from cli.dashboard.saved import saved_filters
from cli.deck import Deck
from cli.get import FORMATS, narrowed, rows_of
from cli.plain_output import write_data
from cli.settings import Failure, state_path
from config.schema import Config
from fleet.clock import SystemClock
from fleet.filters.filter import labels_not_there, parse_filter
from fleet.filters.saved import NO_FILTERS, FilterShelf, SavedFilters
from fleet.model import ProbeKind, Source, SourceState
from fleet.store import Store
from fleet.text import scrub
from fleet.time_style import EXACT_STYLE
from fleet.time_zones import time_style
from fleet.view_line import ViewLine, parse_view_line
from fleet.views.catalogue import check_view_line, table_view

_NEEDS = {
    "agents": ProbeKind.DISCOVERY,
    "tasks": ProbeKind.QUEUE,
    "queues": ProbeKind.QUEUE,
    "backlog": ProbeKind.BACKLOG,
}
"""Which jobs fill a view: when all of these failed, there is nothing to print."""


_IN_TIME = ("alerts", "silences", "slos", "gates")
"""The views of what only shows in time: rules with `for`, rates."""
_OF_ACTS = ("actions", "templates", "rollbacks")
"""The views of what can be done, and was."""
_SWEEP_S = 10.0


def print_rows(
    config: Config, line: ViewLine, output: str, limit: int | None, wait_s: float, *, settle: bool = False
) -> None:
    """Sweep, and print the first `limit` rows of the view of `line`, filtered, ordered and with the columns that it
    names. With `settle`, a view that time changes is watched on for `wait_s` seconds, or until no alert is pending.
    Raises Failure where nothing that fills the view could be read."""
    what, view = line.view, table_view(line.view)
    chosen = parse_filter(line.filter, view, saved_filters(config, line.filter))
    shown = narrowed(view, line.columns, output)
    check_view_line(ViewLine(view=what, sort=line.sort))
    if what in _OF_ACTS:
        store = asyncio.run(_with_acts(config, wait_s))
    else:
        store = _settled(config, wait_s) if settle and what in _IN_TIME else _swept(config, wait_s)
    if what == "tasks":
        _mark_ours(config, store)
    store.times = EXACT_STYLE
    rows = rows_of(store, view, chosen, line.sort, limit)
    if not rows and output == "table":
        click.echo(f"fleetdeck: no {what}" + (f" match {line.filter!r}" if line.filter else ""), err=True)
    if not rows and (missing := labels_not_there(chosen, view, view.rows(store).values())):
        click.echo(f"fleetdeck: {scrub(missing)}", err=True)
    write_data(FORMATS[output](shown, rows), output)
    _narrate(store, what)
    for freeze in store.freeze.values():
        if freeze.frozen:
            click.echo(f"fleetdeck: {scrub(freeze.why)}", err=True)


def print_frame(config: Config, view_text: str, size: tuple[int, int], output: Path | None, wait_s: float) -> None:
    """Sweep, and draw one frame of a view as SVG or text into `output`, or as text on stdout."""
    saved = saved_filters(config, view_text)
    check_view_line(parse_view_line(view_text), saved)
    what = parse_view_line(view_text).view
    store = asyncio.run(_with_acts(config, wait_s)) if what in _OF_ACTS else _swept(config, wait_s)
    if what == "tasks":
        _mark_ours(config, store)
    store.times = time_style(config.time)
    text, svg = draw(store, config.name, view_text, size, read_only=config.read_only, saved=saved)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(svg if output.suffix == ".svg" else text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{output} cannot be written: {error.strerror}") from error


def draw(
    store: Store,
    name: str,
    view_text: str,
    size: tuple[int, int],
    *,
    read_only: bool,
    saved: SavedFilters = NO_FILTERS,
) -> tuple[str, str]:
    """One frame of a view of `store`, as (text, SVG)."""
    from tui.app import FleetdeckApp
    from tui.snapshot import render

    app = FleetdeckApp(
        store,
        fleet_name=name,
        clock=SystemClock(),
        view=parse_view_line(view_text),
        read_only=read_only,
        filters=FilterShelf(saved),
    )
    frame = asyncio.run(render(app, size))
    return frame.text(), frame.svg()


async def sweep(config: Config, store: Store, wait_s: float) -> bool:
    """Fill `store` by one sweep; True where all of it came to an end within `wait_s` seconds."""
    deck = Deck(config, store, SystemClock())
    try:
        return await deck.sweep(wait_s)
    finally:
        await deck.aclose()


def _swept(config: Config, wait_s: float) -> Store:
    """A store after one sweep; says on stderr where `wait_s` was too short for all of it."""
    store = Store()
    if not asyncio.run(sweep(config, store, wait_s)):
        click.echo(f"fleetdeck: not everything answered within {wait_s:g}s", err=True)
    return store


def _mark_ours(config: Config, store: Store) -> None:
    """Have in the store what is on record of acts, by which tasks that were submitted from here are known."""
    from actions.records import Records

    for action in Records(state_path() / "actions").seen(config.name):
        store.actions.put(action.id, action)


async def _with_acts(config: Config, wait_s: float) -> Store:
    """As `_swept`, with what can be done to the fleet, and what was."""
    from cli.acting.books import Keeping

    store = Store()
    deck = Deck(config, store, SystemClock(), keeping=Keeping.of(config))
    try:
        if not await deck.sweep(wait_s):
            click.echo(f"fleetdeck: not everything answered within {wait_s:g}s", err=True)
        if deck.acts is not None:
            await deck.acts.show()
    finally:
        await deck.aclose()
    return store


def _settled(config: Config, wait_s: float) -> Store:
    """A store after a sweep, watched on for `wait_s` seconds or until no alert is pending."""
    from cli.observing import observe

    return observe(config, min(wait_s, _SWEEP_S), watch_s=wait_s, settle=True).store


def _narrate(store: Store, what: str) -> None:
    """Say on stderr what did not answer; fail where that was everything."""
    kind = _NEEDS.get(what)
    failing = _those(store, lambda source: source.state is SourceState.FAILING and source.kind is kind)
    for source in failing[:5]:
        click.echo(f"fleetdeck: {scrub(source.id)}: {scrub(source.error)}", err=True)
    if len(failing) > 5:
        click.echo(f"fleetdeck: and {len(failing) - 5} more; see `fleetdeck get sources`", err=True)
    asked = _those(store, lambda source: source.kind is kind)
    if kind is not None and asked and len(failing) == len(asked):
        raise Failure(f"nothing that fills {what} could be read")


def _those(store: Store, wanted: Callable[[Source], bool]) -> list[Source]:
    return [source for source in store.sources.values() if wanted(source)]
