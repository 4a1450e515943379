"""The footer, made from the bindings that are live at the moment, cut to the width by their importance."""

from rich.text import Text
from textual import events
from textual.binding import ActiveBinding
from textual.screen import Screen
from textual.widget import Widget

from fleet.views.view import Tone
from tui.chrome.typed import is_typing
from tui.ink import Ink, joined
from tui.keys.bindings import FOOTER_KEEPS, FOOTER_ORDER
from tui.keys.names import UNBOUND

_GAP = 2


class KeyLine(Widget):
    """`enter open  / filter  : command …`; a click does what the key does."""

    def __init__(self) -> None:
        super().__init__()
        self._spans: list[tuple[int, int, ActiveBinding]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Text:
        ink = Ink(self.app.theme_variables)
        self._spans = []
        parts: list[Text] = []
        taken = 0
        for active, key, word in self._fitting():
            parts.append(joined([ink.write(key, Tone.ACCENT, bold=True), ink.muted(" " + word)]))
            self._spans.append((taken, taken + parts[-1].cell_len, active))
            taken += parts[-1].cell_len + _GAP
        return joined(parts, " " * _GAP)

    def on_click(self, event: events.Click) -> None:
        """Run the binding under the pointer."""
        x = event.get_content_offset_capture(self).x
        for start, end, active in self._spans:
            if start <= x < end and active.enabled:
                self.app.call_next(self.app.run_action, active.binding.action, active.node)

    def _fitting(self) -> list[tuple[ActiveBinding, str, str]]:
        """The live keys that fit: the most important are taken first, then all are shown in the footer's order."""
        room = self.size.width + _GAP
        ranked = self._ranked()
        kept = {name: place for place, name in enumerate(FOOTER_KEEPS)}
        fitting = {}
        for active in sorted(ranked, key=lambda active: kept.get(active.binding.id or "", len(kept))):
            key, word = self.app.get_key_display(active.binding), active.binding.description
            need = len(key) + 1 + len(word) + _GAP
            if need <= room:
                fitting[id(active)] = (active, key, word)
                room -= need
        return [fitting[id(active)] for active in ranked if id(active) in fitting]

    def _ranked(self) -> list[ActiveBinding]:
        """The live bindings that are for the footer; while something is typed, only those of the prompt are live."""
        shown: dict[str, ActiveBinding] = {}
        typing = self.screen.focused if is_typing(self.screen) else None
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if typing is not None and active.node is not typing:
                continue
            if binding.show and binding.description and binding.key != UNBOUND:
                shown.setdefault(binding.id or binding.action, active)
        rank = {name: place for place, name in enumerate(FOOTER_ORDER)}
        return sorted(shown.values(), key=lambda active: rank.get(active.binding.id or "", len(rank)))
