"""Every act, through the whole of acting as it is wired: which lines it leaves in the audit log, and that nothing which
is known is missing from them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actions.codes import STEP_S, from_base32, totp
from cli.acting.books import Keeping
from cli.deck import Deck
from cli.kinds import kind_tables
from config.load import load
from fleet.actions.action import ActionState, Confirmation
from fleet.actions.audit import AuditEntry
from fleet.actions.plan import Plan
from fleet.alerts.matching import parse_matchers
from fleet.alerts.silences import ACK_S
from fleet.clock import ManualClock
from fleet.errors import RefusedError
from fleet.store import Store
from tests.acting.bench import ANN, PATIENCE_S, WHO, Whole, gateway, job, lines_of, whole, written
from tests.acting.target import Cut, Target, status
from tests.fleet.alerts.making import AT, reading

pytestmark = pytest.mark.anyio

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STAGES = [{"share": share, "hold": "10ms", "within": "1500ms"} for share in (0.25, 0.5, 1)]
Line = dict[str, Any]
Drive = Callable[[Whole, Target], Awaitable[str]]


def configured(root: Path, url: str) -> dict[str, Any]:
    (root / "code").write_text(SECRET)
    (root / "code").chmod(0o600)
    cancel = {"url": f"{url}/tasks/{{key}}", "method": "DELETE"}
    return {
        "actions": {"codes": {"ann": {"file": "code"}, "bob": {"file": "code"}}},
        "templates": [job(url, cancel=cancel), job(url, name="careful", tier=3)],
        "rollbacks": [gateway(url, stages=STAGES)],
    }


async def begun(it: Whole, plan: Plan, **more: Any) -> str:
    return await it.start(plan, ticket="INC-7", **more)


async def done(it: Whole, plan: Plan, **more: Any) -> str:
    id = await begun(it, plan, **more)
    async with asyncio.timeout(PATIENCE_S):
        await it.desk.ended(id)
    return id


async def task(it: Whole, texts: Sequence[str] = ("hi",), template: str = "job") -> Plan:
    return await it.desk.plan_submit(template, [{"text": text} for text in texts], ())


async def submitted(it: Whole, target: Target) -> str:
    return await done(it, await task(it))


async def refused_by_target(it: Whole, target: Target) -> str:
    target.faults = [status("403 Forbidden")]
    return await done(it, await task(it))


async def never_left(it: Whole, target: Target) -> str:
    await target.__aexit__()
    return await done(it, await task(it))


async def batch(it: Whole, target: Target) -> str:
    return await done(it, await task(it, [f"task {number}" for number in range(120)]))


async def with_a_code(it: Whole, target: Target) -> str:
    code = totp(from_base32(SECRET), int(time.time()) // STEP_S)
    return await done(it, await task(it, template="careful"), code=code, second="bob")


async def with_a_wrong_code(it: Whole, target: Target) -> str:
    plan = await task(it, template="careful")
    with pytest.raises(RefusedError):
        await begun(it, plan, code="12", second="bob")
    return plan.key


async def rolled(it: Whole, target: Target) -> str:
    return await done(it, await it.desk.plan_rollback("gateway", "r2"))


async def rolled_in_stages(it: Whole, target: Target) -> str:
    return await done(it, await it.desk.plan_rollback("gateway", "r2", staged=True))


async def undone(it: Whole, target: Target) -> str:
    return await done(it, await it.desk.plan_undo(await rolled(it, target)))


async def cancelled(it: Whole, target: Target) -> str:
    target.truth = "running"
    first = await begun(it, await task(it))
    await recorded(it, first)
    plan = await it.desk.plan_cancel(first)
    while await it.desk.preflight(plan):  # noqa: ASYNC110  # the lock is a file
        await asyncio.sleep(0.01)
    id = await begun(it, plan)
    target.truth = "cancelled"
    await it.desk.ended(first)
    await it.desk.ended(id)
    return id


async def aborted(it: Whole, target: Target) -> str:
    target.faults = [Cut.HELD]
    id = await begun(it, await task(it))
    await target.came.wait()
    await it.desk.abort(id, "bob@there")
    await it.desk.ended(id)
    return id


async def reconciled(it: Whole, target: Target) -> str:
    target.faults, target.truth = [Cut.BEFORE_ANSWER], "running"
    id = await begun(it, await task(it))
    await recorded(it, id)
    await it.desk.abort(id, "bob@there")
    await it.desk.ended(id)
    target.truth = "done"
    await it.desk.reconcile(id, "bob@there")
    return id


async def settled(it: Whole, target: Target) -> str:
    target.faults, target.truth = [Cut.BEFORE_ANSWER], "a word that nobody knows"
    id = await begun(it, await task(it))
    await it.desk.ended(id)
    await it.desk.settle(id, ActionState.SUCCEEDED, "bob@there", "I looked")
    return id


async def recorded(it: Whole, id: str) -> None:
    """Wait until it is on record that it was sent."""
    async with asyncio.timeout(PATIENCE_S):
        while "sent" not in it.audited(id):  # noqa: ASYNC110  # a file is all that it can tell by
            await asyncio.sleep(0.01)


async def run_dry(it: Whole, target: Target) -> str:
    return await it.desk.start(await task(it), Confirmation(by=ANN, reason="a test", ticket="INC-7"), dry_run=True)


async def left(it: Whole, target: Target) -> str:
    plan = await task(it)
    await it.desk.leave(plan, ANN, reason="a test", ticket="INC-7")
    return plan.key


async def could_only_be_left(it: Whole, target: Target) -> str:
    plan = await task(it)
    await it.desk.leave(plan, ANN, against=("it is locked", "it is old"), reason="a test", ticket="INC-7")
    return plan.key


ACTS: list[tuple[Drive, str, list[str]]] = [
    (submitted, "submit", ["intent", "sent 200", "outcome succeeded 200"]),
    (refused_by_target, "submit", ["intent", "sent 403", "outcome refused 403"]),
    (never_left, "submit", ["intent", "outcome failed"]),
    (batch, "submit", ["intent", "sent 200", "outcome succeeded 200"]),
    (with_a_code, "submit", ["confirmed", "intent", "sent 200", "outcome succeeded 200"]),
    (with_a_wrong_code, "submit", ["refused refused"]),
    (rolled, "rollback", ["intent", "sent 200", "outcome succeeded 200"]),
    (rolled_in_stages, "rollback", ["intent", *["sent 200"] * 3, "outcome succeeded 200"]),
    (undone, "undo", ["intent", "sent 200", "outcome succeeded 200"]),
    (cancelled, "cancel", ["intent", "sent 200", "outcome succeeded 200"]),
    (aborted, "submit", ["intent", "aborted", "outcome succeeded"]),
    (reconciled, "submit", ["intent", "sent", "aborted", "outcome cancelled", "reconciled succeeded"]),
    (settled, "submit", ["intent", "sent", "outcome unknown", "settled succeeded"]),
    (run_dry, "submit", ["planned cancelled"]),
    (left, "submit", ["cancelled cancelled"]),
    (could_only_be_left, "submit", ["refused refused"]),
]
TIMED = ("sent", "aborted", "outcome", "reconciled")


@pytest.mark.parametrize(("drive", "action", "said"), ACTS, ids=[one[0].__name__ for one in ACTS])
async def test_the_lines_of_an_act(drive: Drive, action: str, said: list[str], tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, configured(tmp_path, target.url)) as it:
        id = await drive(it, target)
        lines = [line for line in lines_of(it.state) if line["idempotency_key"] == id]
        assert [moment(line) for line in lines] == said
        plan = it.store.actions[id].plan if id in it.store.actions else None
        for line in lines:
            whole_line(line, action)
            if plan is not None:
                assert line["tier"] == plan.tier.value
        assert len({line["plan_sha256"] for line in lines}) == 1
        check(drive, lines)


def moment(line: Line) -> str:
    return " ".join(str(line[name]) for name in ("decision", "outcome", "status") if line[name] not in ("", None))


def whole_line(line: Line, action: str) -> None:
    """What every line of an act that was planned has."""
    assert tuple(line) == AuditEntry.__struct_fields__
    wanted = {
        "sudo_user": "anna",
        "ssh_client": "192.0.2.1 50000 22",
        "host": "here",
        "session": "s",
        "fleet": "test",
        "action": action,
        "kind": "http",
        "ticket": "INC-7",
        "reason": "I looked" if line["decision"] == "settled" else "a test",
        "dry_run": line["decision"] == "planned",
    }
    assert {name: line[name] for name in wanted} == wanted
    by = {"confirmed": "bob", "aborted": "bob@there", "reconciled": "bob@there", "settled": "bob@there"}
    assert line["actor"] == by.get(line["decision"], ANN)
    assert line["targets"]
    assert len(line["plan_sha256"]) == len(line["hash"]) == len(line["prev_hash"]) == 64
    assert (line["duration_s"] is not None) == (line["decision"] in TIMED)
    assert bool(line["error"]) == (moment(line) in WRONG or line["outcome"] in ("refused", "failed", "unknown"))


WRONG = ("sent", "sent 403", "outcome cancelled")


def check(drive: Drive, lines: list[Line]) -> None:
    """What stands in the lines of this act alone."""
    if drive is rolled_in_stages:
        stages = [line["targets"][0] for line in lines if line["decision"] == "sent"]
        assert stages == ["stage 1 of 3: 25 %", "stage 2 of 3: 50 %", "stage 3 of 3: 100 %"]
        assert all(line["targets"][-1:] == lines[0]["targets"] for line in lines)
    if drive is could_only_be_left:
        assert lines[0]["error"] == "it is locked; it is old"
    if drive is with_a_wrong_code:
        assert lines[0]["error"] == "the one-time code of bob is wrong"
    if drive is reconciled:
        assert "it may have been done" in lines[1]["error"]


# ── what is not planned ──


async def test_the_lines_of_silences_and_of_freezing(tmp_path: Path) -> None:
    clock = ManualClock(AT)
    config = load(written(tmp_path, {}), kind_tables())
    deck = Deck(config, Store(), clock, keeping=Keeping(folder=tmp_path / "state", who=WHO))
    assert deck.acts is not None
    silencer, desk = deck.judgement.silencer, deck.acts.desk
    deck.judgement.book.deliver("rules", (reading(agent="a"),), clock.now())
    made = await silencer.silence(parse_matchers("a=b"), for_s=60, by=ANN, comment="moving house")
    await silencer.expire((made.id,))
    await silencer.acknowledge(tuple(deck.store.alerts), by=ANN, reason="on it")
    clock.advance(ACK_S - 60)
    deck.judgement.book.deliver("rules", (reading(agent="a"),), clock.now())
    deck.judgement.book.step(clock.now())
    await silencer.keep()
    await desk.freeze(ANN, "panic")
    with pytest.raises(RefusedError):
        await desk.unlock(ANN, "", 60)
    await desk.unlock(ANN, "it is over", 60)
    await deck.aclose()
    lines = lines_of(tmp_path / "state")
    assert [(line["action"], moment(line), line["reason"]) for line in lines] == [
        ("silence", "intent", "moving house"),
        ("silence", "outcome succeeded", "moving house"),
        ("expire", "intent", ""),
        ("expire", "outcome succeeded", ""),
        ("acknowledge", "intent", "on it"),
        ("acknowledge", "outcome succeeded", "on it"),
        ("renew", "intent", "ACK! on it"),
        ("renew", "outcome succeeded", "ACK! on it"),
        ("freeze", "frozen", "panic"),
        ("unlock", "refused", ""),
        ("unlock", "unlocked", "it is over"),
    ]
    for line in lines:
        assert tuple(line) == AuditEntry.__struct_fields__
        assert (line["actor"], line["fleet"], line["session"]) == (ANN, "test", "s")
        assert (line["duration_s"] is not None) == (line["decision"] in ("outcome", "unlocked"))
        silences = line["action"] not in ("freeze", "unlock")
        assert (line["kind"] == "local", bool(line["targets"]), bool(line["idempotency_key"])) == (silences,) * 3


async def test_the_line_of_what_was_sent_comes_between_intent_and_outcome_also_after_a_full_disk(
    tmp_path: Path,
) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [job(target.url)]}) as it:
        lock = it.state / "audit.jsonl"
        plan = await task(it)
        target.when = lambda: _swap(lock)
        id = await done(it, plan)
        assert it.store.actions[id].state is ActionState.SUCCEEDED
        assert "could not be written" in it.store.actions[id].outcome
        target.when = lambda: None
        _swap(lock)
        assert it.audited(id) == ["intent"]
        await done(it, replace(await task(it), key="other"))
        assert it.audited() == ["intent", "sent", "outcome"] * 2
        assert it.audited(id) == ["intent", "sent", "outcome"]


def _swap(path: Path) -> None:
    """Put a folder in the place of the log, or the log back."""
    aside = path.with_name("aside")
    if aside.exists():
        path.rmdir()
        aside.rename(path)
    else:
        path.rename(aside)
        path.mkdir()
