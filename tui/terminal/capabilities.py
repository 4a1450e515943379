"""What the terminal can show, decided once from the environment: colours, glyphs, and whether a live view at all.

Nobody's terminal is asked: an answer over a slow line comes late, and what comes late is taken for keys. Nor is
terminfo read: over SSH it knows the newest terminals last, and an unknown name must not matter. Pure, without Textual.

Conventions: no-color.org (an empty `NO_COLOR` means unset), bixense.com/clicolors, force-color.org, `COLORTERM`, and
POSIX for the locale: the first of `LC_ALL`, `LC_CTYPE`, `LANG` that is set and not empty decides.
"""

import sys
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct

from tui.terminal.switches import NO, switched

ASCII_VARIABLE: Final = "FLEETDECK_ASCII"
"""Says whether only ASCII may be drawn, over what is found: 1 or 0; empty means unset."""

_TRUE_COLOUR: Final = ("ghostty", "kitty", "alacritty", "wezterm", "foot", "contour", "rio", "direct")
"""Parts of the names of terminals that know all colours and whose `COLORTERM` is lost on the way through SSH."""
_FEW_GLYPHS: Final = ("linux", "vt", "cons", "sun", "wsvt")
"""How terminals are called whose fonts are a table of a few hundred shapes: without the half and dotted circles, the
states would all look like the one shape that stands for what is missing."""


class Depth(IntEnum):
    """How many colours: none may be used, the terminal's own sixteen, the 256 of xterm, all of RGB."""

    NONE = 0
    ANSI = 16
    INDEXED = 256
    TRUE = 1 << 24


class Capabilities(Struct, frozen=True, kw_only=True):
    """What may be sent. `why_…` say in words where it comes from."""

    depth: Depth = Depth.TRUE
    why_depth: str = ""
    ascii: bool = False
    why_ascii: str = ""
    light: bool = False
    """Whether its background is light, as far as it tells."""

    @property
    def suits(self) -> str:
        """The theme that `auto` is."""
        if self.depth <= Depth.ANSI:
            return "ansi"
        return "light" if self.light else "dark"


def capabilities(environ: Mapping[str, str], asked_ascii: bool | None = None) -> Capabilities:
    """What the terminal of an environment can show; `asked_ascii` is what the command line says, if anything.

    Raises ConfigError where a variable of ours is neither yes nor no.
    """
    depth, why_depth = _depth(environ)
    only_ascii, why_ascii = switched(asked_ascii, "ascii", environ, ASCII_VARIABLE) or _is_ascii(environ)
    return Capabilities(
        depth=depth, why_depth=why_depth, ascii=only_ascii, why_ascii=why_ascii, light=_is_light(environ)
    )


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Whether the terminal cannot move its cursor: no live view can be drawn on it."""
    return environ.get("TERM", "").lower() in ("dumb", "unknown")


def _depth(environ: Mapping[str, str]) -> tuple[Depth, str]:
    if environ.get("NO_COLOR"):
        return Depth.NONE, "NO_COLOR is set"
    forced = environ.get("FORCE_COLOR", "").lower()
    if forced in NO:
        return Depth.NONE, f"FORCE_COLOR={forced}"
    if forced in ("2", "3"):
        return (Depth.INDEXED if forced == "2" else Depth.TRUE), f"FORCE_COLOR={forced}"
    is_forced = bool(forced) or environ.get("CLICOLOR_FORCE", "0") not in ("", "0")
    if environ.get("CLICOLOR") == "0" and not is_forced:
        return Depth.NONE, "CLICOLOR=0"
    return _told_by_name(environ)


def _told_by_name(environ: Mapping[str, str]) -> tuple[Depth, str]:
    said = environ.get("COLORTERM", "").strip().lower()
    if said in ("truecolor", "24bit"):
        return Depth.TRUE, f"COLORTERM={said}"
    term = environ.get("TERM", "").lower()
    if any(name in term for name in _TRUE_COLOUR):
        return Depth.TRUE, f"TERM={term}"
    if "256" in term:
        return Depth.INDEXED, f"TERM={term}"
    return Depth.ANSI, f"TERM={term}" if term else "TERM is not set"


def _is_ascii(environ: Mapping[str, str]) -> tuple[bool, str]:
    term = environ.get("TERM", "").lower()
    if term.startswith(_FEW_GLYPHS):
        return True, f"TERM={term} has few glyphs"
    name = next((name for name in ("LC_ALL", "LC_CTYPE", "LANG") if _is_set(environ, name)), None)
    if name is None:
        return False, "no locale is set"
    return "utf8" not in environ[name].lower().replace("-", ""), f"{name}={environ[name]}"


def _is_set(environ: Mapping[str, str], name: str) -> bool:
    """Whether the operator set a variable of the locale. Python itself sets `LC_CTYPE=C.UTF-8` where it finds the C
    locale (PEP 538), which says nothing of the terminal; its UTF-8 mode is on then (PEP 540)."""
    value = environ.get(name, "")
    coerced = name == "LC_CTYPE" and value in ("C.UTF-8", "C.utf8", "UTF-8") and sys.flags.utf8_mode == 1
    return bool(value) and not coerced


def _is_light(environ: Mapping[str, str]) -> bool:
    """By `COLORFGBG` (`text;ground`, as rxvt and konsole set it): 7 and 9 to 15 are light."""
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]
    return ground.isdigit() and (int(ground) == 7 or 9 <= int(ground) <= 15)
