"""How many alerts fire, by severity: in every title, so that nobody is in a view from which it is not seen, and on the
overview."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from msgspec import Struct
from rich.text import Text

from fleet.alerts.model import Alert, AlertState
from fleet.severity import SEVERITY_RANK, Severity
from fleet.store import Slice, Store
from fleet.tally import Tally
from fleet.views.view import Tone
from tui.ink import Ink, joined
from tui.live import Live

GLYPH = {
    Severity.CRITICAL: "✖",
    Severity.HIGH: "▲",
    Severity.WARNING: "!",
    Severity.UNKNOWN: "?",
    Severity.INFO: "·",
}
"""Shape as well as colour."""
TONE = {
    Severity.CRITICAL: Tone.DOWN,
    Severity.HIGH: Tone.DOWN,
    Severity.WARNING: Tone.DEGRADED,
    Severity.UNKNOWN: Tone.UNKNOWN,
    Severity.INFO: Tone.MUTED,
}
LOUD = (Severity.CRITICAL, Severity.HIGH)
"""What is in every title."""


class Firing(Struct, frozen=True):
    """Alerts that fire and that nobody has taken on, by severity; and the others."""

    by_severity: dict[Severity, int] = {}
    suppressed: int = 0
    pending: int = 0

    @property
    def is_any(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.by_severity or self.suppressed or self.pending)


class Counting:
    """Counts the alerts of a store, at a cost that follows what changed."""

    def __init__(self, store: Store) -> None:
        self._tally: Tally[str, Alert] = Tally(store.alerts, _marks)

    def counts(self) -> Firing:
        """What there is now."""
        tally = self._tally
        tally.catch_up()
        ranked = sorted(SEVERITY_RANK, key=SEVERITY_RANK.__getitem__)
        return Firing({one: tally[one] for one in ranked if tally[one]}, tally["suppressed"], tally["pending"])

    def close(self) -> None:
        """Stop listening to the store."""
        self._tally.close()


def _marks(alert: Alert) -> Iterable[Hashable]:
    if alert.state is AlertState.RESOLVED:
        return
    if alert.suppressed:
        yield "suppressed"
    elif alert.state is AlertState.FIRING:
        yield alert.severity
    else:
        yield "pending"


def loud(firing: Firing) -> dict[Severity, int]:
    """The counts that stand in every title."""
    return {one: firing.by_severity[one] for one in LOUD if one in firing.by_severity}


def chip(counts: Mapping[Severity, int], ink: Ink) -> Text:
    """`✖ 3 critical ▲ 12 high`, for the title; empty where nothing so bad fires."""
    return joined(
        [ink.write(f"{GLYPH[one]} {number:,} {one.value}", TONE[one], bold=True) for one, number in counts.items()], " "
    )


class AlertLine(Live):
    """One line of counts; none where there are no alerts."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._counting: Counting | None = None
        self._firing = Firing()

    def slices(self) -> Iterable[Slice[Any, Any]]:
        return (self._store.alerts,)

    def update_now(self) -> None:
        if self._counting is None:
            self._counting = Counting(self._store)
        firing = self._counting.counts()
        if firing != self._firing:
            self._firing = firing
            self.set_class(firing.is_any, "-any")
            self.refresh()

    def recolour(self) -> None:
        """Say the same in the colours of the theme that is on."""
        self.refresh()

    def on_unmount(self) -> None:
        if self._counting is not None:
            self._counting.close()
            self._counting = None

    def render(self) -> Text:
        ink, firing = self.ink, self._firing
        parts = [
            joined(
                [
                    ink.write(f"{GLYPH[one]} ", TONE[one]),
                    ink.write(f"{number:,}", TONE[one], bold=True),
                    ink.write(f" {one.value}", TONE[one]),
                ]
            )
            for one, number in firing.by_severity.items()
        ]
        if firing.pending:
            parts.append(ink.muted(f"{firing.pending:,} pending"))
        if firing.suppressed:
            parts.append(ink.muted(f"{firing.suppressed:,} silenced or acknowledged"))
        line = joined([ink.muted("alerts"), *parts], "  ")
        line.truncate(self.size.width, overflow="ellipsis")
        return line
