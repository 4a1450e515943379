"""Copying from the dashboard in real terminals: a plain pty, and tmux in every setting that matters."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from tests.cli.test_demo import ROOT, Terminal
from tests.real_prometheus import eventually

OSC52 = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
AWAY = ("TMUX", "STY", "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "VTE_VERSION")
"""What says where the terminal of whoever runs these tests is."""

CONFIG = """\
host: false
discovery:
  - kind: static
    agents:
      - {name: planner-1, health: "http://127.0.0.1:1/health?token=s3cret", labels: {job: llm}}
      - {name: "coder \\e]52;c;b3duZWQ=\\a\\e[201~", labels: {env: x}}
      - {name: tester-3}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a fleet of three, in an environment that says nothing of the terminal around."""
    for name in AWAY:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "fleetdeck.yaml").write_text(CONFIG)
    return tmp_path


def copied(tty: Terminal, keys: str) -> str:
    """What the terminal's clipboard is told when `keys` are pressed."""
    tty.press(keys)
    tty.child.expect(OSC52)
    found = tty.child.match
    assert isinstance(found, re.Match)
    return base64.b64decode(found[1]).decode()


def opened(folder: Path, **environ: str) -> Terminal:
    tty = Terminal(folder, "--view", "agents sort=-name", **environ)
    tty.until("tester-3")
    return tty


def test_a_terminal_gets_names_rows_and_commands(folder: Path) -> None:
    tty = opened(folder)
    assert copied(tty, "y") == "tester-3"
    tty.until("copied 1 name, 8 bytes: OSC 52")
    assert json.loads(copied(tty, "Y"))["name"] == "tester-3"
    assert copied(tty, " j ky").split("\n") == ["tester-3", "planner-1"]
    assert len(json.loads(copied(tty, "Y"))) == 2
    curl = copied(tty, "\x194")
    assert curl == "curl -fsS --max-time 5 'http://127.0.0.1:1/health?token='\"$TOKEN\""
    assert copied(tty, "\x195") == '{instance="127.0.0.1:1",job="llm"}'
    tty.press("q")
    assert tty.ended() == 0


def test_a_hostile_name_is_copied_as_text(folder: Path) -> None:
    tty = opened(folder)
    name = copied(tty, "Gy")
    assert name == r"coder \x1b]52;c;b3duZWQ=\x07\x1b[201~"
    tty.press("q")
    tty.ended()
    assert "b3duZWQ=\x07" not in tty.rest


