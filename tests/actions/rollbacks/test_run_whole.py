"""From the plan to the receipt: runner, checker and book together, against a service that is really rolled."""

import asyncio
from pathlib import Path

import pytest

from actions.audit import AuditLog
from actions.checking import StoreChecker
from actions.freezing import Freezing
from actions.ledger import Ledger
from actions.locks.files import FileLocks
from actions.preflight import Preflight
from actions.records import Records
from actions.runner import Runner
from fleet.actions.action import Action, ActionState, Confirmation
from fleet.actions.audit import Who
from fleet.actions.plan import Plan
from fleet.gates.model import GateState, GateStatus
from fleet.model import AgentStatus
from fleet.vocabulary import AgentState
from tests.actions.rollbacks.bench import Bench, bench
from tests.actions.rollbacks.test_command_and_http import _Service, service

__all__ = ["service"]

_YES = Confirmation(by="ann@here", typed="gateway", reason="it burns", yes=True)


class _Run:
    """A runner over a bench, whose waiting moves the clock and lets collectors look."""

    def __init__(self, it: Bench, path: Path) -> None:
        self.it = it
        audit = AuditLog(path, Who(actor="ann@here"), it.clock)
        ledger, locks = Ledger(audit), FileLocks(path / "locks")
        freezing = Freezing(it.store, ledger, it.clock, read_only="")
        preflight = Preflight(it.store, freezing, locks, lambda plan: it.book.doer(plan.source), it.clock, None)
        self.runner = Runner(
            it.store,
            it.performer,
            audit,
            Records(path / "acts"),
            locks,
            StoreChecker(it.store, it.clock, revision_of=it.book.live_of),
            lambda plan: it.book.doer(plan.source),
            it.clock,
            claims=FileLocks(path / "claims"),
            preflight=preflight,
            note=lambda *_: None,
            owner="ann@here",
            ledger=ledger,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.it.clock.advance(seconds)
        self.it.store.gates.touch("errors", self.it.clock.now())
        for name in ("gw-1", "gw-2"):
            self.it.store.health.touch(name, self.it.clock.now())
        await asyncio.sleep(0)

    async def done(self, plan: Plan) -> Action:
        await self.runner.start(plan, _YES)
        return await self.runner.ended(plan.key)


def _fill(it: Bench, gate: GateState) -> None:
    for name in ("gw-1", "gw-2"):
        it.store.status.put(name, AgentStatus(name=name, state=AgentState.UP))
    it.store.gates.put("errors", GateStatus(name="errors", target="<1%", state=gate))


def _rolled(url: str) -> dict[str, object]:
    stages = [{"share": 0.1, "gate": "errors"}, {"share": 0.5}, {"share": 1}]
    return {
        "kind": "demo",
        "name": "gateway",
        "url": url,
        "service": "gateway",
        "agents": "name~gw-",
        "stages": stages,
    }


@pytest.mark.anyio
async def test_stages_pass_their_gates_and_the_receipt_says_what_is_live(
    tmp_path: Path, service: tuple[str, type[_Service]]
) -> None:
    async with bench(tmp_path, _rolled(service[0])) as it:
        _fill(it, GateState.PASS)
        run = _Run(it, tmp_path / "state")
        done = await run.done(await it.book.plan("gateway", "r2", staged=True))
        assert (done.state, [stage.state for stage in done.stages]) == (ActionState.SUCCEEDED, ["passed"] * 3)
        assert set(service[1].instances.values()) == {"r2"}
        assert [body["share"] for body in service[1].posted] == [0.1, 0.5, 1.0]
        assert len({body["header"] for body in service[1].posted}) == 3
        undone = await run.done(await it.book.plan_undo(done))
        assert (undone.state, set(service[1].instances.values())) == (ActionState.SUCCEEDED, {"r3"})
        await run.runner.close()


@pytest.mark.anyio
async def test_a_gate_that_fails_stops_it_after_the_first_stage(
    tmp_path: Path, service: tuple[str, type[_Service]]
) -> None:
    async with bench(tmp_path, _rolled(service[0])) as it:
        _fill(it, GateState.FAIL)
        run = _Run(it, tmp_path / "state")
        done = await run.done(await it.book.plan("gateway", "r2", staged=True))
        assert done.state is ActionState.FAILED
        assert next(stage.state for stage in done.stages) == "failed"
        assert sorted(service[1].instances.values()).count("r2") == 1
        assert len(service[1].posted) == 1
        await run.runner.close()


@pytest.mark.anyio
async def test_a_target_that_lies_has_failed_and_was_asked_once(
    tmp_path: Path, service: tuple[str, type[_Service]]
) -> None:
    service[1].deaf = True
    async with bench(tmp_path, _rolled(service[0])) as it:
        _fill(it, GateState.PASS)
        run = _Run(it, tmp_path / "state")
        done = await run.done(await it.book.plan("gateway", "r2"))
        assert done.state in (ActionState.FAILED, ActionState.TIMED_OUT)
        assert "1.3.0 (r3) is live, not 1.2.0 (r2)" in done.outcome
        again = "roll anew with b (fleetdeck rollback gateway --to r2)"
        assert done.next_step == f"1.3.0 (r3) is live as before: look why, and {again}"
        assert len(service[1].posted) == 1
        await run.runner.close()
