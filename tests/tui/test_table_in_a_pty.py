"""Bytes on a real terminal of 160×50 with 10,000 agents: what a slow link has to carry."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.tui.pty_table import STILL

ROOT = Path(__file__).parents[2]
IDLE_S = 1.0


@pytest.fixture(scope="module")
def terminal() -> Iterator[pexpect.spawn]:
    env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
    env.pop("NO_COLOR", None)
    child = pexpect.spawn(
        sys.executable, ["-m", "tests.tui.pty_table"], cwd=str(ROOT), env=env, dimensions=(50, 160), timeout=120
    )
    child.expect("connection refused")
    sent(child)
    yield child
    child.close(force=True)


def sent(child: pexpect.spawn) -> bytes:
    """Everything that comes until the program says that there is nothing left to send."""
    child.send(".")
    child.expect_exact(STILL)
    assert isinstance(child.before, bytes)
    return child.before


def test_a_changed_cell_is_within_the_budget(terminal: pexpect.spawn) -> None:
    for number in (b"1", b"2", b"3"):
        terminal.send("x")
        got = sent(terminal)
        assert number in got
        assert len(got) <= 400


def test_changes_out_of_sight_and_idleness_send_nothing(terminal: pexpect.spawn) -> None:
    time.sleep(IDLE_S)
    assert sent(terminal) == b""
    terminal.send("X")
    assert sent(terminal) == b""


def test_moving_the_cursor_repaints_two_rows(terminal: pexpect.spawn) -> None:
    terminal.send("j")
    assert 0 < len(sent(terminal)) <= 1600
