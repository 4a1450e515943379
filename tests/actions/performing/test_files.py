"""Files of a plan, on a real disk: wholly done or not at all, and nothing outside of what was named ever changes."""

import asyncio
import gzip
import hashlib
import io
import os
import stat
import tarfile
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from actions.performing.files import FileWorker
from actions.performing.swapping import link, standing
from fleet.actions.action import Result, Sent
from fleet.actions.plan import FileWork
from fleet.clock import ManualClock

pytestmark = pytest.mark.anyio
CLOCK = ManualClock(datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC))


async def work(effect: FileWork, *, most_bytes: int = 10_000_000) -> Result:
    return await FileWorker(CLOCK, most_bytes=most_bytes).work(effect)


def tree(folder: Path) -> dict[str, str]:
    """Everything below `folder`: its kind, mode and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        kind = path.lstat().st_mode
        what = f"→{path.readlink()}" if path.is_symlink() else path.read_bytes().hex() if path.is_file() else ""
        found[str(path.relative_to(folder))] = f"{stat.filemode(kind)} {what}"
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def leads_to(path: Path) -> str:
    return os.path.realpath(path)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of a service, with what a service has, beside something that must not be touched."""
    root = Path(os.path.realpath(tmp_path))
    service = root / "service"
    (service / "conf" / "empty").mkdir(parents=True)
    (service / "conf" / "app.toml").write_text("revision = 2\n")
    (service / "run.sh").write_text("#!/bin/sh\n")
    (service / "run.sh").chmod(0o755)
    (service / "näme \udcff").write_bytes(b"\0\xff")
    (service / "current").symlink_to("conf/app.toml")
    (service / "outside").symlink_to("/etc/hostname")
    (root / "precious").write_text("mine")
    return root


# ── links ──


async def test_a_link_is_changed_in_one_rename_and_says_what_it_was(place: Path) -> None:
    for name in ("blue", "green"):
        (place / name).mkdir()
    (place / "live").symlink_to("blue")
    effect = FileWork(work="link", path=f"{place}/live", source=f"{place}/green", was=f"{place}/blue")
    result = await work(effect)
    assert (result.sent, result.status) == (Sent.YES, 0)
    assert leads_to(place / "live") == f"{place}/green"
    assert "before to blue" in result.text
    again = await work(effect)
    assert again.sent is Sent.NO
    assert f"points to {place}/green now" in again.fault
    assert names(place) == ["blue", "green", "live", "precious", "service"]


async def test_a_link_is_left_alone_where_it_is_not_as_it_was(place: Path) -> None:
    (place / "live").symlink_to("elsewhere")
    before = tree(place)
    for path, source, was in [
        ("live", "service", f"{place}/blue"),
        ("live", "nothing-there", ""),
        ("precious", "service", ""),
        ("service", "precious", ""),
        ("gone", "service", f"{place}/blue"),
        ("service/../live", "service", ""),
    ]:
        result = await work(FileWork(work="link", path=f"{place}/{path}", source=f"{place}/{source}", was=was))
        assert result.sent is Sent.NO, path
        assert result.fault
    assert (await work(FileWork(work="link", path="live", source=f"{place}/service"))).sent is Sent.NO
    assert tree(place) == before


async def test_a_folder_that_became_a_link_is_not_what_the_plan_says(place: Path) -> None:
    (place / "real").mkdir()
    (place / "real" / "live").symlink_to("../service")
    (place / "short").symlink_to("real")
    result = await work(FileWork(work="link", path=f"{place}/short/live", source=f"{place}/precious"))
    assert result.sent is Sent.NO
    assert f"{place}/short leads to {place}/real" in result.fault
    for one in ("archive", "restore", "copy"):
        effect = FileWork(work=one, path=f"{place}/short/x", source=f"{place}/service", sha256="0" * 64)
        assert (await work(effect)).sent is Sent.NO
        effect = FileWork(work=one, path=f"{place}/x", source=f"{place}/short/live", sha256="0" * 64)
        assert (await work(effect)).sent is Sent.NO


# ── archives ──


