"""The manual page and docs/commands.md are those of the program; the page is clean, and an installation brings it."""

import asyncio
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from cli import commands_page
from cli.command_tree import command_facts
from cli.main import main
from cli.man_page import live_keys_in_words, man_page

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "fleetdeck.1"


def test_the_page_is_that_of_the_live_commands_and_keys() -> None:
    made = man_page(command_facts(main, "fleetdeck"), asyncio.run(live_keys_in_words()))
    assert PAGE.read_text(encoding="utf-8") == made, "run `python -m cli.man_page > docs/fleetdeck.1`"


def test_docs_commands_is_made_from_the_live_commands() -> None:
    assert commands_page.PAGE.read_text(encoding="utf-8") == commands_page.commands_page(), (
        "run `python -m cli.commands_page`"
    )


def test_the_page_has_every_command_and_is_ascii() -> None:
    text = PAGE.read_text(encoding="ascii")
    for one in command_facts(main, "fleetdeck"):
        assert one.name.replace("-", "\\-") in text
    assert {
        "NAME",
        "SYNOPSIS",
        "OPTIONS",
        "COMMANDS",
        "KEYS",
        "EXIT STATUS",
        "ENVIRONMENT",
        "FILES",
        "EXAMPLES",
    } <= set(re.findall(r"^\.SH (.+)$", text, re.MULTILINE))


def test_an_installation_brings_the_page() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["data-files"] == {"share/man/man1": ["docs/fleetdeck.1"]}


@pytest.mark.parametrize(
    "command",
    [
        ["groff", "-man", "-ww", "-Tascii", str(PAGE)],
        ["mandoc", "-Tlint", "-Wwarning", str(PAGE)],
        ["man", "--warnings", "-l", str(PAGE)],
    ],
    ids=lambda command: str(command[0]),
)
def test_the_page_is_clean(command: list[str]) -> None:
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=60, check=False)
    if "--warnings" in command and "warnings" in done.stderr and "option" in done.stderr:
        pytest.skip("this man has no --warnings")
    assert (done.returncode, done.stderr) == (0, "")
    assert "fleetdeck get" in done.stdout or command[0] == "mandoc"
