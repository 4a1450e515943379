"""A bench for the runner: a target whose every answer a test decides, which no real one lets it, and the rest as it is
in use (real audit log, real records, real lock files)."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actions.audit import AuditLog
from actions.freezing import Freezing
from actions.ledger import Audit, Ledger, Records
from actions.limits import RunLimits
from actions.locks.files import FileLocks
from actions.preflight import Preflight
from actions.records import Records as RecordFiles
from actions.runner import Runner
from fleet.actions.action import Action, ActionState, Confirmation, Observed, Result, Sent, StepRead, Verdict
from fleet.actions.audit import Who
from fleet.actions.plan import ActKind, Check, Effect, HttpRequest, Plan, Stage, Step, Target, Tier
from fleet.actions.ports import Locks, Tell
from fleet.clock import ManualClock
from fleet.errors import Fault, OutsideError
from fleet.store import Store

AT = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
ANN = Confirmation(by="ann@here", yes=True, typed="svc", reason="it burns")
ANSWERS = {
    "ok": Result(sent=Sent.YES, status=200, text='{"id": "t-1"}'),
    "busy": Result(sent=Sent.YES, status=429, retry_after_s=7.0),
    "refused": Result(sent=Sent.YES, status=403),
    "broken": Result(sent=Sent.YES, status=500),
    "unreached": Result(sent=Sent.NO, fault="no such host"),
    "lost": Result(sent=Sent.MAYBE, fault="no answer in time", timed_out=True),
    "lost before": Result(sent=Sent.MAYBE, fault="connection reset"),
}
REACHED = ("ok", "lost")
"""Answers of a target that has done it."""


class World:
    """Performer and doer: `answers` are given one after the other, then `ok`; `truth` is what is so, by key."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.sends: list[tuple[str, Effect]] = []
        self.truth: dict[str, ActionState] = {}
        self.at_once = ActionState.SUCCEEDED
        """What becomes of what was done."""
        self.refusals: tuple[str, ...] = ()
        self.away = False
        self.looks = 0
        self.hang = False
        self.inside = asyncio.Event()

    async def perform(self, effect: Effect, *, key: str = "", tell: Tell | None = None) -> Result:
        self.sends.append((key, effect))
        self.inside.set()
        if self.hang:
            await asyncio.Event().wait()
        answer = self.answers.pop(0) if self.answers else "ok"
        if answer in REACHED:
            self.truth[key] = self.at_once
        if answer == "bug":
            raise ZeroDivisionError("bug")
        if tell:
            tell("a line\n")
        return ANSWERS[answer]

    async def guards(self, plan: Plan) -> tuple[str, ...]:
        return self.refusals

    def read(self, plan: Plan, step: Step, result: Result) -> StepRead:
        verdicts = {200: Verdict.DONE, 429: Verdict.AGAIN, 403: Verdict.REFUSED, 500: Verdict.FAILED}
        if result.sent is not Sent.YES or result.status is None:
            # A doer that is too sure of itself: the runner must not believe it where the answer was lost.
            return StepRead(verdict=Verdict.AGAIN, sentence=result.fault)
        return StepRead(verdict=verdicts[result.status], sentence=f"status {result.status}")

    async def look(self, plan: Plan, items: Mapping[int, Mapping[str, str]], since: datetime) -> Mapping[int, Observed]:
        self.looks += 1
        if self.away:
            raise OutsideError(Fault.TIMEOUT, "the target")
        return {number: self._seen(found["key"]) for number, found in items.items()}

    def _seen(self, key: str) -> Observed:
        state = self.truth.get(key, ActionState.FAILED)
        words = "it is not there" if key not in self.truth else f"seen {state.value}"
        return Observed(state=state, final=state is not ActionState.RUNNING, sentence=words)

    async def cancel(self, plan: Plan, items: Mapping[int, Mapping[str, str]]) -> tuple[Step, ...]:
        return ()


class Judge:
    """A checker: `says` are answers one after the other, the last of which stays."""

    def __init__(self, *says: bool | None) -> None:
        self.says = list(says)
        self.asked: list[tuple[Check, datetime]] = []

    async def check(self, check: Check, plan: Plan, since: datetime) -> tuple[bool | None, str]:
        self.asked.append((check, since))
        says = self.says.pop(0) if len(self.says) > 1 else self.says[0] if self.says else True
        return says, f"{check.__struct_config__.tag}: {says}"


class Bench:
    """A dashboard that acts. `fast` sleeps move the clock."""

    def __init__(
        self,
        path: Path,
        *,
        judge: Judge | None = None,
        audit: Audit | None = None,
        records: Records | None = None,
        locks: Locks | None = None,
        limits: RunLimits | None = None,
        read_only: str = "",
        owner: str = "ann@here",
        world: World | None = None,
        clock: ManualClock | None = None,
        **more: Any,
    ) -> None:
        self.path, self.store, self.world = path, Store(), world or World()
        self.clock, self.judge = clock or ManualClock(AT), judge or Judge()
        self.audit = audit or AuditLog(path, Who(actor=owner), self.clock)
        self.records = records or RecordFiles(path / "acts")
        self.locks = locks or FileLocks(path / "locks")
        self.notes: list[tuple[str, str, str, str, bool]] = []
        self.ledger = Ledger(self.audit)
        self.freezing = Freezing(self.store, self.ledger, self.clock, read_only=read_only)
        self.codes = more.get("codes")
        preflight = Preflight(self.store, self.freezing, self.locks, lambda _: self.world, self.clock, self.codes)
        self.runner = Runner(
            self.store,
            self.world,
            self.audit,
            self.records,
            self.locks,
            self.judge,
            lambda _: self.world,
            self.clock,
            claims=more.get("claims") or FileLocks(path / "claims"),
            preflight=preflight,
            note=lambda *note: self.notes.append(note),
            owner=owner,
            ledger=self.ledger,
            limits=limits or RunLimits(),
            sleep=more.get("sleep") or self.sleep,
        )

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    async def run(self, plan: Plan, confirmation: Confirmation = ANN) -> Action:
        return await self.runner.ended(await self.runner.start(plan, confirmation))

    def lines(self) -> list[dict[str, Any]]:
        import json

        return [json.loads(line) for line in (self.path / "audit.jsonl").read_text(encoding="utf-8").splitlines()]

    def decisions(self) -> list[str]:
        return [line["decision"] for line in self.lines()]


def http(url: str = "http://target/run", body: str = "{}", **more: Any) -> HttpRequest:
    return HttpRequest(method="POST", url=url, body=body, **more)


def plan(
    *,
    key: str = "k1",
    items: int = 1,
    act: ActKind = ActKind.SUBMIT,
    tier: Tier = Tier.YES,
    stages: tuple[Stage, ...] = (),
    steps: tuple[Step, ...] | None = None,
    **more: Any,
) -> Plan:
    made = tuple(
        Step(title=f"step {stage}", target=f"t{number % 5}", effect=http(), item=number, stage=stage)
        for stage in range(max(1, len(stages)))
        for number in range(items)
    )
    values: dict[str, Any] = {
        "kind": "http",
        "source": "svc",
        "fleet": "demo",
        "title": "do it",
        "word": "svc",
        "targets": (Target(name="svc"),),
        "made_at": AT,
        "items": tuple(f"item {number}" for number in range(items)) if items > 1 else (),
        "follow_s": 60.0,
        "within_s": 30.0,
    }
    return Plan(key=key, act=act, tier=tier, stages=stages, steps=made if steps is None else steps, **(values | more))
