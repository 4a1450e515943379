"""However the dashboard ends, the terminal is as it was, and the exit code says how."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.terminals.session import PATIENCE_S, ROOT, Session, environment, still
from tests.terminals.still import SECRET

CONSOLE_SCRIPT = "from cli.start import main; main()"
"""What pip makes of our entry point."""
DROPS_AN_INTERRUPT = """
import contextlib, os, signal, sys

class Dropping:
    @staticmethod
    def find_spec(name, *_):
        if name == "{module}":
            with contextlib.suppress(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Dropping)
"""
"""Is interrupted at an import, in which Python drops that."""
SIGNALS = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130, signal.SIGQUIT: 131}


def standing(session: Session) -> Session:
    """The session once its first view stands."""
    session.wait("refused")
    session.quiet(0.3)
    return session


def after_the_picture(session: Session) -> str:
    """What came after the alternate screen was left for the last time."""
    return bytes(session.raw).rpartition(b"\x1b[?1049l")[2].decode()


def running(session: Session, module: str) -> list[psutil.Process]:
    """What runs a module below the session's first process."""
    below = psutil.Process(session.process.pid).children(recursive=True)
    return [one for one in below if module in one.cmdline()]


def until_stopped(session: Session, process: psutil.Process) -> None:
    """Read until job control has stopped it."""
    while process.status() != psutil.STATUS_STOPPED:
        session.read(0.05)
    session.drain()


