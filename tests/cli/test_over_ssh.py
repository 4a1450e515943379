"""The dashboard through a real sshd: one frame at the start, few frames and bytes while a fleet is busy, and an end
with the connection."""

import re
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

import pexpect
import psutil
import pytest

from tests.real_prometheus import eventually
from tests.real_sshd import RealSshd, requires_sshd

pytestmark = requires_sshd

ROOT = Path(__file__).parents[2]
ASKS_FOR_SYNC = b"\x1b[?2026$p"
HAS_SYNC = "\x1b[?2026;2$y"
FRAME = b"\x1b[?2026h"
WRITE = re.compile(rb"write (\d+)")
A_SECOND = 200
"""Writes of the busy dashboard."""
BRAND = b"fleetdeck"
"""Stands once in every whole screen."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSshd]:
    with RealSshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


class Remote:
    """A command in a terminal of 120×40 at the other end, which supports synchronised output."""

    def __init__(self, server: RealSshd, folder: Path, *arguments: str, **environ: str) -> None:
        settings = {
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "LC_ALL": "C.UTF-8",
            **environ,
        }
        words = ["env", *(f"{name}={value}" for name, value in settings.items()), sys.executable, *arguments]
        client, *options = server.login(f"cd {shlex.quote(str(folder))} && exec {shlex.join(words)}")
        self.client = pexpect.spawn(
            client, options, env={"TERM": "xterm-256color", "PATH": "/usr/bin:/bin"}, dimensions=(40, 120), timeout=30
        )
        self.client.delaybeforesend = None
        self.client.expect_exact(ASKS_FOR_SYNC)
        self.client.send(HAS_SYNC)

    def until(self, words: bytes) -> bytes:
        """What comes up to `words`."""
        self.client.expect_exact(words)
        return bytes(self.client.before)

    def during(self, seconds: float, keys: str = "") -> bytes:
        """What comes in that time, while `keys` are pressed evenly."""
        got = b""
        end = time.monotonic() + seconds
        pauses = max(1, len(keys))
        for number in range(pauses):
            self.client.send(keys[number : number + 1])
            until = end - seconds * (pauses - number - 1) / pauses
            while (left := until - time.monotonic()) > 0:
                try:
                    got += self.client.read_nonblocking(1 << 16, timeout=left)
                except pexpect.TIMEOUT:
                    break
        return got


class Drawn(NamedTuple):
    """How many frames came after a first one, and in how many seconds they were drawn.

    What is written is the clock, for it is the dashboard's: the link and whoever reads may stop for a while, and bring
    what gathered in one piece.
    """

    frames: int
    seconds: float

    @classmethod
    def in_(cls, sent: bytes) -> Self:
        newest = [max(map(int, found)) for frame in sent.split(FRAME)[1:] if (found := WRITE.findall(frame))]
        return cls(len(newest) - 1, (newest[-1] - newest[0]) / A_SECOND) if newest else cls(0, 0.0)

    def at_most(self, per_s: float) -> bool:
        return self.frames <= per_s * self.seconds + 1


def processes(folder: Path) -> list[psutil.Process]:
    """Those that run in `folder`, without the shells and clients that brought them there."""
    found = []
    for process in psutil.process_iter(["cwd", "exe", "status"]):
        here = process.info["cwd"] == str(folder) and process.info["status"] != psutil.STATUS_ZOMBIE
        if here and "python" in (process.info["exe"] or ""):
            found.append(process)
    return found


def test_it_starts_with_one_frame_and_ends_with_its_connection(server: RealSshd, tmp_path: Path) -> None:
    remote = Remote(server, tmp_path, "-m", "cli.main", "demo", "--agents", "6")
    before_data = remote.until(b"observed ")
    assert before_data.count(BRAND) == 1
    remote.client.send("8")
    remote.until(b"slow link")
    assert len(processes(tmp_path)) >= 2, "the dashboard and its demo fleet"
    remote.client.close(force=True)
    assert eventually(lambda: True if not processes(tmp_path) else None)


def test_a_busy_fleet_is_drawn_in_few_frames_and_bytes(server: RealSshd, tmp_path: Path) -> None:
    remote = Remote(server, tmp_path, "-m", "tests.cli.busy_dashboard")
    remote.until(b"write ")
    remote.during(1.0)
    quiet = remote.during(3.0)
    assert FRAME in quiet
    assert Drawn.in_(quiet).at_most(4), Drawn.in_(quiet)
    assert len(quiet) <= quiet.count(FRAME) * 5_000 + 5_000
    pressed = remote.during(3.0, keys="jk" * 45)
    assert FRAME in pressed
    assert Drawn.in_(pressed).at_most(10), Drawn.in_(pressed)
    remote.client.send("q")
    remote.client.expect(pexpect.EOF)


def test_an_operator_may_say_that_the_link_is_fast(server: RealSshd, tmp_path: Path) -> None:
    remote = Remote(server, tmp_path, "-m", "tests.cli.busy_dashboard", FLEETDECK_SLOW_LINK="0")
    remote.until(b"write ")
    # On a machine that has little time for it, too, there are moments with more frames than a slow link ever gets.
    assert eventually(lambda: None if Drawn.in_(remote.during(1.0, keys="jk" * 15)).at_most(10) else True)
    remote.client.send("q")
    remote.client.expect(pexpect.EOF)
