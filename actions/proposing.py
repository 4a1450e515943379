"""Proposes rollbacks: where the objective of a definition burns at page level, or its gate fails, a roll to the
preferred revision is made ready. Carrying one out by itself is off unless the definition says `auto`, keeps to its
limits, goes the way that every act goes, and is never tried again where it failed.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from actions.reverting.followed import Followed
from actions.rolling_back import RollbackBook
from config.action_options import AutoOptions
from fleet.actions.action import ENDED, Action, Confirmation, Proposal
from fleet.actions.healing import Case, against, doubt
from fleet.actions.plan import ActKind, Plan, Tier
from fleet.actions.revision import Revision
from fleet.actions.rollback_plan import SLACK_S
from fleet.clock import Clock
from fleet.errors import FleetdeckError
from fleet.gates.model import GateState
from fleet.slo.model import Burn
from fleet.store import Store
from fleet.text import scrub

AUTO: Final = "fleetdeck (auto)"
"""Who acts where nobody asked for it."""
PAGE: Final = "page"
_DAY: Final = timedelta(days=1)
_DEFAULT_LIMITS: Final = AutoOptions()

Start = Callable[[Plan, Confirmation], Awaitable[str]]
"""`ActionDesk.start`."""


class Reason(Struct, frozen=True, kw_only=True):
    """Why a rollback is proposed. `what` is `page` or the name of the gate; `burns` are the tiers that page."""

    what: str
    because: str
    burns: tuple[Burn, ...] = ()

    @property
    def settle_s(self) -> float:
        """How long it goes on being seen although it is over."""
        return max((burn.short_s for burn in self.burns), default=0.0)


class Proposer:
    """The single writer of `store.proposals`. Call `step` every few seconds. Without `start` nothing is ever carried
    out."""

    def __init__(self, store: Store, book: RollbackBook, clock: Clock, start: Start | None = None) -> None:
        self._store = store
        self._book = book
        self._clock = clock
        self._start = start
        self._since: dict[str, tuple[str, datetime]] = {}
        self._tried: dict[str, datetime] = {}
        self.said: dict[str, str] = {}
        """Why a proposal is not carried out by itself, by its definition; for the log."""

    async def step(self) -> None:
        """Judge every definition; ask the targets of those that have a reason. Raises nothing."""
        kept: dict[str, Proposal] = {}
        for one in self._book.followed:
            reason = self._reason(one) if one.head.propose else None
            if reason is None or self._is_handled(one, reason):
                self._since.pop(one.name, None)
                self.said.pop(one.name, None)
                continue
            made = await self._proposed(one, reason)
            if made is not None:
                kept[one.name] = made
        self._store.proposals.replace(kept)
        for name, proposal in kept.items():
            await self._carry_out(self._book.known(name), proposal)

    # ── proposing ──

    def _reason(self, one: Followed) -> Reason | None:
        """What is wrong now that a rollback could heal."""
        row = one.objective
        paging = () if row is None else tuple(burn for burn in row.burns if burn.firing and burn.severity == PAGE)
        if row is not None and paging:
            rates = ", ".join(f"{burn.tier} at {burn.short_rate or 0:.3g}×" for burn in paging)
            return Reason(what=PAGE, because=f"SLO {row.name} burns at page level ({rates})", burns=paging)
        gate = self._store.gates.get(one.head.gate) if one.head.gate else None
        if gate is not None and gate.state is GateState.FAIL:
            words = gate.observed_text or gate.target
            return Reason(what=gate.name, because=scrub(f"gate {gate.name} fails: {words}", 200))
        return None

    def _is_handled(self, one: Followed, reason: Reason) -> bool:
        """Whether a rollback is under way, or has succeeded so lately that what is seen may be from before it."""
        mine = self._acts(one)
        if any(action.state not in ENDED for action in mine):
            return True
        ends = [action.ended_at or action.changed_at for action in mine if action.succeeded]
        done = [at for at in ends if at is not None]
        quiet = timedelta(seconds=reason.settle_s + SLACK_S)
        return bool(done) and self._clock.now() - max(done) < quiet

    async def _proposed(self, one: Followed, reason: Reason) -> Proposal | None:
        now = self._clock.now()
        known = self._since.get(one.name)
        if known is None or known[0] != reason.what:
            known = self._since[one.name] = (reason.what, now)
        try:
            revisions = await one.revisions()
        except FleetdeckError as error:
            self.said[one.name] = scrub(f"no revision can be proposed: {error}", 300)
            return self._store.proposals.get(one.name)
        live, wanted = revisions.live, revisions.named(revisions.preferred)
        if not revisions.preferred or (live is not None and live.id == revisions.preferred):
            return None
        unsure = ""
        if live is not None and wanted is not None:
            hopeless = against(self._case(one, reason, live, wanted, now))
            if hopeless:
                self.said[one.name] = f"none is proposed: {hopeless}"
                return None
            unsure = doubt(live, wanted)
        return Proposal(
            target=one.name,
            revision=revisions.preferred,
            because="; ".join(filter(None, (reason.because, unsure))),
            since=known[1],
            auto=bool(one.head.auto),
            doubt=unsure,
        )

    def _case(self, one: Followed, reason: Reason, live: Revision, wanted: Revision, now: datetime) -> Case:
        row = one.objective
        budget_ratio = 1 - row.objective_ratio if row is not None else 0.0
        return Case(live, wanted, reason.burns, budget_ratio, one.error_ratio, now)

    # ── by itself ──

    async def _carry_out(self, one: Followed, proposal: Proposal) -> None:
        if not one.head.auto or self._start is None:
            return
        limits = one.head.auto if isinstance(one.head.auto, AutoOptions) else _DEFAULT_LIMITS
        against = self._against(one, proposal, limits)
        if against:
            self.said[one.name] = against
            return
        # One attempt for each time that the reason begins, whatever comes of it.
        self._tried[one.name] = proposal.since
        try:
            plan = await self._book.plan(one.name, proposal.revision, staged=one.rolling.staged)
            confirmation = Confirmation(by=AUTO, typed=plan.word, reason=proposal.because, yes=True)
            await self._start(plan, confirmation)
        except FleetdeckError as error:
            self.said[one.name] = scrub(f"it was not carried out: {error}", 300)

    def _against(self, one: Followed, proposal: Proposal, limits: AutoOptions) -> str:
        """Why it is not carried out by itself now, "" where nothing stands against it."""
        now = self._clock.now()
        mine = [action for action in self._acts(one) if action.actor == AUTO]
        what = self._since[one.name][0] if one.name in self._since else ""
        lately = [action for action in mine if now - (action.sent_at or action.plan.made_at) < _DAY]
        if what != limits.only:
            return f"it is carried out by itself only for {limits.only}"
        if proposal.doubt:
            return f"{proposal.doubt}: an operator has to"
        if one.head.tier >= Tier.TWO:
            return "its tier asks for a one-time code, which only an operator has"
        if (now - proposal.since).total_seconds() < limits.after:
            return f"its reason has not held for {limits.after:g} s yet"
        if self._tried.get(one.name) == proposal.since:
            return "it was tried once, and is not tried again"
        if _failed_last(mine, self._acts(one)):
            return "the last one that was carried out by itself did not succeed: an operator has to"
        if len(lately) >= limits.most_per_day:
            return f"there were {len(lately)} in 24 hours, which is its limit"
        return ""

    def _acts(self, one: Followed) -> list[Action]:
        """What was rolled of a definition, as it was planned; no dry runs."""
        return [
            action
            for action in self._store.actions.values()
            if action.plan.source == one.name and action.act in (ActKind.ROLLBACK, ActKind.UNDO) and not action.dry_run
        ]


def _failed_last(by_itself: list[Action], every: list[Action]) -> bool:
    """Whether one that went by itself did not succeed, and no operator has rolled with success since."""
    failed = [action.plan.made_at for action in by_itself if not action.succeeded]
    if not failed:
        return False
    healed = [
        action.plan.made_at
        for action in every
        if action.actor != AUTO and action.succeeded and action.plan.made_at > max(failed)
    ]
    return not healed