@pytest.mark.parametrize(("number", "code"), SIGNALS.items(), ids=lambda value: getattr(value, "name", ""))
def test_a_signal_ends_it_in_good_order(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with still(tmp_path, FLOW="1") as session:
        session.wait("Worst agents")
        session.signal(number)
        assert session.end() == code
        session.assert_restored()
        assert "Traceback" not in after_the_picture(session)


@pytest.mark.parametrize(("fail", "message"), [("handler", "a handler failed"), ("draw", "drawing failed")])
def test_a_crash_is_told_on_the_normal_screen(tmp_path: Path, fail: str, message: str) -> None:
    with still(tmp_path, FAIL=fail) as session:
        standing(session).press("X")
        assert session.end() == 1
        session.assert_restored()
    said = after_the_picture(session)
    assert f"RuntimeError: {message}" in said
    assert f"More is in {tmp_path / 'state' / 'fleetdeck' / 'fleetdeck.log'}" in said.replace("\r\n", "")
    assert SECRET not in said
    assert SECRET not in (tmp_path / "state" / "fleetdeck" / "fleetdeck.log").read_text()


def test_a_thread_that_fails_is_logged_and_not_seen(tmp_path: Path) -> None:
    with still(tmp_path, FAIL="thread") as session:
        standing(session).press("X")
        log = tmp_path / "state" / "fleetdeck" / "fleetdeck.log"
        session.press("2")
        session.wait("Agents")
        while "a thread failed" not in log.read_text():
            session.read(0.1)
        session.press("q")
        assert session.end() == 0
        session.assert_restored()
    assert b"a thread failed" not in session.raw


def test_collecting_that_fails_is_said_and_the_dashboard_stays(tmp_path: Path) -> None:
    with still(tmp_path, FAIL="work") as session:
        session.wait("the work failed")
        session.press("2")
        session.wait("collecting has stopped")
        session.press("q")
        assert session.end() == 0
        session.assert_restored()


def test_what_hangs_is_ended_by_force_and_the_terminal_restored(tmp_path: Path) -> None:
    with still(tmp_path, FAIL="hang") as session:
        standing(session).press("X")
        session.wait("it hangs")
        session.signal(signal.SIGTERM)
        assert session.end() == 143
        session.assert_restored()


def test_the_welcome_gives_the_terminal_back_too(tmp_path: Path) -> None:
    with Session([sys.executable, "-m", "cli.start"], environment(tmp_path), tmp_path) as session:
        session.wait("There is no configuration yet")
        session.signal(signal.SIGTERM)
        assert session.end() == 143
        session.assert_restored()


def test_keys_of_a_terminal_without_utf8_do_no_harm(tmp_path: Path) -> None:
    with still(tmp_path) as session:
        standing(session).press(b"\xe9")
        session.quiet(0.3)
        # The next key completes what could have become a character, and is lost with it.
        session.press("3")
        session.quiet(0.3)
        session.press("2")
        session.wait("Agents")
        session.press("q")
        assert session.end() == 0
        session.assert_restored()


def test_ctrl_c_says_how_to_quit_and_does_not(tmp_path: Path) -> None:
    with still(tmp_path) as session:
        standing(session).press("\x03")
        session.wait("q or ^q quits")
        session.press("q")
        assert session.end() == 0


def test_a_resize_storm_while_data_flow(tmp_path: Path) -> None:
    sizes = [(1, 1), (500, 200), (80, 24), (2, 50), (300, 3), (60, 15), (59, 15), (0, 0), (200, 50)]
    with still(tmp_path, FLOW="1") as session:
        session.wait("Worst agents")
        for number in range(300):
            session.resize(sizes[number % len(sizes)])
            session.read(0.002)
        session.resize((120, 36))
        session.wait(lambda text: "Worst agents" in text and "filter" in session.screen.line(-1), "all of the overview")
        session.press("q")
        assert session.end() == 0
        session.assert_restored()


def test_stopped_and_continued_by_signals_it_draws_everything_again(tmp_path: Path) -> None:
    with still(tmp_path) as session:
        standing(session)
        for number in (signal.SIGTSTP, signal.SIGSTOP):
            session.signal(number)
            until_stopped(session, psutil.Process(session.process.pid))
            session.quiet(0.2)
            if number == signal.SIGTSTP:
                session.assert_restored()
            session.forget()
            session.signal(signal.SIGCONT)
            session.wait("Worst agents")
            session.quiet(0.3)
        session.press("q")
        assert session.end() == 0
        session.assert_restored()


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize("stop", ["kill -TSTP", ":suspend"])
def test_job_control_of_a_shell(tmp_path: Path, stop: str) -> None:
    """Within a script, as within `make demo`: the whole job has to stop, or the shell waits on."""
    script = tmp_path / "around.sh"
    script.write_text(f"{sys.executable} -m tests.terminals.still\n")
    env = environment(tmp_path, PS1="ready$ ", HISTFILE=None)
    with Session(["bash", "--norc", "--noprofile", "-i"], env, tmp_path) as session:
        session.wait("ready$")
        session.press(f"sh {script}\n")
        standing(session)
        [dashboard] = running(session, "tests.terminals.still")
        if stop == ":suspend":
            session.press(":suspend\r")
        else:
            os.killpg(os.getpgid(dashboard.pid), signal.SIGTSTP)
        session.wait("Stopped")
        until_stopped(session, dashboard)
        session.press("echo 'I am' back; stty -a | grep -o ' echo '\n")
        session.wait(lambda text: "I am back" in text and "\n echo" in text, "the shell's own modes")
        session.forget()
        session.press("fg\n")
        session.wait("Worst agents")
        session.press("2")
        session.wait("coder-11")
        session.press("q")
        session.wait("ready$")
        session.press("echo code=$?\n")
        session.wait("code=0")
        session.press("exit\n")
        assert session.end() == 0
        session.assert_restored()


@pytest.mark.parametrize("ignored", [False, True], ids=["closed", "closed under nohup"])
def test_a_closed_terminal_ends_it_and_its_demo_fleet(tmp_path: Path, ignored: bool) -> None:
    command = [sys.executable, "-m", "cli.start", "demo", "--agents", "3"]
    if ignored:
        command = ["sh", "-c", f"trap '' HUP; exec {' '.join(command)}"]
    with Session(command, environment(tmp_path), tmp_path) as session:
        session.wait(lambda text: "observed" in text, "the first agents")
        family = [psutil.Process(session.process.pid), *psutil.Process(session.process.pid).children(recursive=True)]
        assert len(family) >= 2
        session.hang_up()
        assert session.process.wait(PATIENCE_S) == 129
        _, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
        assert not alive


@pytest.mark.parametrize("module", ["cli.dashboard.dashboard", "cli.dashboard.live", "tui.app"])
def test_ctrl_c_that_python_would_drop_while_it_imports_the_dashboard_is_not_lost(tmp_path: Path, module: str) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("discovery: [{kind: static, agents: [{name: a}]}]\n")
    script = DROPS_AN_INTERRUPT.format(module=module) + CONSOLE_SCRIPT
    with Session([sys.executable, "-c", script], environment(tmp_path), tmp_path) as session:
        assert session.end() == 130
        assert bytes(session.raw) == b""


def test_ctrl_c_at_any_moment_of_the_start_ends_it_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("discovery: [{kind: static, agents: [{name: a}]}]\n")
    for step in range(16):
        with Session([sys.executable, "-c", CONSOLE_SCRIPT], environment(tmp_path), tmp_path) as session:
            time.sleep(0.03 * step)
            session.signal(signal.SIGINT)
            code = session.end()
            if b"Traceback" in session.raw and str(ROOT / "cli").encode() not in session.raw:
                # Python itself was still beginning; no program can do anything about that.
                continue
            assert code == 130, session.screen.text()
            assert b"Traceback" not in session.raw
            assert session.attributes() == session.before
