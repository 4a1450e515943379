"""The keys that work at the moment, by the part of the screen that they belong to, with the ids to remap them by."""

from typing import Any, ClassVar

from msgspec import Struct
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input, Static

from fleet.filters.examples import LINES, TOPICS
from fleet.views.view import Tone
from tui.chrome.page_scroll import PageScroll
from tui.chrome.typed import TypedInput
from tui.ink import Ink, joined
from tui.keys.names import UNBOUND
from tui.screens.deck import DeckScreen
from tui.screens.sheet import Sheet

_GRAMMAR = (
    *((f"/{each.text}", each.meaning) for topic in TOPICS for each in topic.examples if each.brief),
    *((f":{line.text}", line.meaning) for line in LINES if line.brief),
    (":query up == 0", "ask PromQL, with a graph"),
    (":gates", "the quality gates"),
    (":silences", "the silences, and who holds what"),
    (":save mine", "keep the filter that is on as @mine"),
    (":time Europe/Berlin", "how times are shown: utc, local, relative, a zone"),
)


class LiveKey(Struct, frozen=True):
    """A binding that works: whose it is, its keys as shown, what it does, and its id."""

    group: str
    keys: str
    description: str
    id: str

    @property
    def words(self) -> str:
        """What a search in the help looks into."""
        return f"{self.group} {self.keys} {self.description} {self.id}".casefold()


def live_keys(screen: Screen[Any]) -> list[LiveKey]:
    """Every binding that works on `screen` now, as they were declared; the keys of one id stand together."""
    found: dict[tuple[str, str], LiveKey] = {}
    places: dict[tuple[str, str], tuple[int, int]] = {}
    nodes: dict[DOMNode, list[str | None]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.description or binding.key == UNBOUND:
            continue
        name, group = binding.id or binding.action, _group(active.node, screen)
        ids = nodes.setdefault(active.node, [declared.id for _, declared in active.node._bindings])
        places.setdefault((group, name), (list(nodes).index(active.node), ids.index(binding.id)))
        key = screen.app.get_key_display(binding)
        known = found.get((group, name))
        keys = key if known is None else known.keys if key in known.keys.split("  ") else f"{known.keys}  {key}"
        found[group, name] = LiveKey(group, keys, binding.description, binding.id or "")
    return [found[place] for place in sorted(found, key=places.__getitem__)]


def _group(node: DOMNode, screen: Screen[Any]) -> str:
    if isinstance(node, DeckScreen):
        return "Screen"
    if node is screen.app:
        return "Everywhere"
    return node.BINDING_GROUP_TITLE or type(node).__name__


class FindInput(TypedInput):
    """What is searched for in the help."""

    BINDING_GROUP_TITLE = "Search"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "end the search", id="find.close"),
        Binding("enter,down", "keep", "scroll what was found", id="find.done"),
    ]

    def action_clear(self) -> None:
        """Show everything again."""
        self.value = ""
        self.action_keep()

    def action_keep(self) -> None:
        """Give the focus back to the page."""
        self.display = bool(self.value)
        self.screen.set_focus(self.screen.query_one(PageScroll))


class HelpScreen(Sheet[None]):
    """A sheet over the view, which goes on behind it."""

    BINDING_GROUP_TITLE = "Help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "close", id="help.close"),
        Binding("slash", "find", "search", id="help.find"),
    ]
    AUTO_FOCUS = "#help"

    def __init__(self, keys: list[LiveKey]) -> None:
        super().__init__()
        self.keys = keys

    def compose(self) -> ComposeResult:
        with PageScroll(id="help"):
            box = FindInput(compact=True, placeholder="a key, a word or an id")
            box.cursor_blink = False
            box.display = False
            yield box
            yield Static(self._sheet(""), markup=False, id="sheet")

    def action_find(self) -> None:
        """Narrow the sheet to what holds a text."""
        box = self.query_one(FindInput)
        box.display = True
        self.set_focus(box)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow it as one types."""
        event.stop()
        self.query_one("#sheet", Static).update(self._sheet(event.value.strip().casefold()))

    def _sheet(self, wanted: str) -> Text:
        ink = Ink(self.app.theme_variables)
        lines = [
            joined(
                [
                    ink.write("Keys that work here", Tone.TITLE, bold=True),
                    ink.muted("   ↑ ↓ scroll · / search · esc close"),
                ]
            )
        ]
        keys = [key for key in self.keys if wanted in key.words]
        for group in dict.fromkeys(key.group for key in keys):
            lines += [Text(""), ink.write(group, Tone.ACCENT, bold=True)]
            lines += [self._line(ink, key) for key in keys if key.group == group]
        typed = [(text, meaning) for text, meaning in _GRAMMAR if wanted in f"{text} {meaning}".casefold()]
        if typed:
            lines += [Text(""), ink.write("What can be typed", Tone.ACCENT, bold=True)]
            lines += [joined([_wide(ink.write(text), 32), ink.muted(meaning)]) for text, meaning in typed]
        if wanted and not keys and not typed:
            lines += [Text(""), ink.muted("nothing of this is bound or can be typed here")]
        return Text("\n").join(lines)

    def _line(self, ink: Ink, key: LiveKey) -> Text:
        return joined([_wide(ink.write(key.keys), 16), _wide(ink.write(key.description), 33), ink.muted(key.id)])


def _wide(text: Text, width: int) -> Text:
    text.pad_right(max(1, width - text.cell_len))
    return text
