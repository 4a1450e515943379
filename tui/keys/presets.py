"""Keymaps that come with the program. A preset names only what it changes: `fleetdeck keys --preset NAME` has all.

There are no keys of two strokes (vim's `ZZ`, emacs's `ctrl+x ctrl+c`): a terminal cannot tell a slow second stroke from
a key of its own. `gg` works even so, because `g` twice is at the top as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Whoever only wants the names (the shell, for every press of tab) must not load Textual.
    from tui.keys.keymap import Keys

DEFAULT: Keys = {}

VIM: Keys = {
    "table.open": ("enter", "l"),
    "screen.back": ("escape", "h"),
    "table.mark": ("space", "v"),
    "table.mark_range": ("ctrl+@", "V"),
    "table.next_mark": ("apostrophe", "n"),
    "table.previous_mark": ("quotation_mark", "N"),
    "app.last_view": ("minus", "ctrl+circumflex_accent"),
}
"""j k g G ctrl+d ctrl+u ctrl+f ctrl+b / : are bound without it; there is no search beside the filter, so n and N go
through the marks."""

EMACS: Keys = {
    "table.down": ("down", "ctrl+n"),
    "table.up": ("up", "ctrl+p"),
    "table.page_down": ("pagedown", "ctrl+v"),
    "table.page_up": ("pageup", "alt+v"),
    "table.mark_all": ("asterisk",),
    "page.down": ("down", "ctrl+n"),
    "page.up": ("up", "ctrl+p"),
    "page.page_down": ("pagedown", "ctrl+v", "space"),
    "page.page_up": ("pageup", "alt+v"),
    "screen.filter": ("slash", "ctrl+s"),
    "screen.back": ("escape", "ctrl+g"),
    "screen.copy_name": ("y", "alt+w"),
    "app.command": ("colon", "alt+x"),
    "app.palette": ("alt+p",),
    "prompt.close": ("escape", "ctrl+g"),
    "find.close": ("escape", "ctrl+g"),
    "help.close": ("escape", "question_mark", "q", "ctrl+g"),
    "help.find": ("slash", "ctrl+s"),
    "palette.close": ("escape", "ctrl+g"),
    "palette.down": ("down", "ctrl+n"),
    "palette.up": ("up", "ctrl+p"),
    "columns.cancel": ("escape", "q", "ctrl+g"),
    "copy_as.close": ("escape", "q", "ctrl+g"),
    "copy_as.down": ("down", "j", "ctrl+n"),
    "copy_as.up": ("up", "k", "ctrl+p"),
    "input.left": ("left", "ctrl+b"),
    "input.right": ("right", "ctrl+f"),
    "input.delete_word_right": ("ctrl+backspace", "alt+backspace", "alt+d"),
    "input.paste": ("ctrl+y",),
}

TMUX_SAFE: Keys = {
    "table.page_down": ("pagedown",),
    "table.page_up": ("pageup",),
    "table.mark_all": ("asterisk",),
    "page.page_down": ("pagedown", "space"),
    "page.page_up": ("pageup",),
    "input.home": ("home",),
}
"""Nothing on ctrl+b and ctrl+a, which tmux and screen take for themselves."""

PREFIXES = frozenset({"ctrl+a", "ctrl+b"})
"""The prefix keys of tmux and of screen, as these come."""

PRESETS: Mapping[str, Keys] = {"default": DEFAULT, "vim": VIM, "emacs": EMACS, "tmux-safe": TMUX_SAFE}
