"""The keys that an operator chose: a preset, or `keys.yaml` with a preset and changes to it.

    preset: vim
    keys:
      table.down: [j, down]
      app.collect: f5
      app.pause: []          # bound to nothing

A file is taken whole or not at all: half of a map would do other things under the fingers than either all of it or none
of it. Where it is wrong the dashboard opens with the keys that it has by itself, and says so; `fleetdeck keys check`
names every mistake with its line.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from config.find import config_home
from fleet.errors import ConfigError
from fleet.text import scrub
from tui.keys.keymap import KeyMap, Keys
from tui.keys.presets import PRESETS

VARIABLE = "FLEETDECK_KEYS"
FILE_NAME = "keys.yaml"


class Chosen(Struct, frozen=True, kw_only=True):
    """A choice of keys: what it is called, and what it changes of the keys that the program has by itself."""

    name: str
    keys: Keys


def find_keys(given: str | None, env: Mapping[str, str]) -> str | Path | None:
    """A preset's name or a file: as `given`, else as $FLEETDECK_KEYS says, else the operator's own keys.yaml, if any.

    Raises ConfigError where the name given is neither a preset's nor a file's.
    """
    wanted = given or env.get(VARIABLE)
    if wanted:
        if wanted in PRESETS:
            return wanted
        if not Path(wanted).exists() and os.sep not in wanted and "." not in wanted:
            close = difflib.get_close_matches(wanted.lower()[:64], PRESETS, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ConfigError(f"{scrub(wanted)!r} is neither a preset nor a file{hint} (presets: {', '.join(PRESETS)})")
        return Path(wanted)
    base = config_home(env)
    own = None if base is None else base / "fleetdeck" / FILE_NAME
    return own if own is not None and own.exists() else None


def read_keys(wanted: str | Path | None) -> Chosen:
    """The keys of a preset or a file; None: those of the program. Raises ConfigError with every mistake, one a line."""
    if not isinstance(wanted, Path):
        name = wanted or "default"
        return Chosen(name=name, keys=PRESETS[name])
    # Only now: most operators have no file, and reading one takes YAML and a look at every class of the dashboard.
    from cli.keys_yaml import read_file

    return Chosen(name=scrub(str(wanted)), keys=read_file(wanted))


def key_map(given: str | None, env: Mapping[str, str]) -> KeyMap:
    """What the dashboard is to use; a choice that cannot be used becomes a sentence in it."""
    try:
        chosen = read_keys(find_keys(given, env))
    except ConfigError as error:
        first, *more = str(error).splitlines()
        others = f" (and {len(more)} more)" if more else ""
        return KeyMap(problem=f"keys as before: {first}{others}; see `fleetdeck keys check`")
    return KeyMap(keys=chosen.keys, name=chosen.name)
