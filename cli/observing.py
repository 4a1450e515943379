"""A fleet watched without a dashboard, for one answer: a sweep, and as much longer as is wished."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

import click

from cli.deck import Deck
from config.schema import Config
from fleet.clock import SystemClock
from fleet.promql.wanted import Wanted
from fleet.samples.samples import Samples
from fleet.store import Store
from fleet.why.model import Ladder, Subject


class Observed(NamedTuple):
    """What was seen: rows, samples, the time of the last judgement, whether the sweep came to its end; and how to ask
    why something is as it is."""

    store: Store
    samples: Samples
    now: datetime
    complete: bool
    explain: Callable[[Subject], Ladder]


def observe(
    config: Config, wait_s: float, *, wanted: Iterable[Wanted] = (), watch_s: float = 0.0, settle: bool = False
) -> Observed:
    """Sweep for `wait_s` seconds at most, then watch for another `watch_s`, or with `settle` until no alert is pending.

    `wanted` is kept of samples beside what the configuration needs. Says on stderr where the sweep did not end.
    """
    return asyncio.run(_observe(config, wait_s, tuple(wanted), watch_s, settle))


async def _observe(config: Config, wait_s: float, wanted: tuple[Wanted, ...], watch_s: float, settle: bool) -> Observed:
    store, clock = Store(), SystemClock()
    deck = Deck(config, store, clock)
    deck.samples.want("query", wanted)
    try:
        complete = await deck.sweep(wait_s)
        if watch_s > 0:
            await deck.watch(watch_s, until=(lambda: not deck.judgement.is_pending()) if settle else (lambda: False))
    finally:
        await deck.aclose()
    if not complete:
        click.echo(f"fleetdeck: not everything answered within {wait_s:g}s", err=True)
    return Observed(store, deck.samples, store.now or clock.now(), complete, deck.judgement.reasons.ladder)
