"""`make screenshots`: the pictures of the README, drawn from the demo fleet under a frozen clock.

The fleet is real (sockets, files), but time moves only when this program moves it, and the addresses are fixed, so the
same source gives the same pictures everywhere. `tests/test_screenshots.py` draws them again and compares.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot

from cli.deck import Deck
from cli.judging.judgement import Judgement
from cli.kinds import kind_tables
from config.load import load
from demo_fleet.fleet import DemoFleet
from fleet.clock import ManualClock
from fleet.model import ProbeKind
from fleet.store import Store
from fleet.view_line import parse_view_line
from screenshots import rolling
from transport.http.client import HttpClient
from tui.app import FleetdeckApp
from tui.snapshot import render

FOLDER = Path(__file__).parent
START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
HOST = "127.0.0.1"
BASE_PORT = 29_500
"""Below the ports that systems hand out to connections, so that nobody else has them by chance."""
STEP_S = 6.0
STEPS = 25
_EARLIER = timedelta(seconds=30)
"""History counts in whole minutes: begun now, none would lie within the time in which the good release was live."""
_OURSELVES = f"{ProbeKind.SELF}:fleetdeck"
"""This process's memory and CPU are the one thing here that is another at every run."""

SHOTS: dict[str, tuple[str, tuple[int, int]]] = {
    "overview": ("overview", (120, 36)),
    "agents": ("agents", (120, 30)),
    "agent": ("agent coder-3", (120, 40)),
    "alerts": ("alerts", (120, 26)),
    "slos": ("slos", (120, 24)),
    "why": ("slos task-success", (120, 46)),
    "tasks": ("tasks", (120, 30)),
    "queues": ("queues", (120, 20)),
    "backlog": ("backlog", (120, 20)),
    "sources": ("sources", (120, 30)),
    "events": ("events", (120, 30)),
    "small": ("overview", (80, 24)),
}
"""File name → the view and the size in columns and lines."""
KEYS = {"why": ("w",)}
"""What is pressed before the picture is taken."""


Then = Callable[[rolling.Rolled, rolling.Step], Awaitable[None]]
"""What is done while the fleet is still up; the second of its arguments moves the fleet on and looks at it."""


async def fill(store: Store, clock: ManualClock, then: Then | None = None) -> Judgement:
    """Watch the demo fleet through the first two and a half minutes of its script, until a release fails; what judged
    it is returned. Raises OSError where its ports are taken.
    """
    with tempfile.TemporaryDirectory(prefix="fleetdeck-shots-") as name:
        folder = Path(name)
        fleet = DemoFleet(agents=24, seed=7, clock=clock, folder=folder, host=HOST, base_port=BASE_PORT, redis=False)
        async with fleet:
            _check_ports(fleet)
            file = folder / "fleetdeck.yaml"
            # The fleet is looked at once a step, and what hangs must not hold the picture up; what is slow must answer.
            text = fleet.config_text().replace("every: 2s", f"every: {STEP_S:g}s").replace("1500ms", "800ms")
            file.write_text(f"host: false\n{text}")
            config = load(file, kind_tables())
            deck, http = Deck(config, store, clock), HttpClient(config.limits)
            rolled = None if then is None else rolling.Rolled(deck, config, http, clock)

            async def step() -> None:
                clock.advance(STEP_S)
                await fleet.step()
                await deck.sweep(30, ordered=True)
                if rolled is not None:
                    await rolled.look()

            for _ in range(STEPS):
                await step()
            if then is not None and rolled is not None:
                await then(rolled, step)
            await http.aclose()
            await deck.aclose()
    store.sources.drop(_OURSELVES)
    return deck.judgement


def _check_ports(fleet: DemoFleet) -> None:
    """The addresses stand in the pictures, so they must be the same everywhere."""
    ports = {int(port) for port in re.findall(rf"{re.escape(HOST)}:(\d+)", fleet.config_text())}
    if not all(BASE_PORT <= port < BASE_PORT + 100 for port in ports):
        raise OSError(f"some of the ports from {HOST}:{BASE_PORT} on are taken")


async def draw() -> dict[str, str]:
    """File name → SVG."""
    store, clock = Store(), ManualClock(START)
    judgement = await fill(store, clock)
    pictures = await _stills(store, clock, judgement)

    async def then(rolled: rolling.Rolled, step: rolling.Step) -> None:
        pictures.update(await rolled.draw(step))

    await fill(Store(), ManualClock(START - _EARLIER), then)
    return pictures


async def _stills(store: Store, clock: ManualClock, judgement: Judgement) -> dict[str, str]:
    pictures = {}
    for name, (line, size) in SHOTS.items():
        app = FleetdeckApp(
            store, fleet_name="demo", clock=clock, view=parse_view_line(line), explain=judgement.reasons.ladder
        )
        pictures[f"{name}.svg"] = (await render(app, size, settle=_press(KEYS.get(name, ())))).svg()
    return pictures


def _press(keys: tuple[str, ...]) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def press(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)

    return press


def main(folder: Path) -> None:
    """Write the pictures into `folder`."""
    for name, svg in asyncio.run(draw()).items():
        (folder / name).write_text(svg, encoding="utf-8")
        sys.stderr.write(f"{folder / name}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
