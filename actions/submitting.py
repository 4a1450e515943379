"""`Submissions`: the templates of the configuration, the desk of their forms, and plans that submit and cancel.

Nothing is sent from here. What a plan says is made in `actions.submission`, from the steps of the template's kind.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from actions.aside import aside
from actions.planning import Planning
from actions.submission.cancel_plan import cancel_plan
from actions.submission.doer import AgentsStillUp
from actions.submission.form_desk import form_desk
from actions.submission.made_template import MadeTemplate, make_template
from actions.submission.submit_plan import submit_plan
from config.action_options import ActEntry, ActionsOptions
from fleet.actions.action import Action
from fleet.actions.batch import read_batch
from fleet.actions.plan import Plan
from fleet.actions.ports import ActReach, Doer
from fleet.actions.template import Desk, Template
from fleet.errors import RefusedError
from fleet.near import meant
from fleet.text import scrub


class Submissions:
    """The templates of a configuration. One that cannot be made is a row with its error, and the others stand."""

    def __init__(
        self,
        entries: tuple[ActEntry, ...],
        reach: ActReach,
        fleet: str,
        new_id: Callable[[], str],
        options: ActionsOptions,
    ) -> None:
        self._store = reach.store
        self._planning = Planning(fleet=fleet, store=reach.store, clock=reach.clock, new_id=new_id)
        self._follow_s = float(options.follow)
        self._made = {entry.name: make_template(entry, reach) for entry in entries}

    # ── what there is ──

    def templates(self) -> tuple[Template, ...]:
        """All templates as rows, with the agents to which each may be submitted now."""
        return tuple(made.row(self._store) for made in self._made.values())

    def templates_for(self, name: str) -> tuple[Template, ...]:
        """The templates by which something can be submitted to an agent or a queue; all where `name` is ""."""
        rows = self.templates()
        return tuple(row for row in rows if not name or name in row.agents or name in (row.queue, row.target))

    def doer(self, source: str) -> Doer | None:
        """Who reads the answers of plans that were made from the template of that name."""
        made = self._made.get(source)
        if made is None or made.submitting is None:
            return None
        return AgentsStillUp(made.submitting, self._store)

    async def desk(self, template: str, to: Sequence[str]) -> Desk:
        """What stands beside a template's form. Raises RefusedError for a template that there is not."""
        return await form_desk(self._found(template), to, self._store)

    # ── planning ──

    async def read_items(self, template: str, text: str) -> tuple[dict[str, Any], ...]:
        """The items of a batch; what all of them share may still come. Raises RefusedError with the lines that are
        wrong."""
        fields = self._found(template).fields
        return await aside(text.count("\n"), lambda: read_batch(text, fields, partial=True))

    async def plan(self, template: str, items: Sequence[Mapping[str, Any]], to: Sequence[str]) -> Plan:
        """A plan that submits each item to each of `to` (to the template's own target where there is none). Raises
        RefusedError that names every item that is wrong, OutsideError where the target must be asked and is not
        there."""
        return await submit_plan(self._found(template), items, to, self._planning, self._follow_s)

    async def plan_cancel(self, action: Action) -> Plan:
        """A plan that cancels what waits of a submission. Raises RefusedError where nothing can be, OutsideError."""
        return await cancel_plan(self._found(action.plan.source), action, self._planning, self._follow_s)

    def _found(self, template: str) -> MadeTemplate:
        """The template of that name. Raises RefusedError where there is none that can be used."""
        made = self._made.get(template)
        if made is None:
            known = ", ".join(self._made) or "none is configured"
            hint = meant(template, self._made) or f" (known: {known})"
            raise RefusedError(f"there is no template {scrub(template, 80)!r}{hint}")
        made.usable()
        return made
