"""A program in a pty: what it shows is seen, keys reach it, and it ends with its window."""

import re
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.keys import marked_line, one, row_under_bar
from benchmarks.terminal import FRAME, NotSeenError, Terminal
from benchmarks.worker import environment

_LIST = """
import sys, termios, tty
tty.setraw(0)
at = 0
print("\\x1b[?1h\\x1b[?2026$p", end="", flush=True)
reply = sys.stdin.buffer.raw.read(len(b"\\x1b[?2026;2$y"))
while True:
    for row in range(4):
        ground, mark = (44, ">") if row == at else (49, " ")
        print(f"\\x1b[{row + 1};1H\\x1b[{ground}m{mark} row-{row} {reply!r}", end="")
    sys.stdout.flush()
    if sys.stdin.buffer.raw.read(3) == b"\\x1bOB":
        at = min(at + 1, 3)
"""


def opened(folder: Path, program: str = _LIST) -> Terminal:
    return Terminal([sys.executable, "-c", program], env=environment(folder), cwd=folder, size=(60, 8))


def test_a_key_is_timed_until_its_effect_is_painted(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        terminal.until(lambda screen: "row-3 b'\\x1b[?2026;2$y'" in screen.line(3))
        under = row_under_bar(re.compile(r"row-\d"), 0, 4, 0)
        assert under(terminal.screen) == (0, "row-0")
        took = one(terminal, "down", under)
        assert took is not None
        assert took > 0
        assert under(terminal.screen) == (1, "row-1")
        assert one(terminal, "down", marked_line(re.compile("^>"))) is not None
        assert under(terminal.screen) == (2, "row-2")


def test_what_does_not_come_is_an_error_that_shows_the_screen(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        terminal.until(lambda screen: "row-3" in screen.line(3))
        with pytest.raises(NotSeenError, match="row-3"):
            terminal.until(lambda screen: "nowhere" in screen.text(), patience_s=0.05)


def test_a_program_that_ends_is_noticed_and_reaped(tmp_path: Path) -> None:
    terminal = opened(tmp_path, "print('gone')")
    with pytest.raises(NotSeenError, match="gone"):
        terminal.until(lambda screen: False)
    terminal.close()
    assert not psutil.pid_exists(terminal.pid)


def test_the_program_ends_with_its_window(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        terminal.until(lambda screen: "row-3" in screen.line(3))
    assert not psutil.pid_exists(terminal.pid)


def test_a_frame_begins_as_synchronised_output_does() -> None:
    assert FRAME == b"\x1b[?2026h"
