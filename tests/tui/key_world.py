"""A dashboard in which everything can be done, over a fleet with one of everything; and the places that its keys are
tried from. Whatever would reach the fleet is written down instead."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from fleet.actions.action import Action, ActionState, Proposal, StageState
from fleet.actions.plan import ActKind, Plan, Stage, Tier
from fleet.actions.revision import Revision, Revisions, RollbackRow
from fleet.alerts.model import Silence
from fleet.clock import ManualClock
from fleet.store import Store
from fleet.view_line import VIEWS
from fleet.why.model import Subject, SubjectKind
from tests.tui.acting_stores import NOTE, REVIEW, Remembered, acted_store, action, batch_action, rollback_plan
from tests.tui.acting_stores import submit_plan as task_plan
from tests.tui.alert_stores import held_store
from tests.tui.asked import Asked, waves
from tests.tui.curves import sinking
from tests.tui.factories import NOW, deck, firing_store
from tests.tui.slo_stores import burning_slo_store, gate_store
from tests.tui.why_stores import explainer
from tui.acting.ask import AskSheet
from tui.acting.unhurried import Quiet
from tui.app import FleetdeckApp
from tui.screens.deck import DeckScreen

LOST = "0a0b0c0d0e0f10111213141516171819"
RUNNING = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
WRITING = ("start", "abort", "settle", "unlock", "unfreeze", "freeze")


class Ready(Remembered):
    """An `Acting` of which everything can be asked, and whose every plan is confirmed by a single `y`."""

    def rollbacks_for(self, name: str) -> tuple[str, ...]:
        return ("gateway",) if name in ("coder-1", "gateway") else ("gateway", "model")

    async def revisions(self, rollback: str) -> Revisions:
        made = tuple(
            Revision(id=f"r{at}", name=f"r{at}", at=NOW - timedelta(hours=50 - at), live=at == 42, good=at < 42)
            for at in (42, 41, 40)
        )
        return Revisions(target=rollback, revisions=made, preferred="r41")

    async def plan_rollback(self, rollback: str, to: str = "", *, staged: bool = False) -> Plan:
        self.asked.append(("plan_rollback", rollback, to, staged))
        return replace(rollback_plan(Tier.YES), refusals=())

    def writes(self) -> list[tuple[Any, ...]]:
        return [one for one in self.asked if one[0] in WRITING]


class Silent:
    """A silencer that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def silence(self, *args: Any, **more: Any) -> Silence:
        self.asked.append("silence")
        return next(iter(held_store().silences.values()))

    async def acknowledge(self, *args: Any, **more: Any) -> tuple[Silence, ...]:
        self.asked.append("acknowledge")
        return ()

    async def expire(self, *args: Any, **more: Any) -> None:
        self.asked.append("expire")


