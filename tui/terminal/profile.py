"""How thriftily the terminal is drawn to, decided once from the environment and the command line.

Pure, and without Textual: it has to be known before Textual is imported, because Textual reads its frame rate then.
"""

from collections.abc import Mapping, MutableMapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from tui.terminal.switches import switched

VARIABLE: Final = "FLEETDECK_SLOW_LINK"
"""Says whether the link is slow, over what is found: 1 or 0; empty means unset."""

_TEXTUAL_FPS: Final = "TEXTUAL_FPS"
_ESCAPE_DELAY: Final = "ESCDELAY"
_REMOTE: Final = ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")


class Profile(Struct, frozen=True, kw_only=True):
    """What drawing may cost. `why` says in words where it comes from."""

    slow_link: bool
    why: str
    frames_per_s: float
    """The most frames that are sent in a second, whatever they are for."""
    flushes_per_s: float
    """The most often that new data are drawn."""
    looks_per_s: int
    """How often Textual looks for what is to be drawn. A frame waits for the next look, so it is more than frames."""
    escape_ms: int
    """How long after an `escape` the rest of a key may come that begins with one (an arrow, `alt` and a letter). The
    key `escape` alone is heard so much later, except where the terminal tells it apart (kitty's protocol). A terminal
    of this machine writes a key at once, and whole."""
    animated: bool = False
    """No movement anywhere: it tells an operator nothing, and costs as much as all the rest."""


LOCAL: Final = Profile(
    slow_link=False, why="a terminal of this machine", frames_per_s=60, flushes_per_s=4, looks_per_s=120, escape_ms=10
)


def decide(environ: Mapping[str, str], asked: bool | None = None) -> Profile:
    """The profile for an environment; `asked` is what the command line says of the link, if anything.

    Raises ConfigError where the variable that decides is neither yes nor no.
    """
    slow, why = switched(asked, "slow-link", environ, VARIABLE) or _is_slow(environ)
    if slow:
        return Profile(slow_link=True, why=why, frames_per_s=10, flushes_per_s=4, looks_per_s=60, escape_ms=100)
    return replace(LOCAL, why=why)


def prepare(profile: Profile, environ: MutableMapping[str, str]) -> None:
    """Tell Textual, which reads the environment when it is imported; what an operator has set there stays."""
    environ.setdefault(_TEXTUAL_FPS, str(profile.looks_per_s))
    environ.setdefault(_ESCAPE_DELAY, str(profile.escape_ms))


def _is_slow(environ: Mapping[str, str]) -> tuple[bool, str]:
    remote = next((name for name in _REMOTE if environ.get(name)), None)
    return (True, f"{remote} is set") if remote else (False, LOCAL.why)
