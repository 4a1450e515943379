"""What fails of the files that fleetdeck keeps: silences, the state of alerts, roll-ups of objectives.

While it lasts, everything goes on from memory and the row `kept` says why where something cannot be kept. When it is
over, all that is known is on disk again, without a restart, and a restart finds it.
"""

import fcntl
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet.errors import FleetdeckError
from tests.faults.kept import ALERTS, FILES, ROLLUPS, SILENCES, Kept

Act = Callable[[Path], None]


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def looping(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def corrupted(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.truncate(33 << 20)


ACTS: dict[str, Act] = {
    "replaced by a folder": folder,
    "replaced by a FIFO": fifo,
    "replaced by a dangling link": dangling,
    "replaced by a loop of links": looping,
    "removed": Path.unlink,
    "emptied (its disk is full)": emptied,
    "cut in half (its disk is full)": halved,
    "grows over the limit": grown,
    "corrupted": corrupted,
}
LAST = {
    ("replaced by a folder", SILENCES),
    ("replaced by a folder", ALERTS),
    ("replaced by a folder", ROLLUPS),
    ("replaced by a FIFO", ROLLUPS),
    ("replaced by a loop of links", ROLLUPS),
}
"""What stays until somebody takes it away; in the place of the others a new file is put."""


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    """Nobody waits for ever, as who opens a FIFO does; it ends the whole run, so a slow machine must not do it."""
    import faulthandler

    faulthandler.dump_traceback_later(600, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


async def began(root: Path) -> Kept:
    it = Kept(root)
    await it.begin()
    await it.minutes(6)
    await it.silence("Before")
    await it.minutes(2)
    assert await it.said() == ""
    assert all(it.file(name).stat().st_size for name in FILES)
    return it


def known(it: Kept) -> tuple[object, ...]:
    row = it.store.slos["one"]
    silences = sorted(one.matchers[0].value for one in it.store.silences.values())
    mine = (one for one in it.store.alerts.values() if one.name == "Ours" and "turn" not in one.labels)
    # What waits for its time waits on by as long as nobody looked.
    alerts = [str(one.since)[:16] for one in mine]
    return silences, alerts, (row.total or 0.0) > 0 and row.sli_ratio


async def after_a_restart(it: Kept, root: Path) -> tuple[object, ...]:
    await it.judged.aclose()
    again = Kept(root)
    again.clock.at, again.counted = it.clock.at, it.counted
    await again.begin()
    await again.minutes(1)
    now, then = (one.store.slos["one"].total or 0.0 for one in (again, it))
    assert now >= then > 0, "the budget of the time before is known"
    return known(again)


@pytest.mark.anyio
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("fault", ACTS)
async def test_what_happens_to_a_file_that_is_kept(tmp_path: Path, fault: str, name: str) -> None:
    it = await began(tmp_path)
    before, path = known(it), it.file(name)
    ACTS[fault](path)
    await it.minutes(3)
    assert known(it) == before
    if (fault, name) in LAST:
        assert str(path) in await it.said()
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    await it.minutes(3)
    assert await it.said() == ""
    assert known(it) == before
    assert await after_a_restart(it, tmp_path) == before


@pytest.mark.anyio
async def test_what_another_process_locks_is_kept_when_it_lets_go(tmp_path: Path) -> None:
    it = await began(tmp_path)
    before = known(it)
    with it.file(SILENCES).with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(FleetdeckError, match="another program holds its lock"):
            await it.silence("Locked")
    other = sqlite3.connect(it.file(ROLLUPS), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        await it.minutes(2)
        assert "locked" in await it.said()
        assert known(it) == before
    finally:
        other.close()
    await it.minutes(2)
    await it.silence("Free")
    assert await it.said() == ""
    assert await after_a_restart(it, tmp_path) == (["Before", "Free"], *before[1:])


@contextmanager
def small_files() -> Iterator[None]:
    """No file may grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.anyio
async def test_on_a_full_disk_nothing_is_lost(tmp_path: Path) -> None:
    it = await began(tmp_path)
    before = known(it)
    with small_files():
        with pytest.raises(FleetdeckError, match="File too large"):
            await it.silence("Full")
        await it.minutes(2)
        said = await it.said()
        during = known(it)
    assert "File too large" in said
    assert "SLO roll-ups" in said
    assert during == before
    await it.minutes(3)
    await it.silence("Room")
    assert await it.said() == ""
    assert await after_a_restart(it, tmp_path) == (["Before", "Room"], *before[1:])


@pytest.mark.anyio
async def test_a_folder_that_goes_is_made_again(tmp_path: Path) -> None:
    it = await began(tmp_path)
    before = known(it)
    shutil.rmtree(it.folder)
    it.folder.write_text("a file in its place")
    await it.minutes(2)
    assert await it.said() != ""
    assert known(it) == before
    it.folder.unlink()
    await it.minutes(3)
    assert await it.said() == ""
    assert await after_a_restart(it, tmp_path) == before


@pytest.mark.skipif(sys.platform != "linux", reason="how root gives up the right to write everything is Linux's own")
def test_a_folder_that_may_not_be_written_is_said_and_written_later(tmp_path: Path) -> None:
    program = (
        "import sys, asyncio; from pathlib import Path; from tests.faults.test_kept import read_only\n"
        "asyncio.run(read_only(Path(sys.argv[1])))"
    )
    from tests.faults.watching import give_up_rights

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=give_up_rights if os.geteuid() == 0 else None,
    )
    assert done.returncode == 0, done.stderr


async def read_only(root: Path) -> None:
    """What the test above does, as somebody who is not root."""
    it = await began(root)
    before = known(it)
    it.folder.chmod(0o500)
    for name in FILES:
        it.file(name).chmod(0o400)
    with pytest.raises(FleetdeckError, match="Permission denied"):
        await it.silence("Read-only")
    await it.minutes(2)
    assert "Permission denied" in await it.said()
    assert known(it) == before
    it.folder.chmod(0o700)
    for name in FILES:
        it.file(name).chmod(0o600)
    await it.minutes(3)
    assert await it.said() == ""
    assert await after_a_restart(it, root) == before
