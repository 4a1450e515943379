"""Keys: the operator's choice, and whether the terminal or a multiplexer keeps some of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cli.doctor.finding import Finding, Topic, bad, note, ok
from cli.doctor.place import Place
from fleet.errors import ConfigError

if TYPE_CHECKING:
    from cli.keys_file import Chosen


def look(place: Place) -> Iterator[Finding]:
    # Here, so that completing the name of a topic does not load Textual.
    from cli.keys_file import find_keys, read_keys

    try:
        wanted = find_keys(None, place.environ)
        chosen = read_keys(wanted)
    except ConfigError as error:
        mend = "fleetdeck keys -o yaml prints a file that is right; until then the dashboard has its own keys"
        for mistake in str(error).splitlines():
            yield bad(mistake, mend)
            mend = ""
        return
    yield _chosen(wanted, chosen)
    from cli.keys_yaml import notes

    for one in notes(chosen.keys):
        yield note(one)
    yield from _kept_by_others(place, chosen)


def _chosen(wanted: str | Path | None, chosen: "Chosen") -> Finding:
    from cli.keys_file import FILE_NAME

    if wanted is None:
        return ok(f"the default keys; there is no {FILE_NAME}")
    return ok(f"{chosen.name}: {len(chosen.keys)} bindings differ from the default, and none is in another's way")


def _kept_by_others(place: Place, chosen: "Chosen") -> Iterator[Finding]:
    """The prefix of a multiplexer never comes through to the dashboard."""
    between = {"TMUX": ("tmux", "ctrl+b"), "STY": ("screen", "ctrl+a")}
    found = [words for variable, words in between.items() if place.environ.get(variable)]
    if not found:
        return
    from tui.keys.declared import declared
    from tui.keys.keymap import in_force

    force = in_force(declared(), chosen.keys)
    for program, prefix in found:
        only = [name for name, keys in force.items() if keys == (prefix,)]
        also = [name for name, keys in force.items() if prefix in keys]
        if also:
            lost = f"; {', '.join(only)} has no other key" if only else ", and each has another key"
            yield note(
                f"{prefix} is {program}'s prefix and does not come through for {', '.join(also)}{lost}",
                "--keys tmux-safe, or `preset: tmux-safe` in keys.yaml",
            )


TOPIC = Topic(name="keys", about="the keys file, its preset, and conflicts", rank=5, look=look)
