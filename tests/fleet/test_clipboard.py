"""The ways to a clipboard, by the environment; and what a terminal, tmux and screen make of the sequences."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.clipboard import MOST_ENCODED, Escape, Program, Routes, Wrap, fits, osc52, routes

XTERM = {"TERM": "xterm-256color"}
SSH = {**XTERM, "SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
PLAIN, TMUX, SCREEN, BOTH = Wrap.PLAIN, Wrap.TMUX, Wrap.SCREEN, Wrap.TMUX_IN_SCREEN


def ways(env: dict[str, str], platform: str = "linux", installed: str = "all") -> list[str]:
    """The routes in a word each."""
    found = routes(env, platform, lambda name: installed == "all" or name in installed.split())
    return [way.name if isinstance(way, Program) else "+".join(way.wraps) for way in found.ways]


@pytest.mark.parametrize(
    ("env", "platform", "expected"),
    [
        (XTERM, "linux", ["plain"]),
        (SSH, "linux", ["plain"]),
        ({**XTERM, "SSH_TTY": "/dev/pts/1"}, "darwin", ["plain"]),
        ({**XTERM, "DISPLAY": ":0"}, "linux", ["xclip", "xsel", "plain"]),
        ({**XTERM, "DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "linux", ["wl-copy", "xclip", "xsel", "plain"]),
        (XTERM, "darwin", ["pbcopy", "plain"]),
        ({**XTERM, "WSL_DISTRO_NAME": "Debian"}, "linux", ["clip.exe", "plain"]),
        # A display of the machine far away is not that of the operator; a forwarded one is.
        ({**SSH, "DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "linux", ["plain"]),
        ({**SSH, "DISPLAY": "localhost:10.0"}, "linux", ["plain", "xclip", "xsel"]),
        ({**SSH, "TMUX": "/tmp/tmux-0/default,1,0", "TERM": "tmux-256color"}, "linux", ["tmux+plain", "tmux"]),
        ({"TERM": "screen-256color", "TMUX": "x"}, "linux", ["tmux", "tmux+plain"]),
        ({"TERM": "screen", "STY": "1.pts-0"}, "linux", ["screen+plain"]),
        # A multiplexer at the other end of the SSH connection shows itself only by TERM.
        ({**SSH, "TERM": "tmux-256color"}, "linux", ["tmux+plain"]),
        ({**SSH, "TERM": "screen.xterm-256color"}, "linux", ["screen+plain"]),
        # One in the other.
        ({"TERM": "tmux-256color", "TMUX": "x", "STY": "y"}, "linux", ["tmux", "tmux in screen+plain"]),
        ({"TERM": "screen-256color", "TMUX": "x", "STY": "y"}, "linux", ["tmux", "screen+plain"]),
        # Nothing that a sequence could do anything in.
        ({"TERM": "dumb"}, "linux", []),
        ({"TERM": "linux"}, "linux", []),
        ({}, "linux", []),
    ],
)
def test_the_ways_by_the_environment(env: dict[str, str], platform: str, expected: list[str]) -> None:
    assert ways(env, platform) == expected


def test_only_programs_that_are_installed_are_run() -> None:
    assert ways({**XTERM, "DISPLAY": ":0"}, installed="xsel") == ["xsel", "plain"]
    assert ways({**XTERM, "DISPLAY": ":0"}, installed="") == ["plain"]


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"TERM": "tmux-256color", "TMUX": "x"}, "set -g set-clipboard on"),
        ({**SSH, "TERM": "tmux"}, "set -g set-clipboard on"),
        ({"TERM": "screen", "STY": "x"}, "around screen"),
        ({**XTERM, "VTE_VERSION": "7200"}, "install wl-clipboard or xclip"),
        ({"TERM": "dumb"}, "no clipboard"),
        (SSH, "must allow OSC 52"),
    ],
)
def test_what_may_help_is_said(env: dict[str, str], said: str) -> None:
    assert said in routes(env, "linux", lambda _: False).hint


# ── Sequences ──────────────────────────────────────────────────────────────────────────────────────────────────────


def terminal(data: str) -> str | None:
    """The clipboard of a terminal after `data`; whatever is no OSC 52 would be seen on its screen."""
    found = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)", data)
    return None if found is None else base64.b64decode(found[1]).decode()


def through_tmux(data: str) -> str:
    """What tmux passes on (allow-passthrough): the inside of each `ESC P tmux;`, its doubled escapes made single."""
    out, at = "", 0
    while at < len(data):
        assert data.startswith("\x1bPtmux;", at)
        at += len("\x1bPtmux;")
        while data[at : at + 2] != "\x1b\\":
            step = 2 if data[at : at + 2] == "\x1b\x1b" else 1
            out += data[at]
            at += step
        at += 2
    return out


def through_screen(data: str) -> str:
    """What screen passes on: the inside of each `ESC P`, none longer than it can hold."""
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", data, re.DOTALL)
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == data
    assert all(len(piece.encode()) + 4 <= 768 for piece in pieces)
    return "".join(pieces)


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=3_000))
def test_a_text_arrives_whole_by_every_way(text: str) -> None:
    assert terminal(osc52(text, PLAIN)) == text
    assert terminal(through_tmux(osc52(text, TMUX))) == text
    assert terminal(through_screen(osc52(text, SCREEN))) == text
    assert terminal(through_screen(through_tmux(osc52(text, BOTH)))) == text


def test_what_is_too_much_for_a_terminal() -> None:
    most = MOST_ENCODED // 4 * 3
    assert fits("x" * most)
    assert not fits("x" * (most + 1))
    assert not fits("界" * (most // 3 + 1))


def test_routes_are_values() -> None:
    assert routes(XTERM, "linux", lambda _: False) == Routes(
        (Escape((PLAIN,)),), "where it did not arrive: the terminal must allow OSC 52"
    )