async def archived(place: Path) -> Path:
    result = await work(FileWork(work="archive", path=f"{place}/backups/one.tar.gz", source=f"{place}/service"))
    assert result.sent is Sent.YES, result.fault
    return place / "backups" / "one.tar.gz"


async def test_an_archive_and_its_checksum_bring_back_what_was_there(place: Path) -> None:
    good = tree(place / "service")
    archive = await archived(place)
    sidecar = archive.with_name("one.tar.gz.sha256")
    assert sidecar.read_text() == f"{sha256(archive)}  one.tar.gz\n"
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    # A link that leads out of it is packed as it is, and cannot be restored; so it is taken out first.
    (place / "service" / "outside").unlink()
    good.pop("outside")
    archive.unlink()
    sidecar.unlink()
    archive = await archived(place)
    (place / "service" / "conf" / "app.toml").write_text("revision = 3\n")
    bad = tree(place / "service")
    restore = FileWork(work="restore", path=f"{place}/service", source=str(archive), sha256=sha256(archive))
    result = await work(restore)
    assert result.sent is Sent.YES, result.fault
    assert tree(place / "service") == good
    aside = place / "service.before-20310506T070809Z"
    assert str(aside) in result.text
    assert tree(aside) == bad
    assert (place / "precious").read_text() == "mine"
    again = await work(restore)
    assert again.sent is Sent.YES, again.fault
    assert f"{aside}-2" in again.text
    assert (tree(aside), tree(aside.with_name(f"{aside.name}-2"))) == (bad, good)


async def test_an_archive_is_never_overwritten_and_never_packs_itself(place: Path) -> None:
    archive = await archived(place)
    before = archive.read_bytes()
    effect = FileWork(work="archive", path=str(archive), source=f"{place}/service")
    assert (await work(effect)).sent is Sent.NO
    assert archive.read_bytes() == before
    within = await work(FileWork(work="archive", path=f"{place}/service/all.tar.gz", source=f"{place}/service"))
    assert within.sent is Sent.NO
    assert "does not pack itself" in within.fault
    for source in ("precious", "nothing", "service/current"):
        missing = await work(FileWork(work="archive", path=f"{place}/x.tar.gz", source=f"{place}/{source}"))
        assert missing.sent is Sent.NO
    assert not (place / "x.tar.gz").exists()


async def test_sockets_and_pipes_are_left_out_and_links_are_not_followed(place: Path) -> None:
    os.mkfifo(place / "service" / "pipe")
    result = await work(FileWork(work="archive", path=f"{place}/one.tar.gz", source=f"{place}/service"))
    assert "1 sockets, pipes or devices were left out" in result.text
    with tarfile.open(place / "one.tar.gz") as tar:
        assert "pipe" not in tar.getnames()
        assert tar.getmember("outside").issym()
        assert tar.getmember("outside").size == 0


async def test_a_full_disk_leaves_no_half_an_archive(place: Path) -> None:
    (place / "readonly").mkdir()
    (place / "readonly" / ".keep").touch()
    before = tree(place / "readonly")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        result = await work(FileWork(work="archive", path=f"{place}/readonly/a.tar.gz", source=f"{place}/service"))
    assert result.sent is Sent.NO
    assert "No space left" in result.fault
    assert tree(place / "readonly") == before


# ── hostile archives ──


