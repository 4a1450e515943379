"""An `Acting` in memory that writes down what it was asked, and stores with acts in every state."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from fleet.actions.action import Action, ActionState, Confirmation, Freeze, Item, Lock, StageState
from fleet.actions.batch import read_batch
from fleet.actions.fields import checked
from fleet.actions.plan import (
    ActKind,
    AgentsUp,
    CommandRun,
    Fact,
    HttpRequest,
    Plan,
    RevisionLive,
    SecretName,
    Step,
    Target,
    Tier,
)
from fleet.actions.revision import Revisions
from fleet.actions.template import Desk, Field, Template
from fleet.errors import FleetdeckError, RefusedError
from fleet.store import Store
from tests.tui.factories import NOW, agent_store

KEY = "5f2c9a7e1d3b4c6f8a0e2d4c6b8a0f1e"

FIELDS = (
    Field(name="project", required=True, help="which project", pattern="[a-z0-9-]+"),
    Field(name="kind", type="choice", choices=("review", "test", "document"), default="review"),
    Field(name="priority", type="integer", minimum=1, maximum=9, default=5, help="9 is the most urgent"),
    Field(name="dry", type="boolean", default=False, help="only say what would be done"),
    Field(name="paths", type="list", help="files to look at"),
    Field(name="prompt", lines=True, help="what is to be done"),
)
REVIEW = Template(
    name="review",
    kind="coordinator",
    target="http://127.0.0.1:5005",
    help="Have a change reviewed",
    fields=FIELDS,
    agents=("coder-1", "planner-0"),
    queue="reviews",
    cancels=True,
)
NOTE = Template(name="note", kind="redis_list", target="redis://127.0.0.1:6379 notes", fields=FIELDS[:1], tier=2)


class Remembered:
    """An `Acting` that keeps what it is asked in `asked`, and puts what is begun into the store, as sent."""

    def __init__(self, store: Store, templates: Sequence[Template] = (REVIEW,)) -> None:
        self.store = store
        self.asked: list[tuple[Any, ...]] = []
        self.templates = tuple(templates)
        self.against: tuple[str, ...] = ()
        self.refusal = ""
        self.unrecorded = ""
        """Why it cannot be recorded that a plan was left."""
        self.hangs = False
        self.tier = Tier.YES
        self.texts: dict[str, str] = {}
        self.freezes = True
        self.found: dict[str, tuple[str, ...]] = {}
        """Definitions of rollbacks by what is rolled back by them."""
        self.listed: dict[str, Revisions | FleetdeckError] = {}
        """What is known of the revisions of a definition."""
        self.rolled: Plan | FleetdeckError = rollback_plan()
        store.templates.replace({one.name: one for one in templates})

    def writes(self) -> list[tuple[Any, ...]]:
        """What would have changed something."""
        return [one for one in self.asked if one[0] in ("start", "abort", "settle")]

    def templates_for(self, name: str) -> tuple[Template, ...]:
        return tuple(one for one in self.templates if not name or name in (*one.agents, one.queue))

    async def desk(self, template: str, to: Sequence[str]) -> Desk:
        found = next(one for one in self.templates if one.name == template)
        history = ({"project": "app-7", "kind": "test", "priority": 2, "prompt": "one\ntwo"}, {"project": "app-6"})
        return Desk(template=found, queued=3, eta_s=140.0, history=history, notes=("the allow-list is not known",))

    async def read_items(self, template: str, text: str) -> tuple[Mapping[str, Any], ...]:
        return read_batch(text, next(one for one in self.templates if one.name == template).fields)

    async def batch_text(self, path: str) -> str:
        if path not in self.texts:
            raise RefusedError(f"{path}: there is no such file")
        return self.texts[path]

    async def plan_submit(self, template: str, items: Sequence[Mapping[str, Any]], to: Sequence[str]) -> Plan:
        found = next(one for one in self.templates if one.name == template)
        values = [checked(found.fields, item) for item in items]
        self.asked.append(("plan_submit", template, tuple(values), tuple(to)))
        return submit_plan(len(values), tier=self.tier)

    def rollbacks_for(self, name: str) -> tuple[str, ...]:
        return self.found.get(name, tuple(self.listed) if not name else ())

    async def revisions(self, rollback: str) -> Revisions:
        self.asked.append(("revisions", rollback))
        if self.hangs:
            await asyncio.Event().wait()
        found = self.listed[rollback]
        if isinstance(found, FleetdeckError):
            raise found
        return found

    async def plan_rollback(self, rollback: str, to: str = "", *, staged: bool = False) -> Plan:
        self.asked.append(("plan_rollback", rollback, to, staged))
        if isinstance(self.rolled, FleetdeckError):
            raise self.rolled
        return self.rolled

    async def plan_undo(self, action: str) -> Plan:
        self.asked.append(("plan_undo", action))
        return replace(rollback_plan(), act=ActKind.UNDO, tier=self.tier, of=action)

    async def plan_cancel(self, action: str) -> Plan:
        self.asked.append(("plan_cancel", action))
        return replace(submit_plan(1), act=ActKind.CANCEL, tier=self.tier, of=action)

    async def preflight(self, plan: Plan) -> tuple[str, ...]:
        self.asked.append(("preflight", plan.key))
        return self.against

    async def start(self, plan: Plan, confirmation: Confirmation, *, dry_run: bool = False) -> str:
        self.asked.append(("start", plan.key, confirmation, dry_run))
        if self.hangs:
            await asyncio.Event().wait()
        if self.refusal:
            raise RefusedError(self.refusal)
        self.store.actions.put(plan.key, action(plan, ActionState.SENT, dry_run=dry_run))
        return plan.key

    async def leave(
        self, plan: Plan, by: str, *, against: Sequence[str] = (), reason: str = "", ticket: str = ""
    ) -> None:
        self.asked.append(("leave", plan.key, by, tuple(against)))
        if self.unrecorded:
            raise RefusedError(self.unrecorded)

    async def ended(self, action: str) -> Action:
        return self.store.actions[action]

    async def abort(self, action: str, by: str) -> None:
        self.asked.append(("abort", action, by))

    async def reconcile(self, action: str, by: str) -> Action:
        self.asked.append(("reconcile", action, by))
        return self.store.actions[action]

    async def settle(self, action: str, state: ActionState, by: str, reason: str) -> Action:
        self.asked.append(("settle", action, state, by, reason))
        if self.refusal:
            raise RefusedError(self.refusal)
        return replace(self.store.actions[action], state=state, settled=by)

    async def freeze(self, by: str, reason: str) -> Freeze:
        self.asked.append(("freeze", by, reason))
        row = Freeze(frozen=True, why=f"frozen by {by}: {reason}", can_unlock=True, can_unfreeze=True, by=by)
        if self.freezes:
            self.store.freeze.put("freeze", row)
        return row

    async def unlock(self, by: str, reason: str, for_s: float) -> Freeze:
        self.asked.append(("unlock", by, reason, for_s))
        row = Freeze(until=NOW + timedelta(seconds=for_s))
        self.store.freeze.put("freeze", row)
        return row

    async def unfreeze(self, by: str, reason: str) -> Freeze:
        self.asked.append(("unfreeze", by, reason))
        row = Freeze()
        self.store.freeze.put("freeze", row)
        return row


def submit_plan(items: int = 1, *, tier: Tier = Tier.YES, key: str = KEY, title: str = "") -> Plan:
    """A plan that submits tasks over HTTP."""
    steps = tuple(
        Step(
            title=f"execute on coder-1: app-{number}",
            target="coder-1",
            item=number,
            effect=HttpRequest(
                method="POST",
                url="http://127.0.0.1:5005/execute_task",
                body=f'{{"agent": "coder-1", "project": "app-{number}", "prompt": "look at it"}}',
                secret=SecretName(header="Authorization", scheme="Bearer", env="COORDINATOR_TOKEN"),
            ),
        )
        for number in range(items)
    )
    return Plan(
        key=key,
        act=ActKind.SUBMIT,
        kind="coordinator",
        source="review",
        fleet="staging",
        title=title or (f"Submit {items} × review" if items > 1 else "Submit review to coder-1"),
        tier=tier,
        word="coder-1",
        targets=(Target(name="coder-1", kind="agent"),),
        steps=steps,
        made_at=NOW,
        items=tuple(f"app-{number}" for number in range(items)),
        facts=(Fact("queue", "reviews: 3 queued, worked off in 2m 20s"),),
        effects=("the queue reviews grows by one",),
        undo=("cancel it at the coordinator while it is queued",),
    )


def rollback_plan(tier: Tier = Tier.NAME) -> Plan:
    """A plan that rolls a service back by a command."""
    return Plan(
        key="9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d",
        act=ActKind.ROLLBACK,
        kind="command",
        source="gateway",
        fleet="staging",
        title="Roll gateway back to r41",
        tier=tier,
        word="gateway",
        targets=tuple(Target(name=f"gateway-{number}", kind="agent", mark="r42") for number in range(1, 5)),
        steps=(
            Step(
                title="roll out r41",
                target="gateway",
                effect=CommandRun(
                    argv=("kubectl", "rollout", "undo", "deployment/gateway", "--to-revision=41"),
                    cwd="/srv/gateway",
                    env={"PATH": "/usr/bin:/bin", "KUBECONFIG": "/etc/fleetdeck/kube.yaml"},
                ),
            ),
        ),
        made_at=NOW,
        checks=(RevisionLive(revision="r41"), AgentsUp(agents=("gateway-1", "gateway-2"))),
        expects="r41 is live, the gateways are up, and availability/gateway does not burn",
        facts=(Fact("project root", "/srv/gateway"), Fact("guard", "the root is no git work tree", bad=True)),
        blast=tuple(f"planner-{number} sends its requests through it" for number in range(7)),
        effects=("availability/gateway: 4 instances restart, one after the other", "the queue ingest waits meanwhile"),
        undo=("roll to r42 again; about 40 s",),
        warnings=("Argo CD manages this: it will put r42 back",),
        revision="r41",
        before="r42",
    )


def action(plan: Plan, state: ActionState, **more: Any) -> Action:
    """An act of a plan; its items are in the same state where nothing else is said."""
    more.setdefault("items", tuple(Item(words=words, state=state) for words in plan.items))
    return Action(
        id=plan.key,
        plan=plan,
        state=state,
        actor="anna@host",
        planned_at=NOW - timedelta(seconds=50),
        sent_at=NOW - timedelta(seconds=42),
        changed_at=NOW - timedelta(seconds=2),
        **more,
    )


def batch_action() -> Action:
    """Two hundred tasks, ten of them refused, a hundred and twenty over."""
    items = []
    for number in range(200):
        if number % 20 == 7:
            refused = "403: the coordinator allows no such project"
            items.append(Item(words=f"app-{number}", state=ActionState.REFUSED, sentence=refused, tries=1))
        elif number < 110:
            found = {"task": f"t-{number}"}
            items.append(Item(words=f"app-{number}", state=ActionState.SUCCEEDED, found=found, tries=1))
        elif number < 130:
            items.append(Item(words=f"app-{number}", state=ActionState.RUNNING, tries=1))
        else:
            items.append(Item(words=f"app-{number}"))
    plan = submit_plan(200, key="2c624232cdd221771294dfbb310aca00")
    return action(plan, ActionState.RUNNING, items=tuple(items))


def acted_store() -> Store:
    """A fleet with acts in several states, and a lock."""
    store = agent_store()
    rolled = action(
        rollback_plan(),
        ActionState.SUCCEEDED,
        reason="r42 burns the objective",
        ticket="INC-7",
        ended_at=NOW - timedelta(seconds=3),
        stages=(
            StageState(
                title="canary 10 %", state="passed", sentence="held for 10 s", checks=("the gate smoke passes",)
            ),
            StageState(title="50 %", state="passed"),
            StageState(title="100 %", state="passed"),
        ),
        outcome="r41 is live, and availability/gateway does not burn any more",
        output="deployment.apps/gateway rolled back\n4 of 4 instances are new",
        audit=(41, 42, 43),
    )
    lost = action(
        submit_plan(key="0a0b0c0d0e0f10111213141516171819", title="Submit review to planner-0"),
        ActionState.UNKNOWN,
        outcome="the connection ended after something was sent",
        next_step="reconcile: r asks the coordinator what became of it",
        ended_at=NOW,
    )
    for one in (rolled, lost, batch_action()):
        store.actions.put(one.id, one)
    since = NOW - timedelta(seconds=12)
    store.locks.put("coder-1", Lock(target="coder-1", owner="anna@host", since=since, title="Submit review"))
    return store
