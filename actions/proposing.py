"""Proposes rollbacks: where the objective of a definition burns at page level, or its gate fails, a roll to the
preferred revision is made ready, unless going back could not heal it: the live revision is not the cause, others have
the bad events, or somebody is at work on it or has gone back already. What is not proposed says why. Carrying one out
by itself is off unless the definition says `auto` (`actions.unasked`).
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from actions.reverting.followed import Followed
from actions.rolling_back import RollbackBook
from actions.unasked import Spell, Start, Unasked
from fleet.actions.action import ENDED, Proposal
from fleet.actions.blame import MOST, NEARLY_ALL, Blame, Others, others
from fleet.actions.healing import Case, against, doubt
from fleet.actions.revision import Revision, Revisions
from fleet.actions.rollback_plan import SLACK_S
from fleet.clock import Clock
from fleet.errors import FleetdeckError, QueryError
from fleet.gates.model import GateState, GateStatus
from fleet.slo.model import Burn
from fleet.store import Store
from fleet.text import scrub
from fleet.why.model import Subject, SubjectKind

PAGE: Final = "page"

BlameOf = Callable[[Subject], Awaitable[Blame]]
"""Who has the bad events of an objective or a gate."""


class Reason(Struct, frozen=True, kw_only=True):
    """Why a rollback is proposed. `what` is `page` or the name of the gate; `burns` are the tiers that page."""

    what: str
    because: str
    subject: Subject
    settle_s: float = 0.0
    """How long it goes on being seen although it is over."""
    burns: tuple[Burn, ...] = ()
    failing_since: datetime | None = None
    """Since when the gate fails."""


class _Against(Struct, frozen=True):
    """Why nothing is proposed; `due`: when it is looked again."""

    words: str
    due: datetime | None = None


class Proposer:
    """The single writer of `store.proposals`. Call `step` every few seconds. Without `start` nothing is ever carried
    out; without `blame` nobody knows who has the bad events."""

    def __init__(
        self,
        store: Store,
        book: RollbackBook,
        clock: Clock,
        start: Start | None = None,
        *,
        blame: BlameOf | None = None,
    ) -> None:
        self._store = store
        self._book = book
        self._clock = clock
        self._blame = blame
        self._unasked = None if start is None else Unasked(store, book, clock, start)
        self._spells: dict[str, Spell] = {}

    async def step(self) -> None:
        """Judge every definition; ask the targets of those that have a reason. Raises nothing."""
        kept: dict[str, Proposal] = {}
        for one in self._book.followed:
            made = await self._proposed(one)
            if made is not None:
                kept[one.name] = made
        self._store.proposals.replace(kept)
        for name, proposal in kept.items():
            due = proposal.acts_at is not None and proposal.acts_at <= self._clock.now()
            if self._unasked is not None and due and name in self._spells:
                await self._unasked.act(self._book.known(name), proposal, self._spells[name])

    async def _proposed(self, one: Followed) -> Proposal | None:
        reason = self._reason(one) if one.head.propose else None
        if reason is None:
            self._spells.pop(one.name, None)
            one.say()
            return None
        busy = self._busy(one)
        if busy:
            self._spells.pop(one.name, None)
            one.say(busy)
            return None
        try:
            revisions = await one.revisions()
        except FleetdeckError as error:
            one.say(f"no revision can be proposed: {error}")
            before = self._store.proposals.get(one.name)
            return None if before is None else replace(before, acts_at=None)
        return await self._ready(one, reason, revisions)

    # ── what is wrong ──

    def _reason(self, one: Followed) -> Reason | None:
        """What is wrong now that a rollback could heal."""
        row = one.objective
        paging = () if row is None else tuple(burn for burn in row.burns if burn.firing and burn.severity == PAGE)
        if row is not None and paging:
            rates = ", ".join(f"{burn.tier} at {burn.short_rate or 0:.3g}×" for burn in paging)
            return Reason(
                what=PAGE,
                because=f"SLO {row.name} burns at page level ({rates})",
                subject=Subject(kind=SubjectKind.SLO, key=row.name),
                settle_s=max(burn.short_s for burn in paging),
                burns=paging,
            )
        gate = self._store.gates.get(one.head.gate) if one.head.gate else None
        if gate is not None and gate.state is GateState.FAIL:
            words = gate.observed_text or gate.target
            return Reason(
                what=gate.name,
                because=scrub(f"gate {gate.name} fails: {words}", 200),
                subject=Subject(kind=SubjectKind.GATE, key=gate.name),
                settle_s=_reach_s(gate),
                failing_since=gate.since,
            )
        return None

    def _busy(self, one: Followed) -> str:
        """Who rolls it now, or is at work on it otherwise."""
        lock = self._store.locks.get(one.name)
        if lock is not None:
            title = f" ({lock.title})" if lock.title else ""
            return scrub(f"{lock.owner} is at work on it{title}", 200)
        for action in one.acts():
            if action.state not in ENDED:
                return scrub(f"{action.actor} is at work on it ({action.plan.title})", 200)
        return ""

    # ── what is ready ──

    async def _ready(self, one: Followed, reason: Reason, revisions: Revisions) -> Proposal | None:
        now, live = self._clock.now(), revisions.live
        spell = self._spell(one, live.id if live is not None else "", now)
        stands = self._not_yet(one, reason, now) or await self._hopeless(one, reason, revisions, now)
        wanted = revisions.named(revisions.preferred)
        who = None if stands else await self._others(one, reason)
        if stands is None and who is not None and who.share >= NEARLY_ALL:
            stands = _Against(who.words)
        if stands is not None:
            spell.held = now
            one.say(stands.words, stands.due)
            return None
        unsure = self._unsure(one, reason, live, wanted, who)
        made = Proposal(
            target=one.name,
            revision=revisions.preferred,
            because="; ".join(filter(None, (reason.because, unsure))),
            since=spell.since,
            auto=bool(one.head.auto),
            doubt=unsure,
            name=wanted.name if wanted is not None and wanted.name != wanted.id else "",
        )
        if one.head.auto and self._unasked is not None:
            made = self._unasked.judged(one, made, spell, reason.what)
        one.say()
        return made

    def _spell(self, one: Followed, live: str, now: datetime) -> Spell:
        """Since when something is wrong with what is live, whatever it is at the moment."""
        known = self._spells.get(one.name)
        if known is None or known.live != live:
            known = self._spells[one.name] = Spell(live=live, since=now, held=now)
        return known

    def _not_yet(self, one: Followed, reason: Reason, now: datetime) -> _Against | None:
        """What was rolled to so lately that what is seen may be from before it. Of a release that came since nothing is
        to be waited for: that it burns by itself is judged by its own minutes."""
        came = one.came
        if came is None or not came.rolled or came.settled_from is None:
            return None
        until = came.settled_from + timedelta(seconds=reason.settle_s + SLACK_S)
        by = f" by {came.by}" if came.by else ""
        return _Against(f"{came.name} was rolled to{by}, from {came.before}", until) if now < until else None

    async def _hopeless(self, one: Followed, reason: Reason, revisions: Revisions, now: datetime) -> _Against | None:
        live, wanted = revisions.live, revisions.named(revisions.preferred)
        if not revisions.preferred or (live is not None and live.id == revisions.preferred):
            return _Against("there is no other revision to go back to")
        if live is None or wanted is None:
            return None
        row = one.objective
        budget_ratio = 1 - row.objective_ratio if row is not None else 0.0
        case = Case(
            live, wanted, reason.burns, budget_ratio, one.error_ratio, now, reason.failing_since, reason.settle_s
        )
        words = against(case)
        return _Against(words) if words else None

    async def _others(self, one: Followed, reason: Reason) -> Others | None:
        """Who else has a part in it; None where that is not known."""
        if self._blame is None:
            return None
        whose = {agent: other.name for other in self._book.followed if other is not one for agent in other.agents()}
        return others(await self._blame(reason.subject), one.agents(), whose)

    def _unsure(
        self, one: Followed, reason: Reason, live: Revision | None, wanted: Revision | None, who: Others | None
    ) -> str:
        """What makes it uncertain that going back heals it, or is an operator's to decide."""
        said = [doubt(live, wanted)] if live is not None and wanted is not None else []
        if one.came is not None and one.came.older:
            said.append(f"{one.came.name} is live by a rollback from {one.came.before}, and this goes one further")
        if who is not None and who.share > MOST:
            said.append(who.words)
        if who is None and one.sharing:
            names = ", ".join(one.sharing)
            said.append(
                f"{names} {'has' if len(one.sharing) == 1 else 'have'} its objective, too, and whose doing this "
                "is, is not known"
            )
        if live is not None and one.is_unseen and self._burned_at(one, live.live_from, reason):
            said.append(f"since when {live.called} is live is not known: something was wrong when it was first seen")
        return "; ".join(filter(None, said))

    def _burned_at(self, one: Followed, seen: datetime | None, reason: Reason) -> bool:
        """Whether something was wrong when what is live was first seen, as far as windows remember."""
        since = self._spells[one.name].since
        return seen is None or (since - seen).total_seconds() < reason.settle_s + SLACK_S


def _reach_s(gate: GateStatus) -> float:
    """How far back its expression looks; 0 where that is not known."""
    # Only a gate that fails needs the parser.
    from fleet.promql.parse import parse

    try:
        reaches = [one.reach_s for one in parse(gate.expr).wanted] if gate.expr else []
    except QueryError:
        return 0.0
    return min(max(reaches, default=0.0), _REACH_MOST_S)


_REACH_MOST_S: Final = 3600.0
