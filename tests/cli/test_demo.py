"""`fleetdeck demo` and `screenshot`: without a terminal, in one, and how they end."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import psutil
import pytest

from cli.demo import _stop
from tests.cli.conftest import Run
from tests.real_prometheus import eventually

ROOT = Path(__file__).parents[2]


def test_without_a_terminal_it_prints_one_frame(fleetdeck: Run) -> None:
    done = fleetdeck("demo", "--agents", "8", COLUMNS="100", LINES="30")
    assert done.returncode == 0
    assert "live view" in done.stderr
    assert "\x1b" not in done.stdout
    lines = done.stdout.rstrip("\n").split("\n")
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 100
    assert re.search(r"● [1-9]\d* up", done.stdout)


@pytest.mark.parametrize("suffix", ["svg", "txt"])
def test_a_screenshot_of_a_view(fleetdeck: Run, demo: Path, tmp_path: Path, suffix: str) -> None:
    done = fleetdeck("screenshot", "agents /planner", "-c", str(demo), "--size", "90x20", "-o", f"shot.{suffix}")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    shot = (tmp_path / f"shot.{suffix}").read_text()
    assert "planner-1" in shot
    assert "coder-1" not in shot
    assert shot.startswith("<svg") == (suffix == "svg")


def test_a_file_that_no_demo_wrote_is_not_overwritten(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    done = fleetdeck("demo", "--serve", "-o", "mine.yaml")
    assert done.returncode == 1
    assert (tmp_path / "mine.yaml").read_text() == "name: mine\n"


class Terminal:
    """fleetdeck in a pty; `until` waits for a text on the screen's byte stream."""

    def __init__(self, tmp_path: Path, *arguments: str, **changed: str) -> None:
        environ = {
            **{name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")},
            "TERM": "xterm-256color",
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "LC_ALL": "C.UTF-8",
            **changed,
        }
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "cli.main", *arguments],
            env=environ,
            dimensions=(40, 120),
            encoding="utf-8",
            codec_errors="replace",
            timeout=30,
            cwd=str(tmp_path),
        )

    def until(self, pattern: str) -> None:
        self.child.expect(pattern)

    def press(self, keys: str) -> None:
        self.child.send(keys)

    def ended(self) -> int:
        """The rest of the output is read to its end; the exit code, or minus the signal."""
        self.rest = self.child.read()
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else -(self.child.signalstatus or 0)


@pytest.fixture
def terminal(tmp_path: Path, demo: Path) -> Terminal:
    return Terminal(tmp_path, "--config", str(demo))


def restored(output: str) -> bool:
    """The alternate screen was left and the cursor shown again, after whatever was drawn last."""
    return output.rfind("\x1b[?1049l") > output.rfind("\x1b[?1049h") and "\x1b[?25h" in output


def test_every_view_by_its_number_and_quit(terminal: Terminal) -> None:
    terminal.until("observed")
    views = {"2": "planner-1", "3": "gateway-quota", "4": "task-success", "5": "TASK", "6": "IN/min"}
    for key, words in (views | {"7": "PROGRESS", "8": "discovery", "9": "CHANGE"}).items():
        terminal.press(key)
        terminal.until(re.escape(words))
    terminal.press("q")
    assert terminal.ended() == 0
    assert restored(terminal.rest)


def test_filter_command_line_and_agent_page(terminal: Terminal) -> None:
    terminal.until("observed")
    terminal.press(":agents /planner-2\r")
    terminal.until(r"1/2\d")
    terminal.press("\r")
    terminal.until("(?i)claimed")
    terminal.press("q")
    assert terminal.ended() == 0


def test_a_state_folder_that_cannot_be_made_is_no_reason_to_fail(tmp_path: Path, demo: Path) -> None:
    (tmp_path / "file").touch()
    terminal = Terminal(tmp_path, "--config", str(demo), XDG_STATE_HOME=str(tmp_path / "file"))
    terminal.until("observed")
    terminal.press("q")
    assert terminal.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_restored_by_a_signal(terminal: Terminal, number: signal.Signals) -> None:
    terminal.until("observed")
    terminal.child.kill(number)
    terminal.ended()
    assert restored(terminal.rest)


@pytest.mark.parametrize(
    "number", [None, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda one: one and one.name
)
def test_the_demo_fleet_ends_with_its_dashboard_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals | None
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    dashboard = Terminal(tmp_path, "demo", "--agents", "6", TMPDIR=str(folder))
    dashboard.until("observed")
    children = psutil.Process(dashboard.child.pid).children(recursive=True)
    assert children
    assert any(folder.iterdir())
    if number is None:
        dashboard.press("q")
    else:
        dashboard.child.kill(number)
    dashboard.ended()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_fleet_alone_leaves_nothing_but_its_configuration(tmp_path: Path, number: signal.Signals) -> None:
    folder, file = tmp_path / "temporary", tmp_path / "fleet.yaml"
    folder.mkdir()
    alone = Terminal(tmp_path, "demo", "--serve", "--agents", "2", "-o", str(file), TMPDIR=str(folder))
    assert eventually(lambda: True if file.exists() else None)
    assert any(folder.iterdir())
    alone.child.kill(number)
    alone.ended()
    assert list(folder.iterdir()) == []


def test_a_fleet_that_does_not_end_is_ended_by_force() -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", stubborn], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as fleet:
        assert fleet.stdout is not None
        fleet.stdout.readline()
        _stop(fleet, 0.1)
        assert fleet.returncode == -signal.SIGKILL
