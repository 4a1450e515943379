"""Writes to Alertmanagers, and to our own silences, as lines of the audit log."""

import logging
from datetime import datetime, timedelta
from typing import Final, Protocol

from actions.intents import Intent
from fleet.actions.action import ActionState
from fleet.actions.audit import AuditEntry, Decision
from fleet.clock import Clock
from fleet.errors import RefusedError

log = logging.getLogger(__name__)

LOCAL: Final = "local"
REPEAT_EVERY: Final = timedelta(hours=1)
"""A dashboard posts its alerts every minute; a post that says the same as the one before is recorded so seldom."""


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
        self._posted: dict[str, tuple[str, datetime]] = {}

    async def record(self, intent: Intent) -> None:
        """A line before the request leaves."""
        if self._is_repeat(intent):
            return
        await self._recorder.record(self._entry(intent, decision=Decision.INTENT))
        self._posted[intent.server] = (intent.what, self._clock.now())
        self._began[intent.key] = self._clock.monotonic()

    async def refused(self, intent: Intent, error: str) -> None:
        """A line that says that it was refused, and why."""
        await self._record(intent, self._entry(intent, decision=Decision.REFUSED, outcome="refused", error=error))

    async def ended(self, intent: Intent, error: str = "", *, maybe: bool = False) -> None:
        """A line when it is known what became of it, or that this is not known."""
        began = self._began.pop(intent.key, None)
        if began is None and not error:
            return
        state = ActionState.UNKNOWN if maybe else ActionState.FAILED if error else ActionState.SUCCEEDED
        took_s = None if began is None else self._clock.monotonic() - began
        if intent.act == "post" and error:
            # The next one is worth a line whatever it says.
            self._posted.pop(intent.server, None)
        await self._record(
            intent,
            self._entry(intent, decision=Decision.OUTCOME, outcome=state.value, error=error, duration_s=took_s),
        )

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
        duration_s: float | None = None,
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
            duration_s=duration_s,
        )

    def _is_repeat(self, intent: Intent) -> bool:
        """Whether it is a post like the one before, which was recorded not long ago."""
        what, at = self._posted.get(intent.server, ("", self._clock.now()))
        fresh = timedelta(0) <= self._clock.now() - at < REPEAT_EVERY
        return intent.act == "post" and what == intent.what and fresh
