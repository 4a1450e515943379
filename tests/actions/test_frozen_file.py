"""The files of a freeze, as others may leave them: whatever cannot be read is a freeze that names its file, and can be
lifted by whoever says why."""

import errno
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actions import frozen_file
from actions.audit_files import open_own
from actions.frozen_file import MOST_BYTES, RACY_S, Frozen, FrozenFile, Lifted, Standing, Unlocking
from fleet.errors import RefusedError
from tests.actions.test_freezing import Desk

AT = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
MARK = Frozen(id="one", fleet="test", by="ann@here", at=AT, reason="panic")
LIFTED = Lifted(freeze="one", fleet="test", by="bob@here", at=AT, reason="over")
BOOT = "boot-1"


def frozen(path: Path) -> FrozenFile:
    file = FrozenFile(path, "test")
    assert file.freeze(MARK) == ""
    return file


def holds(file: FrozenFile, at_s: float = 0.0) -> bool:
    return file.look(at_s).holds(BOOT, at_s)


def test_it_is_kept_whole_for_its_owner_alone(tmp_path: Path) -> None:
    file = frozen(tmp_path / "state")
    assert file.look(0.0).frozen == MARK
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name]
    modes = [path.stat().st_mode & 0o777 for path in (file.path, file.path.parent, tmp_path / "state")]
    assert modes == [0o600, 0o700, 0o700]
    assert b"2026-03-14T09:30:00Z" in file.path.read_bytes()


def written(file: FrozenFile, data: bytes) -> None:
    file.path.write_bytes(data)


def changed(**fields: object) -> bytes:
    return msgspec.json.encode({**msgspec.to_builtins(MARK), **fields})


def link(file: FrozenFile) -> None:
    target = file.path.with_name("elsewhere")
    target.write_bytes(msgspec.json.encode(MARK))
    file.path.symlink_to(target)


def opened(file: FrozenFile) -> None:
    written(file, changed())
    file.path.chmod(0o666)


SPOILT: dict[str, tuple[Callable[[FrozenFile], object], str]] = {
    "empty": (lambda file: written(file, b""), "Input data was truncated"),
    "torn": (lambda file: written(file, msgspec.json.encode(MARK)[:-9]), "truncated"),
    "garbage": (lambda file: written(file, b"\xff\x00\x1b[31m"), "JSON is malformed"),
    "deep": (lambda file: written(file, b"[" * MOST_BYTES), "Expected `object`"),
    "huge": (lambda file: written(file, b" " * (MOST_BYTES + 1)), "more than 16,384 bytes"),
    "another fleet": (lambda file: written(file, changed(fleet="other")), "of another fleet"),
    "no id": (lambda file: written(file, changed(id="")), "an id"),
    "no zone": (lambda file: written(file, changed(at="2026-03-14T09:30:00")), "a zone of time"),
    "more fields": (lambda file: written(file, changed(more=1)), "unknown field"),
    "link": (link, "it is a symbolic link"),
    "dangling": (lambda file: file.path.symlink_to("nowhere"), "it is a symbolic link"),
    "fifo": (lambda file: os.mkfifo(file.path), "it is no regular file"),
    "folder": (lambda file: file.path.mkdir(), "it is no regular file"),
    "others": (opened, "can be written by others"),
}


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.anyio
async def test_what_cannot_be_read_is_a_freeze_that_names_its_file_and_can_be_lifted(how: str, tmp_path: Path) -> None:
    spoil, words = SPOILT[how]
    it = Desk(tmp_path)
    assert it.why == ""
    it.file.path.parent.mkdir()
    spoil(it.file)
    row = it.freezing.refresh()
    assert "frozen, as far as can be told: " in row.why
    assert str(it.file.path) in row.why
    assert words in row.why
    assert "\x1b" not in row.why
    assert (row.can_unlock, row.can_unfreeze, row.by) == (True, True, "")
    assert not (await it.freezing.unlock("ann@here", "needed", 60)).frozen
    it.clock.advance(60)
    assert it.why
    assert not (await it.freezing.unfreeze("ann@here", "looked at it")).frozen
    assert it.beside().why == ""
    # It is frozen again by what comes in its place.
    row = await it.freezing.freeze("cay@here", "panic")
    assert row.frozen
    if how != "folder":
        assert "frozen by cay@here: panic (since" in it.beside().why
    else:
        assert "other programs are not" in row.why


@pytest.mark.parametrize("how", ["garbage", "huge", "link", "fifo", "folder", "others"])
def test_a_lifting_that_cannot_be_read_lifts_nothing(how: str, tmp_path: Path) -> None:
    file = frozen(tmp_path)
    lifted = FrozenFile(tmp_path, "test")
    lifted.path = file.lifted_path
    SPOILT[how][0](lifted)
    standing = file.look(0.0)
    assert standing.holds(BOOT, 0.0)
    assert standing.frozen == MARK
    assert str(file.lifted_path) in standing.trouble
    if how == "folder":
        with pytest.raises(RefusedError, match="cannot be lifted"):
            file.lift(LIFTED, standing)
    else:
        file.lift(LIFTED, standing)
    assert holds(file) is (how == "folder")


def test_a_lifting_of_another_freeze_lifts_nothing(tmp_path: Path) -> None:
    file = frozen(tmp_path)
    file.lift(LIFTED, file.look(0.0))
    assert not holds(file)
    assert file.freeze(msgspec.structs.replace(MARK, id="two")) == ""
    assert holds(file)
    with pytest.raises(RefusedError, match="frozen anew"):
        file.lift(LIFTED, Standing(id="one"))


def test_what_stands_there_is_read_again_only_where_it_may_be_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, reads = frozen(tmp_path), list[str]()

    def noted(path: Path, flags: int) -> int:
        reads.append(path.name)
        return open_own(path, flags)

    monkeypatch.setattr(frozen_file, "open_own", noted)
    for at_s in (0.0, RACY_S / 2, RACY_S, 2 * RACY_S, 1e6):
        assert holds(file, at_s)
    assert len(reads) == 3
    FrozenFile(tmp_path, "test").lift(LIFTED, FrozenFile(tmp_path, "test").look(0.0))
    assert not holds(file, 1e6)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_disk_that_takes_nothing_is_named_and_leaves_what_stood_there(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = frozen(tmp_path)

    def full(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    again = msgspec.structs.replace(MARK, id="two")
    assert os.strerror(number) in file.freeze(again)
    with pytest.raises(RefusedError, match=os.strerror(number)):
        file.lift(LIFTED, file.look(0.0))
    monkeypatch.undo()
    assert file.look(0.0) == Standing(id="one", frozen=MARK)
    assert len(list(file.path.parent.glob(".*"))) == 0


def test_an_unlocking_is_of_one_start_and_no_longer_than_a_day() -> None:
    unlocking = Unlocking(boot=BOOT, since=10.0, until=70.0)
    assert [unlocking.holds(BOOT, at_s) for at_s in (9.9, 10.0, 69.9, 70.0)] == [False, True, True, False]
    assert not unlocking.holds("boot-2", 20.0)
    assert not Unlocking(boot=BOOT, since=0.0, until=1e9).holds(BOOT, 20.0)
    assert not Unlocking(boot=BOOT, since=70.0, until=10.0).holds(BOOT, 20.0)


@given(st.binary(max_size=300) | st.recursive(st.none() | st.text(), st.lists).map(msgspec.json.encode))
@example(msgspec.json.encode(MARK))
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_the_file_it_is_a_freeze(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = FrozenFile(Path(folder), "test")
        file.path.parent.mkdir()
        file.path.write_bytes(data)
        assert holds(file)
