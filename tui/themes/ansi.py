"""The terminal's own palette: sixteen colours by their numbers and its own two, so that text reads wherever the
operator's own settings make it read, and a terminal that knows no more loses nothing.

No colour of a ground is ever set, for it would be a guess: what stands out is bold, dim, underlined or reversed.
"""

from textual.theme import Theme

_DEFAULT = "ansi_default"

ANSI = Theme(
    name="ansi",
    ansi=True,
    dark=True,
    primary="ansi_cyan",
    secondary="ansi_magenta",
    accent="ansi_cyan",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground=_DEFAULT,
    background=_DEFAULT,
    surface=_DEFAULT,
    panel=_DEFAULT,
    boost=_DEFAULT,
    variables={
        "ansi-background": _DEFAULT,
        "ansi-foreground": _DEFAULT,
        "tone-up": "ansi_green",
        "tone-degraded": "ansi_yellow",
        "tone-down": "ansi_red",
        "tone-waiting": "ansi_magenta",
        "tone-accent": "ansi_cyan",
        "border": "ansi_cyan",
        "border-blurred": _DEFAULT,
        "foreground-muted": _DEFAULT,
        "text-muted": _DEFAULT,
        "text-disabled": _DEFAULT,
        "block-cursor-background": _DEFAULT,
        "block-cursor-foreground": _DEFAULT,
        "block-cursor-text-style": "reverse",
        "block-cursor-blurred-background": _DEFAULT,
        # Textual's lists know bold and underlined rows, but no reversed ones.
        "block-cursor-blurred-foreground": "ansi_cyan",
        "block-cursor-blurred-text-style": "bold underline",
        "input-cursor-background": _DEFAULT,
        "input-cursor-foreground": _DEFAULT,
        "input-cursor-text-style": "reverse",
        "muted-text-style": "dim",
        "selection-text-style": "reverse",
        "input-selection-background": _DEFAULT,
        "input-selection-foreground": _DEFAULT,
        "screen-selection-background": _DEFAULT,
        "screen-selection-foreground": _DEFAULT,
        "scrollbar": _DEFAULT,
        "scrollbar-hover": _DEFAULT,
        "scrollbar-active": "ansi_cyan",
        "scrollbar-background": _DEFAULT,
        "scrollbar-background-hover": _DEFAULT,
        "scrollbar-background-active": _DEFAULT,
        "scrollbar-corner-color": _DEFAULT,
    },
)
