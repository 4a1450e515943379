"""The pictures of a rollback: the sheet of revisions, the plan, and the way through its stages. The demo fleet's bad
release is really rolled back for them, stage by stage as time is moved on, and each check is really asked."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from textual.pilot import Pilot

from actions.checking import StoreChecker
from actions.performing.performer import MachinePerformer
from actions.proposing import Proposer
from actions.rolling_back import RollbackBook
from cli.deck import Deck
from config.schema import Config
from fleet.actions.action import Action, ActionState, Item, StageState
from fleet.actions.plan import Plan, public
from fleet.actions.ports import ActReach
from fleet.actions.revision import Revisions
from fleet.clock import ManualClock
from fleet.slo.between import EngineHistory
from fleet.store import Store
from fleet.view_line import parse_view_line
from transport.http.client import HttpClient
from tui.acting.confirm import ConfirmSheet
from tui.app import FleetdeckApp
from tui.snapshot import render

TARGET = "mcp-gateway"
SIZES = {"rollback": (120, 32), "confirm": (120, 44), "watch": (120, 32)}
"""File name → columns and lines."""
OPERATOR = "anna@ops-1"
_KEY = "3f1c9a4e7b2d4c6f8a0e2d4c6b8a0f1e"
Step = Callable[[], Awaitable[None]]


class Still:
    """An `Acting` that answers with what was asked before."""

    def __init__(self, revisions: Revisions, plan: Plan) -> None:
        self._revisions = revisions
        self._plan = plan

    def rollbacks_for(self, name: str) -> tuple[str, ...]:
        """The one."""
        return (TARGET,)

    async def revisions(self, rollback: str) -> Revisions:
        """What there was."""
        return self._revisions

    async def plan_rollback(self, rollback: str, to: str = "", *, staged: bool = False) -> Plan:
        """The plan that was made."""
        return self._plan

    async def preflight(self, plan: Plan) -> tuple[str, ...]:
        """Nothing stands against it."""
        return ()

    async def leave(self, plan: Plan, by: str, **said: Any) -> None:
        """The dialog was only looked at."""


class Rolled:
    """What is rolled back: followed as long as the fleet is up, and rolled when it is drawn."""

    def __init__(self, deck: Deck, config: Config, http: HttpClient, clock: ManualClock) -> None:
        self.deck = deck
        self._store = deck.store
        self._clock = clock
        self._performer = MachinePerformer(http, config.root, clock=clock)
        reach = ActReach(
            http=http,
            performer=self._performer,
            root=config.root,
            store=deck.store,
            clock=clock,
            limits=config.limits,
        )
        history = EngineHistory(deck.judgement.slo_engine)
        self._book = RollbackBook(config.rollbacks, reach, config.name, lambda: _KEY, history)

    async def look(self) -> None:
        """See what is live now."""
        await self._book.look(TARGET)

    async def draw(self, step: Step) -> dict[str, str]:
        """File name → SVG. `step` moves the fleet on and looks at it; the fleet must be up."""
        store, clock, book = self._store, self._clock, self._book
        await Proposer(store, book, clock, blame=self.deck.judgement.reasons.blame).step()
        store.rollbacks.replace({row.name: row for row in book.rows()})
        plan = await book.plan(TARGET, staged=True)
        acting = Still(await book.revisions(TARGET), plan)
        drawn = {}
        for name, keys in (("rollback", _picked), ("confirm", _confirmed)):
            drawn[f"{name}.svg"] = await _picture(name, "rollbacks", store, clock, acting, keys)
        action = await _rolled(plan, store, clock, self._performer, self.deck, step)
        store.actions.put(action.id, action)
        drawn["watch.svg"] = await _picture("watch", "rollbacks", store, clock, acting, _watched)
        return drawn


async def _rolled(
    plan: Plan, store: Store, clock: ManualClock, performer: MachinePerformer, deck: Deck, step: Step
) -> Action:
    """The first stage is passed, and the second is being checked."""
    checker = StoreChecker(store, clock, querying=deck.judgement.queries)
    began, stages = clock.now(), []
    for number, stage in enumerate(plan.stages[:2]):
        since = clock.now()
        for one in plan.steps:
            if one.stage == number:
                await performer.perform(one.effect, key=plan.key)
        for _ in range(3):
            await step()
        answers = [await checker.check(check, plan, since) for check in stage.checks]
        stages.append(
            StageState(
                title=stage.title,
                checks=tuple(words for _, words in answers),
                holds=tuple(holds for holds, _ in answers),
                since=since,
                state="checking" if number else "passed",
                until=None if number else clock.now(),
                held_from=clock.now() - timedelta(seconds=3) if number else None,
            )
        )
    waiting = tuple(StageState(title=stage.title) for stage in plan.stages[2:])
    return _action(plan, began, (*stages, *waiting))


def _action(plan: Plan, began: datetime, stages: tuple[StageState, ...]) -> Action:
    return Action(
        id=plan.key,
        plan=public(plan),
        state=ActionState.RUNNING,
        actor=OPERATOR,
        reason="the new release burns task-success",
        planned_at=began,
        sent_at=began,
        changed_at=began,
        items=(Item(words=plan.title, state=ActionState.RUNNING),),
        stages=stages,
        stage=1,
    )


async def _picture(
    name: str,
    line: str,
    store: Store,
    clock: ManualClock,
    acting: Any,
    keys: Callable[[Pilot[None]], Awaitable[None]],
) -> str:
    own = ManualClock(clock.now())
    app = FleetdeckApp(
        store, fleet_name="demo", clock=own, view=parse_view_line(line), acting=acting, operator=OPERATOR
    )
    return (await render(app, SIZES[name], settle=keys)).svg()


async def _picked(pilot: Pilot[None]) -> None:
    app: Any = pilot.app
    await _told(pilot)
    app.roll_back((TARGET,))
    await pilot.pause()
    while app.screen._busy:
        await pilot.pause(0.05)
    await pilot.pause()


async def _confirmed(pilot: Pilot[None]) -> None:
    app: Any = pilot.app
    await _picked(pilot)
    await pilot.press("enter")
    while not (
        isinstance(app.screen, ConfirmSheet) and app.screen._pending.found is not None and app.screen._hears_from
    ):
        await pilot.pause(0.05)

    app.context.clock.advance(1.0)
    app.screen.awake()
    await pilot.press("tab", *TARGET, "enter", *("space" if char == " " else char for char in "r26 burns task-success"))
    await pilot.pause()


async def _watched(pilot: Pilot[None]) -> None:
    app: Any = pilot.app
    await _told(pilot)
    await app.show_action(_KEY)
    await pilot.pause()


async def _told(pilot: Pilot[None]) -> None:
    """What is ready is told at the beginning, and its toast would lie over what is to be seen."""
    app: Any = pilot.app
    while app.context.store.proposals and not app._standing:
        await pilot.pause(0.05)
    await pilot.pause()
    app.clear_notifications()
    await pilot.pause()
