"""Ctrl-C that comes at a moment at which Python drops exceptions."""

import subprocess
import sys
from pathlib import Path

import pytest

LOST = """
import os, signal, sys, time, weakref
from cli.interrupts import hear_interrupts
from cli.start import end_quietly

signal.signal(signal.SIGINT, signal.default_int_handler)
end_quietly()
hear_interrupts()
if {told_by_exit}:
    signal.signal(signal.SIGINT, lambda number, frame: sys.exit(130))

class Module:
    pass

module = Module()
# As the import system does at the end of each import.
reference = weakref.ref(module, lambda _: os.kill(os.getpid(), signal.SIGINT))
del module
try:
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("told_by_exit", [False, True], ids=["as an interrupt", "as an exit"])
def test_it_is_not_lost_and_says_nothing(told_by_exit: bool) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOST.format(told_by_exit=told_by_exit)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_what_else_is_dropped_there_is_told_as_ever() -> None:
    imports = "import signal\nfrom cli.interrupts import hear_interrupts\nfrom cli.start import end_quietly\n"
    hears = "signal.signal(2, signal.default_int_handler)\nend_quietly()\nhear_interrupts()\n"
    command = [sys.executable, "-c", f"{imports}{hears}class A:\n  def __del__(s): 1 / 0\nA()"]
    ended = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=50, check=False
    )
    assert "ZeroDivisionError" in ended.stderr
