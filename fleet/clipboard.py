"""By which ways a text gets to the clipboard of the one who looks at the terminal: environment in, routes out.

A terminal sets its clipboard when it is sent OSC 52 (xterm's control sequences, `Manipulate Selection Data`), wherever
the program runs; a clipboard program sets that of the machine that it runs on. So under SSH the terminal comes first,
and a program only counts where X is forwarded to it; at home a program comes first, because it can say that it worked.
tmux and screen stand between: they take such a sequence for themselves, or pass on what is wrapped for it.
The clipboard is never read.
"""

import base64
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from msgspec import Struct

MOST_ENCODED = 74_994
"""Bytes of base64 that terminals take: xterm's and others' limit of 100,000 is beyond it, hterm's is just this."""
_SCREEN_STRING = 768
"""Bytes of a device control string in screen, its introducer and its end included (MAXSTR)."""
_FORWARDED = re.compile(r"[\w.-]+:\d+(\.\d+)?")
"""A DISPLAY with a host: that of `ssh -X`, or of a machine elsewhere."""


class Wrap(StrEnum):
    """What a sequence is wrapped for."""

    PLAIN = "plain"
    TMUX = "tmux"
    SCREEN = "screen"
    TMUX_IN_SCREEN = "tmux in screen"


class Escape(Struct, frozen=True):
    """OSC 52 to the terminal, in each of these forms."""

    wraps: tuple[Wrap, ...]


class Program(Struct, frozen=True, kw_only=True):
    """A program that takes the text on its stdin. `encoding` is what it expects there."""

    name: str
    argv: tuple[str, ...]
    encoding: str = "utf-8"


Route = Escape | Program


class Routes(Struct, frozen=True):
    """The ways in the order of their promise, and what to do where none of them arrives."""

    ways: tuple[Route, ...]
    hint: str


class Clipboard(Protocol):
    """What the dashboard needs of the machine to copy."""

    @property
    def routes(self) -> Routes:
        """The ways to try."""

    async def pipe(self, program: Program, text: str) -> None:
        """Run a program on `text`. Raises OutsideError where it fails, or does not end in time."""

    def keep(self, text: str) -> Path:
        """Write `text` into a file that only its owner can read. Raises OutsideError."""


def routes(env: Mapping[str, str], platform: str, has: Callable[[str], bool]) -> Routes:
    """The ways that there are. `platform` is `sys.platform`; `has` says whether a program is installed."""
    escape = _escape(env)
    programs = tuple(program for program in _programs(env, platform) if has(program.argv[0]))
    escapes: tuple[Route, ...] = () if escape is None else (escape,)
    ways = (*escapes, *programs) if _is_remote(env) else (*programs, *escapes)
    return Routes(ways, _hint(env, escape))


def fits(text: str) -> bool:
    """Whether terminals take a text of this length."""
    return (len(text.encode()) + 2) // 3 * 4 <= MOST_ENCODED


def osc52(text: str, wrap: Wrap) -> str:
    """The sequence that sets the clipboard (`c`) to `text`."""
    return wrapped(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07", wrap)


def wrapped(plain: str, wrap: Wrap) -> str:
    """A sequence in the form that passes a multiplexer on its way to the terminal."""
    match wrap:
        case Wrap.PLAIN:
            return plain
        case Wrap.TMUX:
            return _for_tmux(plain)
        case Wrap.SCREEN:
            return _for_screen(plain)
        case Wrap.TMUX_IN_SCREEN:
            return _for_tmux(_for_screen(plain))


def _for_tmux(sequence: str) -> str:
    """tmux(1), allow-passthrough: every escape inside is doubled."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


def _for_screen(sequence: str) -> str:
    """screen(1), `ESC P`: the string goes to the terminal as it is; a long one in pieces."""
    size = _SCREEN_STRING - 4
    pieces = (sequence[at : at + size] for at in range(0, len(sequence), size))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def _is_remote(env: Mapping[str, str]) -> bool:
    return bool(env.get("SSH_CONNECTION") or env.get("SSH_TTY"))


def _escape(env: Mapping[str, str]) -> Escape | None:
    """Which forms to send. One that a multiplexer does not understand must be one that it drops."""
    term = env.get("TERM", "")
    if term in ("", "dumb", "linux"):
        return None
    tmux, screen = bool(env.get("TMUX")), bool(env.get("STY"))
    if tmux and screen:
        # One runs in the other. tmux says which it is by its own TERM; else the one that would print the other's form.
        tmux, screen = (True, True) if term.startswith("tmux") else (False, True)
    elif not (tmux or screen):
        # Over SSH only TERM tells of what runs at the other end.
        tmux, screen = term.startswith("tmux"), term.startswith("screen")
    if tmux:
        return Escape((Wrap.TMUX_IN_SCREEN if screen else Wrap.TMUX, Wrap.PLAIN))
    return Escape((Wrap.SCREEN, Wrap.PLAIN) if screen else (Wrap.PLAIN,))


def _programs(env: Mapping[str, str], platform: str) -> list[Program]:
    """The programs that would reach the clipboard that is meant, if they are installed."""
    found = []
    if env.get("TMUX"):
        # tmux's own copy: it fills the buffer, and hands it on to the terminal unless set-clipboard is off.
        found.append(Program(name="tmux", argv=("tmux", "load-buffer", "-w", "-")))
    remote, display = _is_remote(env), env.get("DISPLAY", "")
    if not remote and platform == "darwin":
        found.append(Program(name="pbcopy", argv=("pbcopy",)))
    if not remote and (env.get("WSL_DISTRO_NAME") or env.get("WSL_INTEROP")):
        found.append(Program(name="clip.exe", argv=("clip.exe",), encoding="utf-16"))
    if not remote and env.get("WAYLAND_DISPLAY"):
        found.append(Program(name="wl-copy", argv=("wl-copy", "--type", "text/plain;charset=utf-8")))
    if display and (not remote or _FORWARDED.fullmatch(display)):
        found.append(Program(name="xclip", argv=("xclip", "-selection", "clipboard", "-in")))
        found.append(Program(name="xsel", argv=("xsel", "--clipboard", "--input")))
    return found


def _hint(env: Mapping[str, str], escape: Escape | None) -> str:
    if escape is None:
        return "this terminal has no clipboard that a program could set"
    if env.get("TMUX") or Wrap.TMUX in escape.wraps:
        return "where it did not arrive: `set -g set-clipboard on` in tmux"
    if Wrap.SCREEN in escape.wraps:
        return "where it did not arrive: the terminal around screen must allow OSC 52"
    if env.get("VTE_VERSION"):
        return "terminals of GNOME take no OSC 52: install wl-clipboard or xclip"
    if env.get("TERM_PROGRAM") == "Apple_Terminal":
        return "Terminal.app takes no OSC 52"
    return "where it did not arrive: the terminal must allow OSC 52"
