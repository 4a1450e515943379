"""Whether writes are possible: read-only by the configuration or the command line, frozen in a panic, or unlocked for a
while. The single writer of `store.freeze`."""

from datetime import datetime, timedelta

from actions.ledger import Ledger
from fleet.actions.action import Freeze
from fleet.actions.audit import AuditEntry, Decision
from fleet.clock import Clock
from fleet.errors import RefusedError
from fleet.store import Store
from fleet.text import scrub

LONGEST_S = 86_400.0
"""Seconds for which it can be unlocked."""
KEY = "freeze"


class Freezing:
    """`read_only` says in a sentence why it is, "" where it is not. It can be unlocked where the configuration says so
    (`unlockable`), or where it was frozen here."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        clock: Clock,
        *,
        read_only: str = "",
        unlockable: bool = False,
        fleet: str = "",
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._read_only = read_only
        self._unlockable = unlockable
        self._fleet = fleet
        self._frozen = ""
        self._until: float | None = None
        self.refresh()

    def why(self) -> str:
        """Why nothing may be written now, in a sentence; "" where it may."""
        if self._until is not None:
            if self._clock.monotonic() < self._until:
                return ""
            self._until = None
            self.refresh()
        return self._frozen or self._read_only

    def is_frozen(self) -> bool:
        """Whether nothing may be written now: for whoever else writes to the fleet."""
        return bool(self.why())

    def refresh(self) -> Freeze:
        """Show how it is. Call it now and then, so that the end of an unlocking is seen."""
        why = self.why()
        left = None if self._until is None else self._until - self._clock.monotonic()
        row = Freeze(
            frozen=bool(why),
            why=why,
            until=self._until_at(left),
            can_unlock=bool(why) and not self._why_not_unlock(),
        )
        self._store.freeze.put(KEY, row)
        return row

    async def freeze(self, by: str, reason: str) -> Freeze:
        """No writes any more, at once: before anything else, and even where it cannot be recorded."""
        reason = scrub(reason, 300)
        self._until = None
        self._frozen = f"frozen by {scrub(by, 80)}" + (f": {reason}" if reason else "")
        row = self.refresh()
        trouble = await self._ledger.may(self._line("freeze", Decision.FROZEN, by, reason))
        if trouble:
            self._frozen = f"{self._frozen} ({trouble})"
            row = self.refresh()
        return row

    async def unlock(self, by: str, reason: str, for_s: float) -> Freeze:
        """Writes are possible for `for_s` seconds. Raises RefusedError, also where it cannot be recorded."""
        why_not = self._why_not_unlock() or ("" if self.why() else "nothing is locked")
        if not reason.strip():
            why_not = why_not or "unlocking needs a reason"
        if not 0 < for_s <= LONGEST_S:
            why_not = why_not or "it is unlocked for more than 0s and at most a day"
        if why_not:
            await self._ledger.may(self._line("unlock", Decision.REFUSED, by, reason, error=why_not))
            raise RefusedError(why_not)
        frozen = self._frozen
        await self._ledger.must(self._line("unlock", Decision.UNLOCKED, by, reason, for_s=for_s))
        if self._frozen != frozen:
            raise RefusedError("it was frozen anew meanwhile")
        self._until = self._clock.monotonic() + for_s
        return self.refresh()

    def _why_not_unlock(self) -> str:
        if self._read_only and not self._unlockable:
            return f"{self._read_only}; it cannot be unlocked from here (actions.unlockable)"
        return ""

    def _until_at(self, left_s: float | None) -> datetime | None:
        return None if left_s is None else self._clock.now() + timedelta(seconds=left_s)

    def _line(
        self, act: str, decision: Decision, by: str, reason: str, *, for_s: float | None = None, error: str = ""
    ) -> AuditEntry:
        return AuditEntry(
            actor=by,
            fleet=self._fleet,
            action=act,
            reason=reason,
            decision=decision.value,
            duration_s=for_s,
            error=error,
        )
