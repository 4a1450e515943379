"""Commands where UTF-8 is not known: ASCII, neither an error nor mojibake, and data that lose nothing."""

import json
import sys
from pathlib import Path

import pytest

from fleet.ascii import cells_in_ascii, in_ascii, json_in_ascii
from tests.cli.conftest import Run
from tests.terminals.session import Session, environment
from tests.terminals.walk import sgr_outside
from tui.terminal.capabilities import Depth

NAME = "münchen-漢"
ASCII_STREAM = {"PYTHONIOENCODING": "ascii", "LANG": "C.UTF-8"}
LATIN_STREAM = {"PYTHONIOENCODING": "latin-1", "LANG": "C.UTF-8"}
C_LOCALE = {"LC_ALL": "C"}


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text(
        f"name: Zürich\ndiscovery: [{{kind: static, agents: [{{name: {NAME}, health: 'http://127.0.0.1:9/'}}]}}]\n"
        "probes: {health: {timeout: 30s}}\n",
        encoding="utf-8",
    )


@pytest.mark.parametrize("environ", [ASCII_STREAM, LATIN_STREAM, C_LOCALE, {"FLEETDECK_ASCII": "1"}], ids=str)
def test_a_table_for_eyes_is_in_ascii(fleetdeck: Run, environ: dict[str, str]) -> None:
    done = fleetdeck("get", "agents", **environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert done.stderr.isascii()
    assert "x down" in done.stdout
    assert "munchen-??" in done.stdout


@pytest.mark.parametrize("environ", [ASCII_STREAM, C_LOCALE], ids=str)
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_keeps_every_character(fleetdeck: Run, environ: dict[str, str], form: str) -> None:
    done = fleetdeck("get", "agents", "-o", form, **environ)
    assert done.stdout.isascii()
    row = json.loads(done.stdout)
    assert (row[0] if form == "json" else row)["name"] == NAME


def test_csv_that_goes_to_a_file_keeps_every_character_where_it_can(fleetdeck: Run) -> None:
    assert NAME in fleetdeck("get", "agents", "-o", "csv", **C_LOCALE).stdout
    assert "munchen-??" in fleetdeck("get", "agents", "-o", "csv", **ASCII_STREAM).stdout


@pytest.mark.parametrize("arguments", [["config", "show"], ["screenshot", "agents"], []], ids=" ".join)
@pytest.mark.parametrize("environ", [ASCII_STREAM, C_LOCALE], ids=str)
def test_everything_else_is_spelled(fleetdeck: Run, arguments: list[str], environ: dict[str, str]) -> None:
    done = fleetdeck(*arguments, **environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "Zurich" in done.stdout


def test_utf8_stays_utf8(fleetdeck: Run) -> None:
    assert NAME in fleetdeck("get", "agents", LANG="C.UTF-8").stdout
    assert "✖ down" in fleetdeck("get", "agents", LANG="C.UTF-8", TERM="xterm").stdout


def test_a_wrong_value_is_named(fleetdeck: Run) -> None:
    done = fleetdeck("get", "agents", FLEETDECK_ASCII="perhaps")
    assert (done.returncode, done.stderr) == (2, "fleetdeck: FLEETDECK_ASCII: 'perhaps' is neither 1 nor 0\n")


def test_a_wrong_theme_is_named(fleetdeck: Run, tmp_path: Path) -> None:
    assert "'--theme'" in fleetdeck("--theme", "nord").stderr
    (tmp_path / "fleetdeck.yaml").write_text("name: x\ntheme: drak\n")
    done = fleetdeck("config", "validate")
    assert done.returncode == 2
    assert "fleetdeck.yaml:2: theme: no theme 'drak'; did you mean dark?" in done.stdout + done.stderr


def test_a_dumb_terminal_gets_one_frame_and_a_hint(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli.start", "--view", "agents"]
    with Session(command, environment(tmp_path, TERM="dumb"), tmp_path) as session:
        assert session.end() == 0
        assert b"\x1b" not in session.raw
        shown = session.screen.text()
        assert "TERM=dumb cannot move its cursor, so here is one frame" in shown.replace("\n", "")
        assert NAME in bytes(session.raw).decode()


def test_flags_say_how_to_draw(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli.start", "--ascii", "--theme", "ansi", "--view", "agents"]
    with Session(command, environment(tmp_path), tmp_path) as session:
        session.wait("x down")
        session.press("q")
        assert session.end() == 0
        assert bytes(session.raw).isascii()
        assert not sgr_outside(bytes(session.raw), Depth.ANSI)
        session.assert_restored()


def test_what_stands_for_what() -> None:
    assert in_ascii("● ◐ ✖ ◌ ? ◆") == "* ~ x o ? !"
    assert in_ascii("┌─┬┐│└┘━╸▁█") == "+-++|++=-_#"
    assert in_ascii("é Å ﬁ ½ 漢 e\u0301 \u00a0→…") == "e A ? ? ?? e  >~"
    assert cells_in_ascii("漢", 2) == "??"
    assert cells_in_ascii("🔎", 2) == "> "
    assert cells_in_ascii("\u200d", 1) == " "
    assert json.loads(json_in_ascii('"𝄞 é"')) == "𝄞 é"
