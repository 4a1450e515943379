"""An application whose keys an operator may choose, and which has a way out and a way to learn, whatever was chosen.

Sheets are imported when they are opened: most are never, and the first frame waits for none.
"""

from collections.abc import Callable
from typing import TypeVar

from textual.app import App
from textual.binding import Binding

from fleet.text import scrub
from tui.chrome.typed import is_typing
from tui.keys.bindings import ALWAYS
from tui.keys.keymap import KeyMap
from tui.keys.names import in_words, shown

R = TypeVar("R")

ReadKeys = Callable[[], KeyMap]
"""Gives the keys that the operator chose, as they are now; never raises."""


class KeyedApp(App[R]):
    """The keymap of the application: taken over at the start and whenever `read_keys` is called for again."""

    only_ascii = False
    """Whether keys are named without signs that are not ASCII."""

    def __init__(self, read_keys: ReadKeys = KeyMap) -> None:
        super().__init__()
        self._read_keys = read_keys
        self.key_map = KeyMap()

    def take_keys(self) -> str:
        """Read the chosen keys and use them; "" or what is wrong with them, in which case the former ones stay."""
        found = self._read_keys()
        if not found.problem:
            self.key_map = found
            self.set_keymap(found.for_textual())
        return found.problem

    def key_of(self, name: str) -> str:
        """The first key of a binding of the application, by its id, as it is shown; "" where it has none."""
        keys = self.key_map.keys.get(name)
        if keys is None:
            keys = tuple(key for key, binding in self._bindings if binding.id == name)
        return self._face(shown(keys[0])) if keys else ""

    def get_key_display(self, binding: Binding) -> str:
        """Keys as they are bound now."""
        return self._face(binding.key_display or shown(binding.key))

    def _face(self, key: str) -> str:
        return in_words(key) if self.only_ascii else key

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, every key is text: only quitting and helping from anywhere remain."""
        return action in ALWAYS or not is_typing(self.screen)

    def action_leave(self) -> None:
        """Quit by the key that cannot be lost."""
        self.exit()

    def action_keys(self) -> None:
        """The keys that work here, by the key that cannot be lost."""
        self.action_help()

    def action_help(self) -> None:
        """The keys that work here."""
        from tui.screens.help import HelpScreen, live_keys

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(live_keys(self.screen)))

    def action_help_quit(self) -> None:
        """`ctrl+c` ends most programs, but not one in which it may be pressed to copy."""
        live = [active.binding for active in self.active_bindings.values()]
        ways = [one for action in ("quit", "leave") for one in live if one.action == action]
        names = " or ".join(map(self.get_key_display, ways))
        self.notify(scrub(f"{names} quits"), markup=False)

    def action_command_palette(self) -> None:
        """The palette with keys of ours."""
        from tui.screens.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))
