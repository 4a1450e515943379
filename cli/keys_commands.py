"""`fleetdeck keys`: which key does what, as a table or as a keys.yaml to start from; and whether a file is right."""

import os
from itertools import groupby
from pathlib import Path

import click

from cli.keys_file import FILE_NAME, Chosen, find_keys, read_keys
from cli.keys_yaml import notes
from cli.settings import Invalid
from fleet.errors import ConfigError
from fleet.text import scrub
from tui.keys.declared import declared
from tui.keys.keymap import Declared, in_force
from tui.keys.names import shown, written
from tui.keys.presets import PRESETS

_HEAD = """\
# Keys of fleetdeck: {name}. Take what you want to change out of its comment, and drop the rest.
# A key is a character (?), a name (f5, pagedown, enter) or ctrl+x, alt+x, shift+left; [] binds nothing.
# `fleetdeck keys check` says whether this file is right; `:keys` in the dashboard reads it again.
preset: {preset}
keys:
"""


def print_keys(given: str | None, output: str) -> None:
    """Print every binding with the keys that it has under a choice (a preset, a file; None: the operator's own)."""
    chosen = _chosen(given)
    click.echo(as_yaml(chosen) if output == "yaml" else as_table(chosen), nl=False)


def as_table(chosen: Chosen) -> str:
    """Aligned columns: keys, what they do, id; a part for each layer."""
    every = declared()
    force = in_force(every, chosen.keys)
    faces = {one.id: "  ".join(map(shown, force[one.id])) or "–" for one in every}
    wide = max(map(len, faces.values()))
    does = max(len(one.description) for one in every)
    lines = [f"keys: {chosen.name}"]
    for layer, group in groupby(every, key=lambda one: one.layer):
        lines += ["", f"{layer}:"]
        lines += [f"  {faces[one.id]:{wide}}  {one.description:{does}}  {one.id}" for one in group]
    return "\n".join(lines) + "\n"


def as_yaml(chosen: Chosen) -> str:
    """A keys.yaml that says what holds now, every line of it a comment but for what differs from the preset."""
    every = declared()
    force = in_force(every, chosen.keys)
    preset = chosen.name if chosen.name in PRESETS else "default"
    same = in_force(every, PRESETS[preset])
    lines = [_HEAD.format(name=chosen.name, preset=preset).rstrip()]
    for layer, group in groupby(every, key=lambda one: one.layer):
        lines.append(f"  # {layer}")
        lines += [_yaml_line(one, force[one.id], force[one.id] == same[one.id]) for one in group]
    return "\n".join(lines) + "\n"


def check_keys(given: str | None) -> None:
    """Say whether a choice of keys is right. Raises Invalid with every mistake, one a line."""
    try:
        wanted = find_keys(given, os.environ)
        chosen = read_keys(wanted)
    except ConfigError as error:
        raise Invalid(str(error)) from error
    for note in notes(chosen.keys):
        click.echo(f"note: {scrub(note)}", err=True)
    if wanted is None:
        click.echo(f"fleetdeck: there is no {FILE_NAME}, so the keys are those of the program", err=True)
    what = f"{len(chosen.keys)} bindings differ from the default" if chosen.keys else "the default keys"
    click.echo(f"ok: {scrub(str(wanted)) if isinstance(wanted, Path) else chosen.name}: {what}")


def _chosen(given: str | None) -> Chosen:
    try:
        return read_keys(find_keys(given, os.environ))
    except ConfigError as error:
        raise Invalid(str(error)) from error


def _yaml_line(one: Declared, keys: tuple[str, ...], is_same: bool) -> str:
    names = ", ".join(_quoted(written(key)) for key in keys)
    if one.fixed:
        return f"  # always {names}: {one.description}"
    setting = f"{'# ' if is_same else ''}{one.id}: [{names}]"
    return f"  {setting:<48}  # {one.description}"


def _quoted(key: str) -> str:
    plain = key.replace("+", "").replace("_", "").isalnum() and not key.isdigit() and key not in ("y", "n", "Y", "N")
    return key if plain else "'" + key.replace("'", "''") + "'"
