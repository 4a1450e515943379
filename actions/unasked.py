"""Carries proposed rollbacks out by themselves, where a definition says `auto`: within its limits, in the way that
every act goes, and never against an operator. It stands back where the fleet is frozen, or unlocked for an operator;
where somebody stopped or undid what it did; and where it is in doubt that going back heals anything.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from actions.reverting.followed import Followed
from actions.rolling_back import RollbackBook
from config.action_options import AutoOptions
from fleet.actions.action import AUTO, Confirmation, Proposal
from fleet.actions.arming import DAY, done_by_itself
from fleet.actions.plan import Plan
from fleet.clock import Clock
from fleet.errors import FleetdeckError, RefusedError
from fleet.store import Store
from fleet.text import scrub

_KEY: Final = "freeze"
_DOUBLINGS: Final = 5
"""How often the time until the next try is doubled, where one after the other is refused."""

Start = Callable[[Plan, Confirmation], Awaitable[str]]
"""`ActionDesk.start`."""


class Spell(Struct):
    """Something is wrong while `live` is live, `since` then, whatever it is at the moment. `held` is since when nothing
    stood against carrying a rollback out; `refused` says why the last try was refused, `tries` how many were."""

    live: str
    since: datetime
    held: datetime
    refused: str = ""
    tries: int = 0


class Unasked:
    """Asked by the `Proposer` about each proposal of a definition that says `auto`."""

    def __init__(self, store: Store, book: RollbackBook, clock: Clock, start: Start) -> None:
        self._store = store
        self._book = book
        self._clock = clock
        self._start = start

    def judged(self, one: Followed, proposal: Proposal, spell: Spell, what: str) -> Proposal:
        """The proposal with when it is carried out by itself, or why it is not. `what` is wrong now."""
        limits = one.head.limits
        shut = self._shut()
        if shut:
            # Whoever froze it, or unlocked it for something, is to have as much time again.
            spell.held = self._clock.now()
        against = shut or self._against(one, proposal, limits)
        if against:
            return replace(proposal, held_back=scrub(against, 300))
        if what != limits.only:
            return replace(proposal, held_back=f"it is carried out by itself only for {limits.only}")
        wait_s = limits.after * 2 ** min(spell.tries, _DOUBLINGS)
        return replace(proposal, acts_at=spell.held + timedelta(seconds=wait_s), held_back=spell.refused)

    async def act(self, one: Followed, proposal: Proposal, spell: Spell) -> None:
        """Carry it out. A refusal does not use it up: it is tried again, after as much time and more. Raises
        nothing."""
        try:
            plan = await self._book.plan(one.name, proposal.revision, staged=one.rolling.staged)
            # Planning asks the target, which takes its time.
            shut = self._shut() or ("" if plan.before == spell.live else "another revision is live now")
            if shut:
                raise RefusedError(shut)
            await self._start(plan, Confirmation(by=AUTO, typed=plan.word, reason=proposal.because, yes=True))
        except FleetdeckError as error:
            spell.held, spell.tries = self._clock.now(), spell.tries + 1
            spell.refused = scrub(f"it was refused: {error}", 300)

    def _shut(self) -> str:
        """Why nothing may be written now, or why what may be is not for us."""
        freeze = self._store.freeze.get(_KEY)
        if freeze is None:
            return ""
        if freeze.frozen:
            return freeze.why
        return "it is unlocked for a while, which is for operators" if freeze.until is not None else ""

    def _against(self, one: Followed, proposal: Proposal, limits: AutoOptions) -> str:
        """What stands against it, however long it waits."""
        if proposal.doubt:
            return "it is in doubt that it heals, so an operator has to"
        off, now = one.disarmed(), self._clock.now()
        if off:
            return off
        lately = [one for one in done_by_itself(one.acts()) if now - (one.sent_at or one.plan.made_at) < DAY]
        if len(lately) >= limits.most_per_day:
            return f"{len(lately)} of {limits.most_per_day} in 24 hours {'is' if len(lately) == 1 else 'are'} used up"
        return ""
