"""The look: every text can be read on every ground that it can stand on, in every theme and in however few colours."""

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import Theme

from fleet.clock import ManualClock
from fleet.theme_names import THEME_NAMES
from fleet.view_line import parse_view_line
from fleet.views.text import STATE_GLYPH
from fleet.views.view import Tone
from fleet.vocabulary import AgentState
from tests.tui.factories import NOW, firing_store
from tui.app import FleetdeckApp
from tui.kept.memory import Memory
from tui.table.painter import Palette
from tui.terminal.capabilities import Capabilities, Depth
from tui.theme import RowLook, thumb_style, tone_style
from tui.themed import Look
from tui.themes import ANSI, THEMES, THEMES_256, themes_for

SIZE = (120, 36)
BARS = 3.0
"""WCAG 2.1, success criterion 1.4.11: what is no text."""


def least(theme: str) -> float:
    """WCAG 2.1, success criteria 1.4.3 and 1.4.6."""
    return 7.0 if theme.startswith("high-contrast") else 4.5


PAINTED = [
    pytest.param(theme, system, id=f"{theme.name} {system.name}")
    for themes, system in ((THEMES, ColorSystem.TRUECOLOR), (THEMES_256, ColorSystem.EIGHT_BIT))
    for theme in themes
    if theme is not ANSI
]
"""Every theme whose colours are ours, as each kind of terminal shows it."""


def variables_of(theme: Theme) -> dict[str, str]:
    """What `App.theme_variables` is while the theme is on."""
    return {**theme.to_color_system().generate(), **theme.variables}


