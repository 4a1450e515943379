"""High contrast, on black and on white: every text reads at 7 : 1 or better (WCAG 2.1, 1.4.6). There is one ground; the
cursor's row is turned round, which is the strongest that there is, and gives up the colours of its cells for it."""

from msgspec.structs import replace

from tui.themes.made import Colours, made

HIGH_CONTRAST = made(
    "high-contrast",
    Colours(
        background="#000000",
        surface="#000000",
        panel="#000000",
        cursor="#ffffff",
        cursor_text="#000000",
        blurred="#000000",
        marked="#000000",
        selection="#303030",
        thumb="#d0d0d0",
        border="#808080",
        border_blurred="#808080",
        text="#ffffff",
        muted="#d0d0d0",
        title="#ffffff",
        up="#87ff87",
        degraded="#ffd75f",
        down="#ffafaf",
        stale="#d7d7af",
        unknown="#c6c6c6",
        waiting="#d7afff",
        accent="#5fffff",
    ),
    dark=True,
)

_ON_WHITE = Colours(
    background="#ffffff",
    surface="#ffffff",
    panel="#ffffff",
    cursor="#000000",
    cursor_text="#ffffff",
    blurred="#ffffff",
    marked="#ffffff",
    selection="#d7ffff",
    thumb="#444444",
    border="#767676",
    border_blurred="#767676",
    text="#000000",
    muted="#3a3a3a",
    title="#000000",
    up="#005f00",
    degraded="#6a4500",
    down="#870000",
    stale="#444444",
    unknown="#303030",
    waiting="#5f00af",
    accent="#00005f",
)

HIGH_CONTRAST_LIGHT = made("high-contrast-light", _ON_WHITE, dark=False)
HIGH_CONTRAST_LIGHT_256 = made("high-contrast-light", replace(_ON_WHITE, degraded="#5f0000"), dark=False)
