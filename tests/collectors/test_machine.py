"""This machine and its processes: real ones, and no number before there is one."""

import asyncio
import os
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from collectors.probes.host import HostProbe, busy_percent
from collectors.probes.itself import SelfProbe
from collectors.probes.process import ProcessProbe
from fleet.model import SelfReading

pytestmark = pytest.mark.anyio

Times = namedtuple("Times", "user system idle iowait guest")


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits until it is killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


async def test_the_first_look_knows_no_cpu(child: subprocess.Popen[bytes]) -> None:
    looks = (ProcessProbe(child.pid), HostProbe(), SelfProbe(SelfReading))
    assert [(await look.probe()).cpu_percent for look in looks] == [None, None, None]
    assert (await looks[0].probe()).cpu_percent is not None


async def test_the_cpu_of_the_machine_does_not_hang_on_the_thread_that_looks() -> None:
    """Looks from ever new threads each measure from the look before."""
    probe = HostProbe()
    loop = asyncio.get_running_loop()
    seen = []
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            seen.append(await loop.run_in_executor(pool, probe.look))
        await loop.run_in_executor(None, sum, range(3_000_000))
    assert seen[0].cpu_percent is None
    assert all(look.cpu_percent is not None and look.cpu_percent > 0 for look in seen[1:])


def test_busy_is_what_is_neither_idle_nor_waiting() -> None:
    before = Times(10.0, 5.0, 100.0, 2.0, 1.0)
    assert busy_percent(before, Times(13.0, 6.0, 104.0, 4.0, 2.0)) == 40.0
    assert busy_percent(before, before) is None
    assert busy_percent(before, Times(9.0, 5.0, 101.0, 2.0, 1.0)) == 0.0, "a clock that ran backwards"


async def test_a_process_that_ended_is_a_zombie_and_then_gone(child: subprocess.Popen[bytes]) -> None:
    probe = ProcessProbe(child.pid)
    assert (await probe.probe()).memory_bytes
    child.kill()
    await asyncio.to_thread(os.waitid, os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet fetched
    assert (await probe.probe()).state == "zombie"
    child.wait()
    assert (await probe.probe()).state == "gone"
