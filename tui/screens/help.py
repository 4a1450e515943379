"""The keys that work at the moment, by the part of the screen that they belong to, with the ids to remap them by."""

from typing import Any, ClassVar

from msgspec import Struct
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from fleet.views.view import Tone
from tui.chrome.page_scroll import PageScroll
from tui.ink import Ink, joined
from tui.screens.deck import DeckScreen

_GRAMMAR = (
    ("/planner", "rows with a match of this regular expression"),
    ("/!planner", "rows without one"),
    ("/state:down", "rows whose column or field has a value"),
    ("/age_s>60", "numbers, durations: > >= < <= = !="),
    ("/-l env=prod", "rows with a label"),
    (":agents /err sort=-age faults", "a view, its filter, order, faults only"),
    (":agent planner-1", "the page of an agent"),
)


class LiveKey(Struct, frozen=True):
    """A binding that works: whose it is, its keys as shown, what it does, and its id."""

    group: str
    keys: str
    description: str
    id: str


def live_keys(screen: Screen[Any]) -> list[LiveKey]:
    """Every binding that works on `screen` now; keys of the same action stand together."""
    found: dict[tuple[str, str], LiveKey] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.description or binding.system:
            continue
        node = active.node
        group = node.BINDING_GROUP_TITLE or type(node).__name__
        if isinstance(node, DeckScreen):
            group = "Screen"
        elif node is screen.app:
            group = "Everywhere"
        key = screen.app.get_key_display(binding)
        known = found.get((group, binding.action))
        keys = f"{known.keys}  {key}" if known and key not in known.keys.split("  ") else known.keys if known else key
        found[group, binding.action] = LiveKey(group, keys, binding.description.lower(), binding.id or "")
    return list(found.values())


class HelpScreen(ModalScreen[None]):
    """A sheet over the view, which goes on behind it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "close", id="help.close", key_display="esc")
    ]
    AUTO_FOCUS = "#help"

    def __init__(self, keys: list[LiveKey]) -> None:
        super().__init__()
        self.keys = keys

    def compose(self) -> ComposeResult:
        with PageScroll(id="help"):
            yield Static(self._sheet(), markup=False)

    def _sheet(self) -> Text:
        ink = Ink(self.app.theme_variables)
        lines = [
            joined([ink.write("Keys that work here", Tone.TITLE, bold=True), ink.muted("   ↑ ↓ scroll · esc close")])
        ]
        for group in dict.fromkeys(key.group for key in self.keys):
            lines += [Text(""), ink.write(group, Tone.ACCENT, bold=True)]
            lines += [self._line(ink, key) for key in self.keys if key.group == group]
        lines += [Text(""), ink.write("What can be typed", Tone.ACCENT, bold=True)]
        lines += [joined([_wide(ink.write(text), 32), ink.muted(meaning)]) for text, meaning in _GRAMMAR]
        return Text("\n").join(lines)

    def _line(self, ink: Ink, key: LiveKey) -> Text:
        return joined([_wide(ink.write(key.keys), 16), _wide(ink.write(key.description), 33), ink.muted(key.id)])


def _wide(text: Text, width: int) -> Text:
    text.pad_right(max(1, width - text.cell_len))
    return text
