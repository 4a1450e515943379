"""Which configuration file is used, and how to come by one."""

from collections.abc import Mapping
from pathlib import Path

FILE_NAME = "fleetdeck.yaml"

HOW_TO_GET_ONE = """\
There is no configuration. Any of these gives one:

  fleetdeck demo            watches an embedded fleet; nothing to write
  fleetdeck init            looks at this machine and writes ./fleetdeck.yaml
  fleetdeck --config FILE   uses FILE
  ./fleetdeck.yaml          is found by itself, as is $XDG_CONFIG_HOME/fleetdeck/config.yaml

A first fleetdeck.yaml:

  name: staging
  every: 5s
  discovery:
    - kind: static
      agents:
        - {name: planner-1, health: "http://127.0.0.1:9501/health"}

Then `fleetdeck config validate` says whether it is right.
"""
"""What the command line prints where `find_config` finds nothing."""


def find_config(explicit: Path | None, cwd: Path, env: Mapping[str, str]) -> Path | None:
    """`explicit` (not looked at), else ./fleetdeck.yaml in `cwd`, else the user's own config.yaml, else None.

    The user's is `$XDG_CONFIG_HOME/fleetdeck/config.yaml`; a relative or empty XDG_CONFIG_HOME is ignored in favour of
    `~/.config`, as the XDG base directory specification has it.
    """
    if explicit is not None:
        return explicit
    candidates = [cwd / FILE_NAME]
    base = config_home(env)
    if base is not None:
        candidates.append(base / "fleetdeck" / "config.yaml")
    return next((path for path in candidates if _is_there(path)), None)


def config_home(env: Mapping[str, str]) -> Path | None:
    """`$XDG_CONFIG_HOME`, else `~/.config`; None where neither is an absolute path."""
    base = Path(env.get("XDG_CONFIG_HOME", ""))
    if not base.is_absolute():
        base = Path(env.get("HOME", "")) / ".config"
    return base if base.is_absolute() else None


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
