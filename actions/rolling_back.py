"""`RollbackBook`: what can be rolled back, to which revisions, and the plans that do it.

Nothing is sent from here. What a plan says is made in `actions.reverting`, from the steps of the definition's kind.
"""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from actions.planning import Planning
from actions.reverting.choosing import one_further, wanted_revision
from actions.reverting.followed import Followed
from actions.reverting.matching import matching, sharing
from actions.reverting.roll_plan import roll_plan
from actions.reverting.undo_plan import undo_plan
from config.action_options import ActEntry
from fleet.actions.action import Action
from fleet.actions.history import NoHistory, SloHistory
from fleet.actions.plan import Plan
from fleet.actions.ports import ActReach, Doer
from fleet.actions.revision import Revisions, RollbackRow
from fleet.errors import RefusedError
from fleet.text import scrub


class RollbackBook:
    """Implements what the desk asks of rollbacks. `new_id` makes idempotency keys; `history` knows the past of
    objectives (`fleet.slo.between.EngineHistory`)."""

    def __init__(
        self,
        entries: Sequence[ActEntry],
        reach: ActReach,
        fleet: str,
        new_id: Callable[[], str],
        history: SloHistory | None = None,
    ) -> None:
        """Raises ConfigError for a filter of agents that is none."""
        past = history if history is not None else NoHistory()
        self._followed = {entry.name: Followed(entry, reach, past) for entry in entries}
        for one in self.followed:
            one.sharing = sharing(one, self.followed)
        self._planning = Planning(fleet=fleet, store=reach.store, clock=reach.clock, new_id=new_id)

    # ── what there is ──

    @property
    def followed(self) -> tuple[Followed, ...]:
        """The definitions with what is known of them."""
        return tuple(self._followed.values())

    def known(self, name: str) -> Followed:
        """The definition of that name. Raises RefusedError."""
        one = self._followed.get(name)
        if one is None:
            names = ", ".join(self._followed) or "none is configured"
            raise RefusedError(f"there is no rollback {scrub(name, 80)!r} ({names})")
        return one

    def rows(self) -> tuple[RollbackRow, ...]:
        """The definitions as rows, as they are known now."""
        return tuple(one.row() for one in self.followed)

    async def look(self, name: str = "") -> tuple[RollbackRow, ...]:
        """Ask the target of that name (all where it is "") what is live; the rows then. Never raises for what happens
        outside: that stands in the rows."""
        for one in self.followed:
            if name in ("", one.name):
                await one.look()
        return self.rows()

    def rollbacks_for(self, name: str) -> tuple[str, ...]:
        """The definitions by which an agent, a service, an objective, a gate or an alert (by its id) can be rolled
        back, the likeliest first; all where `name` is ""."""
        return matching(self.followed, name, self._planning.store) if name else tuple(self._followed)

    async def revisions(self, name: str) -> Revisions:
        """What there is to roll to, with the objective while each was live. Raises RefusedError, OutsideError."""
        return await self.known(name).revisions()

    async def live_of(self, plan: Plan) -> str | None:
        """The id of the revision that the target of a plan says is live now; None where it does not say. Raises
        OutsideError."""
        one = self._followed.get(plan.source)
        live = (await one.revisions()).live if one is not None else None
        return None if live is None else live.id

    def doer(self, source: str) -> Doer | None:
        """Who made the steps of the plans of a definition."""
        one = self._followed.get(source)
        return None if one is None else one.rolling

    # ── plans ──

    async def plan(self, name: str, to: str = "", staged: bool = False) -> Plan:
        """A plan that rolls to a revision, by id or name, else to the preferred one. Raises RefusedError where there is
        no such revision or it cannot be done so, OutsideError where the target does not answer."""
        one = self.known(name)
        known = await one.revisions()
        wanted = wanted_revision(known, to)
        made = await roll_plan(one, known, wanted, self._planning, staged=staged)
        further = one_further(one, known, wanted, self._planning.clock.now())
        if not further:
            return made
        unnamed = () if to else (f"{further}; name the revision that is wanted (--to {wanted.name})",)
        return replace(made, warnings=(*made.warnings, further), refusals=(*made.refusals, *unnamed))

    async def plan_undo(self, action: Action) -> Plan:
        """A plan that takes a roll back: by what was archived where something was, else by rolling to the revision that
        was live before. Raises RefusedError where neither is there, OutsideError."""
        return await undo_plan(self.known(action.plan.source), action, self._planning)
