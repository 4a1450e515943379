"""The themes of fleetdeck, and no others: the contrast of each is tested on each ground that a text can stand on.

A terminal of 256 colours has none of the dark greys between black and the first step of its cube, so that the nearest
colours to a theme's own can lie far from them. For such a terminal each theme names colours that it has.
"""

from textual.theme import Theme

from tui.terminal.capabilities import Depth
from tui.themes.ansi import ANSI
from tui.themes.calm import DARK, DARK_256, LIGHT, LIGHT_256
from tui.themes.high_contrast import HIGH_CONTRAST, HIGH_CONTRAST_LIGHT, HIGH_CONTRAST_LIGHT_256

__all__ = ["ANSI", "DARK", "LIGHT", "THEMES", "THEMES_256", "themes_for"]

THEMES = (DARK, LIGHT, HIGH_CONTRAST, HIGH_CONTRAST_LIGHT, ANSI)
"""What a terminal that knows all colours is offered; the first is the default."""

THEMES_256 = (DARK_256, LIGHT_256, HIGH_CONTRAST, HIGH_CONTRAST_LIGHT_256, ANSI)


def themes_for(depth: Depth) -> tuple[Theme, ...]:
    """The themes, by the same names, in colours that a terminal of this depth has."""
    return THEMES if depth is Depth.TRUE else THEMES_256
