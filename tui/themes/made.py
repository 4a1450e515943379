"""A theme from the few colours that it is made of."""

from msgspec import Struct
from textual.theme import Theme


class Colours(Struct, frozen=True, kw_only=True):
    """Everything in a theme that is a colour, as `#rrggbb`.

    Grounds: `background`, `surface` (the prompt), `panel` (tabs, footer, toasts, sheets), and the rows under the
    `cursor`, under the cursor of a table without focus (`blurred`), and `marked` ones. `cursor_text`, where it is set,
    is what all text of the cursor's row is written in. The rest are written on these.
    """

    background: str
    surface: str
    panel: str
    cursor: str
    blurred: str
    marked: str
    selection: str
    thumb: str
    border: str
    border_blurred: str
    text: str
    muted: str
    title: str
    up: str
    degraded: str
    down: str
    stale: str
    unknown: str
    waiting: str
    accent: str
    cursor_text: str = ""


def made(name: str, colours: Colours, *, dark: bool) -> Theme:
    """The theme of these colours, with everything that Textual's widgets and ours look up."""
    return Theme(
        name=name,
        dark=dark,
        primary=colours.accent,
        secondary=colours.unknown,
        accent=colours.accent,
        success=colours.up,
        warning=colours.degraded,
        error=colours.down,
        foreground=colours.text,
        background=colours.background,
        surface=colours.surface,
        panel=colours.panel,
        variables={**_tones(colours), **_rows(colours), **_widgets(colours)},
    )


def _tones(colours: Colours) -> dict[str, str]:
    names = ("muted", "title", "up", "degraded", "down", "stale", "unknown", "waiting", "accent")
    return {f"tone-{name}": getattr(colours, name) for name in names}


def _rows(colours: Colours) -> dict[str, str]:
    looks = {"row-cursor": colours.cursor, "row-blurred": colours.blurred, "row-marked": colours.marked}
    return looks | ({"row-cursor-text": colours.cursor_text} if colours.cursor_text else {})


def _widgets(colours: Colours) -> dict[str, str]:
    return {
        "thumb": colours.thumb,
        "footer-background": colours.surface,
        "footer-key-foreground": colours.accent,
        "footer-description-foreground": colours.muted,
        "border": colours.border,
        "border-blurred": colours.border_blurred,
        "block-cursor-background": colours.cursor,
        "block-cursor-foreground": colours.cursor_text or colours.title,
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": colours.selection if colours.cursor_text else colours.cursor,
        "block-cursor-blurred-foreground": colours.title,
        "block-cursor-blurred-text-style": "none",
        "block-hover-background": colours.blurred,
        "input-cursor-background": colours.text,
        "input-cursor-foreground": colours.background,
        "input-selection-background": colours.selection,
        "input-selection-foreground": colours.title,
        "screen-selection-background": colours.selection,
        "screen-selection-foreground": colours.title,
        "foreground-muted": colours.muted,
        "text-muted": colours.muted,
        "text-disabled": colours.muted,
        "scrollbar": colours.thumb,
        "scrollbar-hover": colours.thumb,
        "scrollbar-active": colours.accent,
        "scrollbar-background": colours.panel,
        "scrollbar-background-hover": colours.panel,
        "scrollbar-background-active": colours.panel,
        "scrollbar-corner-color": colours.panel,
    }
