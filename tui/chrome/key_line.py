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
        self._fits: list[tuple[ActiveBinding, str, str]] | None = None
        self._drawn: tuple[int, list[tuple[str, str]]] = (0, [])

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _: Screen[object]) -> None:
        """Draw anew where other keys are live; where the same are, a click may be for another widget."""
        if self.screen is not self.app.screen:
            return  # a screen that comes to the top says so again
        self._fits = fits = self._fitting()
        if self._drawn != (self.size.width, _words(fits)):
            self.refresh()
        else:
            self._spans = [(*span[:2], active) for span, (active, *_) in zip(self._spans, fits, strict=True)]

    def on_resize(self) -> None:
        """What fits is another thing."""
        self._fits = None

    def render(self) -> Text:
        ink = Ink(self.app.theme_variables)
        self._spans = []
        parts: list[Text] = []
        taken = 0
        fits, self._fits = self._fits or self._fitting(), None
        self._drawn = (self.size.width, _words(fits))
        for active, key, word in fits:
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


def _words(fits: list[tuple[ActiveBinding, str, str]]) -> list[tuple[str, str]]:
    """The keys and words of bindings."""
    return [(key, word) for _, key, word in fits]
