"""Why an act would be refused. Reads only, and never sends."""

from collections.abc import Callable, Iterable

from actions.codes import Codes
from actions.freezing import Freezing
from fleet.actions.action import Confirmation, Lock
from fleet.actions.plan import Plan, Tier
from fleet.actions.ports import Doer, Locks
from fleet.actions.unseen import unseen
from fleet.clock import Clock
from fleet.errors import OutsideError
from fleet.store import Store
from fleet.text import scrub
from fleet.times import age_text

DoerOf = Callable[[Plan], Doer | None]
LEAST_REASON = 1


class Preflight:
    """Looks for reasons against a plan."""

    def __init__(
        self, store: Store, freezing: Freezing, locks: Locks, doer_of: DoerOf, clock: Clock, codes: Codes | None
    ) -> None:
        self._store = store
        self._freezing = freezing
        self._locks = locks
        self._doer_of = doer_of
        self._clock = clock
        self._codes = codes

    def frozen(self) -> str:
        """Why nothing may be written now, in a sentence, else ""."""
        return scrub(self._freezing.why(), 400)

    def at_once(self, plan: Plan) -> tuple[str, ...]:
        """What is known without asking anybody."""
        frozen = self.frozen()
        nothing = () if plan.steps else ("there is nothing to do in it",)
        found = [*((frozen,) if frozen else ()), *plan.refusals, *nothing, *self._stale(plan)]
        if self._doer_of(plan) is None:
            found.append(f"{scrub(plan.source, 80)!r} is not in the configuration (any more)")
        return tuple(scrub(one, 400) for one in found)

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        """What the target says: a guard that fails, a mark that is another one. What cannot be told refuses, too."""
        doer = self._doer_of(plan)
        if doer is None:
            return ()
        try:
            return tuple(scrub(one, 400) for one in await doer.guards(plan))
        except OutsideError as error:
            return (scrub(f"whether it may be done cannot be told: {error}", 400),)

    async def locked(self, plan: Plan) -> tuple[str, ...]:
        """Which targets somebody is at work on, and since when."""
        try:
            held = {lock.target: lock for lock in await self._locks.held()}
        except OutsideError as error:
            return (scrub(f"whether somebody else is at work on it cannot be told: {error}", 400),)
        return tuple(self.lock_words(held[name]) for name in names_of(plan) if name in held)

    def lock_words(self, lock: Lock) -> str:
        """Who is at work on a target, and for how long."""
        held_s = (self._clock.now() - lock.since).total_seconds()
        span = age_text(held_s) if held_s >= 1 else "less than a second"
        title = f" ({scrub(lock.title, 100)})" if lock.title else ""
        whom = "you are" if lock.mine else f"{scrub(lock.owner, 80)} is"
        return f"{whom} at work on {scrub(lock.target, 80)} for {span}{title}"

    def unconfirmed(self, plan: Plan, confirmation: Confirmation) -> str:
        """What the tier wants and was not entered; "" where nothing is missing but, perhaps, a code's being right."""
        if plan.tier <= Tier.READ:
            return ""
        if plan.tier is Tier.YES:
            return "" if confirmation.yes or confirmation.typed == plan.word else "it was not confirmed"
        if confirmation.typed != plan.word:
            return f"it was not confirmed: type {scrub(plan.word, 80)} exactly"
        if len(confirmation.reason.strip()) < LEAST_REASON:
            return "it needs a reason"
        if plan.tier is Tier.TWO:
            if self._codes is None:
                return "it needs a one-time code, and the configuration names no operator with codes (actions.codes)"
            return self._codes.wants(confirmation)
        return ""

    async def code(self, plan: Plan, confirmation: Confirmation) -> str:
        """Uses up the one-time code where the tier wants one; why it does not count, else ""."""
        if plan.tier is not Tier.TWO or self._codes is None:
            return ""
        return await self._codes.use(confirmation)

    def second(self, plan: Plan, confirmation: Confirmation) -> str:
        """Whose one-time code confirms it, where the tier wants one; "" where that is not known."""
        if plan.tier is not Tier.TWO or self._codes is None:
            return ""
        return self._codes.whose(confirmation)

    def warnings(self, plan: Plan) -> tuple[str, ...]:
        """What does not refuse it, and should be known: targets of which the last look is old, at tier 1."""
        return tuple(self._old(plan)) if plan.tier is Tier.YES else ()

    def _stale(self, plan: Plan) -> Iterable[str]:
        return self._old(plan) if plan.tier >= Tier.NAME else ()

    def _old(self, plan: Plan) -> Iterable[str]:
        """Targets that are agents of which nothing new is known."""
        old = unseen(names_of(plan), self._store)
        return (old,) if old else ()


def names_of(plan: Plan) -> tuple[str, ...]:
    """The names of a plan's targets, each once."""
    return tuple(dict.fromkeys(target.name for target in plan.targets))
