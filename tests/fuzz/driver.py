"""The dashboard over a store that is filled with hostile texts, batch by batch, for a test that holds the other end of
its terminal.

`python -m tests.fuzz.driver SEED` draws on the terminal and talks over the socket whose descriptor is in `FUZZ_SOCKET`:
a line `fill N` gives the next batch, `say` shows toasts, `settle` waits until everything asked for was drawn, `print`
writes what the headless commands would, `log` writes to the log, `crash` makes it fail. Each is answered by one line.
"""

import asyncio
import json
import logging
import os
import socket
import sys
from pathlib import Path

from textual.pilot import Pilot

from cli.get import FORMATS, rows_of
from cli.settings import start_logging
from fleet.clock import ManualClock
from fleet.filters.filter import parse_filter
from fleet.samples.samples import Samples
from fleet.store import Store
from fleet.view_line import VIEWS, ViewLine
from fleet.views.catalogue import table_view
from fleet.why.explainer import Explainer
from tests.fuzz.filling import BEGAN, Filling
from tests.fuzz.hostile import Hostile
from tui.app import FleetdeckApp

TOASTS = 3


class Driver:
    """Answers the lines of the test."""

    def __init__(self, seed: int, first: int) -> None:
        self._hostile = Hostile(seed, first)
        self._store = Store()
        self._clock = ManualClock(BEGAN)
        self._batch = 0
        self._filling = Filling(self._hostile)
        self._filling.fill(self._store, 0)
        self.app = FleetdeckApp(
            self._store,
            fleet_name=self._filling.text(),
            clock=self._clock,
            view=ViewLine(view="overview"),
            on_start=self._talk,
            explain=Explainer(self._store, Samples(), self._clock.now, self._clock.monotonic),
        )

    async def _talk(self) -> None:
        line = socket.socket(fileno=int(os.environ["FUZZ_SOCKET"]))
        reader, writer = await asyncio.open_connection(sock=line)
        writer.write(b"ready\n")
        while word := (await reader.readline()).decode().split():
            answer = await getattr(self, f"_{word[0]}")(*word[1:])
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()

    async def _fill(self) -> dict[str, object]:
        self._batch += 1
        self._clock.advance(1)
        filling = self._filling = Filling(self._hostile)
        filling.fill(self._store, self._batch)
        leading = {view: [sample.marker for sample in samples] for view, samples in filling.leading.items()}
        return {"samples": self._kinds(filling), "leading": leading}

    def _kinds(self, filling: Filling) -> list[str]:
        return [sample.kind for sample in filling.samples]

    async def _say(self) -> list[str]:
        filling = Filling(self._hostile)
        for place in range(TOASTS):
            self.app.say(filling.text(), bad=place % 2 == 0)
        self.app.trouble = filling.text()
        return self._kinds(filling)

    async def _settle(self) -> str:
        for _ in range(2):
            await Pilot(self.app).pause()
        return "settled"

    async def _print(self, folder: str) -> list[str]:
        """Every view in every format, a file each."""
        printed: dict[str, bytes] = {}
        for view in (table_view(name) for name in VIEWS if name != "overview"):
            rows = rows_of(self._store, view, parse_filter("", view))
            printed |= {f"{view.name}.{name}": write(view, rows).encode() for name, write in FORMATS.items()}
        await asyncio.to_thread(_write_all, Path(folder), printed)
        return list(printed)

    async def _log(self) -> list[str]:
        filling = Filling(self._hostile)
        log = logging.getLogger("fuzz")
        for _ in range(20):
            log.error("target=%s", filling.text())
            log.error("probe=%s", filling.text(), exc_info=RuntimeError(filling.text()))
        return self._kinds(filling)

    async def _crash(self) -> str:
        secret = "hunter2-in-a-local-variable"
        self.app.call_later(self._fail, secret)
        return "failing"

    def _fail(self, secret: str) -> None:
        text = Filling(self._hostile).text()
        assert secret
        raise RuntimeError(f"{text} \x1b]52;c;4242\x07 \x9b4242J \u202e end")


def _write_all(folder: Path, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def main() -> None:
    """Run until the test hangs up."""
    start_logging()
    driver = Driver(int(sys.argv[1]), int(sys.argv[2]))
    driver.app.run()
    sys.exit(driver.app.return_code or 0)


if __name__ == "__main__":
    main()
