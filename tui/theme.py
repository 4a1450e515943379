"""The look: two themes of our own, and what a tone is in whatever theme is on.

Calm by rule: one accent, colour only for state, everything else in three greys. Each colour of ours reads at 4.5 : 1
or better on each background that it can stand on (a test holds that). In an ANSI theme the terminal's own palette
is used, dim for what is muted and reverse for the cursor, so that nothing depends on a guessed background.
"""

from collections.abc import Mapping
from enum import StrEnum

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from fleet.views.view import Tone

DARK = Theme(
    name="fleetdeck",
    dark=True,
    primary="#62c6d6",
    secondary="#9fabba",
    accent="#62c6d6",
    success="#84c995",
    warning="#e3b668",
    error="#f28b8f",
    foreground="#d5dce5",
    background="#12171e",
    surface="#161d26",
    panel="#1a222c",
    variables={
        "tone-muted": "#8d9aab",
        "tone-title": "#eef2f6",
        "tone-up": "#84c995",
        "tone-degraded": "#e3b668",
        "tone-down": "#f28b8f",
        "tone-stale": "#b3a58f",
        "tone-unknown": "#9fabba",
        "tone-waiting": "#c5a3ef",
        "tone-accent": "#62c6d6",
        "row-cursor": "#22323f",
        "row-blurred": "#1a222c",
        "row-marked": "#1d2733",
        "track": "#1a222c",
        "thumb": "#3a4a5a",
        "footer-background": "#161d26",
        "footer-key-foreground": "#62c6d6",
        "footer-description-foreground": "#8d9aab",
        "border": "#2b3846",
        "border-blurred": "#1f2933",
        "block-cursor-background": "#22323f",
        "block-cursor-foreground": "#eef2f6",
        "block-cursor-text-style": "none",
        "input-selection-background": "#62c6d6 30%",
        "scrollbar": "#3a4a5a",
        "scrollbar-background": "#1a222c",
        "scrollbar-corner-color": "#1a222c",
    },
)

LIGHT = Theme(
    name="fleetdeck-light",
    dark=False,
    primary="#0b6e80",
    secondary="#586473",
    accent="#0b6e80",
    success="#1f6f38",
    warning="#855500",
    error="#b0222e",
    foreground="#27303b",
    background="#f7f8fa",
    surface="#ffffff",
    panel="#eceff3",
    variables={
        "tone-muted": "#596471",
        "tone-title": "#10161d",
        "tone-up": "#1f6f38",
        "tone-degraded": "#855500",
        "tone-down": "#b0222e",
        "tone-stale": "#6d6250",
        "tone-unknown": "#586473",
        "tone-waiting": "#7339ad",
        "tone-accent": "#0b6e80",
        "row-cursor": "#d9e7ec",
        "row-blurred": "#eceff3",
        "row-marked": "#e3e9ee",
        "track": "#eceff3",
        "thumb": "#b4bfca",
        "footer-background": "#eceff3",
        "footer-key-foreground": "#0b6e80",
        "footer-description-foreground": "#596471",
        "border": "#c9d1d9",
        "border-blurred": "#dfe4e9",
        "block-cursor-background": "#d9e7ec",
        "block-cursor-foreground": "#10161d",
        "block-cursor-text-style": "none",
        "input-selection-background": "#0b6e80 25%",
        "scrollbar": "#b4bfca",
        "scrollbar-background": "#eceff3",
        "scrollbar-corner-color": "#eceff3",
    },
)

THEMES = (DARK, LIGHT)
"""What the app registers; the first is the default."""

_BORROWED = {
    Tone.TITLE: "foreground",
    Tone.UP: "text-success",
    Tone.DEGRADED: "text-warning",
    Tone.DOWN: "text-error",
    Tone.WAITING: "text-secondary",
    Tone.ACCENT: "text-primary",
}
"""Where a theme that is not ours has the colour of a tone; what is not here is a faded foreground."""


class RowLook(StrEnum):
    """How a row stands out. The cursor is dimmer while the table has no focus."""

    PLAIN = "plain"
    MARKED = "marked"
    CURSOR = "cursor"
    BLURRED = "blurred"


def tone_style(tone: Tone, variables: Mapping[str, str]) -> Style:
    """The foreground of `tone` under a theme's CSS variables (`App.theme_variables`); no background.

    In a theme without colours of its own (`background` is the terminal's default) muted text is dim and titles are
    bold.
    """
    own = variables.get(f"tone-{tone.value}")
    if own is not None:
        return Style(color=_color(own, variables).rich_color)
    if tone is Tone.PLAIN:
        return Style()
    if is_ansi(variables):
        return _ansi_style(tone, variables)
    name = _BORROWED.get(tone)
    if name is None:
        return Style(color=_faded(variables).rich_color)
    return Style(color=_color(variables.get(name, variables["foreground"]), variables).rich_color)


def row_style(look: RowLook, variables: Mapping[str, str]) -> Style:
    """What a row's look adds to each of its cells."""
    if look is RowLook.PLAIN:
        return Style()
    if is_ansi(variables):
        return {RowLook.CURSOR: Style(reverse=True), RowLook.MARKED: Style(bold=True)}.get(look, Style(underline=True))
    own = variables.get(f"row-{look.value}")
    if own is not None:
        return Style(bgcolor=_color(own, variables).rich_color)
    share = {RowLook.CURSOR: 0.28, RowLook.BLURRED: 0.12, RowLook.MARKED: 0.16}[look]
    background = _color(variables["background"], variables)
    return Style(bgcolor=background.blend(_color(variables["primary"], variables), share).rich_color)


def is_ansi(variables: Mapping[str, str]) -> bool:
    """Whether the theme leaves the background to the terminal."""
    return variables.get("background", "").startswith("ansi_")


def bar_style(part: str, variables: Mapping[str, str]) -> Style:
    """The foreground of the scroll bar's `track` or `thumb`."""
    if is_ansi(variables):
        return Style(dim=part == "track")
    return Style(color=_color(variables.get(part, _faded(variables, 0.35).hex), variables).rich_color)


def _ansi_style(tone: Tone, variables: Mapping[str, str]) -> Style:
    name = _BORROWED.get(tone)
    if tone is Tone.TITLE or name is None:
        return Style(bold=tone is Tone.TITLE or None, dim=tone is not Tone.TITLE or None)
    return Style(color=_color(variables[name], variables).rich_color)


def _faded(variables: Mapping[str, str], share: float = 0.65) -> Color:
    background = _color(variables["background"], variables)
    return background.blend(_color(variables["foreground"], variables), share)


def _color(value: str, variables: Mapping[str, str]) -> Color:
    """A theme's colour, made opaque over its background."""
    color = Color.parse(value)
    if color.a == 1 or color.ansi is not None:
        return color
    return Color.parse(variables["background"]) + color
