"""The first start in a terminal, where there is no configuration."""

import sys
from pathlib import Path

import pexpect
import pytest

from tests.cli.conftest import environment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty working folder of a newcomer."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def start(folder: Path) -> "pexpect.spawn[str]":
    child = pexpect.spawn(
        sys.executable,
        ["-m", "cli.main"],
        cwd=str(folder),
        env=environment(folder.parent) | {"TERM": "xterm-256color"},
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=40,
    )
    child.expect("There is no configuration yet")
    return child


def test_it_says_what_there_is_to_do_and_can_be_left(folder: Path) -> None:
    child = start(folder)
    child.expect("quit")
    child.send("q")
    child.expect(pexpect.EOF)
    assert child.wait() == 0
    assert list(folder.iterdir()) == []


def test_the_demo_is_one_key_away(folder: Path) -> None:
    child = start(folder)
    child.send("d")
    child.expect("agents.*alerts.*slos")
    child.expect("demo")
    child.send("q")
    child.expect(pexpect.EOF)
    assert child.wait() == 0
    assert list(folder.iterdir()) == []


def test_a_look_at_this_machine_is_one_key_away(folder: Path) -> None:
    (folder / "TODO.md").write_text("- [x] one\n- [ ] two\n")
    child = start(folder)
    child.send("i")
    child.expect("agents.*alerts.*slos")
    assert "TODO.md" in (folder / "fleetdeck.yaml").read_text()
    child.send("q")
    child.expect(pexpect.EOF)
    assert child.wait() == 0
