"""The line above the alerts that says what cannot be known: a server or file that alerts come from is away, and how old
its last answer is."""

from collections.abc import Hashable, Iterable
from typing import Any

from rich.text import Text

from fleet.alerts.model import Alert
from fleet.model import Source, SourceState
from fleet.store import Slice, Store
from fleet.tally import Tally
from fleet.times import age_text
from fleet.views.view import Tone
from tui.alerts.acts import count_of
from tui.ink import Ink, joined
from tui.live import AGES_EVERY_S, Live, is_paused, is_uncovered

KINDS = ("alerts", "rules", "alertmanager", "prometheus")
"""The kinds of source that alerts come from; an id may begin with one, too (`alertmanager:am-1`)."""
_MOST = 3


def brings_alerts(source: Source) -> bool:
    """Whether alerts come from this source."""
    return source.kind.value in KINDS or source.id.partition(":")[0] in KINDS


def away_lines(store: Store, ink: Ink, stale: int) -> list[Text]:
    """A line for each source of alerts that does not answer, and one for alerts that are only as last heard."""
    bad = [
        source
        for source in store.sources.values()
        if source.state in (SourceState.FAILING, SourceState.PARTIAL) and brings_alerts(source)
    ]
    heard = f"{count_of(stale, 'alert')} as last heard" if stale else ""
    lines = [_line(source, store, ink, "" if place else heard) for place, source in enumerate(bad[:_MOST])]
    if len(bad) > _MOST:
        lines.append(ink.muted(f"  and {len(bad) - _MOST:,} more (:sources)"))
    if stale and not lines:
        # Every source answers: these are claims that nobody repeats and nobody ends.
        lines.append(ink.write(f"◌ {heard}: old claims that nobody has repeated", Tone.STALE))
    return lines


def _line(source: Source, store: Store, ink: Ink, stale: str) -> Text:
    away = source.state is SourceState.FAILING
    word = f"✖ {source.id} is away" if away else f"◐ {source.id} answers in part"
    age, last = None, source.last_success or store.sources.seen(source.id)
    if store.now is not None and last is not None:
        age = max(0.0, (store.now - last).total_seconds())
    heard = "never answered" if last is None else f"last answer {age_text(age)} ago"
    why = source.error or "; ".join(source.problems[:1])
    parts = [
        ink.write(word, Tone.DOWN if away else Tone.DEGRADED, bold=True),
        ink.muted(heard),
        ink.write(stale, Tone.STALE),
        ink.muted(why),
    ]
    return joined([part for part in parts if part.plain], " · ")


def _stale(alert: Alert) -> Iterable[Hashable]:
    if alert.stale:
        yield "stale"


class Away(Live):
    """The lines; they take no place while all answer."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._tally: Tally[str, Alert] | None = None
        self._lines: list[Text] = []

    def slices(self) -> Iterable[Slice[Any, Any]]:
        return (self._store.sources, self._store.alerts)

    def on_mount(self) -> None:
        self.set_interval(AGES_EVERY_S, self._tick)

    def on_unmount(self) -> None:
        if self._tally is not None:
            self._tally.close()
            self._tally = None

    def update_now(self) -> None:
        if self._tally is None:
            self._tally = Tally(self._store.alerts, _stale)
        self._tally.catch_up()
        lines = away_lines(self._store, self.ink, self._tally["stale"])
        if [line.plain for line in lines] != [line.plain for line in self._lines]:
            grew = len(lines) != len(self._lines)
            self._lines = lines
            self.set_class(bool(lines), "-away")
            self.refresh(layout=grew)

    def render(self) -> Text:
        lines = away_lines(self._store, self.ink, self._tally["stale"] if self._tally is not None else 0)
        for line in lines:
            line.truncate(self.size.width, overflow="ellipsis")
        return Text("\n", end="").join(lines)

    def _tick(self) -> None:
        if is_uncovered(self) and not is_paused(self.app):
            self.update_now()
