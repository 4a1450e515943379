"""The configuration: where it is, whether it is right, who can change it, and whether its secrets can be read."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from cli.doctor.finding import Finding, Topic, bad, note, ok
from cli.doctor.place import Place
from config.schema import Config
from config.values import SecretRef
from fleet.errors import ConfigError


def look(place: Place) -> Iterator[Finding]:
    path, found = place.config_path, place.examined
    if path is None:
        yield note(
            "there is none: neither ./fleetdeck.yaml nor $XDG_CONFIG_HOME/fleetdeck/config.yaml",
            "fleetdeck init writes one from what runs here; fleetdeck demo needs none",
        )
        return
    if isinstance(found, ConfigError):
        mend = "mend it there; `fleetdeck config validate` looks again"
        for mistake in str(found).splitlines():
            yield bad(mistake, mend)
            mend = ""
        return
    yield from _guarded(path)
    if found is not None:
        from cli.config_commands import summary

        yield ok(f"{found.file} is right: {summary(found.config)}")
        yield from _secrets(found.config)


def _guarded(path: Path) -> Iterator[Finding]:
    """A file that others can write says what is asked, with whose secrets, and where those are sent."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield bad(f"{path} can be changed by others (mode {mode:04o})", f"chmod go-w {quote(str(path))}")
    if not os.access(path, os.W_OK):
        yield note(f"{path} cannot be changed by you; that is right where somebody else keeps it")


def _secrets(config: Config) -> Iterator[Finding]:
    """Each secret is read, and let go; only where it stands is said."""
    from cli.config_commands import references

    seen: set[SecretRef] = set()
    for entry in config.entries:
        for reference in references(entry.options):
            if reference in seen:
                continue
            seen.add(reference)
            try:
                reference.read(config.root)
            except ConfigError as error:
                yield bad(f"{entry.where}: {error}", _mend(reference, config.root))
            else:
                guarded = "" if reference.file is None else ", readable by you alone"
                yield ok(f"{entry.where}: the secret in {reference.place} is there{guarded}")


def _mend(reference: SecretRef, root: Path) -> str:
    if reference.env is not None:
        return f"export {quote(reference.env)}=…, where fleetdeck is started"
    path = root / str(reference.file)
    return f"chmod 600 {quote(str(path))}" if path.exists() else f"write it into {path}, with mode 0600"


TOPIC = Topic(name="configuration", about="where it is, every mistake in it, its secrets", rank=7, look=look)
