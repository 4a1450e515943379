"""A deck in a process of its own, for what has to be done to a whole process: `python -m tests.faults.watch CONFIG`.

It collects until its standard input closes. For each line that comes there it prints what it knows, as a line of JSON.
"""

import asyncio
import json
import sys
from pathlib import Path

from cli.deck import Deck
from cli.kinds import kind_tables
from config.load import load
from fleet.clock import SystemClock
from fleet.store import Store


def known(store: Store) -> str:
    """States, events, and what the sources say."""
    return json.dumps(
        {
            "states": {name: row.state.value for name, row in store.status.items()},
            "events": [f"{event.subject}: {event.before} → {event.after}" for event in store.events.values()],
            "sources": {name: [row.state.value, row.error, *row.problems] for name, row in store.sources.items()},
            "done": {name: row.done for name, row in store.backlog.items()},
            "queued": {name: row.queued for name, row in store.queues.items()},
        }
    )


async def watch(path: Path) -> None:
    store = Store()
    work = asyncio.create_task(Deck(load(path, kind_tables()), store, SystemClock()).run())
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        if work.done():
            work.result()
        sys.stdout.write(known(store) + "\n")
        sys.stdout.flush()
    work.cancel()
    await asyncio.wait([work])


if __name__ == "__main__":
    asyncio.run(watch(Path(sys.argv[1])))
