"""Dark and light. Calm by rule: one accent, colour only for state, everything else in three greys. Every text reads at
4.5 : 1 or better (WCAG 2.1, 1.4.3), every bar at 3 : 1 (1.4.11).

The greys for 256 colours are written as those that Rich takes for the grey that is meant: it rounds light ones down.
"""

from tui.themes.made import Colours, made

DARK = made(
    "dark",
    Colours(
        background="#12171e",
        surface="#161d26",
        panel="#1a222c",
        cursor="#22323f",
        blurred="#1a222c",
        marked="#1d2733",
        selection="#2d4b59",
        thumb="#6b8097",
        border="#2b3846",
        border_blurred="#1f2933",
        text="#d5dce5",
        muted="#8d9aab",
        title="#eef2f6",
        up="#84c995",
        degraded="#e3b668",
        down="#f28b8f",
        stale="#b3a58f",
        unknown="#9fabba",
        waiting="#c5a3ef",
        accent="#62c6d6",
    ),
    dark=True,
)

DARK_256 = made(
    "dark",
    Colours(
        background="#121212",
        surface="#1c1c1c",
        panel="#262626",
        cursor="#303030",
        blurred="#262626",
        marked="#262626",
        selection="#444444",
        thumb="#808080",
        border="#3a3a3a",
        border_blurred="#303030",
        text="#d6d6d6",
        muted="#a3a3a3",
        title="#f5f5f5",
        up="#87d787",
        degraded="#d7af5f",
        down="#ff8787",
        stale="#afaf87",
        unknown="#b8b8b8",
        waiting="#d7afff",
        accent="#5fd7d7",
    ),
    dark=True,
)

LIGHT = made(
    "light",
    Colours(
        background="#f7f8fa",
        surface="#ffffff",
        panel="#eceff3",
        cursor="#d9e7ec",
        blurred="#eceff3",
        marked="#e3e9ee",
        selection="#c3dde3",
        thumb="#75818e",
        border="#c9d1d9",
        border_blurred="#dfe4e9",
        text="#27303b",
        muted="#596471",
        title="#10161d",
        up="#1f6f38",
        degraded="#855500",
        down="#b0222e",
        stale="#6d6250",
        unknown="#586473",
        waiting="#7339ad",
        accent="#0b6e80",
    ),
    dark=False,
)

LIGHT_256 = made(
    "light",
    Colours(
        background="#ffffff",
        surface="#ffffff",
        panel="#f5f5f5",
        cursor="#e0e0e0",
        blurred="#f5f5f5",
        marked="#ebebeb",
        selection="#d6d6d6",
        thumb="#767676",
        border="#d6d6d6",
        border_blurred="#ebebeb",
        text="#262626",
        muted="#585858",
        title="#080808",
        up="#005f00",
        degraded="#5f5f00",
        down="#af0000",
        stale="#4e4e4e",
        unknown="#3a3a3a",
        waiting="#5f00af",
        accent="#005f87",
    ),
    dark=False,
)
