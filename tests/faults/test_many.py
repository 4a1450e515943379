"""A fleet of thousands that vanishes at once, and comes back."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.fleet import PATIENCE_S
from tests.hostile_server import HostileServer
from tests.test_deck import HEALTHY, running

MANY = 5_000


async def until(condition: Callable[[], Any]) -> None:
    """Wait until `condition` holds, which takes thousands some seconds, and on a busy machine ten times that."""
    async with asyncio.timeout(4 * PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # files and sockets tell nobody
            await asyncio.sleep(0.05)


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that refuses connections: a port that is taken, and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.anyio
async def test_five_thousand_agents_that_vanish_at_once_hold_nobody_up(tmp_path: Path, nobody: str) -> None:
    file = tmp_path / "targets.json"
    labels = {"__scrape_interval__": "1h", "__scrape_timeout__": "1s"}
    groups = [{"targets": [nobody], "labels": labels | {"agent_name": f"many-{n}"}} for n in range(MANY)]
    everybody = json.dumps(groups)
    async with HostileServer() as server:
        server.add("/control", HEALTHY)
        # An answer takes a few rounds of the loop that five thousand hold: 50 ms, the interval, would be none too many.
        control = {"name": "control", "health": server.url("/control"), "every": "500ms", "timeout": "500ms"}
        static = json.dumps([control])
        file.write_text(everybody)
        config = (
            f"discovery: [{{kind: file_sd, files: [targets.json], every: 250ms}}, {{kind: static, agents: {static}}}]\n"
        )
        async with running(tmp_path, config) as store:
            await until(
                lambda: len(store.status) == MANY + 1 and all(f"metrics:many-{n}" in store.sources for n in range(MANY))
            )
            await until(lambda: sum(row.failures > 0 for row in store.scrapes.values()) == MANY)
            for turn in range(2):
                seen = len(server.seen)
                file.write_text("[]")
                await until(
                    lambda: (
                        [name for name, row in store.status.items() if not row.gone] == ["control"]
                        or len(store.status) == 1
                    )
                )
                await until(lambda: list(store.status) == ["control"])
                assert not any(key.startswith("metrics:") for key in store.sources)
                # It goes on being looked at, however quickly the others went.
                await until(lambda: len(server.seen) > seen)  # noqa: B023  # waited for at once
                assert store.status["control"].state.value == "up"
                crowds = [event for event in store.events.values() if "more agents" in event.subject]
                assert crowds, "what happens to thousands is told once"
                if turn == 0:
                    file.write_text(everybody)
                    await until(lambda: len(store.status) == MANY + 1)
            assert len(store.history) < 100, "their history is gone with them"
