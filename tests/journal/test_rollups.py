"""Roll-ups on disk: kept whole through a kill, bounded, written by one, and never lost to a broken file."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import OutsideError, ParseError
from fleet.slo.engine import SloEngine
from fleet.slo.minutes import MINUTES, pack, unpack
from fleet.slo.model import SloStatus
from fleet.slo.ports import Kept, StoredHour, StoredMark
from fleet.store import Slice
from journal.keeping import Keeper
from journal.rollups import RollupFile
from tests.fleet.slo.samples import Lists, at, run, slo

ROOT = Path(__file__).parents[2]
HOUR_MS = 3_600_000
DATA = pack([(1.0, 2.0, 3)] * MINUTES)
NUMBERS = st.integers(0, 10**9).map(float) | st.floats(-1e9, 1e9, allow_nan=False)


def hours_of(store: RollupFile, since: int = 0) -> dict[tuple[str, int], bytes]:
    return {(one.track, one.hour): one.data for kept in store.load(("t",), (), since) for one in kept.hours}


def marks_of(store: RollupFile) -> list[StoredMark]:
    return [mark for kept in store.load((), ("m",), 0) for mark in kept.marks]


def kept(hours: Iterable[int], *, track: str = "t", at_ms: int = 1) -> Kept:
    return Kept([StoredHour(track, hour, DATA) for hour in hours], [StoredMark("m", "s", at_ms, 0.5)])


@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(0, 500)), min_size=MINUTES, max_size=MINUTES))
def test_an_hour_is_read_as_it_was_packed(minutes: list[tuple[float, float, int]]) -> None:
    assert unpack(pack(minutes)) == minutes


@given(st.binary(max_size=300))
def test_what_is_no_hour_is_refused(data: bytes) -> None:
    with contextlib.suppress(ParseError):
        assert len(unpack(data)) == MINUTES


def test_what_is_kept_is_read_again_and_an_hour_is_replaced_not_added_to(tmp_path: Path) -> None:
    path = tmp_path / "state" / "slos.db"
    store = RollupFile(path)
    assert store.save(kept([100, 101]))
    assert store.save(kept([101], at_ms=2))
    store.close()
    again = RollupFile(path)
    assert hours_of(again) == {("t", 100): DATA, ("t", 101): DATA}
    assert hours_of(again, since=101) == {("t", 101): DATA}
    assert marks_of(again) == [StoredMark("m", "s", 2, 0.5)]
    assert path.stat().st_mode & 0o077 == 0


def test_a_killed_writer_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from journal.rollups import RollupFile
from tests.journal.test_rollups import kept
store = RollupFile(Path({str(tmp_path / "slos.db")!r}))
for number in range(100_000):
    store.save(kept(range(number * 3, number * 3 + 3), at_ms=number * 3 * {HOUR_MS}))
    print(number, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT, text=True) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(40)]
        os.kill(writer.pid, signal.SIGKILL)
        said += writer.stdout.read().split("\n")
    last = max(int(line) for line in said if line.strip())
    store = RollupFile(tmp_path / "slos.db")
    found = {hour for _, hour in hours_of(store, since=last * 3 - 600)}
    assert set(range(max(0, last * 3 - 600), last * 3 + 3)) <= found
    (mark,) = marks_of(store)
    assert len(found) % 3 == 0
    assert mark.at_ms == (max(found) - 2) * HOUR_MS, "hours and marks are of the same moment"
    assert store.moved_aside is None
    assert store.save(kept([5_000_000])), "the lock ended with its process"


def test_one_writes_and_another_reads_until_it_ends(tmp_path: Path) -> None:
    first, second = RollupFile(tmp_path / "slos.db"), RollupFile(tmp_path / "slos.db")
    assert first.save(kept([1]))
    assert not second.save(kept([2]))
    assert hours_of(second) == {("t", 1): DATA}
    first.close()
    assert second.save(kept([2]))
    assert set(hours_of(second)) == {("t", 1), ("t", 2)}


def test_a_broken_file_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "slos.db"
    path.write_bytes(b"this is no database" * 500)
    store = RollupFile(path)
    assert hours_of(store) == {}
    assert store.moved_aside is not None
    assert store.moved_aside.read_bytes().startswith(b"this is no database")
    assert store.save(kept([1]))


def test_the_file_of_a_newer_fleetdeck_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "slos.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(OutsideError, match="newer"):
        RollupFile(path).save(kept([1]))


def test_old_hours_go_and_the_size_has_a_limit(tmp_path: Path) -> None:
    store = RollupFile(tmp_path / "old.db", keep_hours=10)
    store.save(kept(range(30)))
    assert {hour for _, hour in hours_of(store)} == set(range(19, 30))
    small = RollupFile(tmp_path / "small.db", keep_hours=10**6, size_limit=256 * 1024)
    for hour in range(60):
        noise = os.urandom(3000)
        small.save(Kept([StoredHour(f"t{number}", hour, noise) for number in range(4)], ()))
    assert (tmp_path / "small.db").stat().st_size <= 256 * 1024
    assert max(hour for _, hour in hours_of(small)) == 59


@pytest.mark.anyio
async def test_a_restarted_dashboard_knows_its_budget(tmp_path: Path) -> None:
    storage, rows = Lists(), Slice[str, SloStatus]()
    engine = SloEngine(rows, [slo()], storage)
    store = RollupFile(tmp_path / "slos.db")
    keeper = Keeper(engine, store)
    await keeper.load(at(0))
    for step in range(20):
        storage.put(step * 15, step * 9.0, "good_total")
        storage.put(step * 15, step * 10.0, "all_total")
        run(engine, step * 15)
        await keeper.keep()
    assert keeper.is_writer
    keeper.finish()
    store.close()
    rows = Slice()
    again = SloEngine(rows, [slo()], storage)
    after = Keeper(again, RollupFile(tmp_path / "slos.db"))
    await after.load(at(300))
    run(again, 300)
    assert not after.error
    assert (rows["slo"].good, rows["slo"].total) == (171, 190)
    assert rows["slo"].sli_ratio == pytest.approx(0.9)


@pytest.mark.anyio
async def test_a_file_that_cannot_be_had_leaves_the_objectives_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    rows = Slice[str, SloStatus]()
    engine = SloEngine(rows, [slo()], Lists())
    keeper = Keeper(engine, RollupFile(tmp_path / "file" / "slos.db"))
    await keeper.load(at(0))
    assert keeper.error
    run(engine, 0)
    assert rows["slo"].error == ""
