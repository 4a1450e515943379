"""How the dashboard starts: what the network, YAML and filters need is imported behind its first frame, and that is one
frame."""

import re
import sys
from pathlib import Path

import pexpect

from tests.cli.conftest import environment

HEAVY = (
    "httpx",
    "aiohttp",
    "redis",
    "psutil",
    "yaml",
    "re2",
    "prometheus_client",
    "watchfiles",
    "importlib.metadata",
    "email.utils",
    "config.load",
    "collectors.supervisor",
    "demo_fleet.serve",
    "fleet.actions.plan",
    "fleet.filters.filter",
    "fleet.views.alerts",
    "tui.screens.agent",
    "tui.screens.help",
)
"""Each of these takes milliseconds that an operator would wait for."""

_SAYS_WHAT_IS_IMPORTED = f"""
import sys
import tui.app

async def run(app, **options):
    found = [name for name in {HEAVY!r} if name in sys.modules]
    print("found", found, "end", flush=True)

tui.app.FleetdeckApp.run_async = run
from cli.main import main
main(["demo", "--agents", "1"])
"""


def spawn(tmp_path: Path, *arguments: str) -> pexpect.spawn:
    unset = ("NO_COLOR", "COLUMNS", "LINES")
    environ = {name: value for name, value in environment(tmp_path).items() if name not in unset}
    environ |= {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    child = pexpect.spawn(
        sys.executable, list(arguments), env=environ, dimensions=(40, 120), timeout=30, cwd=str(tmp_path)
    )
    child.delaybeforesend = None
    return child


def test_nothing_heavy_is_imported_before_the_first_frame(tmp_path: Path) -> None:
    child = spawn(tmp_path, "-c", _SAYS_WHAT_IS_IMPORTED)
    child.expect(rb"found (\[.*\]) end")
    assert child.match.group(1) == b"[]"
    child.expect(pexpect.EOF)


def test_until_data_come_the_screen_is_sent_once(tmp_path: Path) -> None:
    child = spawn(tmp_path, "-m", "cli.main", "demo", "--agents", "6")
    child.expect_exact(b"\x1b[?2026$p")
    child.send("\x1b[?2026;2$y")
    child.expect_exact(b"observed ")
    sent: bytes = child.before
    assert sent.count(b"fleetdeck") == 1
    frames = [frame for frame in re.split(rb"\x1b\[\?2026h", sent) if frame.count(b"\x1b[") > 20]
    assert len(frames) <= 2, "the first frame, and the first data"
    child.send("q")
    child.expect(pexpect.EOF)
