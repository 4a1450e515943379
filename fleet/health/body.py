"""What a health endpoint's answer says, and what it shows.

Shapes that are read: the coordinator's (`ok`, `status`, `issues`, `dependencies`), exporters' and dashboards'
(`status`, `timestamp`, `version`), Spring (`status: UP`, `components`), `application/health+json` (`pass`, `warn`,
`fail`, `checks`), gRPC words (`SERVING`), orchestrators' (`overall_status`, `ready`, `alive`), the JSON of an MCP
`health_check` tool, Kubernetes' `?verbose` lines, and plain words.

The claim is what the body's words say. The observation starts from what happened (it answered, with which status) and
the body can only lower it: a bad claim is believed, a good one never improves anything.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from http import HTTPStatus
from typing import Any

from msgspec import Struct

from fleet.errors import Fault, OutsideError
from fleet.health.facts import bad_parts, facts_of, find_words
from fleet.health.payload import Payload, read_payload
from fleet.model import Fact, HealthReading
from fleet.text import scrub
from fleet.times import parse_time
from fleet.vocabulary import SEVERITY, AgentState, agent_state

_CLAIM_CHARS = 80
_WORD_KEYS = ("status", "overall_status", "state", "health", "health_status", "overall")
_BOOLEAN_KEYS = ("ok", "healthy", "alive", "live", "success")
_READY_KEYS = ("ready", "is_ready")
_NESTED_KEYS = ("health", "server", "result", "data", "detail")
_TIME_KEYS = ("timestamp", "time", "checked_at", "reported_at", "updated_at", "last_update", "now")
_REASON_KEYS = ("output", "reason")
_REMARK_KEYS = ("waiting_for", "message", "note", "notes", "description")
_CHECK_MARKS = ("[+]", "[-]")
_PHRASES = frozenset(status.phrase.lower() for status in HTTPStatus)
_NOT_WORSE = (None, AgentState.UP, AgentState.UNKNOWN, AgentState.STALE)


class _Claim(Struct, frozen=True):
    """A claim: its word as the body has it, the state that it means, and why, in the body's words."""

    word: str | None = None
    state: AgentState | None = None
    reasons: tuple[str, ...] = ()
    troubled: bool = False
    """The body names faults of its own (issues, a component that is down) beside a word that may be good."""


def read_health(status: int, content_type: str, body: bytes, *, naive: tzinfo = UTC) -> HealthReading:
    """The reading of a health answer with HTTP `status`; `naive` is the zone of times that name none.

    Raises OutsideError: status (4xx, redirects, 5xx without a usable body), rate limited (429), bad payload (HTML,
    malformed JSON with its byte, text that is not UTF-8).
    """
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise OutsideError(Fault.RATE_LIMITED)
    if not (200 <= status < 300 or status >= 500):
        raise OutsideError(Fault.STATUS, status_line(status))
    failed = status >= 500
    try:
        payload = read_payload(content_type, body)
    except OutsideError:
        if failed:
            raise OutsideError(Fault.STATUS, status_line(status)) from None
        raise
    claim = _claim_of_json(payload.value) if payload.is_json else _claim_of_text(payload, failed=failed)
    if failed and claim.state in (None, AgentState.UNKNOWN):
        raise OutsideError(Fault.STATUS, status_line(status))
    reasons = (status_line(status), *claim.reasons) if failed else claim.reasons
    return HealthReading(
        observed=_observed_failing(claim) if failed else _observed_answering(claim),
        claimed=claim.word,
        claimed_state=claim.state,
        detail=scrub("; ".join(reasons)),
        reported_at=_reported_at(payload.value, naive) if payload.is_json else None,
        facts=facts_of(payload.value) if payload.is_json else _line_facts(payload),
    )


