"""What an operator switches on or off by an option of the command line, or by a variable of the environment."""

from collections.abc import Mapping
from typing import Final

from fleet.errors import ConfigError

YES: Final = ("1", "true", "yes", "on")
NO: Final = ("0", "false", "no", "off")


def switched(asked: bool | None, option: str, environ: Mapping[str, str], variable: str) -> tuple[bool, str] | None:
    """Whether it is on, and by what, in words: `asked` by `--option` or `--no-option`, else by the variable, which is
    1 or 0 or unset (empty means unset). None where neither says anything. Raises ConfigError for another word."""
    if asked is not None:
        return asked, f"--{option}" if asked else f"--no-{option}"
    said = environ.get(variable, "").strip().lower()
    if not said:
        return None
    if said not in YES + NO:
        raise ConfigError(f"{variable}: {environ[variable]!r} is neither 1 nor 0")
    return said in YES, f"{variable}={said}"
