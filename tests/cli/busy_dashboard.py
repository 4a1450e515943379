"""A dashboard of 24 agents that are written 200 times a second, drawn as its environment says."""

import asyncio
import os
import random

from fleet.clock import SystemClock
from fleet.model import AgentStatus
from fleet.store import Store
from fleet.view_line import parse_view_line
from fleet.vocabulary import AgentState
from tui.terminal.profile import decide, prepare

_PER_S = 200


async def write(store: Store) -> None:
    """Write without end."""
    dice, states = random.Random(1), list(AgentState)
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    number = 0
    while True:
        number += 1
        name = f"agent-{dice.randrange(24):02}"
        store.status.put(name, AgentStatus(name=name, state=dice.choice(states), detail=f"write {number}"))
        due_s += 1 / _PER_S
        await asyncio.sleep(max(0.0, due_s - loop.time()))


def main() -> None:
    """Run until it is ended."""
    profile = decide(os.environ)
    prepare(profile, os.environ)
    from tui.app import FleetdeckApp

    store = Store()
    app = FleetdeckApp(
        store,
        fleet_name="busy",
        clock=SystemClock(),
        view=parse_view_line("agents"),
        profile=profile,
        on_start=lambda: write(store),
    )
    app.run()


if __name__ == "__main__":
    main()
