"""Read-only, the panic freeze and the timed unlocking, with the real audit log, of one program and of several."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from actions.audit import AuditLog
from actions.freezing import Freezing
from actions.frozen_file import FrozenFile, Lifted, Standing
from actions.ledger import Ledger
from actions.silencing import as_asked
from fleet.actions.audit import Who
from fleet.clock import ManualClock
from fleet.errors import RefusedError
from fleet.store import Store
from tests.actions.runner_bench import AT, Bench, plan

pytestmark = pytest.mark.anyio

NOT_HERE = "cannot be unlocked from here"


class SetBack(ManualClock):
    """A clock whose time of day can be set."""

    by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


class Desk:
    """One program. Those with the same path are of one user, those with the same clock on one machine."""

    def __init__(
        self,
        path: Path,
        read_only: str = "",
        *,
        unlockable: bool = False,
        clock: ManualClock | None = None,
        boot: str = "boot-1",
        fleet: str = "test",
    ) -> None:
        self.store, self.clock, self.path = Store(), clock or ManualClock(AT), path
        ledger = Ledger(AuditLog(path, Who(actor="ann@here"), self.clock))
        self.file = FrozenFile(path, fleet)
        self.freezing = Freezing(
            self.store,
            ledger,
            self.clock,
            read_only=read_only,
            unlockable=unlockable,
            fleet=fleet,
            file=self.file,
            boot=boot,
        )

    def beside(self, read_only: str = "", *, unlockable: bool = False, boot: str = "boot-1") -> "Desk":
        """Another program of the same user."""
        return Desk(self.path, read_only, unlockable=unlockable, clock=self.clock, boot=boot)

    @property
    def why(self) -> str:
        return self.freezing.why()

    def told(self) -> list[tuple[str, str]]:
        lines = (self.path / "audit.jsonl").read_text().splitlines()
        return [(line["action"], line["decision"]) for line in map(json.loads, lines)]


async def test_a_freeze_holds_at_once_and_an_unlocking_ends_by_itself(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    asked = as_asked(it.freezing.is_frozen)
    assert not asked()
    row = await it.freezing.freeze("ann@here", "too \x1b much")
    assert asked()
    ends = ":unfreeze, or `fleetdeck unfreeze`, ends it"
    assert row.why == f"frozen by ann@here: too \\x1b much (since 2026-03-14T09:30:00Z; {ends})"
    assert (row.frozen, row.can_unlock, row.can_unfreeze) == (True, True, True)
    assert (row.by, row.since) == ("ann@here", AT)
    with pytest.raises(RefusedError, match="unlocking needs a reason"):
        await it.freezing.unlock("ann@here", " ", 60)
    row = await it.freezing.unlock("ann@here", "fixed", 60)
    assert (row.frozen, row.until, row.can_unfreeze) == (False, it.clock.now().replace(minute=31), True)
    assert not asked()
    it.clock.advance(60)
    assert asked()
    assert it.store.freeze["freeze"].frozen
    assert it.told() == [("freeze", "frozen"), ("unlock", "refused"), ("unlock", "unlocked")]


async def test_a_freeze_holds_for_every_program_and_whoever_ends_it_ends_it_for_all(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    other = it.beside()
    await it.freezing.freeze("ann@here", "panic")
    assert "frozen by ann@here: panic" in other.why
    assert "frozen by ann@here: panic" in it.beside().why
    assert Desk(tmp_path, fleet="another").why == ""
    await other.freezing.unlock("bob@here", "needed", 60)
    assert (it.why, it.freezing.refresh().until) == ("", it.clock.now() + timedelta(seconds=60))
    # One that is frozen anew is so whatever was unlocked before.
    await it.freezing.freeze("cay@here", "again")
    assert "frozen by cay@here: again" in other.why
    with pytest.raises(RefusedError, match="unfreezing needs a reason"):
        await other.freezing.unfreeze("bob@here", "")
    row = await other.freezing.unfreeze("bob@here", "it is over")
    assert (row.frozen, row.can_unfreeze, it.why, it.freezing.refresh().until) == (False, False, "", None)
    with pytest.raises(RefusedError, match="nothing is frozen"):
        await it.freezing.unfreeze("ann@here", "why not")
    with pytest.raises(RefusedError, match="nothing is locked"):
        await it.freezing.unlock("ann@here", "why not", 60)
    it.clock.advance(3600)
    assert (it.why, other.why) == ("", "")
    assert it.told().count(("unfreeze", "unfrozen")) == 1


async def test_the_row_of_another_program_is_put_right_by_whoever_asks(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    other = it.beside()
    await it.freezing.freeze("ann@here", "panic")
    assert not other.store.freeze["freeze"].frozen
    assert other.why
    assert other.store.freeze["freeze"].by == "ann@here"


async def test_what_is_read_only_is_a_programs_own_and_so_is_its_unlocking(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    wall = it.beside("read-only by --read-only", unlockable=True)
    await it.freezing.freeze("ann@here", "panic")
    await it.freezing.unlock("ann@here", "needed", 600)
    assert wall.why == "read-only by --read-only"
    # Its own is lifted here alone, and the freeze that others unlocked ends when they said.
    await wall.freezing.unlock("ann@here", "here, too", 3600)
    assert wall.why == ""
    it.clock.advance(600)
    assert "frozen by" in it.why
    assert "frozen by" in wall.why
    # Where both stand against it, both are lifted here, and the freeze elsewhere.
    await wall.freezing.unlock("ann@here", "both", 60)
    second = it.beside("read-only by --read-only", unlockable=True)
    assert (wall.why, it.why, second.why) == ("", "", "read-only by --read-only")
    await wall.freezing.unfreeze("ann@here", "over")
    it.clock.advance(60)
    assert (wall.why, it.why) == ("read-only by --read-only", "")


async def test_a_freeze_ends_an_unlocking(tmp_path: Path) -> None:
    it = Desk(tmp_path, "read-only: the configuration says so", unlockable=True)
    await it.freezing.unlock("ann@here", "maintenance", 600)
    assert it.why == ""
    other = it.beside()
    await other.freezing.freeze("bob@here", "stop")
    assert "frozen by bob@here: stop" in it.why
    await other.freezing.unfreeze("bob@here", "go")
    assert it.why == "read-only: the configuration says so"


async def test_what_the_configuration_forbids_is_not_unlocked_from_here(tmp_path: Path) -> None:
    it = Desk(tmp_path, "read-only: the configuration says so")
    assert not it.store.freeze["freeze"].can_unlock
    with pytest.raises(RefusedError, match=NOT_HERE):
        await it.freezing.unlock("ann@here", "maintenance", 600)
    await it.freezing.freeze("ann@here", "panic")
    with pytest.raises(RefusedError, match=NOT_HERE):
        await it.freezing.unfreeze("ann@here", "over")
    assert "frozen by ann" in it.beside().why
    with pytest.raises(RefusedError, match="at most a day"):
        await Desk(tmp_path / "b", "ro", unlockable=True).freezing.unlock("ann", "r", 1e6)


async def test_an_unlocking_ends_with_the_start_of_the_machine_and_not_by_the_time_of_day(tmp_path: Path) -> None:
    clock = SetBack(AT)
    it = Desk(tmp_path, clock=clock)
    await it.freezing.freeze("ann@here", "panic")
    await it.freezing.unlock("ann@here", "needed", 60)
    clock.by = timedelta(days=-400)
    clock.advance(59)
    assert it.why == ""
    assert it.freezing.refresh().until == it.clock.now() + timedelta(seconds=1)
    # The same moment of the monotonic clock, after another start.
    assert "frozen by" in it.beside(boot="boot-2").why
    # A monotonic clock that began anew without a name for it: earlier than the unlocking.
    long_up = ManualClock(AT)
    long_up.advance(10)
    late = Desk(tmp_path / "late", clock=long_up)
    await late.freezing.freeze("ann@here", "panic")
    await late.freezing.unlock("ann@here", "needed", 60)
    assert "frozen by" in Desk(tmp_path / "late", clock=ManualClock(AT)).why
    long_up.advance(60)
    assert "frozen by" in late.why


async def test_where_starts_cannot_be_told_apart_only_the_program_that_unlocked_is(tmp_path: Path) -> None:
    it = Desk(tmp_path, boot="")
    other = it.beside(boot="")
    await it.freezing.freeze("ann@here", "panic")
    await it.freezing.unlock("ann@here", "needed", 60)
    assert it.why == ""
    assert "frozen by" in other.why


async def test_a_freeze_holds_where_it_cannot_be_recorded_and_an_unlocking_does_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    it = Desk(tmp_path / "file")
    row = await it.freezing.freeze("ann@here", "")
    assert row.frozen
    with pytest.raises(RefusedError):
        await it.freezing.unlock("ann@here", "why not", 60)
    assert it.freezing.is_frozen()


async def test_what_the_audit_log_cannot_take_freezes_all_and_unlocks_and_unfreezes_nobody(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    (tmp_path / "audit.jsonl").mkdir()
    row = await it.freezing.freeze("ann@here", "panic")
    assert "the audit log could not be written" in row.why
    assert not it.freezing.is_alone
    assert "frozen by ann@here" in it.beside().why
    for refused in (it.freezing.unlock("ann@here", "r", 60), it.freezing.unfreeze("ann@here", "r")):
        with pytest.raises(RefusedError, match="audit log"):
            await refused
    assert it.why
    assert it.beside().why


async def test_where_it_cannot_be_written_this_program_is_frozen_and_says_that_others_are_not(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    other = it.beside()
    it.file.path = tmp_path / "frozen" / ("x" * 300)  # a name that no file system takes
    row = await it.freezing.freeze("ann@here", "panic")
    assert it.freezing.is_alone
    assert "frozen by ann@here: panic (since" in row.why
    assert "other programs are not: " in row.why
    assert other.why == ""
    assert "other programs are not: " in json.loads((tmp_path / "audit.jsonl").read_text())["error"]
    assert not (await it.freezing.unlock("ann@here", "needed", 60)).frozen
    it.clock.advance(60)
    assert "other programs are not" in it.why
    assert not (await it.freezing.unfreeze("ann@here", "over")).frozen
    assert not it.freezing.is_alone
    it.clock.advance(60)
    assert (it.why, it.freezing.refresh().until) == ("", None)


async def test_who_is_cancelled_while_freezing_has_frozen(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    task = asyncio.create_task(it.freezing.freeze("ann@here", "panic"))
    await asyncio.sleep(0)
    assert it.why
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await it.freezing.close()
    assert "frozen by ann@here" in it.beside().why
    assert it.told() == [("freeze", "frozen")]


async def test_of_a_freeze_and_what_lifts_the_one_before_the_freeze_holds(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    others = [it.beside() for _ in range(6)]
    await it.freezing.freeze("ann@here", "first")
    lifting = [other.freezing.unfreeze("bob@here", "over") for other in others[:3]]
    freezing = [other.freezing.freeze("cay@here", "again") for other in others[3:]]
    done = await asyncio.gather(*lifting, *freezing, return_exceptions=True)
    assert all(not isinstance(one, Exception) for one in done[3:])
    assert all(isinstance(one, RefusedError) for one in done[:3] if isinstance(one, Exception))
    assert all("frozen by cay@here: again" in other.why for other in (it, *others))


async def test_who_lifts_what_was_frozen_anew_meanwhile_is_refused_on_the_record(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    other = it.beside()
    await it.freezing.freeze("ann@here", "first")
    lift = other.file.lift

    def late(lifted: Lifted, seen: Standing) -> None:
        # Between the line in the log and the file.
        asyncio.run(it.beside().freezing.freeze("cay@here", "again"))
        lift(lifted, seen)

    other.file.lift = late  # type: ignore[method-assign]
    with pytest.raises(RefusedError, match="frozen anew meanwhile"):
        await other.freezing.unfreeze("bob@here", "over")
    assert "frozen by cay@here: again" in other.why
    assert it.told()[-3:] == [("unfreeze", "unfrozen"), ("freeze", "frozen"), ("unfreeze", "refused")]


async def test_two_who_lift_at_once_do_not_undo_each_other(tmp_path: Path) -> None:
    it = Desk(tmp_path)
    other = it.beside()
    await it.freezing.freeze("ann@here", "panic")
    done = await asyncio.gather(
        it.freezing.unfreeze("ann@here", "over"),
        other.freezing.unlock("bob@here", "for a while", 60),
        return_exceptions=True,
    )
    (refused,) = [one for one in done if isinstance(one, Exception)]
    assert "meanwhile" in str(refused)
    assert (it.why, other.why) == ("", "")


async def test_what_is_frozen_while_it_is_confirmed_is_not_done(tmp_path: Path) -> None:
    it = Bench(tmp_path)
    await it.freezing.freeze("bob@here", "stop")
    with pytest.raises(RefusedError, match="frozen by bob@here: stop"):
        await it.run(plan())
    assert it.world.sends == []
    await it.freezing.unlock("ann@here", "needed", 60)
    await it.run(plan())
    assert len(it.world.sends) == 1
