"""`python -m screenshots.terminals`: the same view in six terminals and settings, each drawn from the bytes that really
came over its pty; one of them out of tmux, through a real sshd.
"""

import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import Struct

from screenshots.__main__ import FOLDER
from screenshots.picture import svg
from tests.real_sshd import RealSshd
from tests.terminals.session import Session, environment

VIEW = "overview"
COMMAND = (sys.executable, "-m", "screenshots.still", VIEW)
_SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"


class Shot(Struct, frozen=True, kw_only=True):
    """A terminal: its size in columns and lines, and what the environment says beside a modern terminal."""

    title: str
    size: tuple[int, int] = (120, 36)
    changes: dict[str, str | None] = {}


SHOTS: dict[str, Shot] = {
    "terminals-80x24": Shot(title="80×24", size=(80, 24)),
    "terminals-200x50": Shot(title="200×50", size=(200, 50)),
    "terminals-ansi": Shot(title="TERM=xterm: 16 colours", changes={"TERM": "xterm", "COLORTERM": None}),
    "terminals-light": Shot(title="COLORFGBG=0;15: light", changes={"COLORFGBG": "0;15"}),
    "terminals-no-colour": Shot(title="NO_COLOR=1", changes={"NO_COLOR": "1"}),
    "terminals-ascii": Shot(
        title="TERM=linux LC_ALL=C: ASCII", changes={"TERM": "linux", "COLORTERM": None, "LC_ALL": "C"}
    ),
}
TMUX = "terminals-tmux-over-ssh"


def take(session: Session) -> None:
    """Wait until the view stands."""
    session.wait("Worst agents")
    session.wait("q quit")
    session.quiet(1.0)


def photographed(name: str, folder: Path) -> str:
    """The picture of one terminal."""
    shot = SHOTS[name]
    with Session(COMMAND, environment(folder, **shot.changes), folder, shot.size) as session:
        take(session)
        picture = svg(session.screen, f"fleetdeck · {shot.title}", name)
        session.press("q")
        session.end()
    return picture


def in_tmux_over_ssh(folder: Path) -> str:
    """The picture of the dashboard within tmux, at the other end of a connection through a real sshd."""
    with RealSshd(folder) as server, _tmux(folder) as inner:
        env = environment(folder, PATH=_SYSTEM_PATH)
        with Session(server.login(inner), env, folder, (120, 37)) as session:
            take(session)
            picture = svg(session.screen, "fleetdeck · tmux over ssh", TMUX)
            session.press("q")
            session.end()
    return picture


@contextmanager
def _tmux(folder: Path) -> Iterator[str]:
    """The command that opens the dashboard in a tmux of its own; it is gone afterwards."""
    tmux = shutil.which("tmux")
    if tmux is None:
        raise OSError("there is no tmux here")
    settings = folder / "tmux.conf"
    settings.write_text(
        "set -g default-terminal tmux-256color\nset -g status-right ''\nset -g window-status-current-format '#W'\n"
        "set -g allow-rename off\nset -g automatic-rename off\nset -g remain-on-exit off\n"
    )
    given = environment(folder, TERM=None, COLORTERM=None)
    wanted = {name: given[name] for name in ("LANG", "PYTHONPATH", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "TZ")}
    inside = shlex.join(["env", *(f"{name}={value}" for name, value in wanted.items()), *COMMAND])
    socket = folder / "tmux.socket"
    yield shlex.join([tmux, "-u", "-S", str(socket), "-f", str(settings), "new-session", "-n", "fleetdeck", inside])


def main(folder: Path, names: list[str]) -> None:
    """Write the pictures (all of them, where none is named) into `folder`."""
    for name in names or [*SHOTS, TMUX]:
        with tempfile.TemporaryDirectory(prefix="fleetdeck-terminals-") as temporary:
            place = Path(temporary)
            try:
                picture = in_tmux_over_ssh(place) if name == TMUX else photographed(name, place)
            except (OSError, pytest.skip.Exception) as missing:
                sys.stderr.write(f"{name}.svg stays as it is: {missing}\n")
                continue
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
        sys.stderr.write(f"{folder / name}.svg\n")


if __name__ == "__main__":
    main(FOLDER, sys.argv[1:])
