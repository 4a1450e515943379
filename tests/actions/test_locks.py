"""Locks among operators: real files, real processes that die, a real Redis."""

import asyncio
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.locks.files import FileLocks
from actions.locks.redis import RedisLocks
from fleet.actions.action import Lock
from fleet.errors import OutsideError, RefusedError
from tests.real_redis import RealRedis, requires_redis
from transport.redis import RedisLink, parse_place

pytestmark = pytest.mark.anyio
AT = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
TARGET = "svc/../\n⟦x⟧"
HOLDER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from actions.locks.files import FileLocks
from fleet.actions.action import Lock
locks = FileLocks(Path(sys.argv[1]))
asyncio.run(locks.take(Lock(target=sys.argv[2], owner="bob@there", since=datetime(2026, 3, 14, tzinfo=UTC))))
print("taken", flush=True)
sys.stdin.read()
"""

SOMEBODY_ELSE = """
import codecs
import concurrent.futures.thread
import os
codecs.lookup("ascii")  # what is imported later may be nothing that they can read
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
"""


def lock(owner: str = "ann@here", target: str = TARGET) -> Lock:
    return Lock(target=target, owner=owner, since=AT, action="k1", title="roll back")


def _files(folder: Path) -> list[Path]:
    return list(folder.glob("*.lock"))


async def test_a_file_lock_is_held_by_one_and_shown_to_all(tmp_path: Path) -> None:
    ann, bob = FileLocks(tmp_path / "locks"), FileLocks(tmp_path / "locks")
    assert await ann.take(lock()) is None
    assert await bob.take(lock("bob@here")) == lock()
    assert await ann.take(lock("ann again")) == lock()
    assert [(one.owner, one.mine) for one in await ann.held()] == [("ann@here", True)]
    assert [(one.target, one.mine) for one in await bob.held()] == [(TARGET, False)]
    assert stat.S_IMODE((tmp_path / "locks").stat().st_mode) == 0o700
    await bob.release(TARGET)
    await ann.renew(TARGET)
    await ann.release(TARGET)
    assert await bob.held() == ()
    assert list((tmp_path / "locks").iterdir()) == []
    assert await bob.take(lock("bob@here")) is None
    await bob.release(TARGET)


async def test_a_file_lock_ends_with_the_process_that_holds_it(tmp_path: Path) -> None:
    program = [sys.executable, "-c", HOLDER, str(tmp_path), TARGET]
    # Blocking, as nothing else is under way here.
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:  # noqa: ASYNC220
        assert holder.stdout is not None
        assert holder.stdout.readline() == "taken\n"
        ann = FileLocks(tmp_path)
        other = await ann.take(lock())
        assert other is not None
        assert other.owner == "bob@there"
        assert [one.owner for one in await ann.held()] == ["bob@there"]
        holder.kill()
        holder.wait(10)
    assert await ann.held() == ()
    assert await ann.take(lock()) is None
    await ann.release(TARGET)


async def test_a_lock_that_the_disk_had_no_room_for_is_nobodys(tmp_path: Path) -> None:
    ann = FileLocks(tmp_path)
    before, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        with pytest.raises(OutsideError):
            await ann.take(lock())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert await FileLocks(tmp_path).take(lock("bob@here")) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="another account is wanted")
async def test_accounts_that_share_a_folder_see_each_others_locks_and_inherit_those_of_the_dead(tmp_path: Path) -> None:
    # pytest's own folders are of one account.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chmod(folder, 0o1777)  # noqa: PTH101
        program = [sys.executable, "-c", HOLDER.replace("\nasyncio", f"\n{SOMEBODY_ELSE}asyncio"), name, TARGET]
        ann = FileLocks(folder)
        with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:  # noqa: ASYNC220
            assert holder.stdout is not None
            assert holder.stdout.readline() == "taken\n"
            other = await ann.take(lock())
            assert other is not None
            assert [one.owner for one in (other, *await ann.held())] == ["bob@there"] * 2
            holder.kill()
            holder.wait(10)
        (path,) = _files(folder)
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (65534, 0o666)
        assert await ann.held() == ()
        assert await ann.take(lock()) is None
        await ann.release(TARGET)
        assert await ann.take(lock()) is None
        (path,) = _files(folder)
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (0, 0o666)
        await ann.release(TARGET)


async def test_a_file_of_somebody_elses_in_the_place_of_a_lock_is_left_as_it_is(tmp_path: Path) -> None:
    ann, mine = FileLocks(tmp_path / "locks"), tmp_path / "mine"
    mine.write_text("mine")
    await ann.take(lock())
    (path,) = _files(tmp_path / "locks")
    await ann.release(TARGET)
    path.hardlink_to(mine)
    with pytest.raises(OutsideError):
        await ann.take(lock())
    assert mine.read_text() == "mine"


async def test_a_file_lock_that_was_taken_away_is_noticed(tmp_path: Path) -> None:
    ann = FileLocks(tmp_path)
    await ann.take(lock())
    _files(tmp_path)[0].unlink()
    with pytest.raises(RefusedError, match="taken away"):
        await ann.renew(TARGET)
    await ann.release(TARGET)


async def test_of_many_that_want_a_file_lock_at_one_time_one_has_it(tmp_path: Path) -> None:
    every = [FileLocks(tmp_path) for _ in range(20)]
    for _ in range(5):
        taken = await asyncio.gather(*(one.take(lock()) for one in every))
        assert sum(other is None for other in taken) == 1
        await asyncio.gather(*(one.release(TARGET) for one in every))


async def test_where_no_file_can_be_made_there_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("no folder")
    with pytest.raises(OutsideError, match="no lock in"):
        await FileLocks(tmp_path / "locks").take(lock())


async def test_rubbish_in_a_lock_file_is_no_lock_and_in_nobodys_way(tmp_path: Path) -> None:
    ann = FileLocks(tmp_path)
    await ann.take(lock())
    (path,) = _files(tmp_path)
    await ann.release(TARGET)
    path.write_bytes(b"\xff{")
    assert await ann.held() == ()
    assert await ann.take(lock()) is None
    await ann.release(TARGET)


# ── in a Redis ─────────────────────────────────────────────────────────────────────────────────────────────────────


@requires_redis
async def test_a_redis_lock_is_held_by_one_shown_to_all_and_let_go_by_its_owner_only() -> None:
    with RealRedis() as server:
        ann_link, bob_link = RedisLink(parse_place(server.url)), RedisLink(parse_place(server.url))
        ann, bob = RedisLocks(ann_link, "fleetdeck:lock:"), RedisLocks(bob_link, "fleetdeck:lock:")
        assert await ann.take(lock()) is None
        assert await bob.take(lock("bob@there")) == lock()
        assert [(one.owner, one.mine) for one in await ann.held()] == [("ann@here", True)]
        assert [(one.owner, one.mine) for one in await bob.held()] == [("ann@here", False)]
        with pytest.raises(RefusedError, match="has ended, or another has it"):
            await bob.renew(TARGET)
        await bob.release(TARGET)
        await ann.renew(TARGET)
        with server.client() as client:
            (key,) = [name for name in client.keys("*") if not name.endswith(b"names")]
            assert 0 < client.pttl(key) <= 30_000
            client.set(key, "somebody else's")
        with pytest.raises(RefusedError):
            await ann.renew(TARGET)
        await ann.release(TARGET)
        other = await bob.take(lock("bob@there"))
        assert other is not None
        assert other.owner == "somebody"
        with server.client() as client:
            client.delete(key)
        assert await ann.held() == ()
        assert await bob.take(lock("bob@there")) is None
        await bob.release(TARGET)
        with server.client() as client:
            assert client.keys("*") == []
        await ann_link.aclose()
        await bob_link.aclose()


@requires_redis
async def test_a_redis_lock_that_nobody_renews_ends_by_itself() -> None:
    with RealRedis() as server:
        link = RedisLink(parse_place(server.url))
        ann, bob = RedisLocks(link, "l:", ttl_s=0.001), RedisLocks(link, "l:")
        await ann.take(lock())
        while await ann.held():  # noqa: ASYNC110  # Redis ends it, a millisecond from now
            await asyncio.sleep(0)
        assert await bob.take(lock("bob@there")) is None
        with pytest.raises(RefusedError):
            await ann.renew(TARGET)
        await link.aclose()


@requires_redis
async def test_what_others_write_into_a_lock_without_a_zone_is_somebodys() -> None:
    with RealRedis() as server:
        link = RedisLink(parse_place(server.url))
        ann, bob = RedisLocks(link, "l:"), RedisLocks(link, "l:")
        await ann.take(lock())
        with server.client() as client:
            (key,) = [one for one in client.keys("l:*") if client.type(one) == b"string"]
            client.set(key, client.get(key).replace(b'09:30:00Z"', b'09:30:00"'))
        other = await bob.take(lock("bob@there"))
        assert other is not None
        assert (other.owner, other.since.tzinfo) == ("somebody", UTC)
        assert await bob.held() == ()
        await link.aclose()


@requires_redis
async def test_where_redis_does_not_answer_there_is_no_lock() -> None:
    with RealRedis() as server:
        url = server.url
    link = RedisLink(parse_place(url))
    with pytest.raises(OutsideError):
        await RedisLocks(link, "l:").take(lock())
    with pytest.raises(OutsideError):
        await RedisLocks(link, "l:").held()
    await link.aclose()
