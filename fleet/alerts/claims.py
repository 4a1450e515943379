"""Alerts that systems write about themselves, made into readings that are marked as claimed.

Each system has its own words for the same few things, so the likely names of each are tried in turn: what it is called
(`title`, `name`, `alert`, `type`, `category`, else its component), how bad it is (`severity`, `level`, `priority`),
what it says (`message`, `description`), whose it is (`component`, `service`, `source`, `affected_components`), when it
was (`timestamp`, `created_at`, …) and whether it has ended (`status`, `state`, `resolved`, `resolved_at`, …).

Few of them have ids and many say the same again and again: those that say the same of the same are one alert, of the
time at which it was said last, with how often it was. Most are never resolved by who wrote them: one that is older than
a limit is shown as stale. Times without a zone are taken as UTC.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from fleet.alerts.model import AlertReading, AlertsReading, AlertState
from fleet.text import scrub
from fleet.times import parse_time, rfc3339

MOST: Final = 5_000
"""Claims that are kept of one source, the newest."""
AGE_OUT_S: Final = 86_400.0
"""Seconds after which a claim that was not repeated is stale."""

_NAMES = ("title", "name", "alert", "alertname", "type", "category", "component", "service")
_SEVERITIES = ("severity", "level", "priority")
_TEXTS = ("message", "description", "summary", "details")
_OWNERS = ("component", "service", "source", "agent", "affected_components")
_TIMES = ("timestamp", "created_at", "triggered_at", "started_at", "time", "date")
_ENDS = ("resolved_timestamp", "resolved_at", "ended_at")
_ENDED_WORDS = frozenset({"resolved", "closed", "ended", "cleared", "fixed", "inactive", "ok"})
_LISTS = ("active_alerts", "alerts", "alert_history", "history", "items", "results", "data")


class ClaimRules(Struct, frozen=True, kw_only=True):
    """How claims of one source are read: the severity of those that name none ("": unknown), when they age out."""

    severity: str = ""
    age_out_s: float = AGE_OUT_S


def claims_in(document: Any) -> list[Any]:
    """The alerts in a document: a bare list, or the lists under the names that they have, one within the other."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return []
    found = [document[name] for name in _LISTS if name in document]
    items = [item for part in found for item in claims_in(part)]
    return items or ([document] if not found and _first(document, _TEXTS + _NAMES[:4]) else [])


def read_claims(items: Iterable[Any], now: datetime, rules: ClaimRules, problems: Iterable[str] = ()) -> AlertsReading:
    """Readings of `items`, those that say the same merged; what is no alert at all is counted in a problem."""
    said: dict[tuple[tuple[str, str], ...], AlertReading] = {}
    times: Counter[tuple[tuple[str, str], ...]] = Counter()
    strange = undated = 0
    for item in items:
        reading = read_claim(item, now, rules) if isinstance(item, Mapping) else None
        if reading is None:
            strange += 1
            continue
        undated += reading.since is None
        key = tuple(sorted(reading.labels.items()))
        times[key] += 1
        before = said.get(key)
        if before is None or _when(reading) >= _when(before):
            said[key] = reading
    readings = [_counted(reading, times[key]) for key, reading in said.items()]
    readings.sort(key=_when, reverse=True)
    sentences = list(problems)
    if strange:
        sentences.append(f"{strange:,} entries are no alerts")
    if undated:
        sentences.append(f"{undated:,} alerts have no time that can be read")
    return AlertsReading(alerts=tuple(readings[:MOST]), problems=tuple(sentences), cut=max(0, len(readings) - MOST))


def read_claim(item: Mapping[str, Any], now: datetime, rules: ClaimRules) -> AlertReading | None:
    """One alert; None where nothing in it says what it is."""
    name, text = _first(item, _NAMES), _first(item, _TEXTS)
    if not name and not text:
        return None
    when = parse_time(_raw(item, _TIMES))
    ended = _is_ended(item)
    severity = _first(item, _SEVERITIES) or rules.severity
    id = _text(item.get("original_id") or item.get("id"))
    labels = {
        "alertname": name or scrub(text, 80),
        "severity": severity,
        "component": _first(item, _OWNERS),
        "id": id,
        # Without an id it is its words that tell one from another.
        "message": "" if id else scrub(text, 160),
        "category": _text(item.get("category")),
    }
    annotations = {
        "summary": text or name,
        "recommended_action": _text(item.get("recommended_action")),
        "resolution": _text(item.get("resolution")),
    }
    old = not ended and when is not None and now - when > timedelta(seconds=rules.age_out_s)
    return AlertReading(
        labels={key: value for key, value in labels.items() if value},
        annotations={key: value for key, value in annotations.items() if value},
        state=AlertState.RESOLVED if ended else AlertState.FIRING,
        value=_number(item),
        since=when,
        fired_at=when,
        resolved_at=(parse_time(_raw(item, _ENDS)) or when) if ended else None,
        claimed=True,
        stale=old,
    )


def _counted(reading: AlertReading, times: int) -> AlertReading:
    if times == 1:
        return reading
    last = f", last {rfc3339(reading.since)}" if reading.since is not None else ""
    return replace(reading, annotations={**reading.annotations, "repeated": f"said {times:,} times{last}"})


def _when(reading: AlertReading) -> float:
    return reading.since.timestamp() if reading.since is not None else 0.0


def _is_ended(item: Mapping[str, Any]) -> bool:
    if item.get("resolved") is True or item.get("active") is False:
        return True
    word = _text(item.get("status") or item.get("state")).lower()
    if word:
        return word in _ENDED_WORDS
    return _raw(item, _ENDS) is not None


def _number(item: Mapping[str, Any]) -> float | None:
    for key in ("value", "delta", "count"):
        value = item.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def _raw(item: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((item[name] for name in names if item.get(name) is not None), None)


def _first(item: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((text for name in names if (text := _text(item.get(name)))), "")


def _text(value: Any) -> str:
    """A word, a number or a list of words as one line; "" for anything else."""
    if isinstance(value, list | tuple):
        return scrub(", ".join(_text(part) for part in value[:16] if not isinstance(part, list | dict)))
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return scrub(str(value)).strip()
    return ""
