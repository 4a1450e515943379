"""The dashboard on a real terminal, full of hostile texts: not one of them reaches the terminal as more than text.

Here about a thousand; `make fuzz` does a hundred thousand.
"""

from pathlib import Path

import pytest

from tests.fuzz.dashboard import Dashboard
from tests.fuzz.ecma48 import Screen
from tests.fuzz.hostile import CANARY, MAKERS
from tests.fuzz.outputs import findings_in
from tests.fuzz.walk import Report, Walk

DRIVER = ["-m", "tests.fuzz.driver"]


def test_a_thousand_hostile_texts_through_every_screen(tmp_path: Path) -> None:
    report = Report()
    with Dashboard([*DRIVER, "1", "0"], tmp_path) as dashboard:
        dashboard.ask()
        Walk(dashboard, tmp_path, report).batch(thorough=True)
        dashboard.press("q")
        assert dashboard.end() == 0
    assert not dashboard.screen.findings
    assert not report.findings
    assert report.strings >= 1_000
    assert set(report.kinds) >= set(MAKERS)
    assert report.seen > 150
    assert not list(tmp_path.rglob("canary-*")), "a shell ran"


def test_a_crash_tells_what_failed_and_nothing_that_was_at_hand(tmp_path: Path) -> None:
    with Dashboard([*DRIVER, "2", "0"], tmp_path, {"FLEET_TOKEN": "hunter2-in-the-environment"}) as dashboard:
        dashboard.ask()
        dashboard.ask("crash")
        assert dashboard.end() == 1
    shown = dashboard.screen.text()
    assert not dashboard.screen.findings
    assert "in _fail" in shown
    assert "RuntimeError: " in shown
    assert "hunter2" not in shown
    log = (tmp_path / "state" / "fleetdeck" / "fleetdeck.log").read_bytes()
    assert b"the dashboard failed" in log
    assert b"hunter2" not in log
    assert not findings_in(log, "the log")


@pytest.mark.parametrize(
    "stream",
    [
        b"\x1b]52;c;aGk=\x07",
        b"\x1b]0;title\x1b\\",
        b"\x1b]8;;http://x\x07",
        b"\x1b]22;4242\x07",
        b"\x1b[2J",
        b"\x1b[?4242h",
        b"\x1b[6n",
        f"\x1b[{CANARY}m".encode(),
        f"\x1b[{CANARY};1H".encode(),
        b"\x1bc",
        b"\x1b(0",
        b"\x1bP$qm\x1b\\",
        b"\x1b_G\x1b\\",
        b"\x1b]52;c;no end",
        b"\x1b[",
        b"\x07",
        b"\x00",
        b"\x7f",
        b"\xc2\x9b2J",
        b"\x9b2J",
        b"\xff",
        "\u202e".encode(),
        "\u2028".encode(),
        "\u200b".encode(),
        "e\u0301\u0301\u0301\u0301".encode(),
        "\U000e0041".encode(),
    ],
)
def test_the_reader_finds_what_must_not_be(stream: bytes) -> None:
    screen = Screen(20, 2)
    screen.feed(b"text" + stream)
    screen.finish()
    assert screen.findings


def test_the_reader_lets_pass_what_the_program_sends() -> None:
    screen = Screen(20, 2)
    for (
        byte
    ) in "\x1b[?1049h\x1b[?2026h\x1b[2;3H\x1b[0;1;38;2;1;2;3mnaïve 漢\x1b[m\x1b[?2026l\x1b]22;default\x07".encode():
        screen.feed(bytes([byte]))
    screen.finish()
    assert not screen.findings
    assert screen.text().split("\n")[1].startswith("  naïve 漢")
