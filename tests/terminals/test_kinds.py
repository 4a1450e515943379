"""Every kind of terminal: no crash, only what it knows is sent, and the states can be read."""

import re
from pathlib import Path

import pytest

from fleet.ascii import in_ascii
from fleet.views.text import STATE_GLYPH
from fleet.vocabulary import AgentState
from tests.terminals.session import Session, still
from tests.terminals.walk import sgr_outside, text_of, walk
from tui.terminal.capabilities import Depth, capabilities, is_dumb

Changes = dict[str, str | None]

KINDS: dict[str, tuple[Changes, Depth, bool]] = {
    "all colours": ({}, Depth.TRUE, False),
    "256 colours": ({"COLORTERM": None}, Depth.INDEXED, False),
    "tmux": ({"TERM": "tmux-256color", "COLORTERM": None}, Depth.INDEXED, False),
    "16 colours": ({"TERM": "xterm", "COLORTERM": None}, Depth.ANSI, False),
    "the Linux console": ({"TERM": "linux", "COLORTERM": None}, Depth.ANSI, True),
    "a vt100": ({"TERM": "vt100", "COLORTERM": None}, Depth.ANSI, True),
    "a terminal without terminfo": ({"TERM": "xterm-ghostty", "COLORTERM": None}, Depth.TRUE, False),
    "a terminal that nobody knows": ({"TERM": "foo", "COLORTERM": None}, Depth.ANSI, False),
    "no TERM": ({"TERM": None, "COLORTERM": None}, Depth.ANSI, False),
    "an empty TERM": ({"TERM": "", "COLORTERM": None}, Depth.ANSI, False),
    "NO_COLOR": ({"NO_COLOR": "1"}, Depth.NONE, False),
    "an empty NO_COLOR": ({"NO_COLOR": ""}, Depth.TRUE, False),
    "NO_COLOR over FORCE_COLOR": ({"NO_COLOR": "1", "FORCE_COLOR": "3"}, Depth.NONE, False),
    "CLICOLOR=0": ({"CLICOLOR": "0"}, Depth.NONE, False),
    "CLICOLOR=1": ({"CLICOLOR": "1"}, Depth.TRUE, False),
    "CLICOLOR_FORCE over CLICOLOR=0": ({"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, Depth.TRUE, False),
    "FORCE_COLOR=0": ({"FORCE_COLOR": "0"}, Depth.NONE, False),
    "FORCE_COLOR=1": ({"FORCE_COLOR": "1", "TERM": "xterm", "COLORTERM": None}, Depth.ANSI, False),
    "FORCE_COLOR=3": ({"FORCE_COLOR": "3", "TERM": "xterm", "COLORTERM": None}, Depth.TRUE, False),
    "LANG=C": ({"LANG": "C"}, Depth.TRUE, True),
    "LC_ALL=POSIX": ({"LC_ALL": "POSIX"}, Depth.TRUE, True),
    "Latin-1": ({"LANG": "de_DE.ISO-8859-1"}, Depth.TRUE, True),
    "LC_CTYPE over LANG": ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, Depth.TRUE, False),
    "no locale at all": ({"LANG": None}, Depth.TRUE, False),
    "FLEETDECK_ASCII=1": ({"FLEETDECK_ASCII": "1"}, Depth.TRUE, True),
    "FLEETDECK_ASCII=0": ({"FLEETDECK_ASCII": "0", "LANG": "C"}, Depth.TRUE, False),
}
"""What the environment says, how many colours may be sent, and whether only ASCII."""

WALKED = ("all colours", "256 colours", "16 colours", "NO_COLOR", "the Linux console", "LC_ALL=POSIX")
"""Through every view, page, sheet and toast; the others only to the overview."""


def unreadable(shown: str, *, only_ascii: bool) -> list[AgentState]:
    """The states that do not stand on the overview, each with a shape and a word of its own."""
    shapes = {state: re.escape(in_ascii(glyph) if only_ascii else glyph) for state, glyph in STATE_GLYPH.items()}
    return [state for state, shape in shapes.items() if not re.search(rf"{shape} (\d+ )?{state.value}", shown)]


def assert_readable(session: Session, *, only_ascii: bool) -> None:
    """The states can be told apart on the overview, once all of it is drawn."""
    session.wait(lambda text: not unreadable(text, only_ascii=only_ascii), "all states")


def assert_sent(session: Session, depth: Depth, *, only_ascii: bool) -> None:
    """Nothing but what the terminal knows."""
    raw = bytes(session.raw)
    assert not sgr_outside(raw, depth)
    if only_ascii:
        assert raw.isascii()
    text = text_of(raw).decode("utf-8")
    assert "\ufffd" not in text
    assert "\x1b" not in text.replace("\x1b[?25", "")


@pytest.mark.parametrize("kind", WALKED)
def test_everything_can_be_used(tmp_path: Path, kind: str) -> None:
    changes, depth, only_ascii = KINDS[kind]
    with still(tmp_path, **changes) as session:
        walk(session)
        assert_readable(session, only_ascii=only_ascii)
        session.press("q")
        assert session.end() == 0
        assert_sent(session, depth, only_ascii=only_ascii)
        session.assert_restored()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WALKED])
def test_it_opens(tmp_path: Path, kind: str) -> None:
    changes, depth, only_ascii = KINDS[kind]
    with still(tmp_path, **changes) as session:
        session.wait("sources 4/6")
        session.wait("q quit")
        assert_readable(session, only_ascii=only_ascii)
        session.press("q")
        assert session.end() == 0
        assert_sent(session, depth, only_ascii=only_ascii)


def test_shapes_of_states_stay_apart_in_ascii() -> None:
    assert len({in_ascii(glyph) for glyph in STATE_GLYPH.values()}) == len(AgentState)


@pytest.mark.parametrize(
    ("environ", "light"),
    [
        ({}, False),
        ({"COLORFGBG": "15;0"}, False),
        ({"COLORFGBG": "0;15"}, True),
        ({"COLORFGBG": "0;default;15"}, True),
        ({"COLORFGBG": "0;7"}, True),
        ({"COLORFGBG": "7;8"}, False),
        ({"COLORFGBG": "default;default"}, False),
        ({"COLORFGBG": "0;"}, False),
    ],
)
def test_a_light_background_is_known_by_colorfgbg(environ: dict[str, str], light: bool) -> None:
    assert capabilities(environ).light is light


@pytest.mark.parametrize("term", ["dumb", "DUMB", "unknown"])
def test_dumb_terminals(term: str) -> None:
    assert is_dumb({"TERM": term})
    assert not is_dumb({"TERM": f"{term}-256color"})
    assert not is_dumb({})
