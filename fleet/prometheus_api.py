"""Prometheus's HTTP API v1, read: the envelope, rules with their alerts, alerts alone, answers of queries. Pure.

https://prometheus.io/docs/prometheus/latest/querying/api/. Fields that are not known are left out; those that are have
their types, or the answer is refused whole. Numbers are texts in it, times are seconds or RFC 3339.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from fleet.alerts.model import AlertReading, AlertState
from fleet.errors import Fault, OutsideError, QueryError
from fleet.promql.evaluate import Answer as Evaluated
from fleet.promql.function import Vector
from fleet.promql.labels import Labels
from fleet.promql.storage import Series
from fleet.text import scrub, scrub_lines
from fleet.times import parse_time

T = TypeVar("T")

MOST_ALERTS = 20_000
"""Alerts that are taken from one answer."""
_MOST_PROBLEMS = 50
_TEXT_CHARS = 4096
_QUERY_FAULTS = frozenset({"bad_data", "execution"})
"""Kinds of error that are the question's; all others are the server's."""
_STATES = {"firing": AlertState.FIRING, "pending": AlertState.PENDING}
_WELL = frozenset({"ok", "unknown", ""})


class _Envelope(Struct, frozen=True, rename="camel"):
    status: str
    data: Raw = Raw(b"null")
    error_type: str = ""
    error: str = ""
    warnings: tuple[str, ...] | None = None
    infos: tuple[str, ...] | None = None


class Said(Struct, frozen=True):
    """What stands in an envelope: the data as they came, and what the server remarks."""

    data: Raw
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()


class _Alert(Struct, frozen=True, rename="camel"):
    labels: dict[str, str]
    state: str
    annotations: dict[str, str] | None = None
    active_at: str | None = None
    value: str | None = None


class _Rule(Struct, frozen=True, rename="camel"):
    name: str
    type: str = "alerting"
    query: str = ""
    duration: float = 0.0
    alerts: tuple[_Alert, ...] | None = None
    health: str = ""
    last_error: str = ""


class _Group(Struct, frozen=True):
    name: str
    file: str = ""
    rules: tuple[_Rule, ...] | None = None


class _Groups(Struct, frozen=True):
    groups: tuple[_Group, ...] | None = None


class _Alerts(Struct, frozen=True):
    alerts: tuple[_Alert, ...] | None = None


class _Result(Struct, frozen=True, rename="camel"):
    result_type: str
    result: Raw


class _Sample(Struct, frozen=True):
    metric: dict[str, str]
    value: tuple[float, str] | None = None
    histogram: Any = None


class _Samples(Struct, frozen=True):
    metric: dict[str, str]
    values: tuple[tuple[float, str], ...] = ()
    histograms: Any = None


class AlertsSaid(Struct, frozen=True):
    """The alerts that a Prometheus has now. `problems` are rules that it cannot evaluate, `rules` and `groups` counts
    (None where only alerts were asked for), `cut` what was beyond the limit."""

    alerts: tuple[AlertReading, ...] = ()
    problems: tuple[str, ...] = ()
    groups: int | None = None
    rules: int | None = None
    cut: int = 0


def read_envelope(status: int, body: bytes) -> Said:
    """What an answer says. Raises QueryError where the question was wrong, OutsideError for every other failure."""
    try:
        found = msgspec.json.decode(body, type=_Envelope)
    except msgspec.DecodeError as error:
        if status // 100 != 2:
            raise OutsideError(Fault.STATUS, str(status)) from error
        raise OutsideError(Fault.PAYLOAD, f"no answer of Prometheus's API: {scrub(str(error), 160)}") from error
    except UnicodeDecodeError as error:
        raise OutsideError(Fault.PAYLOAD, "no answer of Prometheus's API: not UTF-8") from error
    if found.status == "success" and status // 100 == 2:
        return Said(found.data, _words(found.warnings), _words(found.infos))
    said = scrub(found.error, 300) or "no reason given"
    if found.error_type in _QUERY_FAULTS:
        raise QueryError(said, found.error_type)
    raise OutsideError(Fault.STATUS, f"{status}: {scrub(found.error_type, 40)}: {said}".replace(": : ", ": "))


def read_rules(said: Said) -> AlertsSaid:
    """`/api/v1/rules`. Raises OutsideError."""
    groups = decoded(said.data, _Groups).groups or ()
    readings: list[AlertReading] = []
    problems: list[str] = []
    count = 0
    for group in groups:
        where = scrub(f"{group.file}: {group.name}" if group.file else group.name, 200)
        for rule in group.rules or ():
            count += 1
            if rule.health not in _WELL or rule.last_error:
                problems.append(f"{where}: {scrub(rule.name, 80)}: {scrub(rule.last_error or rule.health, 200)}")
            if rule.type == "alerting":
                readings += (_reading(alert, rule, where) for alert in rule.alerts or ())
    return AlertsSaid(
        tuple(readings[:MOST_ALERTS]),
        tuple(problems[:_MOST_PROBLEMS]),
        len(groups),
        count,
        max(0, len(readings) - MOST_ALERTS),
    )


def read_alerts(said: Said) -> AlertsSaid:
    """`/api/v1/alerts`, which knows no rules. Raises OutsideError."""
    alerts = decoded(said.data, _Alerts).alerts or ()
    nameless = _Rule(name="")
    readings = tuple(_reading(alert, nameless, "") for alert in alerts[:MOST_ALERTS])
    return AlertsSaid(readings, cut=max(0, len(alerts) - MOST_ALERTS))


def read_answer(said: Said) -> Evaluated:
    """`/api/v1/query` and `/api/v1/query_range`. Raises OutsideError; QueryError for native histograms, which are left
    out."""
    result = decoded(said.data, _Result)
    remarks = (*said.warnings, *said.infos)
    match result.result_type:
        case "vector":
            return Evaluated(_vector(decoded(result.result, tuple[_Sample, ...])), remarks)
        case "matrix":
            return Evaluated(_matrix(decoded(result.result, tuple[_Samples, ...])), remarks)
        case "scalar":
            return Evaluated(number(decoded(result.result, tuple[float, str])[1]), remarks)
        case "string":
            return Evaluated(decoded(result.result, tuple[float, str])[1], remarks)
    raise OutsideError(Fault.PAYLOAD, f"no type of an answer: {scrub(result.result_type, 40)!r}")


def number(text: str) -> float:
    """A sample's value. Raises OutsideError where it is none."""
    try:
        # Python would also take `1_000`, and blanks.
        return float("" if "_" in text or text != text.strip() else text)
    except ValueError:
        raise OutsideError(Fault.PAYLOAD, f"no number: {scrub(text, 40)!r}") from None


