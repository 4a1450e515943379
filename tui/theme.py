"""What a tone, a row and a bar look like under the variables of a theme (`tui.themes`).

In the ansi theme, whose grounds are the terminal's, muted text is dim, titles are bold and the cursor's row is
reversed, so that nothing depends on a guess; it looks the same where no colour is allowed at all.
"""

from collections.abc import Mapping
from enum import StrEnum

from rich.style import Style
from textual.color import Color

from fleet.views.view import Tone


class RowLook(StrEnum):
    """How a row stands out. The cursor is dimmer while the table has no focus."""

    PLAIN = "plain"
    MARKED = "marked"
    CURSOR = "cursor"
    BLURRED = "blurred"


def tone_style(tone: Tone, variables: Mapping[str, str]) -> Style:
    """The foreground of `tone` under a theme's CSS variables (`App.theme_variables`); no background."""
    own = variables.get(f"tone-{tone.value}")
    if own is not None:
        return Style(color=Color.parse(own).rich_color)
    if tone is Tone.PLAIN:
        return Style()
    return Style(bold=True) if tone is Tone.TITLE else Style(dim=True)


def row_style(look: RowLook, variables: Mapping[str, str]) -> Style:
    """What a row's look adds to each of its cells."""
    if look is RowLook.PLAIN:
        return Style()
    if is_one_ground(variables):
        return {RowLook.CURSOR: _turned(variables), RowLook.MARKED: Style(bold=True)}.get(look, Style(underline=True))
    return Style(bgcolor=Color.parse(variables[f"row-{look.value}"]).rich_color)


def is_ansi(variables: Mapping[str, str]) -> bool:
    """Whether the theme leaves the background to the terminal."""
    return variables.get("background", "").startswith("ansi_")


def is_one_ground(variables: Mapping[str, str]) -> bool:
    """Whether all text stands on one ground, and the cursor's row is that turned round, in one colour: tones turned
    into backgrounds would be a patchwork."""
    return is_ansi(variables) or "row-cursor-text" in variables


def thumb_style(variables: Mapping[str, str]) -> Style:
    """The foreground of a table's scroll bar."""
    return Style() if is_ansi(variables) else Style(color=Color.parse(variables["thumb"]).rich_color)


def _turned(variables: Mapping[str, str]) -> Style:
    if is_ansi(variables):
        return Style(reverse=True)
    text, ground = (Color.parse(variables[name]).rich_color for name in ("row-cursor-text", "row-cursor"))
    return Style(color=text, bgcolor=ground)
