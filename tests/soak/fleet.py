"""The demo fleet in a time lapse, in a process of its own.

    python -m tests.soak.fleet FOLDER SPEED EPOCH ORIGIN REDIS

REDIS is the URL of a server, or `none`: to start one takes real seconds. It writes its configuration into FOLDER when
everything listens, and ends with its standard input.
"""

import asyncio
import sys
from pathlib import Path

from demo_fleet.fleet import DemoFleet
from tests.soak.time_lapse import Lapse, LapseClock, LapseLoop

SCRIPT_SPEED = 0.1
"""The script's cycle of six minutes takes an hour, so that intervals of a minute see all of it."""
STEP_S = 15.0


async def serve(folder: Path, lapse: Lapse, redis: str) -> None:
    fleet = DemoFleet(
        clock=LapseClock(lapse),
        folder=folder,
        redis=False if redis == "none" else redis,
        speed=SCRIPT_SPEED,
        step_s=STEP_S,
    )
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with fleet:
        await asyncio.to_thread(fleet.write_config, folder / "demo.yaml")
        await reader.read()


if __name__ == "__main__":
    began = Lapse(*map(float, sys.argv[2:5]))
    with asyncio.Runner(loop_factory=lambda: LapseLoop(began)) as runner:
        runner.run(serve(Path(sys.argv[1]), began, sys.argv[5]))