def decoded(data: Raw, wanted: type[T]) -> T:
    """`data` as a `wanted`. Raises OutsideError with the place."""
    try:
        return msgspec.json.decode(data, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OutsideError(Fault.PAYLOAD, scrub(str(error), 200)) from error


def _reading(alert: _Alert, rule: _Rule, where: str) -> AlertReading:
    """Prometheus does not say when an alert began to fire: no sooner than `for` after it became active."""
    since = real_time(alert.active_at)
    state = _STATES.get(alert.state, AlertState.FIRING)
    return AlertReading(
        labels=alert.labels if "alertname" in alert.labels else {"alertname": rule.name, **alert.labels},
        annotations=alert.annotations or {},
        state=state,
        value=None if not alert.value else number(alert.value),
        since=since,
        fired_at=_later(since, rule.duration) if state is AlertState.FIRING else None,
        expr=scrub_lines(rule.query, _TEXT_CHARS),
        for_s=rule.duration,
        rule=where,
    )


def real_time(text: str | None) -> datetime | None:
    """A time; None where there is none, as Go's zero time says."""
    when = parse_time(text)
    return None if when is None or when.year < 1970 else when


def _later(when: datetime | None, seconds: float) -> datetime | None:
    try:
        return None if when is None else when + timedelta(seconds=seconds)
    except OverflowError:
        return when


def _vector(samples: Iterable[_Sample]) -> Vector:
    labels, values = [], []
    for one in samples:
        if one.histogram is not None or one.value is None:
            raise QueryError(_NO_HISTOGRAMS, "execution")
        labels.append(Labels.of(one.metric))
        values.append(number(one.value[1]))
    return Vector(labels, values)


def _matrix(series: Iterable[_Samples]) -> tuple[Series, ...]:
    found = []
    for one in series:
        if one.histograms:
            raise QueryError(_NO_HISTOGRAMS, "execution")
        times = [round(at * 1000) for at, _ in one.values]
        found.append(Series(Labels.of(one.metric), times, [number(value) for _, value in one.values]))
    return tuple(found)


_NO_HISTOGRAMS = "the answer has native histograms, which are left out"


def _words(texts: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(scrub(text, 300) for text in (texts or ())[:_MOST_PROBLEMS])
