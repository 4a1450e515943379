"""The collecting part of fleetdeck without a terminal, on a configuration:

    python -m benchmarks.workers.deck CONFIGURATION

Lines on stdin are obeyed, each with a line of JSON: `state` tells how many agents are known, how many of them have a
whole page and how many looks have failed; `sweep` looks at everything once more and then tells the same. It ends with
its stdin.
"""

import asyncio
import contextlib
import json
import sys
from datetime import datetime
from pathlib import Path

from benchmarks.pages import SAMPLES
from cli.deck import Deck
from cli.kinds import kind_tables
from config.load import load
from fleet.clock import SystemClock
from fleet.model import SourceState
from fleet.store import Store


def state(store: Store) -> dict[str, int]:
    """What is known."""
    return {
        "agents": len(store.agents),
        "whole": sum(1 for name in store.agents if _whole(store, name)),
        "failing": sum(1 for source in store.sources.values() if source.state is SourceState.FAILING),
    }


def _whole(store: Store, name: str) -> bool:
    scrape = store.scrapes.get(name)
    return scrape is not None and scrape.page is not None and not scrape.failures and len(scrape.page.series) == SAMPLES


async def sweep(deck: Deck, store: Store, clock: SystemClock) -> None:
    """Look at everything once, and wait until all agents have been."""
    begun = clock.now()
    deck.collect_now()
    for name in tuple(store.agents):  # one after the other, so that waiting costs next to nothing
        while not _seen_since(store, name, begun):  # noqa: ASYNC110  # a scrape without news wakes nobody
            await asyncio.sleep(0.02)


def _seen_since(store: Store, name: str, begun: datetime) -> bool:
    seen = store.scrapes.seen(name)
    return seen is not None and seen >= begun


async def run(file: Path) -> None:
    """Collect and obey until stdin ends."""
    store, clock = Store(), SystemClock()
    deck = Deck(load(file, kind_tables()), store, clock)
    collecting = asyncio.create_task(deck.run())
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while order := (await orders.readline()).decode().strip():
        if order == "sweep":
            await sweep(deck, store, clock)
        sys.stdout.write(json.dumps(state(store)) + "\n")
        sys.stdout.flush()
    collecting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await collecting


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
