"""Read-only by the command line, by the configuration, and after a freeze: every way of writing is refused, on the
record, and nothing leaves."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cli.acting.books import Keeping
from cli.deck import Deck
from cli.kinds import kind_tables
from config.load import load
from fleet.actions.action import ActionState
from fleet.actions.audit import Who
from fleet.alerts.matching import parse_matchers
from fleet.clock import SystemClock
from fleet.errors import RefusedError
from fleet.store import Store
from tests.acting.bench import Whole, gateway, job, lines_of, said, state_of, whole, written
from tests.acting.target import Target

pytestmark = pytest.mark.anyio

YES = ("--yes", "--reason", "a test")


def everything(url: str, **more: Any) -> dict[str, Any]:
    cancel = {"url": f"{url}/tasks/{{key}}", "method": "DELETE"}
    return {"templates": [job(url, cancel=cancel)], "rollbacks": [gateway(url)], **more}


@pytest.mark.parametrize("how", ["flag", "configuration"])
async def test_every_command_that_writes_is_refused_on_the_record(how: str, tmp_path: Path) -> None:
    before = ("--read-only",) if how == "flag" else ()
    async with Target() as target:
        written(tmp_path, everything(target.url, read_only=how == "configuration"))
        for words in (("submit", "job", "--set", "text=hi"), ("rollback", "gateway", "--to", "r2")):
            told = await said(tmp_path, *before, *words, *YES)
            assert told.code == 2, told
            assert "read-only by" in told.err
        assert target.wrote == []
        lines = lines_of(state_of(tmp_path))
        assert [line["decision"] for line in lines] == ["refused"] * 2
        assert all("read-only by" in line["error"] for line in lines)


async def refused(it: Whole, target: Target, do: Callable[[], Awaitable[object]], words: str) -> None:
    before, told = len(target.wrote), len(it.audited())
    with pytest.raises(RefusedError, match=words):
        await do()
    assert len(target.wrote) == before
    assert len(it.audited()) == told + 1
    last = lines_of(it.state)[-1]
    assert (last["decision"], last["outcome"] in ("refused", "")) == ("refused", True), last


async def test_after_a_freeze_nothing_is_submitted_cancelled_rolled_undone_or_silenced(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, everything(target.url)) as it:
        target.truth = "running"
        id = await it.start(await it.desk.plan_submit("job", [{"text": "hi"}], ()))
        await it.taken(id)
        rolled = await it.roll()
        assert rolled.state is ActionState.SUCCEEDED
        # Planned before it was frozen, started after.
        plans = [
            await it.desk.plan_submit("job", [{"text": "two"}], ()),
            await it.desk.plan_rollback("gateway", "r1"),
            await it.desk.plan_undo(rolled.id),
            await it.desk.plan_cancel(id),
        ]
        await it.desk.freeze("ann", "panic")
        for plan in plans:
            assert any("frozen by ann" in why for why in await it.desk.preflight(plan))
            await refused(it, target, lambda plan=plan: it.start(plan), "frozen by ann: panic")  # type: ignore[misc]
        # What runs goes on; asking what became of it is no write.
        assert it.store.actions[id].state in (ActionState.SENT, ActionState.RUNNING)
        await it.desk.unlock("ann", "it is over", 60)
        target.truth = "done"
        assert (await it.run(plans[0])).state is ActionState.SUCCEEDED
        assert (await it.desk.ended(id)).state is ActionState.SUCCEEDED


async def test_a_freeze_and_the_command_line_stop_silences_too_and_only_a_freeze_of_here_can_be_undone(
    tmp_path: Path,
) -> None:
    config = load(written(tmp_path, {}), kind_tables())
    for flag in (False, True):
        keeping = Keeping(folder=tmp_path / f"state{flag}", who=Who(actor="ann"), read_only="read-only" * flag)
        deck = Deck(config, Store(), SystemClock(), keeping=keeping)
        assert deck.acts is not None
        if not flag:
            await deck.judgement.silencer.silence(parse_matchers("a=b"), for_s=60, by="ann", comment="c")
            await deck.acts.desk.freeze("ann", "panic")
        with pytest.raises(RefusedError, match="read-only" if flag else "frozen by ann: panic"):
            await deck.judgement.silencer.silence(parse_matchers("c=d"), for_s=60, by="ann", comment="c")
        assert len(deck.store.silences) == (not flag)
        told = [(line["action"], line["decision"]) for line in lines_of(keeping.folder)]
        before = [("silence", "intent"), ("silence", "outcome"), ("freeze", "frozen")]
        assert told == [*(before if not flag else ()), ("silence", "refused")]
        await deck.aclose()


async def test_a_configuration_that_is_read_only_is_unlocked_only_where_it_says_so_and_for_a_while(
    tmp_path: Path,
) -> None:
    async with Target() as target:
        async with whole(tmp_path, everything(target.url, read_only=True)) as it:
            with pytest.raises(RefusedError, match="cannot be unlocked from here"):
                await it.desk.unlock("ann", "it burns", 60)
            with pytest.raises(RefusedError, match="read-only by the configuration"):
                await it.submit()
        unlockable = everything(target.url, read_only=True, actions={"unlockable": True})
        async with whole(tmp_path, unlockable) as it:
            await it.desk.unlock("ann", "it burns", 60)
            assert (await it.submit()).state is ActionState.SUCCEEDED
            await it.desk.freeze("bob", "no more")
            with pytest.raises(RefusedError, match="frozen by bob"):
                await it.submit()
        assert len(target.wrote) == 1
        assert it.audited() == ["refused", "refused", "unlocked", "intent", "sent", "outcome", "frozen", "refused"]
