"""When frames are sent, and when data are drawn: gathered, not too often, keys first."""

import asyncio

import anyio
import pytest

from tui.terminal.beat import Beat
from tui.terminal.frames import Frames
from tui.terminal.meter import Meter
from tui.terminal.wire import Wire

pytestmark = pytest.mark.anyio


class Painter:
    """Notes when it painted; what stands in its way is set by the test."""

    def __init__(self, most_per_s: float = 1e6) -> None:
        self.at: list[float] = []
        self.painted = anyio.Event()
        self.clear = self.settled = True
        self.frames = Frames(
            self._paint, is_clear=lambda: self.clear, is_settled=lambda: self.settled, most_per_s=most_per_s
        )

    def _paint(self) -> bool:
        self.at.append(asyncio.get_running_loop().time())
        self.painted.set()
        return True


async def test_what_changes_together_is_one_frame() -> None:
    painter = Painter()
    for _ in range(5):
        painter.frames.soon()
    await painter.painted.wait()
    await anyio.sleep(0.01)
    assert len(painter.at) == 1


async def test_frames_keep_their_distance() -> None:
    painter = Painter(most_per_s=50)
    while len(painter.at) < 4:
        painter.frames.soon()
        await anyio.sleep(0.001)
    gaps = [after - before for before, after in zip(painter.at, painter.at[1:], strict=False)]
    assert min(gaps) >= 0.0199


async def test_a_terminal_that_has_not_taken_the_last_frame_gets_no_other() -> None:
    painter = Painter()
    painter.clear = False
    painter.frames.soon()
    await anyio.sleep(0.05)
    assert painter.at == []
    painter.clear = True
    await painter.painted.wait()


async def test_a_screen_is_sent_when_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.terminal.frames._LAYOUT_MOST_S", 3600.0)
    painter = Painter()
    painter.settled = False
    painter.frames.settle()
    await anyio.sleep(0.05)
    assert painter.at == []
    painter.settled = True
    await painter.painted.wait()


async def test_a_layout_that_never_comes_to_rest_is_drawn_all_the_same() -> None:
    painter = Painter()
    painter.settled = False
    painter.frames.settle()
    await painter.painted.wait()


async def test_all_who_have_news_are_called_at_one_beat() -> None:
    beat, called = Beat(lambda: False), anyio.Event()
    order: list[str] = []
    beat.ask(lambda: order.append("first"), 0.01)
    beat.ask(lambda: order.append("second"), 0.01)
    beat.ask(called.set, 0.01)
    await called.wait()
    assert order == ["first", "second"]


async def test_a_key_goes_first_but_not_for_ever() -> None:
    called = anyio.Event()
    gave_way: list[bool] = []

    def is_busy() -> bool:
        """A key waits all the time."""
        gave_way.append(not called.is_set())
        return True

    Beat(is_busy).ask(called.set, 0.001)
    await called.wait()
    assert gave_way == [True] * 10


async def test_what_is_sent_is_counted_in_bytes() -> None:
    wire = Wire()
    meter = Meter(wire)
    meter.start()
    wire.send("●●")
    wire.frames += 1
    assert not wire.is_clear
    wire.take(2)
    assert wire.is_clear
    await anyio.sleep(0.01)
    reading = meter.read()
    assert reading.bytes_total == 6
    assert reading.bytes_per_s > 0
    assert reading.frames_per_s > 0
    assert meter.read().bytes_per_s == 0
