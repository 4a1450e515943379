"""The runner through every interleaving that Hypothesis finds: answers that come, are lost or never come, crashes, full
disks, clocks that jump, operators who stop and reconcile. Whatever happens: no item is sent twice unless the first
surely did not reach, no action is lost, nothing has succeeded that did not, and the intent stands before every send.

Faults come at exact moments, so audit log, records and target are in memory here; `test_runner` has the real ones.
"""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from actions.freezing import Freezing
from actions.ledger import Ledger
from actions.preflight import Preflight
from actions.runner import Runner
from fleet.actions.action import DOUBTFUL, SETTLED_AS, Action, ActionState, Lock, Result
from fleet.actions.audit import AuditEntry
from fleet.actions.plan import ActKind, Check, Effect, GatePasses, Plan
from fleet.actions.ports import Tell
from fleet.clock import ManualClock
from fleet.errors import RefusedError
from fleet.store import Store
from tests.actions.runner_bench import ANN, ANSWERS, AT, REACHED, Judge, World, plan

T = TypeVar("T")
SURELY_NOT = ("busy", "unreached")


class JumpingClock(ManualClock):
    """Its time of day can be set."""

    def set_by(self, seconds: float) -> None:
        self._start += timedelta(seconds=seconds)


class Disk:
    """What outlives a process: the audit log and the records. `full` refuses writes."""

    def __init__(self) -> None:
        self.audit: list[AuditEntry] = []
        self.records: dict[str, Action] = {}
        self.audit_full = False
        self.records_full = False


class Process:
    """One process's way to the disk. One that is dead writes nothing."""

    def __init__(self, disk: Disk) -> None:
        self.disk, self.dead = disk, False

    async def record(self, entry: AuditEntry) -> AuditEntry:
        await asyncio.sleep(0)
        if self.disk.audit_full:
            raise RefusedError("no space left on device")
        if not self.dead:
            self.disk.audit.append(entry)
        return entry

    async def keep(self, action: Action) -> None:
        await asyncio.sleep(0)
        if self.disk.records_full:
            raise RefusedError("no space left on device")
        if not self.dead:
            self.disk.records[action.id] = action

    def read(self) -> tuple[Action, ...]:
        return tuple(self.disk.records.values())


class Held:
    """Locks in memory, of one process."""

    def __init__(self) -> None:
        self.locks: dict[str, Lock] = {}

    async def take(self, lock: Lock) -> Lock | None:
        other = self.locks.get(lock.target)
        if other is None:
            self.locks[lock.target] = lock
        return other

    async def renew(self, target: str) -> None:
        pass

    async def release(self, target: str) -> None:
        self.locks.pop(target, None)

    async def held(self) -> tuple[Lock, ...]:
        return tuple(self.locks.values())


class Target(World):
    """Every send waits until a rule answers it. It checks what must be true whenever something is sent."""

    def __init__(self, disk: Disk) -> None:
        super().__init__()
        self.disk = disk
        self.process: Process | None = None
        self.history: dict[str, list[str]] = {}
        self.wrong: list[str] = []
        self.waiting: list[tuple[str, asyncio.Future[str]]] = []

    async def perform(self, effect: Effect, *, key: str = "", tell: Tell | None = None) -> Result:
        assert self.process is not None
        if self.process.dead:
            raise asyncio.CancelledError
        id, _, number = key.partition("-")
        before = self.history.setdefault(key, [])
        kept = self.disk.records.get(id)
        # The runner ends an act well in which its target fails, so what is wrong is told by an invariant.
        if not all(answer in SURELY_NOT for answer in before):
            self.wrong.append(f"{key} was sent twice: {before}")
        if not any(line.idempotency_key == id and line.decision == "intent" for line in self.disk.audit):
            self.wrong.append(f"{key} was sent before its intent was in the audit log")
        if kept is None or kept.items[int(number or 0)].state is not ActionState.SENT:
            self.wrong.append(f"{key} was sent before its record said so")
        before.append("")
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.waiting.append((key, answered))
        return ANSWERS[await answered]

    def answer(self, index: int, answer: str) -> None:
        key, answered = self.waiting.pop(index)
        self.settle(key, answer)
        if not answered.done():
            answered.set_result(answer)

    def settle(self, key: str, answer: str) -> None:
        self.history[key][-1] = answer
        if answer in REACHED:
            self.truth[key] = ActionState.RUNNING


