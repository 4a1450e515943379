"""The terminal: whether there is one, its name and size, what it can spell, and what stands between."""

import contextlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator

from cli.doctor.finding import Finding, Topic, bad, note, ok
from cli.doctor.place import STREAMS, Place
from tui.terminal.capabilities import capabilities, is_dumb

_TMUX_PATIENCE_S = 2.0
_SLOW_ESCAPE_MS = 100
"""Milliseconds that tmux may hold back `esc` before it is felt."""


def look(place: Place) -> Iterator[Finding]:
    yield _streams(place)
    yield from _name(place)
    yield from _size(place)
    yield _spelling(place)
    if place.environ.get("TMUX"):
        yield from _tmux(place)
    if place.environ.get("STY"):
        yield note(
            "screen stands between: it passes no true colours on, and ctrl+a is its own",
            "fleetdeck --keys tmux-safe has nothing on ctrl+a and ctrl+b",
        )


def _streams(place: Place) -> Finding:
    missing = [name for name in STREAMS if name not in place.terminals]
    if not missing:
        return ok("stdin, stdout and stderr are terminals, so the live view opens")
    are = "is no terminal" if len(missing) == 1 else "are no terminals"
    return note(
        f"{', '.join(missing)} {are}: here `fleetdeck` prints one frame",
        "for the live view run it in a terminal; over SSH with ssh -t",
    )


def _name(place: Place) -> Iterator[Finding]:
    term = place.environ.get("TERM", "")
    if is_dumb(place.environ):
        said = bad if place.terminals else note
        yield said(
            f"TERM={term} cannot move its cursor, so there is one frame instead of a live view",
            "set TERM to what the terminal is, such as TERM=xterm-256color",
        )
    elif not term:
        said = bad if place.terminals else note
        yield said("TERM is not set, so nothing is known of the terminal", "set it, such as TERM=xterm-256color")
    elif _is_known(term):
        yield ok(f"TERM={term}")
    else:
        yield note(
            f"TERM={term} is not in this machine's terminfo; fleetdeck does not need it, others may",
            f"infocmp -x {shlex.quote(term)} | ssh HOST tic -x -, where it is known; or TERM=xterm-256color",
        )


def _is_known(term: str) -> bool:
    """Whether the terminfo of this machine knows a terminal; True where there is no telling."""
    try:
        import curses
    except ImportError:
        return True
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  # a device
        try:
            curses.setupterm(term, nowhere.fileno())
        except curses.error:
            return False
    return True


def _size(place: Place) -> Iterator[Finding]:
    from tui.chrome.too_small import LEAST, NORMAL_WIDTH

    columns, lines = _measured(place)
    if not columns or not lines:
        if place.terminals:
            yield note("the terminal does not say how large it is", "stty cols 120 rows 40")
        return
    if columns < LEAST[0] or lines < LEAST[1]:
        yield bad(f"{columns}×{lines} is too small to draw in", f"{LEAST[0]}×{LEAST[1]} is the least, 80×24 is good")
    elif columns < NORMAL_WIDTH:
        yield ok(f"{columns}×{lines}; from {NORMAL_WIDTH} columns on, parts stand side by side")
    else:
        yield ok(f"{columns}×{lines}")


def _measured(place: Place) -> tuple[int, int]:
    for descriptor, name in enumerate(STREAMS):
        if name in place.terminals:
            with contextlib.suppress(OSError):
                size = os.get_terminal_size(descriptor)
                return size.columns, size.lines
    return 0, 0


def _spelling(place: Place) -> Finding:
    can = capabilities(place.environ)
    if not can.ascii:
        return ok(f"UTF-8 is drawn ({can.why_ascii})")
    return note(
        f"only ASCII is drawn: {can.why_ascii}",
        "where the terminal knows UTF-8: LC_ALL=C.UTF-8, or FLEETDECK_ASCII=0",
    )


def _tmux(place: Place) -> Iterator[Finding]:
    """What tmux takes away or slows down, as far as it tells."""
    yield note(
        "tmux stands between, and ctrl+b (or its other prefix) is its own",
        "fleetdeck --keys tmux-safe has nothing on ctrl+a and ctrl+b",
    )
    held = _asked(place, "show-options", "-sv", "escape-time")
    if held.isdigit() and int(held) > _SLOW_ESCAPE_MS:
        yield note(f"tmux holds esc back for {held} ms", "set -sg escape-time 10 in tmux.conf")
    features = _asked(place, "display-message", "-p", "#{client_termfeatures}").split(",")
    if "sync" in features:
        yield ok("tmux draws each frame at once (synchronised output)")
    elif any(features):
        yield note(
            "tmux does not draw a frame at once, so it may flicker on a slow line",
            "where the terminal can: set -as terminal-features ',*:sync' in tmux.conf",
        )


def _asked(place: Place, *words: str) -> str:
    """What tmux answers; "" where it does not."""
    program = shutil.which("tmux", path=place.environ.get("PATH"))
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603  # a full path and words of ours
            [program, *words], env=dict(place.environ), capture_output=True, timeout=_TMUX_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if not done.returncode else ""


TOPIC = Topic(name="terminal", about="is there one, its name, size and spelling", rank=1, look=look)
