"""Cells as strips: text from a row, made harmless, cut and padded by the cells that a terminal gives it.

No markup is ever read here: a text becomes a `Segment` as it is. It is scrubbed once more, because a row can have been
made by a reader that forgot to. Widths are Textual's own (wide characters take two cells, combining marks none), so
that what is drawn here agrees with what the compositor cuts.
"""

import re
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from fleet.text import scrub

ELLIPSIS = "…"

_UNSURE = re.compile("[\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Joiners, variation selectors and skin tones: terminals disagree on the width of what they make. Without them the
parts stand beside each other, and every column stays where it is."""


def steady(text: str) -> str:
    """`text` scrubbed, and as wide in every terminal."""
    clean = scrub(text)
    return clean if clean.isascii() else _UNSURE.sub("", clean)


@lru_cache(8192)
def fit(text: str, width: int, right: bool = False) -> str:
    """`text` scrubbed, in exactly `width` cells: cut with an ellipsis where it is too long, else padded.

    `right` aligns to the right.
    """
    if width <= 0:
        return ""
    clean = steady(text)
    taken = cell_len(clean)
    if taken > width:
        clean = cut(clean, width - 1) + ELLIPSIS
        taken = cell_len(clean)
    blanks = " " * (width - taken)
    return blanks + clean if right else clean + blanks


def cut(text: str, width: int) -> str:
    """The longest start of `text` that takes at most `width` cells; a wide character is never halved."""
    if text.isascii():
        return text[:width]
    taken = 0
    for index, char in enumerate(text):
        taken += cell_len(char)
        if taken > width and cell_len(text[: index + 1]) > width:
            return text[:index]
    return text


def cell_segment(text: str, gap: int, style: Style) -> Segment:
    """One cell of a row: text that was made to fit, and the blanks after it.

    A segment each, even where neighbours look alike: the compositor sends whole segments, so this is what makes a
    changed cell cheap.
    """
    return Segment(text + " " * gap, style)


def title_text(title: str, arrow: str, width: int, gap: int, right: bool) -> str:
    """A column's title with its sort arrow, in exactly `width + gap` cells; the arrow may stand in the gap."""
    if not arrow:
        return fit(title, width, right) + " " * gap
    whole = width + gap
    arrow = cut(arrow, whole)
    shown = cut(title, whole - cell_len(arrow))
    if right:
        # The title keeps its place; of the blanks before it the arrow takes what the gap has no room for.
        shown = " " * max(0, min(width, whole - cell_len(arrow)) - cell_len(shown)) + shown
    text = shown + arrow
    return text + " " * (whole - cell_len(text))
