"""The look: every text can be read on every background it can stand on, in every theme."""

import pytest
from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from fleet.views.view import Tone
from tui.painter import Palette
from tui.theme import DARK, LIGHT, THEMES, RowLook, bar_style, row_style, tone_style

LEAST_CONTRAST = 4.5
"""WCAG 2.1, success criterion 1.4.3."""


def variables_of(theme: Theme) -> dict[str, str]:
    """What `App.theme_variables` is while the theme is on."""
    return {**theme.to_color_system().generate(), **theme.variables}


def luminance(color: RichColor) -> float:
    assert color.triplet is not None
    parts = [part / 255 for part in color.triplet]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RichColor, other: RichColor) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("tone", Tone)
@pytest.mark.parametrize("look", RowLook)
def test_every_tone_reads_on_every_row(theme: Theme, tone: Tone, look: RowLook) -> None:
    variables = variables_of(theme)
    base = Style(
        color=Color.parse(variables["foreground"]).rich_color, bgcolor=Color.parse(variables["background"]).rich_color
    )
    style = Palette(variables, base).cell(tone, look)
    assert style.color is not None
    assert style.bgcolor is not None
    assert contrast(style.color, style.bgcolor) >= LEAST_CONTRAST


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", ["background", "surface", "panel"])
def test_every_tone_reads_on_every_ground(theme: Theme, ground: str) -> None:
    variables = variables_of(theme)
    behind = Color.parse(variables[ground]).rich_color
    for tone in Tone:
        color = tone_style(tone, variables).color or Color.parse(variables["foreground"]).rich_color
        assert contrast(color, behind) >= LEAST_CONTRAST, tone


@pytest.mark.parametrize("name", sorted(BUILTIN_THEMES))
def test_any_theme_has_every_tone_and_row(name: str) -> None:
    variables = variables_of(BUILTIN_THEMES[name])
    for tone in Tone:
        tone_style(tone, variables)
    looks = {str(row_style(look, variables)) for look in RowLook}
    assert len(looks) == len(RowLook)
    bar_style("thumb", variables)


def test_an_ansi_theme_uses_the_terminals_own_colours_and_reverses_the_cursor() -> None:
    variables = variables_of(BUILTIN_THEMES["ansi-dark"])
    for tone in Tone:
        color = tone_style(tone, variables).color
        assert color is None or color.triplet is None
    assert tone_style(Tone.MUTED, variables).dim
    palette = Palette(variables, Style())
    assert palette.cell(Tone.DOWN, RowLook.CURSOR).reverse
    assert palette.cell(Tone.DOWN, RowLook.CURSOR) == palette.cell(Tone.UP, RowLook.CURSOR)


def test_states_have_colours_of_their_own() -> None:
    for theme in (DARK, LIGHT):
        variables = variables_of(theme)
        states = [Tone.UP, Tone.DEGRADED, Tone.DOWN, Tone.STALE, Tone.UNKNOWN, Tone.WAITING, Tone.ACCENT]
        assert len({str(tone_style(tone, variables)) for tone in states}) == len(states)