def status_line(status: int) -> str:
    """`503 Service Unavailable`; the number alone where the registry has no name for it."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _observed_answering(claim: _Claim) -> AgentState:
    """It answered well; what it admits makes it degraded, as something that answers is not down."""
    if claim.state is AgentState.WAITING:
        return AgentState.WAITING
    return AgentState.UP if claim.state in _NOT_WORSE and not claim.troubled else AgentState.DEGRADED


def _observed_failing(claim: _Claim) -> AgentState:
    """It answered 5xx with a health body: degraded at best."""
    return AgentState.DOWN if claim.state is AgentState.DOWN else AgentState.DEGRADED


# ── JSON ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _claim_of_json(value: Any) -> _Claim:
    if isinstance(value, bool | str):
        return _from_words([value])
    if not isinstance(value, dict):
        return _Claim()
    claim = _claim_of_object(value)
    for key in _NESTED_KEYS:
        inner = value.get(key)
        if claim.state is None and isinstance(inner, dict):
            claim = _claim_of_object(inner)
    return claim


def _claim_of_object(value: dict[str, Any]) -> _Claim:
    """The worst of its status words; its booleans count where no word says more, and lower a good one."""
    said = _from_words([value[key] for key in _WORD_KEYS if isinstance(value.get(key), str | bool)])
    word, state = said.word, said.state
    for keys, meaning in ((_BOOLEAN_KEYS, AgentState.DOWN), (_READY_KEYS, AgentState.DEGRADED)):
        for key in (key for key in keys if isinstance(value.get(key), bool)):
            if word is None or (state in _NOT_WORSE and value[key] is False):
                word = word or f"{key}={str(value[key]).lower()}"
                state = AgentState.UP if value[key] else AgentState.DEGRADED if said.word else meaning
    parts, troubled = bad_parts(value)
    bad = troubled or state not in _NOT_WORSE
    reasons = [*parts, *find_words(value, _REASON_KEYS), *(find_words(value, _REMARK_KEYS) if bad else ())]
    return _Claim(word, state, tuple(dict.fromkeys(reasons)), troubled)


def _from_words(words: list[str | bool]) -> _Claim:
    """The worst of `words`, unknown ones counting least."""
    found = _Claim()
    for word in words:
        state = agent_state(word)
        if state is not None and (found.state is None or _rank(state) < _rank(found.state)):
            found = _Claim(scrub(str(word).lower() if isinstance(word, bool) else word, _CLAIM_CHARS), state)
    return found


def _rank(state: AgentState) -> int:
    return SEVERITY[AgentState.UP] + 1 if state is AgentState.UNKNOWN else SEVERITY[state]


def _reported_at(value: Any, naive: tzinfo) -> datetime | None:
    """The time that the body gives for itself: at its top, or beside its nested claim."""
    levels = [value, *(value.get(key) for key in _NESTED_KEYS)] if isinstance(value, dict) else []
    for level in levels:
        times = (parse_time(level.get(key), naive) for key in _TIME_KEYS) if isinstance(level, dict) else ()
        for when in times:
            if when is not None:
                return when
    return None


# ── Text ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _claim_of_text(payload: Payload, *, failed: bool) -> _Claim:
    """`ok`, a sentence with a word of the trade, or Kubernetes' list of checks with its last line.

    Beside a 5xx only a word or two count: what proxies and frameworks write there is no word of the agent's.
    """
    lines = payload.lines
    if not lines:
        return _Claim()
    failing = tuple(scrub(line[3:].strip(), 200) for line in lines if line.startswith("[-]"))
    listed = lines[0].startswith(_CHECK_MARKS)
    line = lines[-1] if listed else lines[0]
    words = [word.strip(".,:;!\"'()").lower() for word in line.split()]
    if len(words) > 20 or (failed and not listed and (len(words) > 3 or line.lower() in _PHRASES)):
        return _Claim(reasons=failing, troubled=bool(failing))
    known = _from_words([word for word in words if agent_state(word) not in (None, AgentState.UNKNOWN)])
    state = AgentState.UNKNOWN if known.state is None else known.state
    if state in (AgentState.UP, AgentState.UNKNOWN) and "not" in words:
        state = AgentState.DOWN
    bad = state not in _NOT_WORSE
    reasons = failing or ((scrub(line, 200),) if bad and len(words) > 1 else ())
    return _Claim(scrub(line, _CLAIM_CHARS), state, reasons, bool(failing))


def _line_facts(payload: Payload) -> tuple[Fact, ...]:
    return tuple(_check_lines(payload.lines[:100]))


def _check_lines(lines: list[str]) -> Iterator[Fact]:
    for line in lines:
        if line.startswith(_CHECK_MARKS):
            name, _, verdict = line[3:].partition(" ")
            yield Fact(scrub(name, 128), scrub(verdict.strip() or ("ok" if line[1] == "+" else "failed"), 256))