def test_under_ssh_and_with_a_clipboard_at_home(folder: Path) -> None:
    """A program that works is told; a desktop of the far machine is left alone under SSH."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "xclip").write_text(f"#!/bin/sh\ncat > {folder}/clipboard\n")
    (programs / "xclip").chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    tty = opened(folder, PATH=path, DISPLAY=":7")
    assert copied(tty, "y") == "tester-3"
    tty.until("bytes: xclip, OSC 52")
    assert (folder / "clipboard").read_text() == "tester-3"
    tty.press("q")
    tty.ended()
    (folder / "clipboard").unlink()
    tty = opened(folder, PATH=path, DISPLAY=":7", SSH_CONNECTION="10.0.0.1 5 10.0.0.2 22")
    assert copied(tty, "y") == "tester-3"
    tty.until("bytes: OSC 52")
    tty.press("q")
    tty.ended()
    assert not (folder / "clipboard").exists()


def test_what_no_terminal_would_take_is_in_a_file(folder: Path) -> None:
    agents = "".join(f"      - {{name: a{number:04}, labels: {{x: {'y' * 60}}}}}\n" for number in range(200))
    (folder / "fleetdeck.yaml").write_text("host: false\ndiscovery:\n  - kind: static\n    agents:\n" + agents)
    runtime = folder / "run"
    runtime.mkdir()
    tty = Terminal(folder, "--view", "agents sort=name", XDG_RUNTIME_DIR=str(runtime))
    tty.until("a0000")
    tty.press("*")
    tty.until("200 marked")
    tty.press("Y")
    tty.until("not in the clipboard")
    assert len(json.loads((runtime / "fleetdeck" / "copied.txt").read_text())) == 200
    tty.press("q")
    tty.ended()
    assert not OSC52.search(tty.rest)


def test_where_nothing_can_be_copied_a_file_has_it(folder: Path) -> None:
    tty = opened(folder, TERM="linux", XDG_RUNTIME_DIR="")
    tty.press("y")
    tty.until("not in the clipboard but in")
    assert (folder / "state" / "fleetdeck" / "copied.txt").read_text() == "tester-3"
    tty.press("q")
    assert tty.ended() == 0


# ── tmux ───────────────────────────────────────────────────────────────────────────────────────────────────────────

Tmux = Callable[..., tuple[pexpect.spawn, list[str]]]


@pytest.fixture
def tmux(folder: Path) -> Iterator[Tmux]:
    """Runs fleetdeck in a tmux server of its own, with a terminal attached."""
    program = shutil.which("tmux")
    if program is None:
        pytest.skip("tmux is not on this machine")
    # A socket's path has to be short.
    sockets = tempfile.mkdtemp(prefix="fd-")
    server = [program, "-f", f"{folder}/tmux.conf", "-S", f"{sockets}/s"]
    children: list[pexpect.spawn] = []

    def start(settings: str, *, path: str | None = None) -> tuple[pexpect.spawn, list[str]]:
        (folder / "tmux.conf").write_text(settings + "\n")
        command = [sys.executable, "-m", "cli.main", "--view", "agents sort=-name", "--fresh"]
        if path is not None:
            command = ["/usr/bin/env", f"PATH={path}", *command]
        env = {
            **os.environ,
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        }
        child = pexpect.spawn(
            server[0],
            [*server[1:], "-u", "new-session", *command],
            env=env,
            cwd=str(folder),
            dimensions=(40, 120),
            encoding="utf-8",
            codec_errors="replace",
            timeout=30,
        )
        children.append(child)
        child.expect("tester-3")
        return child, server

    yield start
    subprocess.run([*server, "kill-server"], check=False, timeout=20, capture_output=True)
    for child in children:
        child.close(force=True)
    shutil.rmtree(sockets, ignore_errors=True)


def outside(child: pexpect.spawn, keys: str) -> str:
    """What the terminal around tmux is told."""
    child.send(keys)
    # tmux ends the sequence its own way, and may leave out which selection is meant.
    child.expect(re.compile(r"\x1b\]52;c?;([A-Za-z0-9+/=]+)(?:\x07|\x1b\\)"))
    return base64.b64decode(child.match[1]).decode()


def pane(server: list[str]) -> str:
    """What stands in tmux's window."""
    shown = subprocess.run([*server, "capture-pane", "-p"], capture_output=True, text=True, check=True, timeout=20)
    return shown.stdout


def test_tmux_as_it_comes_fills_its_buffer_and_hands_it_on(tmux: Tmux) -> None:
    child, server = tmux("")
    assert outside(child, "y") == "tester-3"
    child.expect("tmux, OSC 52")
    shown = subprocess.run([*server, "show-buffer"], capture_output=True, text=True, check=True, timeout=20)
    assert shown.stdout == "tester-3"


def test_the_page_of_an_agent_and_the_command_that_opens_it(tmux: Tmux) -> None:
    child, server = tmux("")
    child.send(":agent planner-1\r")
    eventually(lambda: "observed" in pane(server) or None)
    assert outside(child, "y") == "planner-1"
    child.send("\x19")
    eventually(lambda: "7 command that opens this view" in pane(server) or None)
    assert outside(child, "7") == "fleetdeck --view 'agent planner-1'"


@pytest.mark.parametrize(
    "settings",
    ["set -g set-clipboard on", "set -g set-clipboard off\nset -g allow-passthrough on"],
    ids=["set-clipboard", "allow-passthrough"],
)
def test_tmux_without_its_program_takes_the_sequence_or_passes_it_on(tmux: Tmux, settings: str) -> None:
    child, _ = tmux(settings, path="/nonexistent")
    assert outside(child, "y") == "tester-3"
    child.expect("bytes: OSC 52")


def test_tmux_that_does_neither_shows_nothing_of_it_and_the_toast_says_what_to_do(tmux: Tmux) -> None:
    child, server = tmux("set -g set-clipboard off\nset -g allow-passthrough off", path="/nonexistent")
    child.send("y")
    child.expect("set -g set-clipboard on")
    assert base64.b64encode(b"tester-3").decode() not in pane(server)
    assert "Ptmux;" not in pane(server)
