"""An application that looks as its operator chose and as its terminal can: `--theme`, `:theme`, `theme:` in the
configuration, what was chosen the last time, else what suits the terminal.

Only our own themes are offered: what is not tested cannot be promised to be readable.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

from msgspec import Struct
from msgspec.structs import replace
from textual.app import App
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.theme import BUILTIN_THEMES, Theme
from textual.widget import Widget

from fleet.theme_names import AUTO, THEME_NAMES, theme_name
from tui.kept.memory import Memory
from tui.terminal.capabilities import Capabilities, Depth
from tui.terminal.thrift import ThriftyApp
from tui.themes import themes_for

R = TypeVar("R")


class Look(Struct, frozen=True, kw_only=True):
    """What the terminal can show, and which theme is asked for: by the command line (`theme`, "" where it says nothing)
    and by the configuration."""

    terminal: Capabilities = Capabilities()
    theme: str = ""
    configured: str = AUTO

    def first(self, kept: str) -> str:
        """The name of the first theme; `kept` is the one chosen the last time.

        Where there are only the terminal's own colours, or none, only a theme that is asked for here and now is another
        than the one that is made for that: RGB in sixteen colours is hard to read, and what was chosen was chosen
        elsewhere.
        """
        if self.terminal.depth is Depth.NONE:
            return self.terminal.suits
        if self.theme:
            return self.real(self.theme)
        if self.terminal.depth is Depth.ANSI:
            return self.terminal.suits
        return self.real(kept if kept in THEME_NAMES else self.configured)

    def real(self, name: str) -> str:
        """The theme that a name stands for."""
        return self.terminal.suits if name == AUTO else name


@runtime_checkable
class Coloured(Protocol):
    """A widget that keeps text in the colours of a theme, and makes it anew for another one."""

    def recolour(self) -> None: ...


class ThemedApp(ThriftyApp[R]):
    """Themes, and the terminal's limits. `memory` is where a choice is kept; `changed` says that it changed."""

    memory = Memory()
    only_ascii = False

    def __init__(self) -> None:
        super().__init__()
        self.look = Look()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"selection-text-style": "none", "muted-text-style": "none"}

    def on_mount(self) -> None:
        """Draw anew, once its colours are there, what keeps text in those of another theme."""
        self.theme_changed_signal.subscribe(self, self._recolour)

    def _recolour(self, _: Theme) -> None:
        for stack in self._screen_stacks.values():
            for screen in stack:
                for widget in screen.walk_children(Widget, with_self=True):
                    if isinstance(widget, Coloured):
                        widget.recolour()

    def changed(self) -> None:
        """What is kept may have changed."""

    def begin_look(self, look: Look) -> None:
        """Draw for the terminal of `look`, in the theme that is right for it."""
        self.look = look
        self.draw_for(look.terminal)
        self.only_ascii = look.terminal.ascii
        for theme in themes_for(look.terminal.depth):
            self.register_theme(theme)
        self.theme = look.first(self.memory.theme)
        for name in BUILTIN_THEMES:
            self.unregister_theme(name)

    def theme_command(self, text: str) -> Callable[[], None]:
        """`:theme dark`; without a name the palette of themes. Raises FilterError."""
        if not text:
            return self.action_change_theme
        return partial(self.choose_theme, theme_name(text))

    def choose_theme(self, name: str) -> None:
        """Put a theme on, and keep it."""
        if self.look.terminal.depth is Depth.NONE:
            self.notify(f"no colours: {self.look.terminal.why_depth}", markup=False)  # ours: the name of a variable
            return
        self.theme = self.look.real(name)
        self.memory = replace(self.memory, theme="" if name == AUTO else name)
        self.changed()
        if name == AUTO:
            self.notify(f"theme {self.theme}, as it suits this terminal", markup=False)  # ours: the name of a theme

    def search_themes(self) -> None:
        """The palette of themes."""
        from tui.screens.palette import Palette

        self.push_screen(Palette(providers=[ThemeChoices], placeholder="Search for themes…"))


class ThemeChoices(Provider):
    """Our themes, and `auto`, for the palette."""

    async def discover(self) -> Hits:
        """All of them."""
        for name, choose in self._choices():
            yield DiscoveryHit(name, choose)

    async def search(self, query: str) -> Hits:
        """Those whose name holds `query`."""
        for name, choose in self._choices():
            if query.casefold() in name:
                yield Hit(len(query) / len(name), Content(name), choose)

    def _choices(self) -> list[tuple[str, Callable[[], None]]]:
        app: App[object] = self.app
        if not isinstance(app, ThemedApp):
            return []
        return [(name, partial(app.choose_theme, name)) for name in (AUTO, *THEME_NAMES)]
