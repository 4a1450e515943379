"""Writes to Alertmanagers, and to our own silences, as lines of the audit log."""

import logging
from datetime import datetime, timedelta
from typing import Final, Protocol

from msgspec.structs import replace

from actions.intents import Intent
from fleet.actions.action import ActionState
from fleet.actions.audit import AuditEntry, Decision
from fleet.clock import Clock
from fleet.errors import RefusedError

log = logging.getLogger(__name__)

LOCAL: Final = "local"
REPEAT_EVERY: Final = timedelta(hours=1)
"""A dashboard posts its alerts every minute, and renews acknowledgements every ten; what says the same as the one
before is recorded so seldom."""
_REPEATED: Final = ("post", "renew")
_Repeated = tuple[str, str, str]


class Recorder(Protocol):
    """Where lines are written (`actions.audit.AuditLog`)."""

    async def record(self, entry: AuditEntry) -> AuditEntry:
        """Raises RefusedError where it cannot be written."""
        ...


class RecordedIntents:
    """Implements `actions.intents.Intents`: a write that cannot be recorded is not made."""

    def __init__(self, recorder: Recorder, fleet: str, clock: Clock) -> None:
        self._recorder = recorder
        self._fleet = fleet
        self._clock = clock
        self._began: dict[str, float] = {}
        self._said: dict[_Repeated, tuple[str, datetime]] = {}

    async def record(self, intent: Intent) -> None:
        """A line before the request leaves."""
        if self._is_repeat(intent):
            return
        await self._recorder.record(self._entry(intent, decision=Decision.INTENT))
        if intent.act in _REPEATED:
            self._said = {key: said for key, said in self._said.items() if self._is_fresh(said[1])}
            self._said[_repeated(intent)] = (intent.what, self._clock.now())
        self._began[intent.key] = self._clock.monotonic()

    async def refused(self, intent: Intent, error: str) -> None:
        """A line that says that it was refused, and why."""
        await self._record(intent, self._entry(intent, decision=Decision.REFUSED, outcome="refused", error=error))

    async def ended(self, intent: Intent, error: str = "", *, maybe: bool = False, status: int | None = None) -> None:
        """A line when it is known what became of it, or that this is not known."""
        began = self._began.pop(intent.key, None)
        if began is None and not error:
            return
        state = ActionState.UNKNOWN if maybe else ActionState.FAILED if error else ActionState.SUCCEEDED
        took_s = None if began is None else self._clock.monotonic() - began
        if error:
            # The next one is worth a line whatever it says.
            self._said.pop(_repeated(intent), None)
        line = self._entry(intent, decision=Decision.OUTCOME, outcome=state.value, error=error)
        await self._record(intent, replace(line, duration_s=took_s, status=status))

    async def _record(self, intent: Intent, entry: AuditEntry) -> None:
        try:
            await self._recorder.record(entry)
        except RefusedError as refused:
            log.warning("what became of %s at %s is not recorded: %s", intent.act, intent.server, refused)

    def _entry(
        self,
        intent: Intent,
        *,
        decision: Decision,
        outcome: str = "",
        error: str = "",
    ) -> AuditEntry:
        return AuditEntry(
            fleet=self._fleet,
            action=intent.act,
            kind="alertmanager" if intent.url else LOCAL,
            actor=intent.by,
            targets=tuple(filter(None, (intent.server, intent.what))),
            reason=intent.why,
            idempotency_key=intent.key,
            decision=decision,
            outcome=outcome,
            error=error,
        )

    def _is_repeat(self, intent: Intent) -> bool:
        """Whether it says the same as the one before, which was recorded not long ago."""
        what, at = self._said.get(_repeated(intent), ("", self._clock.now()))
        return intent.act in _REPEATED and what == intent.what and self._is_fresh(at)

    def _is_fresh(self, at: datetime) -> bool:
        return timedelta(0) <= self._clock.now() - at < REPEAT_EVERY


def _repeated(intent: Intent) -> _Repeated:
    """What one is the next of: a post of the last to that server, a renewal of that of the same acknowledgement."""
    return (intent.act, intent.server, intent.what if intent.act == "renew" else "")
