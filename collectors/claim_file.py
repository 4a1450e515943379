"""A JSON file of claimed alerts as a probe: read when it has changed, parsed off the event loop."""

import asyncio
from pathlib import Path
from typing import Any

from msgspec import Struct

from fleet.alerts.claims import ClaimRules, claims_in, read_claims
from fleet.alerts.model import AlertsReading
from fleet.errors import Fault, OutsideError, ParseError
from fleet.json_salvage import Document, read_json
from fleet.ports import Reach
from transport.files import Identity, identity, lasting, read_file

EVERY_S = 30.0
MOST_BYTES = 32 * 1024 * 1024
"""The limit of a file of alerts, below that of files in general: it is decoded in one go."""

_NESTS = ("alerts", "active_alerts", "alert_history", "history")


class _Read(Struct, frozen=True):
    """What stood in a file of that identity; None where its time cannot be relied upon yet."""

    identity: Identity | None
    items: list[Any]
    problems: tuple[str, ...]


class ClaimFile:
    """The alerts in `path`, all of them or those under `member` of its top level."""

    def __init__(self, path: str, reach: Reach, rules: ClaimRules, member: str = "") -> None:
        self.target = path
        self._path = reach.root / Path(path).expanduser()
        self._limit = min(reach.limits.file_bytes, MOST_BYTES)
        self._clock = reach.clock
        self._rules = rules
        self._member = member
        self._last: _Read | None = None

    async def probe(self) -> AlertsReading:
        """What the file says now. Raises OutsideError: missing, too large, or nothing of it can be read."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> AlertsReading:
        # Taken and put at once: a look that was given up goes on in its thread, beside the next one.
        last = self._last
        if last is None or identity(self._path) != last.identity:
            last = self._last = self._read()
        # Ages are judged anew at every look, whether the file changed or not.
        return read_claims(last.items, self._clock.now(), self._rules, last.problems)

    def _read(self) -> _Read:
        snapshot = read_file(self._path, self._limit)
        try:
            document = salvaged(snapshot.content, _NESTS)
        except ParseError as error:
            raise OutsideError(Fault.PAYLOAD, f"{self._path.name}: {error}") from error
        items, problems = self._parts(document)
        return _Read(lasting(snapshot.identity, self._clock.now()), items, problems)

    def _parts(self, document: Document) -> tuple[list[Any], tuple[str, ...]]:
        value = document.value
        if self._member and isinstance(value, dict):
            value = value.get(self._member)
        problems = [document.problem] if document.problem else []
        if not isinstance(value, list | dict):
            raise OutsideError(Fault.PAYLOAD, f"{self._path.name} has no list of alerts")
        items = claims_in(value)
        ids = [item["id"] for item in items if isinstance(item, dict) and isinstance(item.get("id"), str | int)]
        if len(set(ids)) < len(ids):
            problems.append(f"{len(ids) - len(set(ids)):,} ids are given twice")
        ended = _ended_among_active(document.value)
        if ended:
            problems.append(f"{ended:,} of the active alerts are resolved by their own word")
        return items, tuple(problems)


def salvaged(content: bytes, nests: tuple[str, ...]) -> Document:
    """The document in `content`, or what is whole of it; where that is nothing, the whole items of the first list.

    Raises ParseError where there is nothing to be read.
    """
    try:
        return read_json(content, nests)
    except ParseError:
        at = content.find(b"[")
        if at <= 0:
            raise
        return read_json(content[at:], ())


def _ended_among_active(document: Any) -> int:
    inner = document.get("alerts", document) if isinstance(document, dict) else None
    active = inner.get("active_alerts") if isinstance(inner, dict) else None
    if not isinstance(active, list):
        return 0
    return sum(1 for item in active if isinstance(item, dict) and item.get("status") == "resolved")
