"""How many alerts fire, by severity: in every title, so that nobody is in a view from which it is not seen, and on the
overview."""

from collections.abc import Hashable, Iterable, Mapping

from msgspec import Struct
from rich.text import Text

from fleet.alerts.model import Alert, AlertState
from fleet.severity import SEVERITY_RANK, Severity
from fleet.store import Store
from fleet.tally import Tally
from fleet.views.view import Tone
from tui.counted_line import CountedLine, counted
from tui.ink import Ink, joined

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


class AlertLine(CountedLine[Firing]):
    """One line of counts; none where there are no alerts."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.alerts, lambda: Counting(store), Firing())

    def is_any(self, counts: Firing) -> bool:
        return counts.is_any

    def parts(self, counts: Firing, ink: Ink) -> Iterable[Text]:
        yield ink.muted("alerts")
        for one, number in counts.by_severity.items():
            yield counted(GLYPH[one], number, one.value, TONE[one], ink)
        if counts.pending:
            yield ink.muted(f"{counts.pending:,} pending")
        if counts.suppressed:
            yield ink.muted(f"{counts.suppressed:,} silenced or acknowledged")
