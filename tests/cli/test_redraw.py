"""A terminal that was somebody else's for a while shows nothing that we know of."""

import os
import signal
import sys
from pathlib import Path

import pexpect

from tests.cli.conftest import environment
from tests.real_prometheus import eventually


def busy(tmp_path: Path) -> pexpect.spawn:
    environ = {name: value for name, value in environment(tmp_path).items() if not name.startswith("SSH_")}
    environ |= {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    environ.pop("NO_COLOR", None)
    child = pexpect.spawn(
        sys.executable,
        ["-m", "tests.cli.busy_dashboard"],
        env=environ,
        dimensions=(40, 120),
        timeout=30,
        cwd=str(Path(__file__).parents[2]),
    )
    child.delaybeforesend = None
    child.expect_exact(b"write ")
    return child


def waiting(child: pexpect.spawn) -> bytes:
    """What has been sent and not been read, without waiting for more."""
    got = b""
    while True:
        try:
            got += child.read_nonblocking(1 << 16, timeout=0)
        except pexpect.TIMEOUT:
            return got


def test_after_a_stop_the_whole_screen_is_sent_again(tmp_path: Path) -> None:
    child = busy(tmp_path)
    os.kill(child.pid, signal.SIGTSTP)
    child.expect_exact(b"\x1b[?1049l")
    eventually(lambda: True if is_stopped(child.pid) else None)
    waiting(child)
    os.kill(child.pid, signal.SIGCONT)
    child.expect_exact(b"\x1b[?1049h")
    child.expect_exact(b"1 ")
    child.expect_exact(b"fleetdeck")
    child.send("\x0c")
    child.expect_exact(b"fleetdeck")
    child.send("q")
    child.expect(pexpect.EOF)


def is_stopped(pid: int) -> bool:
    import psutil

    return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
