"""What is shown where there is no configuration yet: what fleetdeck is, and the two ways to something to watch."""

from enum import StrEnum
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from fleet.views.view import Tone
from tui.ink import Ink, joined
from tui.kept.memory import Memory
from tui.keys.bindings import FIXED
from tui.terminal.guard import GuardedApp
from tui.terminal.own_terminal import OwnTerminalApp
from tui.themed import Look, ThemedApp


class Choice(StrEnum):
    """What the newcomer chose."""

    DEMO = "demo"
    INIT = "init"


_WHAT = (
    "A dashboard for fleets of software agents: what they claim,",
    "what is observed, what is wrong.",
)
_WAYS = (
    ("d", "demo", "watch an embedded fleet that lives, fails and recovers by a script"),
    ("i", "init", "look at this machine's ports, documents and processes, and write"),
    ("", "", "./fleetdeck.yaml to watch what is there (asks nothing but loopback)"),
    ("q", "quit", "write a configuration by hand: docs/configuration.md"),
)


class WelcomeApp(GuardedApp[Choice], OwnTerminalApp[Choice], ThemedApp[Choice], inherit_bindings=False):
    """Asks once, and ends with the choice, or with None."""

    TITLE = "fleetdeck"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { align: center middle; background: $background; color: $foreground; }
    #welcome { width: auto; max-width: 100%; height: auto; padding: 0 2; }
    #welcome Static { width: auto; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,enter", "choose('demo')", "demo", id="welcome.demo"),
        Binding("i", "choose('init')", "init", id="welcome.init"),
        Binding("q,escape,ctrl+c", "leave", "quit", id="welcome.quit"),
        Binding("ctrl+q", "leave", "quit", id="welcome.quit_always", show=False, priority=True, group=FIXED),
    ]

    def __init__(self, look: Look | None = None) -> None:
        super().__init__()
        self.animation_level = "none"
        self.memory = Memory()
        if look is not None:
            self.begin_look(look)

    def compose(self) -> ComposeResult:
        with Vertical(id="welcome"):
            yield Static(self._text(), markup=False)

    def action_choose(self, choice: str) -> None:
        """End with a choice."""
        self.exit(Choice(choice))

    def action_leave(self) -> None:
        """End without one."""
        self.exit(None)

    def _text(self) -> Text:
        ink = Ink(self.theme_variables)
        lines = [ink.write("fleetdeck", Tone.ACCENT, bold=True), Text("")]
        lines += [ink.write(line, Tone.TITLE) for line in _WHAT]
        lines += [Text(""), ink.muted("There is no configuration yet."), Text("")]
        for key, word, meaning in _WAYS:
            parts = [ink.write(f" {key:2}", Tone.ACCENT, bold=True), ink.write(f"{word:6}", Tone.TITLE)]
            lines.append(joined([*parts, ink.muted(meaning)]))
        return Text("\n", end="").join(lines)
