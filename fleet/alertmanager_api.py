"""Alertmanager's API v2, read and written: alerts, groups, receivers, silences, status. Pure.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml. Fields that are not known are left out; those
that are have their types, or the answer is refused whole.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from fleet.alerts.model import AlertReading, AlertState, Silence, SilenceState
from fleet.alerts.silences import COMMENT_CHARS, is_ack
from fleet.errors import Fault, OutsideError
from fleet.prometheus_api import MOST_ALERTS, real_time
from fleet.promql.storage import Matcher, Matchers, MatchOp
from fleet.text import scrub

T = TypeVar("T")

MOST_SILENCES = 10_000
"""Silences that are taken from one answer."""
KEEP_EXPIRED = timedelta(days=1)
"""How long a silence is shown after its end."""
_URL_CHARS = 4096
_OPS = {
    (False, True): MatchOp.EQUAL,
    (False, False): MatchOp.NOT_EQUAL,
    (True, True): MatchOp.MATCHES,
    (True, False): MatchOp.NOT_MATCHES,
}


class _Named(Struct, frozen=True):
    name: str


class _AlertStatus(Struct, frozen=True, rename="camel"):
    state: str = ""
    silenced_by: tuple[str, ...] | None = None
    inhibited_by: tuple[str, ...] | None = None


class _Alert(Struct, frozen=True, rename="camel"):
    labels: dict[str, str]
    fingerprint: str
    annotations: dict[str, str] | None = None
    receivers: tuple[_Named, ...] | None = None
    starts_at: str = ""
    ends_at: str = ""
    status: _AlertStatus = _AlertStatus()
    generator_url: str = field(name="generatorURL", default="")


class _Matcher(Struct, frozen=True, rename="camel"):
    name: str
    value: str
    is_regex: bool
    is_equal: bool | None = True


class _SilenceStatus(Struct, frozen=True):
    state: str = "active"


class _Silence(Struct, frozen=True, rename="camel"):
    id: str
    matchers: tuple[_Matcher, ...]
    starts_at: str
    ends_at: str
    created_by: str = ""
    comment: str = ""
    status: _SilenceStatus = _SilenceStatus()
    updated_at: str = ""


class _Peer(Struct, frozen=True):
    name: str
    address: str = ""


class _Cluster(Struct, frozen=True):
    status: str = ""
    name: str = ""
    peers: tuple[_Peer, ...] | None = None


class _Version(Struct, frozen=True):
    version: str = ""


class _Status(Struct, frozen=True, rename="camel"):
    cluster: _Cluster = _Cluster()
    version_info: _Version = _Version()


class _GroupOf(Struct, frozen=True):
    receiver: _Named


class _Made(Struct, frozen=True, rename="camel"):
    silence_id: str = field(name="silenceID", default="")


class Held(Struct, frozen=True):
    """An alert that an Alertmanager holds: what it says of it, and its fingerprint there. In `reading`, `inhibited_by`
    are fingerprints."""

    fingerprint: str
    reading: AlertReading


class HeldSilence(Struct, frozen=True):
    """A silence of an Alertmanager, when it last changed, and its beginning as it is written there: who changes a
    silence and means the same beginning has to repeat it to the last digit."""

    silence: Silence
    updated_at: datetime
    starts: str


class About(Struct, frozen=True):
    """What an Alertmanager says of itself. `peers` are the names of all in its cluster, itself included; none where it
    is alone."""

    version: str = ""
    cluster: str = ""
    peers: frozenset[str] = frozenset()


def read_alerts(body: bytes | Raw) -> tuple[tuple[Held, ...], int]:
    """`GET /alerts`, and how many were beyond the limit. Raises OutsideError."""
    alerts = decoded(body, tuple[_Alert, ...])
    return tuple(map(_held, alerts[:MOST_ALERTS])), max(0, len(alerts) - MOST_ALERTS)


def read_silences(body: bytes | Raw, origin: str, now: datetime) -> tuple[tuple[HeldSilence, ...], int]:
    """`GET /silences`, without those that ended long ago; and how many were beyond the limit. Raises OutsideError."""
    found = [_silence(one, origin, now) for one in decoded(body, tuple[_Silence, ...])]
    lately = [one for one in found if one.silence.ends_at > now - KEEP_EXPIRED]
    lately.sort(key=lambda one: one.silence.ends_at, reverse=True)
    return tuple(lately[:MOST_SILENCES]), max(0, len(lately) - MOST_SILENCES)


def read_about(body: bytes | Raw) -> About:
    """`GET /status`. Raises OutsideError."""
    status = decoded(body, _Status)
    peers = {peer.name for peer in status.cluster.peers or ()} | ({status.cluster.name} - {""})
    return About(scrub(status.version_info.version, 40), scrub(status.cluster.status, 40), frozenset(peers))


def read_receivers(body: bytes | Raw) -> tuple[str, ...]:
    """`GET /receivers`: their names. Raises OutsideError."""
    return tuple(scrub(one.name, 120) for one in decoded(body, tuple[_Named, ...]))


def read_groups(body: bytes | Raw) -> tuple[str, ...]:
    """`GET /alerts/groups`: the receiver of each. Raises OutsideError."""
    return tuple(scrub(one.receiver.name, 120) for one in decoded(body, tuple[_GroupOf, ...]))


def read_made(body: bytes) -> str:
    """The id that `POST /silences` gives. Raises OutsideError."""
    made = decoded(body, _Made)
    if not made.silence_id:
        raise OutsideError(Fault.PAYLOAD, "the silence that was made has no id")
    return made.silence_id


def refusal(status: int, body: bytes) -> OutsideError:
    """Why the server did not do it: its own words, which are JSON or plain text."""
    try:
        said = msgspec.json.decode(body)
        text = said if isinstance(said, str) else said.get("message", "") if isinstance(said, dict) else ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = "" if body.lstrip().startswith(b"<") else body[:400].decode("utf-8", "replace")
    words = scrub(str(text), 300)
    return OutsideError(Fault.STATUS, f"{status}: {words}" if words else str(status))


def silence_body(
    matchers: Matchers, starts: str, ends_at: datetime, created_by: str, comment: str, id: str = ""
) -> bytes:
    """The body of `POST /silences`; with an `id` that one is changed."""
    body: dict[str, Any] = {
        "matchers": [_matcher_body(one) for one in matchers],
        "startsAt": starts,
        "endsAt": written(ends_at),
        "createdBy": created_by,
        "comment": comment,
    }
    return msgspec.json.encode({"id": id, **body} if id else body)


def alerts_body(alerts: Iterable[tuple[Mapping[str, str], Mapping[str, str], datetime, datetime, str]]) -> bytes:
    """The body of `POST /alerts`: labels, annotations, beginning, end and generator of each."""
    return msgspec.json.encode(
        [
            {
                "labels": labels,
                "annotations": annotations,
                "startsAt": written(starts_at),
                "endsAt": written(ends_at),
                "generatorURL": generator,
            }
            for labels, annotations, starts_at, ends_at, generator in alerts
        ]
    )


def written(when: datetime) -> str:
    """A time as the API takes it: RFC 3339 to the millisecond, which is all that it keeps of one."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def decoded(data: bytes | Raw, wanted: type[T]) -> T:
    """`data` as a `wanted`. Raises OutsideError with the place."""
    try:
        return msgspec.json.decode(data, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OutsideError(Fault.PAYLOAD, f"no answer of Alertmanager's API: {scrub(str(error), 160)}") from error


def _held(alert: _Alert) -> Held:
    since = real_time(alert.starts_at)
    return Held(
        alert.fingerprint,
        AlertReading(
            labels=alert.labels,
            annotations=alert.annotations or {},
            state=AlertState.FIRING,
            since=since,
            fired_at=since,
            generator_url=scrub(alert.generator_url, _URL_CHARS),
            receivers=tuple(scrub(one.name, 120) for one in alert.receivers or ()),
            silenced_by=tuple(scrub(id, 64) for id in alert.status.silenced_by or ()),
            inhibited_by=alert.status.inhibited_by or (),
        ),
    )


def _silence(one: _Silence, origin: str, now: datetime) -> HeldSilence:
    """What the server says of its state holds, though its clock is not ours."""
    starts, ends = real_time(one.starts_at), real_time(one.ends_at)
    if starts is None or ends is None:
        raise OutsideError(Fault.PAYLOAD, f"the silence {scrub(one.id, 64)} has no beginning or no end")
    state = {state.value: state for state in SilenceState}.get(one.status.state, SilenceState.ACTIVE)
    if state is not SilenceState.PENDING:
        starts = min(starts, now)
    if state is SilenceState.EXPIRED:
        ends = min(ends, now)
    comment = scrub(one.comment, COMMENT_CHARS)
    silence = Silence(
        id=scrub(one.id, 64),
        matchers=tuple(_matcher(matcher) for matcher in one.matchers),
        starts_at=starts,
        ends_at=ends,
        created_by=scrub(one.created_by, COMMENT_CHARS),
        comment=comment,
        state=state,
        origin=origin,
        acknowledges=is_ack(comment),
    )
    return HeldSilence(silence, real_time(one.updated_at) or starts, one.starts_at)


def _matcher(one: _Matcher) -> Matcher:
    return Matcher(one.name, _OPS[one.is_regex, one.is_equal is not False], one.value)


def _matcher_body(one: Matcher) -> dict[str, Any]:
    regex, equal = next(key for key, op in _OPS.items() if op is one.op)
    return {"name": one.name, "value": one.value, "isRegex": regex, "isEqual": equal}
