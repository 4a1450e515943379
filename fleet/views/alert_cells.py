"""How alerts and silences read in a cell, the same in every view of them."""

import math

from fleet.alerts.model import Alert, AlertState, SilenceState
from fleet.severity import Severity
from fleet.views.text import NOT_KNOWN
from fleet.views.view import Cell, Tone

_STATE = {
    AlertState.FIRING: Cell("▲ firing", Tone.DOWN),
    AlertState.PENDING: Cell("△ pending", Tone.WAITING),
    AlertState.RESOLVED: Cell("✓ resolved", Tone.MUTED),
}
_SILENCE_STATE = {
    SilenceState.ACTIVE: Cell("● active", Tone.ACCENT),
    SilenceState.PENDING: Cell("◆ pending", Tone.WAITING),
    SilenceState.EXPIRED: Cell("◌ expired", Tone.MUTED),
}
_SEVERITY_TONE = {
    Severity.CRITICAL: Tone.DOWN,
    Severity.HIGH: Tone.DOWN,
    Severity.WARNING: Tone.DEGRADED,
    Severity.INFO: Tone.MUTED,
    Severity.UNKNOWN: Tone.UNKNOWN,
}
_AGES = ((300, "<5m"), (3600, "<1h"), (6 * 3600, "<6h"), (86_400, "<1d"), (7 * 86_400, "<7d"))


def alert_state_cell(row: Alert) -> Cell:
    """Glyph and word; what is suppressed or flaps is said in place of the plain state."""
    if row.state is AlertState.RESOLVED and not row.flapping:
        return _STATE[row.state]
    if row.acknowledged_by is not None:
        return Cell("▪ acked", Tone.MUTED)
    if row.silenced_by:
        return Cell("▫ silenced", Tone.MUTED)
    if row.inhibited_by:
        return Cell("▫ inhibited", Tone.MUTED)
    if row.flapping:
        return Cell("≈ flapping", Tone.DEGRADED)
    if row.stale:
        return Cell(f"◌ {row.state.value}", Tone.STALE)
    return _STATE[row.state]


def silence_state_cell(state: SilenceState) -> Cell:
    """Glyph and word of a silence's state."""
    return _SILENCE_STATE[state]


def severity_cell(severity: Severity) -> Cell:
    """The mapped word."""
    return Cell(severity.value, _SEVERITY_TONE[severity])


def own_severity(severity: Severity, raw: str) -> str:
    """The source's own word where it is another than the mapped one, else ""."""
    return raw if raw.lower() != severity.value else ""


def age_bucket(seconds: float | None) -> str:
    """How long ago in one of a few steps, so that the cell seldom changes; "" where it is not known."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    return next((text for limit, text in _AGES if seconds < limit), "≥7d")


def value_cell(value: float | None) -> Cell:
    """The value of an expression, as short as it can be."""
    if value is None:
        return NOT_KNOWN
    if not math.isfinite(value):
        return Cell("NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf", Tone.UNKNOWN)
    return Cell(f"{value:.4g}")


def labels_text(labels: dict[str, str], without: frozenset[str] = frozenset()) -> str:
    """`name=value` of the labels that say more than name and severity."""
    said = without | {"alertname", "severity"}
    return " ".join(f"{name}={value}" for name, value in labels.items() if name not in said)


def summary(row: Alert) -> str:
    """What the alert says for people: its summary, else its description or message."""
    for name in ("summary", "description", "message"):
        text = row.annotations.get(name)
        if text:
            return " ".join(text.split("\n"))
    return ""
