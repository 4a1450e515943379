"""What the environment and the command line make of the link."""

import subprocess
import sys

import pytest

from fleet.errors import ConfigError
from tui.terminal.profile import LOCAL, decide, prepare

REMOTE = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}


@pytest.mark.parametrize(
    ("environ", "asked", "slow"),
    [
        ({}, None, False),
        (REMOTE, None, True),
        ({"SSH_TTY": "/dev/pts/1"}, None, True),
        ({"SSH_CONNECTION": ""}, None, False),
        (REMOTE, False, False),
        ({}, True, True),
        ({"FLEETDECK_SLOW_LINK": "1"}, None, True),
        ({"FLEETDECK_SLOW_LINK": "1"}, False, False),
        (REMOTE | {"FLEETDECK_SLOW_LINK": "0"}, None, False),
        (REMOTE | {"FLEETDECK_SLOW_LINK": ""}, None, True),
        ({"FLEETDECK_SLOW_LINK": "Yes"}, None, True),
    ],
)
def test_the_command_line_is_heard_before_the_variable_and_that_before_ssh(
    environ: dict[str, str], asked: bool | None, slow: bool
) -> None:
    profile = decide(environ, asked)
    assert profile.slow_link is slow
    assert profile.why
    assert profile.flushes_per_s <= 4
    assert profile.frames_per_s <= (10 if slow else LOCAL.frames_per_s)


def test_a_variable_that_says_nothing_is_named() -> None:
    with pytest.raises(ConfigError, match="FLEETDECK_SLOW_LINK: 'maybe' is neither 1 nor 0"):
        decide({"FLEETDECK_SLOW_LINK": "maybe"})


def test_textual_is_told_unless_the_operator_did() -> None:
    environ: dict[str, str] = {}
    prepare(decide({}), environ)
    assert environ == {"TEXTUAL_FPS": str(LOCAL.looks_per_s), "ESCDELAY": str(LOCAL.escape_ms)}
    environ = {"TEXTUAL_FPS": "7", "ESCDELAY": "8"}
    prepare(decide({}), environ)
    assert environ == {"TEXTUAL_FPS": "7", "ESCDELAY": "8"}


def test_it_is_known_before_textual_is_imported() -> None:
    program = "import sys, tui.terminal.profile; sys.exit('textual' in sys.modules or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
