"""The second line: what is shown, by which filter and order, how much of it, and how fresh it is."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from rich.text import Text

from fleet.severity import Severity
from fleet.store import Slice
from fleet.times import age_text
from fleet.views.view import Tone
from tui.acting.may import tag
from tui.alerts.counts import Counting, chip, loud
from tui.context import Context
from tui.ink import Ink, between, joined
from tui.live import Live
from tui.slos import counts as slos

HEARTBEAT_S = 10.0
BEHIND_S = 30.0
"""How far the evaluation may lag behind the clock before the line says so."""

_LEAST_LEFT = 24
"""Cells that what is shown keeps at least, where its neighbours can be said in fewer words."""
_TAG_TONES = {"FROZEN": Tone.DOWN, "UNLOCKED": Tone.WAITING}


class TitleLine(Live):
    """Left: the screen's title, set by the screen. Right: what fires and burns, how much is being done, tags,
    and `as of`, the time up to which all was judged.

    The time moves with the data, and every ten seconds where no data comes: often enough to show that the program
    lives, seldom enough to cost nothing on the wire.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._deck = context
        self._store = context.store
        self._left: tuple[Text, ...] = ()
        self._as_of = ""
        self._behind = ""
        self._counting: Counting | None = None
        self._firing: dict[Severity, int] = {}
        self._slos: slos.SloCounting | None = None
        self._burning: slos.Counts = {}
        self._tag = tag(context)
        self._under_way = 0

    def slices(self) -> Iterable[Slice[Any, Any]]:
        store = self._store
        seen = (store.status, store.sources, store.queues, store.backlog, store.events, store.alerts)
        return (*seen, store.slos, store.freeze, store.actions)

    def on_mount(self) -> None:
        self.set_interval(HEARTBEAT_S, self._beat)
        self.watch(self.app, "paused", self._tag_changed, init=False)
        self.watch(self.app, "trouble", self._tag_changed, init=False)

    def on_unmount(self) -> None:
        if self._counting is not None:
            self._counting.close()
            self._counting = None
        if self._slos is not None:
            self._slos.close()
            self._slos = None

    def show_title(self, *parts: Text) -> None:
        """Set the left side; parts are shown with two blanks between."""
        # Texts are equal for Rich whatever their colour.
        if [(part, part.style) for part in parts] != [(part, part.style) for part in self._left]:
            self._left = parts
            self.refresh()

    def update_now(self) -> None:
        now = self._store.now
        as_of = "no data yet" if now is None else f"as of {self._store.times.title(now)}"
        behind = self._lag()
        if self._counting is None:
            self._counting = Counting(self._store)
        if self._slos is None:
            self._slos = slos.SloCounting(self._store)
        firing, burning = loud(self._counting.counts()), slos.loud(self._slos.counts())
        if tag(self._deck) != self._tag:
            # Other keys are live, too.
            self._tag = tag(self._deck)
            self.screen.refresh_bindings()
            self.refresh()
        under_way = sum(not one.ended for one in self._store.actions.values())
        if under_way != self._under_way:
            self._under_way = under_way
            self.refresh()
        if (as_of, behind, firing, burning) != (self._as_of, self._behind, self._firing, self._burning):
            self._as_of, self._behind, self._firing, self._burning = as_of, behind, firing, burning
            self.refresh()

    def render(self) -> Text:
        ink = self.ink
        fleet = ink.write(self._deck.fleet_name, Tone.ACCENT, bold=True)
        return between(joined([fleet, *self._left], "  "), self._right(ink), self.size.width)

    def _right(self, ink: Ink) -> Text:
        """The tags; by whom and since when nothing may be written is said where there is room."""
        forms = dict.fromkeys((self._tag, self._tag.partition(" since ")[0], self._tag.partition(" ")[0]))
        drawn = [joined(self._tags(ink, form), "  ") for form in forms]
        return next((text for text in drawn if text.cell_len + _LEAST_LEFT <= self.size.width), drawn[-1])

    def _tags(self, ink: Ink, written: str) -> list[Text]:
        tags = [tag for tag in (chip(self._firing, ink), slos.chip(self._burning, ink)) if tag]
        trouble = str(getattr(self.app, "trouble", ""))
        if trouble:
            tags.append(ink.write(f"✖ {trouble}", Tone.DOWN, bold=True))
        if self._under_way:
            tags.append(ink.write(f"◐ {self._under_way} under way", Tone.ACCENT, bold=True))
        if written:
            tags.append(ink.write(written, _TAG_TONES.get(written.partition(" ")[0], Tone.ACCENT), bold=True))
        if getattr(self.app, "paused", False):
            tags.append(ink.write("❙❙ PAUSED", Tone.WAITING, bold=True))
        if self._behind:
            tags.append(ink.write(self._behind, Tone.STALE))
        tags.append(ink.muted(self._as_of))
        return tags

    def _lag(self) -> str:
        now = self._store.now
        if now is None:
            return ""
        lag = self._deck.clock.now() - now
        return f"{age_text(lag.total_seconds())} behind" if lag > timedelta(seconds=BEHIND_S) else ""

    def _tag_changed(self) -> None:
        self.refresh()

    def _beat(self) -> None:
        if self._may_draw():
            self.update_now()
