"""A book of rollbacks over real parts: the machine's performer, real files, real programs, a real HTTP client."""

import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import yaml

from actions.performing.performer import MachinePerformer
from actions.rolling_back import RollbackBook
from config.action_options import ActEntry
from config.kinds import installed_kinds
from config.load import load
from fleet.actions.action import Action, ActionState, Item, Observed, Verdict
from fleet.actions.history import SloHistory
from fleet.actions.plan import Plan
from fleet.actions.ports import ActReach
from fleet.clock import ManualClock
from fleet.ports import Limits
from fleet.store import Store
from transport.http.client import HttpClient

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Bench:
    """What the dashboard would have of one configuration."""

    def __init__(
        self, root: Path, http: HttpClient, rollbacks: list[dict[str, Any]], history: SloHistory | None
    ) -> None:
        self.root = root
        self.store = Store()
        self.clock = ManualClock(AT)
        self.performer = MachinePerformer(http, root, clock=self.clock)
        reach = ActReach(
            http=http, performer=self.performer, root=root, store=self.store, clock=self.clock, limits=Limits()
        )
        numbers = count(1)
        self.entries = entries_of(root, rollbacks)
        self.book = RollbackBook(self.entries, reach, "test", lambda: f"{next(numbers):032x}", history)

    async def carry_out(self, plan: Plan) -> Action:
        """Do every step of a plan, as the runner would; the action. Guards are asked first, and must not refuse."""
        doer = self.book.doer(plan.source)
        assert doer is not None
        assert plan.refusals == ()
        assert await doer.guards(plan) == ()
        self.clock.advance(60)
        began = self.clock.now()
        sentence, state, found = "", ActionState.SUCCEEDED, dict[str, str]()
        for step in plan.steps:
            result = await self.performer.perform(step.effect, key=plan.key)
            read = doer.read(plan, step, result)
            sentence, found = read.sentence or sentence, {**found, **read.found}
            if read.verdict is not Verdict.DONE:
                state = ActionState.UNKNOWN if read.verdict is Verdict.UNKNOWN else ActionState.FAILED
                break
        seen = await self.seen(plan, began, found)
        if state is ActionState.SUCCEEDED:
            state, sentence = seen.state, seen.sentence
        item = Item(words=plan.title, state=state, sentence=sentence)
        return Action(id=plan.key, plan=plan, state=state, actor="ann", sent_at=began, ended_at=began, items=(item,))

    async def seen(self, plan: Plan, since: datetime = AT, found: Mapping[str, str] = {}) -> Observed:  # only read
        """What the target says of a plan."""
        doer = self.book.doer(plan.source)
        assert doer is not None
        return (await doer.look(plan, {0: found}, since))[0]


@asynccontextmanager
async def bench(root: Path, *rollbacks: dict[str, Any], history: SloHistory | None = None) -> AsyncIterator[Bench]:
    """A bench with these definitions, read as a configuration is."""
    client = HttpClient(Limits(), environ={})
    try:
        yield Bench(root, client, list(rollbacks), history)
    finally:
        await client.aclose()


def entries_of(root: Path, rollbacks: list[dict[str, Any]]) -> tuple[ActEntry, ...]:
    """The definitions, written down as YAML with the objectives and gates that they name, and read by the loader."""
    path = root / "fleetdeck.yaml"
    document = {**named_by(rollbacks), "rollbacks": msgspec.to_builtins(rollbacks)}
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return load(path, installed_kinds()).rollbacks


def named_by(rollbacks: list[dict[str, Any]]) -> dict[str, Any]:
    """Objectives and gates of the names that definitions give."""
    slos = {
        one["slo"]: {"name": one["slo"], "objective": "99%", "availability": True} for one in rollbacks if "slo" in one
    }
    gated = [*rollbacks, *(stage for one in rollbacks for stage in one.get("stages", ()))]
    gates = {one["gate"]: {"expr": "sum(errors)", "target": "<1%"} for one in gated if "gate" in one}
    return {"slos": list(slos.values()), "gates": gates}


def program(path: Path, text: str) -> Path:
    """A program that a test wrote."""
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
