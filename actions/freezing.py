"""Whether writes are possible: frozen in a panic, read-only by the configuration or the command line, or unlocked for a
while. The single writer of `store.freeze`, and the only one that reads and writes the file of a freeze.

A freeze is the fleet's: it holds for every program of the user, and outlives them. What is read-only is the program's
own, by its configuration or its command line, and so is its unlocking.
"""

import asyncio
import uuid
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from actions.frozen_file import BY_CHARS, LONGEST_S, REASON_CHARS, Frozen, FrozenFile, Lifted, Standing, Unlocking
from actions.ledger import Ledger
from fleet.actions.action import Freeze
from fleet.actions.audit import AuditEntry, Decision
from fleet.clock import Clock
from fleet.errors import RefusedError
from fleet.store import Store
from fleet.text import scrub

T = TypeVar("T")
KEY: Final = "freeze"
_ENDS: Final = ":unfreeze, or `fleetdeck unfreeze`, ends it"
_SAME: Final = timedelta(seconds=1)
"""By how much the end of an unlocking may be another one and still be shown as the same."""


class Freezing:
    """`read_only` says in a sentence why this program is, "" where it is not; it can be unlocked where the
    configuration says so (`unlockable`). Without `file` a freeze holds for this program alone; `boot` tells one start
    of the machine from another (`transport.boot`)."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        clock: Clock,
        *,
        read_only: str = "",
        unlockable: bool = False,
        fleet: str = "",
        file: FrozenFile | None = None,
        boot: str = "",
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._read_only = read_only
        self._unlockable = unlockable
        self._fleet = fleet
        self._file = file
        # Where starts of the machine cannot be told apart, an unlocking is known again by this program alone.
        self._boot = boot or uuid.uuid4().hex
        self._own: Frozen | None = None
        """A freeze that stands in no file (yet)."""
        self._troubles: dict[str, str] = {}
        """What went wrong with the last freeze of ours, by its id."""
        self._until: float | None = None
        """Until when what is read-only in this program alone is unlocked."""
        self._jobs: set[asyncio.Task[Any]] = set()
        self._shown = Freeze()
        self.refresh()

    def why(self) -> str:
        """Why nothing may be written now, in a sentence; "" where it may. It costs a look at a file's name."""
        why = self._why(self._look(), self._clock.monotonic())
        if bool(why) != self._shown.frozen:
            self.refresh()
        return why

    def is_frozen(self) -> bool:
        """Whether nothing may be written now: for whoever else writes to the fleet."""
        return bool(self.why())

    @property
    def is_alone(self) -> bool:
        """Whether this program is frozen and others, perhaps, are not."""
        return self._own is not None

    def refresh(self) -> Freeze:
        """Show how it is. Call it now and then: others may freeze it, and an unlocking ends by itself."""
        at_s, standing = self._clock.monotonic(), self._look()
        why = self._why(standing, at_s)
        mark = self._own or (standing.frozen if standing.holds(self._boot, at_s) else None)
        free = not self._why_not_lift()
        row = Freeze(
            frozen=bool(why),
            why=why,
            until=None if why else self._until_at(standing, at_s),
            can_unlock=bool(why) and free,
            can_unfreeze=free and (self._own is not None or not standing.is_over),
            by=mark.by if mark is not None else "",
            since=mark.at if mark is not None else None,
        )
        self._shown = row
        self._store.freeze.put(KEY, row)
        return row

    async def close(self) -> None:
        """Wait until what was frozen stands on the disk."""
        while self._jobs:
            await asyncio.wait(set(self._jobs))

    # ── what is done ──

    async def freeze(self, by: str, reason: str) -> Freeze:
        """No writes any more, at once in this program, and in all others as soon as it stands on the disk: before
        anything else, and even where it cannot be recorded. It ends every unlocking. `Freeze.why` says so where the
        others are not frozen. Being cancelled does not undo it."""
        mark = Frozen(
            id=uuid.uuid4().hex,
            fleet=self._fleet,
            by=scrub(by, BY_CHARS),
            at=self._clock.now(),
            reason=scrub(reason, REASON_CHARS),
        )
        self._own, self._until = mark, None
        self.refresh()
        return await self._whole(self._spread(mark, by, reason))

    async def unlock(self, by: str, reason: str, for_s: float) -> Freeze:
        """Writes are possible for `for_s` seconds: a freeze is lifted for all programs, and what is read-only here for
        this one alone. Raises RefusedError, also where it cannot be recorded."""
        seen, own = self._look(), self._own
        why_not = self._why_not_lift() or ("" if self.why() else "nothing is locked")
        if not 0 < for_s <= LONGEST_S:
            why_not = why_not or "it is unlocked for more than 0s and at most a day"
        line = self._line("unlock", Decision.UNLOCKED, by, reason, for_s=for_s)
        await self._check(line, why_not)
        await self._ledger.must(line)
        at_s = self._clock.monotonic()
        unlocking = Unlocking(boot=self._boot, since=at_s, until=at_s + for_s)
        # One that others unlocked already is left to them.
        await self._lift(line, seen if seen.holds(self._boot, at_s) else None, own, unlocking)
        if own is not None or self._read_only:
            self._until = at_s + for_s
        return self.refresh()

    async def unfreeze(self, by: str, reason: str) -> Freeze:
        """The freeze is over, for all programs. What is read-only stays so. Raises RefusedError, also where it cannot
        be recorded."""
        seen, own = self._look(), self._own
        nothing = own is None and seen.is_over
        line = self._line("unfreeze", Decision.UNFROZEN, by, reason)
        await self._check(line, self._why_not_lift() or ("nothing is frozen" if nothing else ""))
        await self._ledger.must(line)
        await self._lift(line, None if seen.is_over else seen, own, None)
        self._own = None
        return self.refresh()

    # ── how ──

    def _look(self) -> Standing:
        return Standing() if self._file is None else self._file.look(self._clock.monotonic())

    def _why(self, standing: Standing, at_s: float) -> str:
        if standing.holds(self._boot, at_s):
            # Whoever was unlocked before is so no more.
            self._until = None
            return self._words(standing)
        if self._until is not None and at_s < self._until:
            return ""
        return self._own_words() or self._read_only

    def _words(self, standing: Standing) -> str:
        mark = standing.frozen
        if mark is None:
            return f"frozen, as far as can be told: {standing.trouble} ({_ENDS})"
        return _sentence(mark, _ENDS, standing.trouble, self._troubles.get(mark.id, ""))

    def _own_words(self) -> str:
        mark = self._own
        return "" if mark is None else _sentence(mark, ":unfreeze ends it", self._troubles.get(mark.id, ""))

    def _why_not_lift(self) -> str:
        if self._read_only and not self._unlockable:
            return f"{self._read_only}; it cannot be unlocked from here (actions.unlockable)"
        return ""

    def _until_at(self, standing: Standing, at_s: float) -> datetime | None:
        """When writes end being possible by themselves, by the time of day as it is now."""
        lifted = standing.lifted
        ends = [self._until] if self._until is not None and (self._own is not None or self._read_only) else []
        if lifted is not None and lifted.unlocking is not None:
            ends.append(lifted.unlocking.until)
        if not ends:
            return None
        at, shown = self._clock.now() + timedelta(seconds=min(ends) - at_s), self._shown.until
        return shown if shown is not None and abs(at - shown) < _SAME else at

    async def _spread(self, mark: Frozen, by: str, reason: str) -> Freeze:
        """Have all programs frozen, then record it; what went wrong is said in the sentence."""
        troubles = []
        if self._file is not None:
            trouble = await asyncio.to_thread(self._file.freeze, mark)
            if trouble and not self._look().holds(self._boot, self._clock.monotonic()):
                troubles.append(f"other programs are not: {trouble}")
            elif self._own is mark:
                self._own = None
        line = self._line("freeze", Decision.FROZEN, by, reason, error="; ".join(troubles))
        trouble = await self._ledger.may(line)
        self._troubles = {mark.id: "; ".join(filter(None, (*troubles, trouble)))}
        return self.refresh()

    async def _check(self, line: AuditEntry, why_not: str) -> None:
        """Raises RefusedError, which is on the record then, where there is a reason against it."""
        why_not = why_not or ("" if line.reason.strip() else f"{line.action.removesuffix('e')}ing needs a reason")
        if why_not:
            await self._refuse(line, why_not)

    async def _refuse(self, line: AuditEntry, why: str) -> None:
        refused = self._line(line.action, Decision.REFUSED, line.actor, line.reason, error=why)
        await self._ledger.may(refused)
        raise RefusedError(why)

    async def _lift(
        self, line: AuditEntry, seen: Standing | None, own: Frozen | None, unlocking: Unlocking | None
    ) -> None:
        """Lift what was seen, which is on the record already. Raises RefusedError, on the record, too."""
        if self._file is not None and seen is not None:
            lifted = Lifted(
                freeze=seen.id,
                fleet=self._fleet,
                by=scrub(line.actor, BY_CHARS),
                at=self._clock.now(),
                reason=scrub(line.reason, REASON_CHARS),
                unlocking=unlocking,
            )
            try:
                await asyncio.to_thread(self._file.lift, lifted, seen)
            except RefusedError as error:
                await self._refuse(line, str(error))
        if self._own is not own:
            await self._refuse(line, "it was frozen anew meanwhile")

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it to its end, also where who asked for it does not wait for it."""
        job = asyncio.create_task(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return await asyncio.shield(job)

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


def _sentence(mark: Frozen, *notes: str) -> str:
    """`frozen by anna@host: too much (since 2026-03-01T12:00:00Z; …)`"""
    why = f": {mark.reason}" if mark.reason else ""
    since = f"since {mark.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"frozen by {mark.by}{why} ({'; '.join(filter(None, (since, *notes)))})"
