"""A plan that waits to be confirmed: what stands against it, that it is begun once at most, and that it is on record
whenever somebody looked at it and left it. It asks who acts, and knows no widget."""

import asyncio

from fleet.actions.action import Confirmation
from fleet.actions.plan import Plan
from fleet.errors import FleetdeckError
from tui.acting.may import why_not
from tui.context import Context

PATIENCE_S = 15.0
"""How long is waited for what stands against a plan."""


class PendingPlan:
    """`found` is what preflight found against the plan, None while that is not known; `asked`, whether it is being
    begun; `begun`, the id of its action once it is; `recorded`, whether it is on record, or being put there, what came
    of it."""

    def __init__(self, plan: Plan, context: Context) -> None:
        self.plan = plan
        self.found: tuple[str, ...] | None = None
        self.asked = False
        self.begun: str | None = None
        self.recorded = False
        self._context = context

    @property
    def against(self) -> tuple[str, ...]:
        """All that is known to stand against it, each once."""
        return tuple(dict.fromkeys((*self.plan.refusals, *(self.found or ()))))

    @property
    def is_open(self) -> bool:
        """Whether it can be confirmed as far as is known here."""
        return self.found == () and not self.plan.refusals and not self.asked and not why_not(self._context)

    async def preflight(self) -> None:
        """Have it found out what stands against it now; that this could not be known stands against it, too."""
        acting, why = self._context.acting, why_not(self._context)
        found: tuple[str, ...] = (why,) if why else ()
        if acting is not None:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    found = tuple(dict.fromkeys((*found, *await acting.preflight(self.plan))))
            except TimeoutError:
                found = (*found, f"what stands against it was not known within {PATIENCE_S:g} s")
            except FleetdeckError as error:
                found = (*found, str(error))
        self.found = found

    def ask(self) -> None:
        """It is confirmed: from here on it is being begun, and no second time."""
        self.asked = self.recorded = True

    async def begin(self, confirmation: Confirmation, *, dry_run: bool) -> None:
        """Begin it. Raises FleetdeckError where that is refused; it can be asked for again then."""
        acting = self._context.acting
        if acting is None:
            return
        try:
            self.begun = await acting.start(self.plan, confirmation, dry_run=dry_run)
        except FleetdeckError:
            self.asked = False
            raise

    async def leave(self) -> None:
        """Put on record that it was looked at and left. Raises FleetdeckError where it cannot be."""
        acting = self._context.acting
        if acting is not None:
            await acting.leave(self.plan, self._context.operator, against=self.against)