def luminance(color: RichColor) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (part / 255 for part in color.get_truecolor())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RichColor, other: RichColor, system: ColorSystem) -> float:
    """How much two colours differ where only those of `system` can be shown."""
    low, high = sorted(luminance(color.downgrade(system)) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def base_of(variables: dict[str, str]) -> Style:
    text, ground = (Color.parse(variables[name]).rich_color for name in ("foreground", "background"))
    return Style(color=text, bgcolor=ground)


def differs(style: Style, system: ColorSystem) -> float:
    assert style.color is not None
    assert style.bgcolor is not None
    return contrast(style.color, style.bgcolor, system)


@pytest.mark.parametrize(("theme", "system"), PAINTED)
def test_every_tone_reads_on_every_row(theme: Theme, system: ColorSystem) -> None:
    palette = Palette(variables_of(theme), base_of(variables_of(theme)))
    for look in RowLook:
        for tone in Tone:
            assert differs(palette.cell(tone, look), system) >= least(theme.name), (tone, look)
        assert differs(palette.bar(look), system) >= BARS, look


@pytest.mark.parametrize(("theme", "system"), PAINTED)
@pytest.mark.parametrize("ground", ["background", "surface", "panel", "input-selection-background"])
def test_every_tone_reads_on_every_ground(theme: Theme, system: ColorSystem, ground: str) -> None:
    variables = variables_of(theme)
    behind = Color.parse(variables[ground]).rich_color
    tones = [Tone.TITLE] if "selection" in ground else list(Tone)
    for tone in tones:
        color = tone_style(tone, variables).color or Color.parse(variables["foreground"]).rich_color
        assert contrast(color, behind, system) >= least(theme.name), tone
    thumb = thumb_style(variables).color
    assert thumb is not None
    assert contrast(thumb, Color.parse(variables["panel"]).rich_color, system) >= BARS


@pytest.mark.parametrize(("theme", "system"), PAINTED)
def test_rows_stand_out_and_states_have_colours_of_their_own(theme: Theme, system: ColorSystem) -> None:
    variables = variables_of(theme)
    palette = Palette(variables, base_of(variables))
    looks = {look: palette.cell(Tone.PLAIN, look) for look in RowLook}
    plain = looks.pop(RowLook.PLAIN)
    assert plain not in looks.values()
    assert looks[RowLook.CURSOR] not in (looks[RowLook.MARKED], looks[RowLook.BLURRED])
    colors = [tone_style(Tone(state.value), variables).color for state in AgentState]
    assert len({str(color.downgrade(system)) for color in colors if color is not None}) == len(AgentState)


def test_each_depth_has_all_themes_by_the_same_names() -> None:
    for depth in Depth:
        assert tuple(theme.name for theme in themes_for(depth)) == THEME_NAMES


def test_the_ansi_theme_uses_the_terminals_own_colours_and_reverses_the_cursor() -> None:
    variables = variables_of(ANSI)
    for tone in Tone:
        color = tone_style(tone, variables).color
        assert color is None or color.triplet is None
    assert tone_style(Tone.MUTED, variables).dim
    assert tone_style(Tone.TITLE, variables).bold
    palette = Palette(variables, Style())
    assert palette.cell(Tone.DOWN, RowLook.CURSOR).reverse
    assert palette.cell(Tone.DOWN, RowLook.CURSOR) == palette.cell(Tone.UP, RowLook.CURSOR)
    assert len({palette.cell(Tone.PLAIN, look) for look in RowLook}) == len(RowLook)


def app_in(look: Look, view: str = "agents", memory: Memory | None = None) -> FleetdeckApp:
    return FleetdeckApp(
        firing_store(), fleet_name="demo", clock=ManualClock(NOW), view=parse_view_line(view), look=look, memory=memory
    )


def drawn(app: FleetdeckApp) -> list[Segment]:
    """What is on the screen."""
    return [part for strip in app.screen._compositor.render_strips() for part in strip if part.style is not None]


async def everywhere(pilot: Pilot[None], look: str) -> list[tuple[str, list[Segment]]]:
    """The segments of every kind of thing that is drawn, in a theme."""
    app = pilot.app
    assert isinstance(app, FleetdeckApp)
    app.theme = look
    seen = []
    for place, keys in (
        ("overview", ["1"]), ("agents", ["2", "space", "j"]), ("page", ["enter"]), ("agents", ["escape"]),
        ("help", ["question_mark"]), ("find", ["slash", "m"]), ("back", ["escape", "escape"]),
        ("columns", ["C"]), ("back", ["escape"]), ("copy", ["ctrl+y"]), ("back", ["escape"]),
        ("prompt", ["colon", "t", "h"]), ("selection", ["ctrl+shift+a"]), ("back", ["escape"]),
        ("fault", ["slash", "(", "enter"]), ("back", ["escape"]),
        ("palette", ["ctrl+p", "a"]), ("back", ["escape"]), ("toast", ["ctrl+c"]), ("bad toast", []),
        ("sources", ["8"]), ("events", ["9"]), ("backlog", ["7"]), ("queues", ["6"]),
    ):  # fmt: skip
        await pilot.press(*keys)
        if place == "bad toast":
            app.say("something went wrong", bad=True)
        await pilot.pause()
        seen.append((place, drawn(app)))
    app.clear_notifications()
    return seen


@pytest.mark.anyio
@pytest.mark.parametrize("themes", [Depth.TRUE, Depth.INDEXED], ids=lambda depth: depth.name)
async def test_every_text_that_is_drawn_reads_on_what_is_drawn_behind_it(themes: Depth) -> None:
    system = ColorSystem.TRUECOLOR if themes is Depth.TRUE else ColorSystem.EIGHT_BIT
    app = app_in(Look(terminal=Capabilities(depth=themes)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        for name in THEME_NAMES[:-1]:
            for place, parts in await everywhere(pilot, name):
                for text, told, _ in parts:
                    if told is None or not any(char.isalnum() for char in text):
                        continue
                    turned = Style(color=told.bgcolor, bgcolor=told.color)
                    style = told + turned if told.reverse else told
                    assert not style.dim, (name, place, text)
                    assert differs(style, system) >= least(name) - 0.005, (name, place, text, style)


@pytest.mark.anyio
async def test_the_ansi_theme_draws_in_nothing_but_the_terminals_palette() -> None:
    app = app_in(Look(terminal=Capabilities(depth=Depth.ANSI)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        for place, parts in await everywhere(pilot, "ansi"):
            if place in ("agents", "columns", "prompt", "selection"):
                here = [
                    style for text, style, _ in parts if style and (style.reverse or (style.bold and style.underline))
                ]
                assert here, f"no cursor in the {place}"
            for text, style, _ in parts:
                assert style is not None
                for color in (style.color if text.strip() else None, style.bgcolor):
                    assert color is None or color.triplet is None, (place, text, style)


@pytest.mark.anyio
async def test_without_colours_each_state_is_still_another_one() -> None:
    app = app_in(Look(terminal=Capabilities(depth=Depth.NONE)))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.pause()
        shown = "".join(part.text for part in drawn(app))
    words = {state: f"{glyph} {state.value}" for state, glyph in STATE_GLYPH.items()}
    assert len(set(STATE_GLYPH.values())) == len(AgentState)
    for word in words.values():
        assert word in shown


@pytest.mark.parametrize(
    ("depth", "light", "asked", "kept", "configured", "theme"),
    [
        (Depth.TRUE, False, "", "", "auto", "dark"),
        (Depth.TRUE, True, "", "", "auto", "light"),
        (Depth.TRUE, True, "", "dark", "ansi", "dark"),
        (Depth.TRUE, True, "", "", "ansi", "ansi"),
        (Depth.TRUE, True, "auto", "dark", "ansi", "light"),
        (Depth.TRUE, False, "", "gone-since", "light", "light"),
        (Depth.INDEXED, False, "high-contrast", "dark", "ansi", "high-contrast"),
        (Depth.ANSI, False, "", "dark", "light", "ansi"),
        (Depth.ANSI, False, "dark", "", "auto", "dark"),
        (Depth.NONE, False, "dark", "light", "light", "ansi"),
    ],
)
def test_which_theme_comes_first(depth: Depth, light: bool, asked: str, kept: str, configured: str, theme: str) -> None:
    look = Look(terminal=Capabilities(depth=depth, light=light), theme=asked, configured=configured)
    assert look.first(kept) == theme


@pytest.mark.anyio
async def test_a_theme_is_chosen_by_name_and_kept() -> None:
    app = app_in(Look(), memory=Memory())
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("colon", *"theme", "space", *"light", "enter")
        await pilot.pause()
        assert (app.theme, app.memory.theme) == ("light", "light")
        await pilot.press("colon", *"theme", "space", *"ligth", "enter")
        await pilot.pause()
        assert "did you mean light?" in "".join(part.text for part in drawn(app))
        await pilot.press("escape", "colon", *"theme", "space", *"auto", "enter")
        await pilot.pause()
        assert (app.theme, app.memory.theme) == ("dark", "")
        assert set(app.available_themes) == set(THEME_NAMES)


@pytest.mark.anyio
async def test_without_colours_there_is_no_theme_to_choose() -> None:
    app = app_in(Look(terminal=Capabilities(depth=Depth.NONE, why_depth="NO_COLOR is set")))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.choose_theme("light")
        await pilot.press("2")
        await pilot.pause()
        assert app.theme == "ansi"
        assert "no colours: NO_COLOR is set" in "".join(part.text for part in drawn(app))


@pytest.mark.anyio
@pytest.mark.parametrize("depth", [Depth.NONE, Depth.ANSI])
async def test_the_command_that_enter_would_run_stands_out_without_a_ground(depth: Depth) -> None:
    app = app_in(Look(terminal=Capabilities(depth=depth)))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        standing_out = [part.text for part in drawn(app) if part.style and part.style.bold and part.style.underline]
        assert "collect now" in " ".join(standing_out)
