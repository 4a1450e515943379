"""Silences on disk: whole or as before, shared by dashboards, never more than their bounds."""

import os
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from msgspec.structs import replace

from fleet.alerts.model import Silence
from fleet.errors import OutsideError
from journal import silences as module
from journal.silences import KEEP_EXPIRED, SilenceFile
from tests.fleet.alerts.making import at, silence


def put(*silences: Silence) -> "module.Change":
    return lambda kept: kept.update({one.id: one for one in silences})


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / "silences.json"
    made = replace(silence("a", 'x="1",y=~"2|3"', by="ann", ack=True), comment="ACK! „why“")
    SilenceFile(path).change(put(made), at(0))
    assert SilenceFile(path).read() == {"a": made}
    assert path.stat().st_mode & 0o077 == 0


def test_two_dashboards_see_and_keep_each_others(tmp_path: Path) -> None:
    one, other = SilenceFile(tmp_path / "s.json"), SilenceFile(tmp_path / "s.json")
    one.change(put(silence("a", "x=1")), at(0))
    assert set(other.read()) == {"a"}
    other.change(put(silence("b", "x=2")), at(1))
    one.change(put(silence("c", "x=3")), at(2))
    assert set(one.read()) == set(other.read()) == {"a", "b", "c"}


def _write_many(path: Path, name: str) -> None:
    file = SilenceFile(path)
    for number in range(20):
        while not _written(file, f"{name}{number}", number):
            pass


def _written(file: SilenceFile, id: str, number: int) -> bool:
    """Whether it could be written. Where the disk is slow, others that write without a break may hold the lock for as
    long as one waits for it: who is refused is told, and may try again."""
    try:
        file.change(put(silence(id, "x=1")), at(number))
    except OutsideError as error:
        if "another program holds its lock" not in str(error):
            raise
        return False
    return True


def test_nothing_is_lost_when_several_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    processes = [get_context("spawn").Process(target=_write_many, args=(path, name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(SilenceFile(path).read()) == 60


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"version":1,"silences":[{"id":1}]}', b'{"version":9,"silences":[]}', b"\xff\xfe"]
)
def test_a_file_that_cannot_be_used_is_moved_aside_and_nothing_known_is_lost(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.json"
    file = SilenceFile(path)
    file.change(put(silence("a", "x=1")), at(0))
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))
    assert set(file.read()) == {"a"}
    assert "cannot be used" in file.trouble
    assert file.trouble.endswith(f"; they are now in {path}.broken")
    assert (tmp_path / "s.json.broken").read_bytes() == content
    assert set(file.read()) == {"a"}
    file.change(put(silence("b", "x=1")), at(1))
    assert set(SilenceFile(path).read()) == {"a", "b"}
    assert file.trouble == ""


def test_a_writer_that_dies_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.json"
    file = SilenceFile(path)
    file.change(put(silence("a", "x=1")), at(0))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutsideError, match="No space left"):
        file.change(put(silence("b", "x=1")), at(1))
    monkeypatch.undo()
    assert set(SilenceFile(path).read()) == {"a"}
    assert [one.name for one in tmp_path.iterdir() if one.suffix not in (".lock", ".json")] == []


def test_what_ended_long_ago_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SilenceFile(tmp_path / "s.json")
    file.change(put(silence("old", "x=1", 0, 10), silence("new", "x=1", 0, 5000)), at(0))
    later = at(10) + KEEP_EXPIRED
    file.change(put(replace(silence("now", "x=1"), ends_at=later + timedelta(hours=1))), later)
    assert set(file.read()) == {"new", "now"}
    monkeypatch.setattr(module, "MOST", 1)
    file.change(put(replace(silence("more", "x=1"), ends_at=later + timedelta(hours=2))), later)
    assert set(file.read()) == {"more"}
