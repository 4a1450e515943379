"""A fleet that is watched while something is done to it, for one command."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import click

from cli.acting.books import Keeping
from cli.deck import Deck
from config.schema import Config
from fleet.actions.ports import Acting
from fleet.clock import SystemClock
from fleet.store import Store

T = TypeVar("T")
SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)
"""Beside SIGINT, which `asyncio.run` sees to."""
Do = Callable[[Acting, Store], Awaitable[T]]
"""What is done with the desk, while the store is kept up to date."""


def with_desk(config: Config, wait_s: float, do: "Do[T]") -> T:
    """Sweep for `wait_s` seconds at most, then do `do` while the fleet is watched on.

    A signal that ends it cuts off what is on its way, ends the processes that were started, and has on record what
    became of it; the exit code is then 128 and the signal's number. A second one ends it at once.
    """
    ended_by: list[int] = []
    try:
        return asyncio.run(_heard(_with_desk(config, wait_s, do), ended_by))
    except asyncio.CancelledError:
        if not ended_by:
            raise
        sys.exit(128 + ended_by[0])


async def _heard(work: Awaitable[T], ended_by: list[int]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101  # a coroutine is run by one

    def end(number: int) -> None:
        ended_by.append(number)
        for one in SIGNALS:
            loop.remove_signal_handler(one)
        task.cancel()

    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            loop.add_signal_handler(number, end, number)
    return await work


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