class SetClock(ManualClock):
    """A clock whose time of day can be set, as an operator or a time server does, while the other goes on."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


class Unleavable(FleetdeckApp):
    """A dashboard whose keys to quit and to suspend do nothing."""

    def exit(self, *args: Any, **more: Any) -> None:
        """Stay."""

    def action_suspend_process(self) -> None:
        """Stay."""

    def notify(self, *args: Any, **more: Any) -> None:
        """Toasts hear no keys, and only take time."""


class World:
    """The dashboard, and what was asked of the fleet from it."""

    def __init__(self) -> None:
        store = whole_store()
        self.acting, self.silent, self.clock = Ready(store, (REVIEW, NOTE)), Silent(), SetClock(NOW)
        # The keys are to go on being tried after `R`.
        self.acting.freezes = False
        made = deck(
            store,
            "agents",
            acting=self.acting,
            silencer=self.silent,
            graphing=sinking,
            querying=Asked(waves(2)),
            explain=explainer(store),
            operator="ops@desk",
        )
        made.__class__ = Unleavable
        made.context = replace(made.context, clock=self.clock)
        self.app: Any = made
        self.firsts: dict[str, tuple[Any, Any]] = {}
        """By view line: how it was shown, and what had the focus, when one came there first."""

    def writes(self, pressed: tuple[str, ...] = ()) -> list[Any]:
        """What would have changed something after these keys. `R` may freeze: it only takes rights away."""
        done = [one for one in self.acting.writes() if one[0] != "freeze" or "R" not in pressed]
        return [*done, *self.silent.asked]

    def forget(self) -> None:
        """Begin to count anew."""
        self.acting.asked.clear()
        self.silent.asked.clear()


def whole_store() -> Store:
    """One of everything: agents in all states, tasks, acts, alerts that fire and that are held, objectives, gates,
    definitions of rollbacks, one of them proposed, and one under way."""
    store, others = acted_store(), (firing_store(), held_store(), burning_slo_store(), gate_store())
    for other, names in zip(
        others,
        (("queues", "backlog", "sources"), ("alerts", "alert_groups", "silences"), ("slos",), ("gates",)),
        strict=True,
    ):
        for name in names:
            getattr(store, name).replace(getattr(other, name))
    stages = ("10 %", "100 %")
    for name, agents in (("gateway", ("coder-1",)), ("model", ("planner-0",))):
        store.rollbacks.put(name, RollbackRow(name=name, kind="command", agents=agents, stages=stages, live="r42"))
    store.proposals.put("gateway", Proposal(target="gateway", revision="r41", because="it burns", since=NOW))
    under_way = rolling()
    store.actions.put(under_way.id, under_way)
    return store


def rolling() -> Action:
    """A rollback that is in its first stage."""
    stages = tuple(Stage(title=title, share=share) for title, share in (("10 %", 0.1), ("100 %", 1.0)))
    plan = replace(rollback_plan(), key=RUNNING, stages=stages)
    states = (StageState(title="10 %", state="checking", since=NOW), StageState(title="100 %"))
    return action(plan, ActionState.RUNNING, stages=states)


# ── places ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Way = Callable[[Any], Awaitable[None]]
"""Opens something over a view."""


class Place:
    """Where one is: a view line, what is pressed there, and what is opened then."""

    def __init__(self, name: str, line: str, *keys: str, way: Way | None = None, enters: str = "") -> None:
        self.name = name
        self.line = line
        self.keys = keys
        self.way = way
        self.enters = enters
        """What it does where it is filled in and entered, "" for nothing."""


async def close_all(app: Any) -> None:
    """Back to the view, with nothing on top of it and nothing asked."""
    while len(app.screen_stack) > 1:
        await app.pop_screen()
    if isinstance(app.screen, DeckScreen) and app.screen.is_asking:
        app.screen._close_prompt()


def shows(id: str) -> Way:
    async def way(app: Any) -> None:
        await app.show_action(id)

    return way


def receipt(id: str) -> Way:
    async def way(app: Any) -> None:
        await app.show_receipt(id)

    return way


def row(view: str, key: Any) -> Way:
    async def way(app: Any) -> None:
        await app.open_row(view, key)

    return way


def why(kind: SubjectKind, key: str) -> Way:
    async def way(app: Any) -> None:
        await app.show_why(Subject(kind, key))

    return way


def query(expr: str) -> Way:
    async def way(app: Any) -> None:
        await app.open_query(expr)

    return way


def plan(plan: Plan) -> Way:
    async def way(app: Any) -> None:
        app.act(plan)

    return way


async def asks(app: Any) -> None:
    """The question before an abort; whoever says yes has aborted."""
    acting = app.context.acting
    app.push_screen(AskSheet("Abort", (), app.context), lambda yes: acting.asked.append(("abort",)) if yes else None)


async def many(app: Any) -> None:
    from tui.acting.many import BatchSheet

    desk = await app.context.acting.desk("review", ())
    app.push_screen(BatchSheet(desk, (), app.context), lambda id: None)


async def unlocks(app: Any) -> None:
    from tui.acting.unlock import UnlockSheet

    app.push_screen(UnlockSheet(app.context), app._unlocked)


async def unfreezes(app: Any) -> None:
    from tui.acting.unlock import UnfreezeSheet

    app.push_screen(UnfreezeSheet(app.context), app._unfrozen)


async def settles(app: Any) -> None:
    assert app.screen._table.go_to(LOST)
    app.screen.action_settle()


async def picks(app: Any) -> None:
    app.roll_back(("gateway",))


async def which_rollback(app: Any) -> None:
    app.roll_back()


async def which(app: Any) -> None:
    app.submit()


async def filters(app: Any) -> None:
    app.action_saved_filters()


_SHEETS = (
    Place("prompt :", "agents", "colon"),
    Place("prompt /", "agents", "slash"),
    Place("help", "agents", "question_mark"),
    Place("palette", "agents", "ctrl+p"),
    Place("columns", "agents", "C"),
    Place("copy as", "agents name:coder-1", "ctrl+y"),
    Place("filters", "agents", way=filters),
    Place("acknowledge", "alerts", "a", enters="acknowledge"),
    Place("silence", "alerts", "s", enters="silence"),
    Place("end silences", "alerts AgentDown", "u"),
    Place("group by", "alerts", "T"),
    Place("which template", "agents", way=which),
    Place("submit", "agents name:coder-1", "t", "enter"),
    Place("submit many", "agents name:coder-1", way=many),
    Place("which rollback", "agents", way=which_rollback),
    Place("picker", "rollbacks", way=picks),
    Place("unlock", "actions", way=unlocks, enters="unlock"),
    Place("unfreeze", "actions", way=unfreezes, enters="unfreeze"),
    Place("settle", "actions", way=settles),
)
DIALOGS = (
    Place("confirm tier 1", "agents", way=plan(task_plan())),
    Place("confirm a rollback, tier 1", "agents", way=plan(rollback_plan(Tier.YES))),
    Place("confirm tier 2", "agents", way=plan(rollback_plan())),
    Place("confirm tier 3", "agents", way=plan(rollback_plan(Tier.TWO))),
    Place("confirm an undo, tier 1", "actions", way=plan(replace(rollback_plan(Tier.YES), act=ActKind.UNDO))),
    Place("ask", "actions", way=asks),
)
"""Those in which a key can start something, once one could read them."""


def places() -> dict[str, tuple[Place, ...]]:
    """All of them, by what they are."""
    acts = [one.id for one in acted_store().actions.values()]
    pages = (
        Place("page of an agent", "agents", way=row("agents", "coder-1")),
        Place("page of an alert", "alerts", way=row("alerts", "AgentDown/coder-1")),
        Place("page of an objective", "slos", way=row("slos", next(iter(burning_slo_store().slos)))),
        Place("page of a gate", "gates", way=row("gates", "mcp_server_uptime")),
        Place("page of a task", "tasks", way=row("tasks", "reviews/t-0")),
        Place("page of a rollback", "rollbacks", way=row("rollbacks", "gateway")),
        Place("query", "overview", way=query("")),
        Place("answer", "overview", way=query("up")),
        Place("why an alert", "alerts", way=why(SubjectKind.ALERT, "AgentDown/coder-1")),
        Place("why an objective", "slos", way=why(SubjectKind.SLO, next(iter(burning_slo_store().slos)))),
        Place("receipt of what succeeded", "actions", way=receipt(acts[0])),
        Place("receipt of what is unknown", "actions", way=receipt(acts[1])),
        Place("receipt of a batch", "actions", way=receipt(batch_action().id)),
        Place("watch", "actions", way=shows(RUNNING)),
        Place("receipt of what is watched", "actions", way=receipt(RUNNING)),
    )
    return {
        "views": tuple(Place(name, name) for name in VIEWS),
        "pages": pages,
        "sheets": _SHEETS,
        "dialogs": DIALOGS,
    }


OPENED = (
    (Place("an act that may be cancelled", "actions unknown"), "c"),
    (Place("a batch", "actions", way=receipt(batch_action().id)), "x"),
    (Place("a batch", "actions", way=receipt(batch_action().id)), "c"),
    (Place("what succeeded", "actions", way=receipt(next(iter(acted_store().actions)))), "U"),
    (Place("what is watched", "actions", way=shows(RUNNING)), "x"),
    (Place("a picker", "rollbacks", way=picks), "enter"),
    (Place("what is held", "alerts", way=row("alerts", "AgentDown/coder-1")), "u"),
)
"""Where a single key opens a dialog in which a single key would start something."""


def is_dialog(app: Any) -> bool:
    """Whether one of those in which a key can start something is on top."""
    return isinstance(app.screen, Quiet)
