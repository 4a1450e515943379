"""The desk with everything real behind it: a link that is moved, and moved back, under locks and on the record."""

import asyncio
from itertools import count
from pathlib import Path

import pytest

from actions.acting import ActionDesk, doer_of
from actions.audit import AuditLog
from actions.checking import StoreChecker
from actions.freezing import Freezing
from actions.ledger import Ledger
from actions.limits import RunLimits
from actions.locks.files import FileLocks
from actions.preflight import Preflight
from actions.records import Records
from actions.runner import Runner
from actions.submitting import Submissions
from config.action_options import ActionsOptions
from fleet.actions.action import ActionState, Confirmation, Lock
from fleet.actions.audit import Who
from fleet.actions.ports import Acting, ActReach
from fleet.errors import RefusedError
from tests.actions.rollbacks.bench import Bench, bench

pytestmark = pytest.mark.anyio
ANN = Confirmation(by="ann@here", yes=True, typed="app", reason="it burns")


def desk_of(it: Bench, root: Path) -> ActionDesk:
    reach = ActReach(http=it.performer._http, performer=it.performer, root=root, store=it.store, clock=it.clock)
    numbers = count(1)
    submissions = Submissions((), reach, "test", lambda: f"{next(numbers):032x}", ActionsOptions())
    audit, records = AuditLog(root / "state", Who(actor="ann@here"), it.clock), Records(root / "state" / "acts")
    ledger, locks = Ledger(audit), FileLocks(root / "state" / "locks")
    freezing, doers = Freezing(it.store, ledger, it.clock), doer_of(submissions, it.book)
    checker = StoreChecker(it.store, it.clock, revision_of=it.book.live_of)

    async def sleep(seconds: float) -> None:
        it.clock.advance(seconds)
        await asyncio.sleep(0)

    runner = Runner(
        it.store,
        it.performer,
        audit,
        records,
        locks,
        checker,
        doers,
        it.clock,
        claims=FileLocks(root / "state" / "claims"),
        preflight=Preflight(it.store, freezing, locks, doers, it.clock, None),
        note=lambda *_: None,
        owner="ann@here",
        ledger=ledger,
        limits=RunLimits(),
        sleep=sleep,
    )
    return ActionDesk(it.store, runner, submissions, it.book, freezing, locks)


async def test_a_rollback_is_planned_confirmed_done_seen_and_undone(tmp_path: Path) -> None:
    for name in ("r1", "r2"):
        (tmp_path / "releases" / name).mkdir(parents=True)
    link = tmp_path / "current"
    link.symlink_to("releases/r2")
    async with bench(tmp_path, {"kind": "symlink", "name": "app", "link": "current", "releases": "releases"}) as it:
        desk = desk_of(it, tmp_path)
        acting: Acting = desk
        assert await desk.open() == ()
        assert set(it.store.rollbacks) == {"app"}
        plan = await acting.plan_rollback("app", "r1")
        assert await acting.preflight(plan) == ()
        row = await acting.ended(await acting.start(plan, ANN))
        assert (row.state, link.resolve().name) == (ActionState.SUCCEEDED, "r1")
        with pytest.raises(RefusedError, match="started already"):
            await acting.start(plan, ANN)
        with pytest.raises(RefusedError, match="can be undone"):
            await acting.plan_cancel(row.id)
        back = await acting.ended(await acting.start(await acting.plan_undo(row.id), ANN))
        assert (back.state, link.resolve().name) == (ActionState.SUCCEEDED, "r2")
        assert it.store.actions[row.id].undone_by == back.id

        await acting.freeze("bob@here", "wait")
        with pytest.raises(RefusedError, match="frozen by bob@here: wait"):
            await acting.start(await acting.plan_rollback("app", "r1"), ANN)
        assert link.resolve().name == "r2"
        await desk.close()


async def test_what_was_changed_since_it_was_planned_is_refused_and_locks_are_shown(tmp_path: Path) -> None:
    for name in ("r1", "r2", "r3"):
        (tmp_path / "releases" / name).mkdir(parents=True)
    link = tmp_path / "current"
    link.symlink_to("releases/r3")
    async with bench(tmp_path, {"kind": "symlink", "name": "app", "link": "current", "releases": "releases"}) as it:
        desk = desk_of(it, tmp_path)
        plan = await desk.plan_rollback("app", "r1")
        link.unlink()
        link.symlink_to("releases/r2")
        with pytest.raises(RefusedError, match="has changed since it was planned"):
            await desk.start(plan, ANN)
        assert link.resolve().name == "r2"
        other = FileLocks(tmp_path / "state" / "locks")
        await other.take(Lock(target="app", owner="bob@there", since=it.clock.now()))
        await desk.refresh()
        assert it.store.locks["app"].owner == "bob@there"
        with pytest.raises(RefusedError, match="bob@there is at work on app"):
            await desk.start(await desk.plan_rollback("app", "r1"), ANN)
        await other.release("app")
        await desk.refresh()
        assert it.store.locks == {}
