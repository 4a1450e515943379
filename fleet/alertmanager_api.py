"""Alertmanager's API v2, read and written: alerts, groups, receivers, silences, status. Pure.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml. Fields that are not known are left out; those
that are have their types, or the answer is refused whole.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

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


class _AlertStatus(Struct, frozen=True):
    state: str = ""
    silencedBy: tuple[str, ...] | None = None
    inhibitedBy: tuple[str, ...] | None = None


class _Alert(Struct, frozen=True):
    labels: dict[str, str]
    fingerprint: str
    annotations: dict[str, str] | None = None
    receivers: tuple[_Named, ...] | None = None
    startsAt: str = ""
    endsAt: str = ""
    status: _AlertStatus = _AlertStatus()
    generatorURL: str = ""


class _Matcher(Struct, frozen=True):
    name: str
    value: str
    isRegex: bool
    isEqual: bool | None = True


class _SilenceStatus(Struct, frozen=True):
    state: str = "active"


class _Silence(Struct, frozen=True):
    id: str
    matchers: tuple[_Matcher, ...]
    startsAt: str
    endsAt: str
    createdBy: str = ""
    comment: str = ""
    status: _SilenceStatus = _SilenceStatus()
    updatedAt: str = ""


class _Peer(Struct, frozen=True):
    name: str
    address: str = ""


class _Cluster(Struct, frozen=True):
    status: str = ""
    name: str = ""
    peers: tuple[_Peer, ...] | None = None


class _Version(Struct, frozen=True):
    version: str = ""


class _Status(Struct, frozen=True):
    cluster: _Cluster = _Cluster()
    versionInfo: _Version = _Version()


class _GroupOf(Struct, frozen=True):
    receiver: _Named


class _Made(Struct, frozen=True):
    silenceID: str = ""
    silenceId: str = ""


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
    found = [_silence(one, origin) for one in decoded(body, tuple[_Silence, ...])]
    lately = [one for one in found if one.silence.ends_at > now - KEEP_EXPIRED]
    lately.sort(key=lambda one: one.silence.ends_at, reverse=True)
    return tuple(lately[:MOST_SILENCES]), max(0, len(lately) - MOST_SILENCES)


def read_about(body: bytes | Raw) -> About:
    """`GET /status`. Raises OutsideError."""
    status = decoded(body, _Status)
    peers = {peer.name for peer in status.cluster.peers or ()} | ({status.cluster.name} - {""})
    return About(scrub(status.versionInfo.version, 40), scrub(status.cluster.status, 40), frozenset(peers))


def read_receivers(body: bytes | Raw) -> tuple[str, ...]:
    """`GET /receivers`: their names. Raises OutsideError."""
    return tuple(scrub(one.name, 120) for one in decoded(body, tuple[_Named, ...]))


def read_groups(body: bytes | Raw) -> tuple[str, ...]:
    """`GET /alerts/groups`: the receiver of each. Raises OutsideError."""
    return tuple(scrub(one.receiver.name, 120) for one in decoded(body, tuple[_GroupOf, ...]))


def read_made(body: bytes) -> str:
    """The id that `POST /silences` gives. Raises OutsideError."""
    made = decoded(body, _Made)
    id = made.silenceID or made.silenceId
    if not id:
        raise OutsideError(Fault.PAYLOAD, "the silence that was made has no id")
    return id


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
    since = real_time(alert.startsAt)
    return Held(
        alert.fingerprint,
        AlertReading(
            labels=alert.labels,
            annotations=alert.annotations or {},
            state=AlertState.FIRING,
            since=since,
            fired_at=since,
            generator_url=scrub(alert.generatorURL, _URL_CHARS),
            receivers=tuple(scrub(one.name, 120) for one in alert.receivers or ()),
            silenced_by=tuple(scrub(id, 64) for id in alert.status.silencedBy or ()),
            inhibited_by=alert.status.inhibitedBy or (),
        ),
    )


def _silence(one: _Silence, origin: str) -> HeldSilence:
    starts, ends = real_time(one.startsAt), real_time(one.endsAt)
    if starts is None or ends is None:
        raise OutsideError(Fault.PAYLOAD, f"the silence {scrub(one.id, 64)} has no beginning or no end")
    states = {state.value: state for state in SilenceState}
    comment = scrub(one.comment, COMMENT_CHARS)
    silence = Silence(
        id=scrub(one.id, 64),
        matchers=tuple(_matcher(matcher) for matcher in one.matchers),
        starts_at=starts,
        ends_at=ends,
        created_by=scrub(one.createdBy, COMMENT_CHARS),
        comment=comment,
        state=states.get(one.status.state, SilenceState.ACTIVE),
        origin=origin,
        acknowledges=is_ack(comment),
    )
    return HeldSilence(silence, real_time(one.updatedAt) or starts, one.startsAt)


def _matcher(one: _Matcher) -> Matcher:
    return Matcher(one.name, _OPS[one.isRegex, one.isEqual is not False], one.value)


def _matcher_body(one: Matcher) -> dict[str, Any]:
    regex, equal = next(key for key, op in _OPS.items() if op is one.op)
    return {"name": one.name, "value": one.value, "isRegex": regex, "isEqual": equal}
