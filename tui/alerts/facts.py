"""What is known of an alert, as names and values. All of it may come from outside."""

from collections.abc import Iterator
from datetime import datetime

from fleet.alerts.model import Alert, AlertState, Silence
from fleet.alerts.threshold import threshold_of
from fleet.store import Store
from fleet.times import age_text, span_text
from fleet.views.view import Cell, Tone
from fleet.why.proposal import NOT_READY, READY, ready_for, unready_for
from tui.alerts.counts import GLYPH, TONE
from tui.alerts.words import matchers_text
from tui.chrome.facts import Known

_STATE_TONE = {AlertState.FIRING: Tone.DOWN, AlertState.PENDING: Tone.WAITING, AlertState.RESOLVED: Tone.UP}
_FIRST = ("summary", "description", "message", "runbook_url", "runbook", "dashboard_url")
"""Annotations in the order in which they help."""


def alert_facts(alert: Alert, store: Store) -> list[Known]:
    """All that the page says in words."""
    return [*_state(alert, store), *_ready(alert, store), *_suppressed(alert, store), *_said(alert), *_origin(alert)]


def _state(alert: Alert, store: Store) -> Iterator[Known]:
    yield Known("state", _state_cells(alert, store))
    raw = f" ({alert.severity_raw})" if alert.severity_raw not in ("", alert.severity.value) else ""
    severity = Cell(f"{GLYPH[alert.severity]} {alert.severity.value}{raw}", TONE[alert.severity])
    yield Known("severity", (severity,))
    if alert.claimed:
        yield Known("claimed", (Cell("a system says this of itself; nothing here has checked it", Tone.DEGRADED),))
    if alert.stale:
        yield Known("stale", (Cell(_heard(alert), Tone.STALE),))
    yield Known("value", _value_cells(alert))
    if alert.expr:
        yield Known("expression", (Cell(alert.expr, Tone.ACCENT),))
    if alert.for_s:
        yield Known("for", (Cell(span_text(alert.for_s)),))


def _ready(alert: Alert, store: Store) -> Iterator[Known]:
    """Rollbacks that are proposed for what the alert is about."""
    for text in ready_for(store, alert.labels.values()):
        yield Known(READY, (Cell(text, Tone.ACCENT),))
    for text in unready_for(store, alert.labels.values()):
        yield Known(NOT_READY, (Cell(text, Tone.MUTED),))


def _heard(alert: Alert) -> str:
    if alert.claimed:
        return "as last heard: nobody has repeated it, or what brings it is away"
    return "as last heard: what brings it is away"


def _state_cells(alert: Alert, store: Store) -> tuple[Cell, ...]:
    word = Cell(alert.state.value, _STATE_TONE[alert.state])
    when = alert.resolved_at if alert.state is AlertState.RESOLVED else alert.fired_at or alert.since
    flaps = (Cell("  ≈ flapping", Tone.DEGRADED),) if alert.flapping else ()
    if when is None:
        return (word, *flaps)
    return (word, Cell(" since ", Tone.MUTED), Cell(_when(when, store)), *flaps)


def _value_cells(alert: Alert) -> tuple[Cell, ...]:
    value = Cell("not known", Tone.MUTED) if alert.value is None else Cell(f"{alert.value:,.6g}")
    threshold = threshold_of(alert.expr)
    return (value,) if threshold is None else (value, Cell(f"  fires when {threshold}", Tone.MUTED))


def _suppressed(alert: Alert, store: Store) -> Iterator[Known]:
    for id in alert.silenced_by:
        silence = store.silences.get(id)
        if silence is None:
            yield Known("silenced", (Cell(f"by {id}, of which nothing else is known", Tone.MUTED),))
        else:
            yield Known("acknowledged" if silence.acknowledges else "silenced", _silence_cells(silence, store))
    if alert.acknowledged_by and not any(id in store.silences for id in alert.silenced_by):
        yield Known("acknowledged", (Cell(f"by {alert.acknowledged_by}", Tone.ACCENT),))
    for id in alert.inhibited_by:
        other = store.alerts.get(id)
        yield Known("inhibited", (Cell(f"explained by {other.name if other is not None else id}", Tone.ACCENT),))


def _silence_cells(silence: Silence, store: Store) -> tuple[Cell, ...]:
    renewed = ", renewed while it fires" if silence.acknowledges else ""
    return (
        Cell(f"by {silence.created_by or 'nobody named'} ", Tone.ACCENT),
        Cell(f"until {_when(silence.ends_at, store)}{renewed} ", Tone.MUTED),
        Cell(f"{silence.comment} "),
        Cell(f"{{{matchers_text(silence)}}}", Tone.MUTED),
    )


def _said(alert: Alert) -> Iterator[Known]:
    """Annotations, links among them as text: what follows a link from a terminal is the operator's decision."""
    rest = sorted(name for name in alert.annotations if name not in _FIRST)
    for name in (*_FIRST, *rest):
        text = alert.annotations.get(name, "")
        if text:
            yield Known(name.replace("_", " "), (Cell(text),))
    pairs = sorted((name, value) for name, value in alert.labels.items() if name != "alertname")
    for place, (name, value) in enumerate(pairs):
        yield Known("" if place else "labels", (Cell(f"{name} ", Tone.MUTED), Cell(value)))


def _origin(alert: Alert) -> Iterator[Known]:
    for name, text in (
        ("sources", ", ".join(alert.sources) or alert.source),
        ("rule", alert.rule),
        ("receivers", ", ".join(alert.receivers)),
        ("generator", alert.generator_url),
    ):
        if text:
            yield Known(name, (Cell(text, Tone.MUTED),))


def _when(when: datetime, store: Store) -> str:
    """The time, and how long ago that is or how long until then."""
    if store.now is None:
        return store.times.clock(when, None)
    gap = (store.now - when).total_seconds()
    clock = store.times.clock(when, store.now)
    if store.times.relative:
        return clock
    return f"{clock} ({age_text(gap)} ago)" if gap >= 0 else f"{clock} (in {age_text(-gap)})"