def member(name: str, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def packed(path: Path, *members: tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for one in members:
            info, content = one if isinstance(one, tuple) else (one, b"")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def symlink(name: str, to: str) -> tarfile.TarInfo:
    return member(name, type=tarfile.SYMTYPE, linkname=to)


GOOD = (member("good.txt"), b"good")
HOSTILE: dict[str, tuple[tarfile.TarInfo | tuple[tarfile.TarInfo, bytes], ...]] = {
    "absolute": ((member("/etc/evil"), b"x"),),
    "traversal": ((member("../precious"), b"x"),),
    "traversal within": ((member("a/../../precious"), b"x"),),
    "a link out": (symlink("out", "../precious"),),
    "an absolute link": (symlink("out", "/etc"),),
    "a file through a link": (symlink("out", "."), (member("out/evil"), b"x")),
    "a file over a link": (symlink("out", "good.txt"), (member("out"), b"x")),
    "a folder over a link": (symlink("out", "d"), member("out", type=tarfile.DIRTYPE)),
    "links that lead out together": (
        member("d/e", type=tarfile.DIRTYPE, mode=0o755),
        symlink("d/e/up", "../.."),
        symlink("d/e/out", "up/../precious"),
    ),
    "links in a ring": (symlink("a", "b"), symlink("b", "a")),
    "a hard link out": (member("hard", type=tarfile.LNKTYPE, linkname="../precious"),),
    "a hard link to an absolute path": (member("hard", type=tarfile.LNKTYPE, linkname="/etc/passwd"),),
    "a hard link to a link": (symlink("s", "good.txt"), member("hard", type=tarfile.LNKTYPE, linkname="s")),
    "a device": (member("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),),
    "a disk": (member("disk", type=tarfile.BLKTYPE, devmajor=8, devminor=0),),
    "a pipe": (member("pipe", type=tarfile.FIFOTYPE),),
    "a name twice": ((member("good.txt"), b"evil"),),
    "a file as a folder": ((member("good.txt/x"), b"x"),),
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_a_hostile_archive_changes_nothing(what: str, place: Path) -> None:
    archive = packed(place / "bad.tar.gz", GOOD, *HOSTILE[what])
    before = tree(place)
    effect = FileWork(work="restore", path=f"{place}/service", source=str(archive), sha256=sha256(archive))
    result = await work(effect)
    assert (result.sent, bool(result.fault)) == (Sent.NO, True)
    assert tree(place) == before


async def test_modes_and_hard_links_of_an_archive_are_tamed(place: Path) -> None:
    archive = packed(
        place / "modes.tar.gz",
        member(".", type=tarfile.DIRTYPE, mode=0o777),
        member("locked", type=tarfile.DIRTYPE, mode=0),
        (member("locked/suid", mode=0o6777), b"x"),
        member("hard", type=tarfile.LNKTYPE, linkname="locked/suid"),
        symlink("inside", "locked/../locked/suid"),
    )
    effect = FileWork(work="restore", path=f"{place}/new", source=str(archive), sha256=sha256(archive))
    result = await work(effect)
    assert result.sent is Sent.YES, result.fault
    assert stat.S_IMODE((place / "new" / "locked" / "suid").stat().st_mode) == 0o775
    assert stat.S_IMODE((place / "new" / "locked").stat().st_mode) == 0o700
    assert (place / "new" / "hard").read_text() == (place / "new" / "inside").read_text() == "x"


@pytest.mark.parametrize("mode", [0o700, 0o2750])
async def test_a_folder_keeps_its_mode_and_owner_when_it_is_replaced(mode: int, place: Path) -> None:
    archive = packed(place / "one.tar.gz", GOOD)
    (place / "service").chmod(mode)
    before = (place / "service").stat()
    effect = FileWork(work="restore", path=f"{place}/service", source=str(archive), sha256=sha256(archive))
    assert (await work(effect)).sent is Sent.YES
    after = (place / "service").stat()
    assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid) == (mode, before.st_uid, before.st_gid)


@pytest.mark.skipif(os.geteuid() != 0, reason="files of another account are wanted")
async def test_what_replaces_somebody_elses_is_theirs(place: Path) -> None:
    archive = packed(place / "one.tar.gz", GOOD)
    target = place / "app.conf"
    target.write_text("revision = 2\n")
    for path in (target, place / "service"):
        os.chown(path, 65534, 65533)
    target.chmod(0o600)
    source = place / "app.old"
    source.write_text("revision = 1\n")
    copied = FileWork(work="copy", path=str(target), source=str(source), sha256=sha256(source))
    restored = FileWork(work="restore", path=f"{place}/service", source=str(archive), sha256=sha256(archive))
    for effect in (copied, restored):
        result = await work(effect)
        assert result.sent is Sent.YES, result.fault
        info = standing(Path(effect.path))
        assert info is not None
        assert (info.st_uid, info.st_gid) == (65534, 65533)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="files of other accounts are wanted")
async def test_what_was_packed_here_gets_its_owners_back_and_an_archive_of_others_says_none(place: Path) -> None:
    owners = {".": (65534, 65533), "conf": (65532, 65531), "conf/app.toml": (65530, 65529), "outside": (65528, 65527)}
    for name, owner in owners.items():
        os.lchown(place / "service" / name, *owner)
    kept = (place / "precious").lstat()
    archive = await archived(place)
    for name in owners:
        os.lchown(place / "service" / name, 0, 0)
    os.chown(place / "service", *owners["."])
    back = FileWork(work="restore", path=f"{place}/service", source=str(archive), sha256=sha256(archive), outward=True)
    assert (await work(back)).sent is Sent.YES
    found = {name: (place / "service" / name).lstat() for name in owners}
    assert {name: (info.st_uid, info.st_gid) for name, info in found.items()} == owners
    assert ((place / "precious").lstat().st_uid, (place / "precious").lstat().st_gid) == (kept.st_uid, kept.st_gid)
    packed(place / "other.tar.gz", (member("x", uid=65534, gid=65533), b"x"))
    other = FileWork(
        work="restore", path=f"{place}/service", source=f"{place}/other.tar.gz", sha256=sha256(place / "other.tar.gz")
    )
    assert (await work(other)).sent is Sent.YES
    assert (place / "service" / "x").lstat().st_uid == 0


async def test_links_that_lead_out_are_put_back_where_it_is_said_and_nothing_is_written_through_them(
    place: Path,
) -> None:
    good, outside = tree(place / "service"), {"precious": "mine"}
    archive = await archived(place)
    effect = FileWork(work="restore", path=f"{place}/service", source=str(archive), sha256=sha256(archive))
    assert "outside of it" in (await work(effect)).fault
    result = await work(replace(effect, outward=True))
    assert (result.sent, tree(place / "service")) == (Sent.YES, good), result.fault
    evil = packed(place / "evil.tar.gz", symlink("out", ".."), (member("out/precious"), b"yours"))
    result = await work(replace(effect, source=str(evil), sha256=sha256(evil), outward=True))
    assert (result.sent, "writes through" in result.fault) == (Sent.NO, True)
    assert {"precious": (place / "precious").read_text()} == outside


def bomb(path: Path) -> None:
    with gzip.open(path, "wb") as file:
        info = member("zeros", size=200_000_000)
        file.write(info.tobuf())
        for _ in range(200):
            file.write(bytes(1_000_000))


def header_bomb(path: Path) -> None:
    with gzip.open(path, "wb") as file:
        file.write(member("pax", type=tarfile.XHDTYPE, size=200_000_000).tobuf(tarfile.USTAR_FORMAT))
        for _ in range(200):
            file.write(bytes(1_000_000))


def endless_names(path: Path) -> None:
    with gzip.open(path, "wb") as file:
        for number in range(3_000):
            file.write(member(f"f{number}", size=8_000).tobuf() + bytes(8_192))


def negative(path: Path) -> None:
    header = bytearray(member("x").tobuf())
    header[124:136] = b"\xff" * 12
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    with gzip.open(path, "wb") as file:
        file.write(bytes(header) + bytes(1024))


@pytest.mark.parametrize("make", [bomb, header_bomb, endless_names, negative])
async def test_a_bomb_is_refused_before_it_fills_anything(make: Callable[[Path], None], place: Path) -> None:
    archive = place / "bomb.tar.gz"
    make(archive)
    before = tree(place)
    effect = FileWork(work="restore", path=f"{place}/service", source=str(archive), sha256=sha256(archive))
    assert (await work(effect)).sent is Sent.NO
    assert tree(place) == before


async def test_a_damaged_archive_is_not_unpacked(place: Path) -> None:
    (place / "service" / "outside").unlink()
    archive = await archived(place)
    wanted = sha256(archive)
    content = archive.read_bytes()
    before = tree(place / "service")
    for damaged in (content[:-1], content[: len(content) // 2], b"", b"plain text", content[:50] + b"x" + content[51:]):
        archive.write_bytes(damaged)
        effect = FileWork(work="restore", path=f"{place}/service", source=str(archive), sha256=wanted)
        result = await work(effect)
        assert result.sent is Sent.NO
        assert "damaged" in result.fault
        # Even where somebody made the checksum anew it is no archive.
        own = FileWork(work="restore", path=f"{place}/service", source=str(archive), sha256=sha256(archive))
        if damaged != content[:50] + b"x" + content[51:]:
            assert (await work(own)).sent is Sent.NO
    assert (await work(FileWork(work="restore", path=f"{place}/service", source=str(archive)))).sent is Sent.NO
    assert tree(place / "service") == before
    assert names(place) == ["backups", "precious", "service"]


async def test_a_damaged_entry_is_not_taken_for_the_end(place: Path) -> None:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name in ("first", "second", "third"):
            tar.addfile(member(name, size=3), io.BytesIO(b"abc"))
    whole = plain.getvalue()
    broken = whole[:1024] + b"x" + whole[1025:]
    ended = whole[: 3 * 1024]
    archive = place / "one.tar.gz"
    for content, wanted in ((whole, Sent.YES), (broken, Sent.NO), (ended, Sent.NO), (bytes(10240), Sent.NO)):
        archive.write_bytes(gzip.compress(content))
        effect = FileWork(work="restore", path=f"{place}/{wanted.name}", source=str(archive), sha256=sha256(archive))
        assert (await work(effect)).sent is wanted
    assert sorted(tree(place / "YES")) == ["first", "second", "third"]
    assert not (place / "NO").exists()


async def test_an_archive_within_what_it_replaces_is_refused(place: Path) -> None:
    archive = packed(place / "service" / "own.tar.gz", GOOD)
    effect = FileWork(work="restore", path=f"{place}/service", source=str(archive), sha256=sha256(archive))
    assert "which it would replace" in (await work(effect)).fault


# ── copies ──


async def test_a_file_is_replaced_by_one_with_the_checksum_and_keeps_its_mode(place: Path) -> None:
    target, source = place / "service" / "conf" / "app.toml", place / "app.old"
    target.chmod(0o640)
    source.write_text("revision = 1\n")
    effect = FileWork(work="copy", path=str(target), source=str(source), sha256=sha256(source))
    assert (await work(effect)).sent is Sent.YES
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("revision = 1\n", 0o640)
    source.write_text("another one\n")
    before = tree(place)
    assert "damaged or another one" in (await work(effect)).fault
    for path in ("service", "service/current"):
        other = FileWork(work="copy", path=f"{place}/{path}", source=str(source), sha256=sha256(source))
        assert (await work(other)).sent is Sent.NO
    assert tree(place) == before


async def test_what_is_kept_is_never_kept_in_the_place_of_another(place: Path) -> None:
    kept, source = place / "kept", place / "app.old"
    source.write_text("revision = 1\n")
    effect = FileWork(work="copy", path=str(kept), source=str(source), sha256=sha256(source), new=True)
    assert (await work(effect)).sent is Sent.YES
    before = tree(place)
    again = await work(effect)
    assert (again.sent, "never overwritten" in again.fault) == (Sent.NO, True)
    assert tree(place) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="another account is wanted")
def test_in_a_folder_that_cannot_be_read_what_was_done_is_not_denied() -> None:
    # pytest's own folders are of one account.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(os.path.realpath(name))
        (folder / "current").symlink_to("/old")
        folder.chmod(0o300)
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
        try:
            done = link(f"{folder}/current", "/etc", "/old")
        finally:
            os.seteuid(0)
        assert (done, leads_to(folder / "current")) == (f"{folder}/current points to /etc, before to /old", "/etc")


# ── being stopped ──


async def test_what_takes_too_long_or_is_cancelled_is_undone(place: Path) -> None:
    (place / "service" / "big").touch()
    os.truncate(place / "service" / "big", 400_000_000)
    before = names(place)
    effect = FileWork(work="archive", path=f"{place}/big.tar.gz", source=f"{place}/service", timeout_s=0.05)
    result = await work(effect)
    assert (result.sent, result.timed_out) == (Sent.NO, True)
    slow = FileWork(work="archive", path=f"{place}/big.tar.gz", source=f"{place}/service")
    working = asyncio.create_task(work(slow))
    await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert names(place) == before
