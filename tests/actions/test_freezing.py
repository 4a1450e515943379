"""Read-only, the panic freeze and the timed unlocking, with the real audit log."""

from pathlib import Path

import pytest

from actions.audit import AuditLog
from actions.freezing import Freezing
from actions.ledger import Ledger
from actions.silencing import as_asked
from fleet.actions.audit import Who
from fleet.clock import ManualClock
from fleet.errors import RefusedError
from fleet.store import Store
from tests.actions.runner_bench import AT, Bench, plan

pytestmark = pytest.mark.anyio


class Desk:
    def __init__(self, path: Path, read_only: str = "", *, unlockable: bool = False) -> None:
        self.store, self.clock, self.path = Store(), ManualClock(AT), path
        ledger = Ledger(AuditLog(path, Who(actor="ann@here"), self.clock))
        self.freezing = Freezing(self.store, ledger, self.clock, read_only=read_only, unlockable=unlockable)

    @property
    def text(self) -> str:
        return (self.path / "audit.jsonl").read_text()


async def test_a_freeze_holds_at_once_and_an_unlocking_ends_by_itself(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    asked = as_asked(it.freezing.is_frozen)
    assert not asked()
    row = await it.freezing.freeze("ann@here", "too \x1b much")
    assert asked()
    assert (row.frozen, row.why, row.can_unlock) == (True, "frozen by ann@here: too \\x1b much", True)
    with pytest.raises(RefusedError, match="needs a reason"):
        await it.freezing.unlock("ann@here", " ", 60)
    row = await it.freezing.unlock("ann@here", "fixed", 60)
    assert (row.frozen, row.until) == (False, it.clock.now().replace(minute=31))
    assert not asked()
    it.clock.advance(60)
    assert asked()
    assert it.store.freeze["freeze"].frozen
    assert [word in it.text for word in ('"frozen"', '"unlocked"', '"refused"')] == [True] * 3


async def test_a_freeze_ends_an_unlocking(tmp_path: Path) -> None:
    it = Desk(tmp_path, "read-only: the configuration says so", unlockable=True)
    await it.freezing.unlock("ann@here", "maintenance", 600)
    assert it.freezing.why() == ""
    await it.freezing.freeze("bob@here", "stop")
    assert it.freezing.why() == "frozen by bob@here: stop"


async def test_what_the_configuration_forbids_is_not_unlocked_from_here(tmp_path: Path) -> None:
    it = Desk(tmp_path, "read-only: the configuration says so")
    assert not it.store.freeze["freeze"].can_unlock
    with pytest.raises(RefusedError, match="cannot be unlocked from here"):
        await it.freezing.unlock("ann@here", "maintenance", 600)
    with pytest.raises(RefusedError, match="at most a day"):
        await Desk(tmp_path / "b", "ro", unlockable=True).freezing.unlock("ann", "r", 1e6)


async def test_a_freeze_holds_where_it_cannot_be_recorded_and_an_unlocking_does_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    it = Desk(tmp_path / "file")
    row = await it.freezing.freeze("ann@here", "")
    assert row.frozen
    assert "the audit log could not be written" in row.why
    with pytest.raises(RefusedError):
        await it.freezing.unlock("ann@here", "why not", 60)
    assert it.freezing.is_frozen()


async def test_what_is_frozen_while_it_is_confirmed_is_not_done(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    await it.freezing.freeze("bob@here", "stop")
    with pytest.raises(RefusedError, match="frozen by bob@here: stop"):
        await it.run(plan())
    assert it.world.sends == []
    await it.freezing.unlock("ann@here", "needed", 60)
    await it.run(plan())
    assert len(it.world.sends) == 1