class Gate(Judge):
    """Says of the post-condition of every rollback what a rule decides."""

    def __init__(self) -> None:
        super().__init__(True)
        self.passed: set[str] = set()
        """Acts of which it said that it holds."""

    async def check(self, check: Check, plan: Plan, since: datetime) -> tuple[bool | None, str]:
        holds, words = await super().check(check, plan, since)
        if holds:
            self.passed.add(plan.key)
        return holds, words


class Machine(RuleBasedStateMachine):
    """One operator's dashboard, which may crash and be started anew, over one disk and one target."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock, self.disk = JumpingClock(AT), Disk()
        self.target, self.gate = Target(self.disk), Gate()
        self.plans: dict[str, Plan] = {}
        self.unpaid: set[str] = set()
        """Acts whose end a process that ended could not write into a full log."""
        self.begin()

    def begin(self) -> None:
        if self.disk.audit_full:
            self.unpaid |= set(self.plans)
        self.process, self.store, self.sleepers = Process(self.disk), Store(), list[tuple[float, asyncio.Event]]()
        self.target.process = self.process
        ledger, locks = Ledger(self.process), Held()
        freezing = Freezing(self.store, ledger, self.clock)
        self.runner = Runner(
            self.store,
            self.target,
            self.process,
            self.process,
            locks,
            self.gate,
            lambda _: self.target,
            self.clock,
            claims=Held(),
            preflight=Preflight(self.store, freezing, locks, lambda _: self.target, self.clock, None),
            note=lambda *_: None,
            owner="ann@here",
            ledger=ledger,
            sleep=self.sleep,
        )
        # It reads the records in a thread.
        self.loop.run_until_complete(self.runner.recover())

    async def sleep(self, seconds: float) -> None:
        awake = asyncio.Event()
        self.sleepers.append((self.clock.monotonic() + seconds, awake))
        await awake.wait()

    def do(self, work: Coroutine[Any, Any, T]) -> T | RefusedError:
        async def done() -> T | RefusedError:
            task = asyncio.ensure_future(work)
            for _ in range(60):
                await asyncio.sleep(0)
            assert task.done(), "it waits for what no rule will do"
            error = task.exception()
            if isinstance(error, RefusedError):
                return error
            return task.result()

        return self.loop.run_until_complete(done())

    def pause(self) -> None:
        async def nothing() -> None:
            pass

        self.do(nothing())

    # ── what happens ──

    @rule(items=st.integers(1, 6), act=st.sampled_from([ActKind.SUBMIT, ActKind.ROLLBACK]))
    def start(self, items: int, act: ActKind) -> None:
        made = plan(key=f"k{len(self.plans)}", items=items, act=act, follow_s=40.0)
        checks = (GatePasses(gate="errors"),) if act is ActKind.ROLLBACK else ()
        target = replace(made.targets[0], name=f"svc{len(self.plans) % 2}")
        made = replace(made, targets=(target,), checks=checks)
        if not isinstance(self.do(self.runner.start(made, ANN)), RefusedError):
            self.plans[made.key] = made

    @precondition(lambda self: self.plans)
    @rule(index=st.integers(0, 50))
    def start_the_same_again(self, index: int) -> None:
        made = list(self.plans.values())[index % len(self.plans)]
        assert isinstance(self.do(self.runner.start(made, ANN)), RefusedError)

    @precondition(lambda self: self.target.waiting)
    @rule(index=st.integers(0, 50), answer=st.sampled_from(["ok", "ok", "ok", *sorted(ANSWERS)]))
    def answer(self, index: int, answer: str) -> None:
        self.target.answer(index % len(self.target.waiting), answer)
        self.pause()

    @precondition(lambda self: self.target.truth)
    @rule(index=st.integers(0, 50), state=st.sampled_from([ActionState.SUCCEEDED, ActionState.FAILED]))
    def end_at_the_target(self, index: int, state: ActionState) -> None:
        key = sorted(self.target.truth)[index % len(self.target.truth)]
        if self.target.truth[key] is ActionState.RUNNING:
            self.target.truth[key] = state

    @rule(seconds=st.sampled_from([0.1, 1.0, 10.0, 60.0]))
    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        due = [one for one in self.sleepers if one[0] <= self.clock.monotonic()]
        self.sleepers = [one for one in self.sleepers if one not in due]
        for _, awake in due:
            awake.set()
        self.pause()

    @rule(seconds=st.sampled_from([-86_400.0, -5.0, 5.0, 86_400.0]))
    def set_the_clock(self, seconds: float) -> None:
        self.clock.set_by(seconds)

    @rule(holds=st.sampled_from([True, False, None]))
    def judge(self, holds: bool | None) -> None:
        self.gate.says = [holds]

    @rule(audit=st.booleans(), records=st.booleans(), away=st.booleans())
    def break_or_mend(self, audit: bool, records: bool, away: bool) -> None:
        self.disk.audit_full, self.disk.records_full, self.target.away = audit, records, away

    @precondition(lambda self: self.plans)
    @rule(index=st.integers(0, 50), reached=st.booleans())
    def abort(self, index: int, reached: bool) -> None:
        key = list(self.plans)[index % len(self.plans)]
        # What is cut off may have reached its target all the same.
        before = list(self.target.waiting)
        self.do(self.runner.abort(key, "bob@here"))
        for one in before:
            if one[1].cancelled():
                self.target.waiting.remove(one)
                self.target.settle(one[0], "lost" if reached else "lost before")

    @precondition(lambda self: self.plans)
    @rule(index=st.integers(0, 50))
    def reconcile(self, index: int) -> None:
        self.do(self.runner.reconcile(list(self.plans)[index % len(self.plans)], "bob@here"))

    @precondition(lambda self: self.plans)
    @rule(index=st.integers(0, 50), state=st.sampled_from(SETTLED_AS), reason=st.sampled_from(["", "it is there"]))
    def settle(self, index: int, state: ActionState, reason: str) -> None:
        key = list(self.plans)[index % len(self.plans)]
        before, lines = self.store.actions[key], len(self.disk.audit)
        done = self.do(self.runner.settle(key, state, "bob@here", reason))
        if isinstance(done, RefusedError):
            assert replace(self.store.actions[key], audit=()) == replace(before, audit=())
            assert all(line.decision != "settled" for line in self.disk.audit[lines:])
            return
        assert (before.state in DOUBTFUL, bool(reason)) == (True, True)
        assert self.disk.audit[-1].decision == "settled"
        assert (done.settled, done.ended, done.state in DOUBTFUL, done.succeeded) == ("bob@here", True, False, False)
        assert done.ended_at == before.ended_at

    @rule(reached=st.booleans())
    def crash(self, reached: bool) -> None:
        self.process.dead = True
        self.end_tasks()
        for key, _ in self.target.waiting:
            self.target.settle(key, "lost" if reached else "lost before")
        self.target.waiting = []
        self.begin()

    @rule(reached=st.booleans())
    def end_in_good_order(self, reached: bool) -> None:
        before = list(self.target.waiting)
        self.do(self.runner.close())
        for key, answered in before:
            assert answered.cancelled()
            self.target.settle(key, "lost" if reached else "lost before")
        self.target.waiting = []
        for row in self.store.actions.values():
            assert row.ended
        self.nothing_is_sent_twice_or_without_a_record()
        self.what_was_not_sent_is_said_to_be_so_only_where_it_was_not()
        self.process.dead = True
        self.end_tasks()
        self.begin()

    def end_tasks(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        while tasks:
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.wait(tasks))
            for task in tasks:
                if not task.cancelled():
                    task.exception()
            tasks = asyncio.all_tasks(self.loop)

    def teardown(self) -> None:
        self.process.dead = True
        self.end_tasks()
        self.loop.close()

    # ── what must be true ──

    @invariant()
    def nothing_is_sent_twice_or_without_a_record(self) -> None:
        assert self.target.wrong == []
        for row in self.store.actions.values():
            assert "error of fleetdeck itself" not in row.outcome

    @invariant()
    def nothing_succeeded_that_did_not(self) -> None:
        for id, row in self.store.actions.items():
            if row.state is ActionState.SUCCEEDED:
                assert all(item.state is ActionState.SUCCEEDED for item in row.items)
            for number, item in enumerate(row.items):
                key = id if number == 0 else f"{id}-{number}"
                if item.state is ActionState.SUCCEEDED and not item.settled:
                    assert self.target.truth[key] is ActionState.SUCCEEDED

    @invariant()
    def no_rollback_succeeded_whose_post_condition_was_not_seen_to_hold(self) -> None:
        for id, row in self.store.actions.items():
            if row.succeeded and row.plan.checks:
                assert id in self.gate.passed

    @invariant()
    def no_two_rollbacks_of_one_target_are_under_way(self) -> None:
        rows = [row for row in self.store.actions.values() if row.act is ActKind.ROLLBACK and not row.ended]
        sending = [row.targets for row in rows if row.id in self.runner._runs and self.runner._runs[row.id].sends]
        assert len(sending) == len(set(sending))

    @invariant()
    def every_end_is_on_the_disk_or_says_that_it_is_not(self) -> None:
        for id, row in self.store.actions.items():
            told = "cannot be" in row.outcome or "could not be" in row.outcome or "no space left" in row.outcome
            if row.ended and not row.dry_run and not told:
                assert self.disk.records[id].state is row.state
                audited = {line.outcome for line in self.disk.audit if line.idempotency_key == id}
                assert row.state.value in audited or id in self.unpaid

    @invariant()
    def that_it_was_sent_stands_once_for_a_stage_between_the_intent_and_the_end(self) -> None:
        for id, row in self.store.actions.items():
            said = [line.decision for line in self.disk.audit if line.idempotency_key == id]
            sent = [number for number, decision in enumerate(said) if decision == "sent"]
            assert len(sent) <= max(1, len(row.stages))
            if sent:
                assert "intent" in said[: sent[0]]
                assert "outcome" not in said[: sent[-1]]

    @invariant()
    def what_was_settled_by_hand_stands_so_on_the_disk(self) -> None:
        for id, row in self.store.actions.items():
            claims = [item for item in row.items if item.settled]
            assert bool(row.settled) or not claims
            if row.settled:
                assert any(line.decision == "settled" for line in self.disk.audit if line.idempotency_key == id)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert set(self.plans) <= set(self.store.actions)
        assert set(self.plans) <= set(self.disk.records)

    @invariant()
    def what_is_under_way_is_in_hand_and_what_has_ended_is_not(self) -> None:
        for id, row in self.store.actions.items():
            assert row.ended == (id not in self.runner._runs), row.state

    @invariant()
    def what_was_not_sent_is_said_to_be_so_only_where_it_was_not(self) -> None:
        for id, row in self.store.actions.items():
            for number, item in enumerate(row.items):
                key = id if number == 0 else f"{id}-{number}"
                said = item.settled or row.dry_run
                if item.state in (ActionState.PLANNED, ActionState.CANCELLED) and not said:
                    assert all(answer in SURELY_NOT for answer in self.target.history.get(key, []))


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestInterleavings = Machine.TestCase
