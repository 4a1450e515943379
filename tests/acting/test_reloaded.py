"""A reload beside what acts: what was seen of rollbacks is kept where nothing of what acts changed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from actions.acting import OUTDATED
from cli.acting.acts import Acts
from cli.acting.books import Keeping
from cli.deck import Deck
from cli.kinds import kind_tables
from config.load import load
from fleet.actions.action import ActionState, Confirmation
from fleet.actions.audit import Who
from fleet.clock import SystemClock
from fleet.errors import RefusedError
from fleet.store import Store
from tests.acting.bench import ANN, gateway, job, lines_of, written
from tests.acting.target import Cut, Target

pytestmark = pytest.mark.anyio


class _Reloaded:
    """A deck that acts, and whose configuration is another one now and then."""

    def __init__(self, root: Path, document: Mapping[str, Any]) -> None:
        self._root = root
        config = load(written(root, document), kind_tables())
        keeping = Keeping(folder=root / "state", who=Who(actor=ANN, session="s"))
        self.deck = Deck(config, Store(), SystemClock(), keeping=keeping)

    @property
    def acts(self) -> Acts:
        assert self.deck.acts is not None
        return self.deck.acts

    async def live(self) -> str:
        """What the row of the rollback says is live, without its target being asked again."""
        await self.acts.desk.refresh()
        return self.deck.store.rollbacks["gateway"].live

    async def becomes(self, document: Mapping[str, Any]) -> str:
        """Go on by another configuration; what the row says then."""
        self.reload(document)
        return await self.live()

    def reload(self, document: Mapping[str, Any]) -> None:
        """Go on by another configuration."""
        assert self.deck.apply(load(written(self._root, document), kind_tables())) is not None


@asynccontextmanager
async def _running(root: Path, document: Mapping[str, Any]) -> AsyncIterator[_Reloaded]:
    it = _Reloaded(root, document)
    try:
        await it.acts.begin()
        yield it
    finally:
        await it.deck.aclose()


async def test_a_reload_that_changes_nothing_of_what_acts_keeps_what_was_seen(tmp_path: Path) -> None:
    async with Target() as target:
        acting = {"templates": [job(target.url)], "rollbacks": [gateway(target.url)]}
        async with _running(tmp_path, acting) as it:
            seen = await it.live()
            assert seen
            assert await it.becomes({**acting, "every": "20s", "keep_gone": "2h"}) == seen
            assert await it.becomes({**acting, "discovery": [{"kind": "static", "agents": []}]}) == seen
            # In another order and with its defaults written out it says the same.
            assert (
                await it.becomes({"rollbacks": [gateway(target.url, tier=2)], "templates": [job(target.url)]}) == seen
            )


@pytest.mark.parametrize(
    "changed",
    [{"within": "2s"}, {"tier": 1}, {"fields": {"id": "id", "changed": "note"}}],
    ids=["its post-condition", "its tier", "an option of its kind"],
)
async def test_a_reload_that_changes_a_rollback_makes_it_anew(tmp_path: Path, changed: dict[str, Any]) -> None:
    async with Target() as target:
        acting = {"templates": [job(target.url)], "rollbacks": [gateway(target.url)]}
        async with _running(tmp_path, acting) as it:
            seen, before = await it.live(), it.acts.rollbacks
            assert await it.becomes({**acting, "rollbacks": [gateway(target.url, **changed)]}) == ""
            assert it.acts.rollbacks is not before
            await it.acts.rollbacks.look()
            assert await it.live() == seen


async def test_a_reload_that_changes_a_template_or_how_acts_are_confirmed_is_gone_by(tmp_path: Path) -> None:
    async with Target() as target:
        acting = {"templates": [job(target.url)], "rollbacks": [gateway(target.url)]}
        async with _running(tmp_path, acting) as it:
            before = it.acts.submissions
            await it.becomes({**acting, "templates": [job(target.url), job(target.url, name="other")]})
            assert it.acts.submissions is not before
            assert sorted(it.deck.store.templates) == ["job", "other"]
            before = it.acts.submissions
            await it.becomes({**acting, "name": "elsewhere"})
            assert it.acts.submissions is not before


@pytest.mark.parametrize("lies", [False, True], ids=["done", "not done"])
@pytest.mark.parametrize("after", ["removed", "elsewhere"])
async def test_what_runs_is_judged_by_the_definition_that_it_was_planned_with(
    after: str, lies: bool, tmp_path: Path
) -> None:
    async with Target() as target, Target() as other:
        other.live = "r1" if not lies else "r2"
        async with _running(tmp_path, {"rollbacks": [gateway(target.url)]}) as it:
            target.faults = [Cut.HELD_UNDONE if lies else Cut.HELD]
            plan = await it.acts.desk.plan_rollback("gateway", "r2")
            confirmed = Confirmation(by=ANN, yes=True, typed=plan.word, reason="a test")
            id = await it.acts.desk.start(plan, confirmed)
            await target.came.wait()
            it.reload({"rollbacks": [gateway(other.url, name="gateway" if after == "elsewhere" else "other")]})
            target.go_on()
            done = await it.acts.desk.ended(id)
            if lies:
                assert done.state is not ActionState.SUCCEEDED
                assert "r3 is live, not r2" in done.outcome
            else:
                assert (done.state, done.outcome) == (ActionState.SUCCEEDED, "the post-condition holds: live is r2")
            assert other.wrote == []


async def test_what_was_planned_before_a_reload_that_changes_what_acts_is_not_started_after_it(tmp_path: Path) -> None:
    async with (
        Target() as target,
        Target() as other,
        _running(tmp_path, {"rollbacks": [gateway(target.url)]}) as it,
    ):
        plan = await it.acts.desk.plan_rollback("gateway", "r2")
        confirmed = Confirmation(by=ANN, yes=True, typed=plan.word, reason="a test")
        it.reload({"rollbacks": [gateway(target.url)], "every": "20s"})
        assert await it.acts.desk.preflight(plan) == ()
        it.reload({"rollbacks": [gateway(other.url)]})
        assert await it.acts.desk.preflight(plan) == (OUTDATED,)
        with pytest.raises(RefusedError, match="plan it anew"):
            await it.acts.desk.start(plan, confirmed)
        assert target.wrote == other.wrote == []
        assert [line["decision"] for line in lines_of(tmp_path / "state")] == ["refused"]
        again = await it.acts.desk.plan_rollback("gateway", "r2")
        await it.acts.desk.ended(await it.acts.desk.start(again, confirmed))
        assert (target.wrote, len(other.wrote)) == ([], 1)
