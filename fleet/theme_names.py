"""The names of the looks: what `--theme`, `:theme` and `theme:` in a configuration may say."""

from fleet.errors import FilterError
from fleet.near import meant

AUTO = "auto"
"""Whichever suits the terminal."""

THEME_NAMES = ("dark", "light", "high-contrast", "high-contrast-light", "ansi")


def theme_name(text: str) -> str:
    """The name that `text` means. Raises FilterError where it means none."""
    name = text.strip().lower()
    known = (AUTO, *THEME_NAMES)
    if name not in known:
        raise FilterError(f"no theme {text.strip()!r}{meant(name, known)} (there are {', '.join(known)})")
    return name
