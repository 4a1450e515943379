"""`python -m tests.soak [--hours 24] [--speed 240]`: the dashboard, headless, on a demo fleet, both in a time lapse.

Every ten simulated minutes somebody presses keys: all views, a filter, the page of an agent, the help. Exit code 1
where something grows. What is short (`--hours 1 --every 100`) has no time to fill its histories, and may grow by more.
"""

import argparse
import asyncio
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import tui.live
from cli.deck import Deck
from cli.kinds import kind_tables
from config.load import load
from fleet.store import Store
from fleet.view_line import ViewLine
from tests.real_prometheus import eventually
from tests.real_redis import RealRedis, redis_server_binary
from tests.soak.measured import Sample, judged, measure, table
from tests.soak.time_lapse import Lapse, LapseClock, LapseLoop
from tui.app import FleetdeckApp

EVERY_S, KEY_S = 600.0, 10.0
SHORT_H = 6.0
KEYS = (
    ("2", "down", "enter", "escape"),
    ("3", "enter", "enter", "escape", "escape", "w", "escape"),
    ("4", "enter", "escape"),
    ("5", "G", "g"),
    ("6", "o"),
    ("7", "end"),
    ("8", "slash", *"health", "enter", "escape"),
    ("9", "G"),
    ("1", "tab", "tab"),
    ("question_mark", "escape", "ctrl+z", "ctrl+z"),
)
SLOWER = """
every: 60s
timeout: 30s
keep_gone: 30m
self_metrics: null
"""


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    options.add_argument("--hours", type=float, default=24.0, help="simulated hours")
    options.add_argument("--speed", type=float, default=240.0, help="simulated seconds in one")
    options.add_argument("--every", type=float, default=EVERY_S, help="simulated seconds between two looks and keys")
    chosen = options.parse_args()
    lapse = Lapse.from_now(chosen.speed)
    # Widgets count their seconds by the loop's: four drawings a real second, as ever.
    tui.live.FLUSH_S *= chosen.speed
    with tempfile.TemporaryDirectory(prefix="fleetdeck-soak-") as folder, fleet(Path(folder), lapse):
        config = _slowed(Path(folder) / "demo.yaml")
        with asyncio.Runner(loop_factory=lambda: LapseLoop(lapse)) as runner:
            samples = runner.run(soak(config, LapseClock(lapse), chosen.hours, chosen.every))
    verdicts = judged(samples, warm=chosen.hours >= SHORT_H)
    sys.stdout.write(table(samples, verdicts) + "\n")
    return 1 if any(row.grows for row in verdicts) else 0


@contextlib.contextmanager
def fleet(folder: Path, lapse: Lapse) -> Iterator[None]:
    """The demo fleet in its own process, and its Redis, where one is to be had."""
    redis = RealRedis(tcp=True) if redis_server_binary() is not None else None
    url = "none" if redis is None else redis.url
    times = [str(value) for value in (lapse.speed, lapse.epoch_s, lapse.origin_s)]
    command = [sys.executable, "-m", "tests.soak.fleet", str(folder), *times, url]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        eventually(lambda: (folder / "demo.yaml").exists() or (None if process.poll() is None else False))
        assert process.poll() is None, "the demo fleet did not start"
        yield
    finally:
        process.communicate(timeout=30)
        if redis is not None:
            redis.stop()


def _slowed(path: Path) -> Path:
    """The fleet's configuration with the intervals of a large fleet, as its time runs fast."""
    lines = [
        line for line in path.read_text().splitlines() if not line.startswith(("every:", "timeout:", "keep_gone:"))
    ]
    path.write_text("\n".join(lines).replace('"every": "10s"', '"every": "60s"') + SLOWER)
    return path


async def _press(app: FleetdeckApp, keys: Iterable[str]) -> None:
    for key in keys:
        # Not `pilot.press`: it waits by the loop's seconds, and not for long enough.
        app.simulate_key(key)
        await asyncio.sleep(KEY_S)


async def soak(path: Path, clock: LapseClock, hours: float, every_s: float) -> list[Sample]:
    """Watch and press keys for so many simulated hours; what was measured on the way."""
    store = Store()
    deck = Deck(load(path, kind_tables()), store, clock)
    app = FleetdeckApp(store, fleet_name="soak", clock=clock, view=ViewLine(view="overview"), on_start=deck.run)
    samples: list[Sample] = []
    async with app.run_test(size=(140, 45)):
        # Everything is opened once before it counts: pages that are kept are made when they are first wanted.
        for keys in KEYS:
            await _press(app, keys)
        began = clock.monotonic()
        # As many turns as there should be, however long they take: a busy machine has fewer of them an hour.
        for turn in range(round(hours * 3600 / every_s)):
            await _press(app, KEYS[turn % len(KEYS)])
            assert not app.trouble, app.trouble
            samples.append(measure(store, (clock.monotonic() - began) / 3600))
            await asyncio.sleep(max(0.0, began + (turn + 1) * every_s - clock.monotonic()))
        assert len(store.status) > 20, f"the fleet was watched: {len(store.status)} agents"
        assert len(store.events) > hours, "and things happened"
    return samples


if __name__ == "__main__":
    sys.exit(main())
