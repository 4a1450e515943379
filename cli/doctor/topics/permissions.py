"""Permissions: the state folder and what is in it, what of other users' processes can be seen, open files."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from cli.doctor.finding import Finding, Topic, bad, note, ok
from cli.doctor.place import Place

_SPARE_FILES = 64
"""Open files beside one for each target: the terminal, the log, watches, the interpreter."""


def look(place: Place) -> Iterator[Finding]:
    from cli.settings import state_dir

    try:
        folder = state_dir()
    except OSError as error:
        yield bad(
            f"the state folder {error.filename} cannot be made ({error.strerror}): no log, and nothing is kept",
            "set XDG_STATE_HOME to a folder that you can write",
        )
    else:
        yield from _state(folder)
        yield from _memory(place, folder)
    yield from _processes(place)
    yield from _open_files(place)


def _state(folder: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not os.access(folder, os.W_OK | os.X_OK):
        yield bad(
            f"the state folder {folder} cannot be written: no log, and nothing is kept",
            f"chmod u+rwx {_word(folder)}",
        )
    elif mode & 0o077:
        yield note(f"the state folder {folder} is open to others (mode {mode:04o})", f"chmod 700 {_word(folder)}")
    else:
        yield ok(f"the state folder {folder} can be written, and is yours alone")
    log = folder / "fleetdeck.log"
    if log.exists() and not os.access(log, os.W_OK):
        yield bad(f"the log {log} cannot be written", f"chmod u+w {_word(log)}, or move it away")
    elif log.exists():
        yield ok(f"the log is {log}")


def _memory(place: Place, folder: Path) -> Iterator[Finding]:
    """What is kept of this fleet between sessions."""
    from cli.dashboard.kept import kept_memory
    from cli.dashboard.memory_file import memory_path

    if place.config is None:
        return
    path = memory_path(folder, place.config.name, place.config.path)
    try:
        memory = kept_memory(path)
    except OSError as error:
        yield bad(f"what is kept of this fleet, {path}, cannot be read: {error.strerror}", f"chmod u+rw {_word(path)}")
        return
    except ValueError:
        yield note(f"what is kept of this fleet, {path}, cannot be used; the next start moves it aside")
        return
    if memory is None:
        yield ok("nothing is kept of this fleet yet")
    elif not os.access(path, os.W_OK):
        yield note(f"what is kept of this fleet, {path}, is read-only for you", f"chmod u+w {_word(path)}")
    else:
        yield ok(f"what is kept of this fleet is {path}")


def _processes(place: Place) -> Iterator[Finding]:
    """Under `hidepid` (proc(5)) the processes of other users are missing, or say nothing of themselves."""
    if not (place.proc / "self").exists():
        yield note(f"there is no {place.proc} here: processes are asked for as this system has it")
        return
    try:
        (place.proc / "1" / "cmdline").read_bytes()
    except OSError:
        yield note(
            "the processes of other users cannot be seen, so their agents are not found",
            "run as their user, or mount /proc without hidepid",
        )
        return
    yield ok("the processes of other users can be seen")


def _open_files(place: Place) -> Iterator[Finding]:
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    targets = None if place.swept is None else len(place.swept.sources)
    if most == resource.RLIM_INFINITY:
        yield ok("any number of files may be open")
    elif targets is None:
        yield ok(f"{most:,} files may be open: enough for {max(0, most - _SPARE_FILES):,} targets")
    elif targets + _SPARE_FILES > most:
        yield bad(
            f"{most:,} files may be open, too few for {targets:,} targets", "ulimit -Hn, or LimitNOFILE= of systemd"
        )
    else:
        yield ok(f"{most:,} files may be open, enough for {targets:,} targets")


def _word(path: Path) -> str:
    """A path in a command that somebody may paste."""
    return quote(str(path))


TOPIC = Topic(name="permissions", about="state folder, log, processes, open files", rank=9, look=look)
