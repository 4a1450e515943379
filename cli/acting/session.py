"""A fleet that is watched while something is done to it, for one command."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from cli.acting.acts import Keeping
from cli.deck import Deck
from config.schema import Config
from fleet.actions.ports import Acting
from fleet.clock import SystemClock
from fleet.store import Store

T = TypeVar("T")
Do = Callable[[Acting, Store], Awaitable[T]]
"""What is done with the desk, while the store is kept up to date."""


def with_desk(config: Config, wait_s: float, do: "Do[T]") -> T:
    """Sweep for `wait_s` seconds at most, then do `do` while the fleet is watched on."""
    return asyncio.run(_with_desk(config, wait_s, do))


async def _with_desk(config: Config, wait_s: float, do: "Do[T]") -> T:
    store = Store()
    deck = Deck(config, store, SystemClock(), keeping=Keeping.of(config, read_only=_is_read_only()))
    try:
        if not await deck.sweep(wait_s):
            click.echo(f"fleetdeck: not everything answered within {wait_s:g}s", err=True)
        acts = deck.acts
        assert acts is not None  # noqa: S101  # it keeps
        await acts.begin()
        watching = asyncio.create_task(deck.go_on())
        try:
            return await do(acts.desk, store)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
    finally:
        await deck.aclose()


def _is_read_only() -> bool:
    """Whether `fleetdeck --read-only …` was said: it holds for every command."""
    context = click.get_current_context(silent=True)
    return bool(context is not None and (context.obj or {}).get("read_only"))
