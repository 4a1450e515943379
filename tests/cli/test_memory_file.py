"""The file of the memory: whole or old, private, and never a reason to fail."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cli.dashboard.memory_file import MemoryFile, memory_path
from fleet.view_line import parse_view_line
from tui.kept.memory import VERSION, Memory

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return memory_path(tmp_path / "state", "staging", tmp_path / "fleetdeck.yaml")


def kept(theme: str = "nord", view: str = "agents /x") -> Memory:
    return Memory(theme=theme).left(parse_view_line(view), following=False)


def test_what_is_written_is_read_and_is_the_owners_alone(path: Path) -> None:
    assert MemoryFile(path).read() == (Memory(), "")
    assert MemoryFile(path).write(kept()) == ""
    assert MemoryFile(path).read() == (kept(), "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir() if not file.name.endswith(".lock")] == [path.name]


def test_nothing_is_written_while_nothing_changes(path: Path) -> None:
    file = MemoryFile(path)
    file.write(kept())
    before = path.stat().st_ino
    assert file.write(kept()) == ""
    assert path.stat().st_ino == before


def test_fleets_of_one_name_do_not_share(tmp_path: Path) -> None:
    paths = {
        memory_path(tmp_path, "staging", Path("/a/fleetdeck.yaml")),
        memory_path(tmp_path, "staging", Path("/b/fleetdeck.yaml")),
        memory_path(tmp_path, "staging", None),
        memory_path(tmp_path, "../../etc/\ud800", None),
    }
    assert len(paths) == 4
    assert {path.parent for path in paths} == {tmp_path / "fleets"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "broken"),
        ("{", "broken"),
        ('{"version": 1, "views": 7}', "broken"),
        ('{"version": "new"}', "broken"),
        ("\x00" * 50, "broken"),
        ("[" * 100_000, "broken"),
        (json.dumps({"version": VERSION + 1, "views": {"agents": []}}), f"version-{VERSION + 1}"),
    ],
)
def test_a_file_that_cannot_be_used_is_moved_aside_and_named(path: Path, text: str, kind: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)
    memory, trouble = MemoryFile(path).read()
    aside = path.with_name(f"{path.name}.{kind}")
    assert memory == Memory()
    assert str(aside) in trouble
    assert aside.read_text() == text
    assert not path.exists()
    assert MemoryFile(path).read() == (Memory(), "")


def test_a_file_that_is_no_text_or_too_long_is_moved_aside(path: Path) -> None:
    path.parent.mkdir(parents=True)
    for data in (b"\xff\xfe{}", b" " * (1 << 21)):
        path.write_bytes(data)
        assert "it is now" in MemoryFile(path).read()[1]


def test_unknown_keys_of_a_hand_edited_file_are_no_harm(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text('{"version": 1, "theme": "nord", "mine": [1]}')
    assert MemoryFile(path).read() == (Memory(theme="nord"), "")


def test_two_dashboards_keep_what_the_other_chose(path: Path) -> None:
    one, two = MemoryFile(path), MemoryFile(path)
    one.read()
    two.read()
    one.write(kept("nord", "agents /x"))
    two.write(kept("", "tasks faults").entered(":", "queues"))
    one.write(kept("nord", "agents /y"))
    memory, _ = MemoryFile(path).read()
    assert (memory.theme, dict(memory.views)) == ("nord", {"agents": "agents /y", "tasks": "tasks faults"})
    assert memory.typed[":"] == ("queues",)


def test_many_writers_at_once_leave_a_whole_file(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from cli.dashboard import memory_file; from cli.dashboard.memory_file import MemoryFile\n"
        "from tui.kept.memory import Memory\n"
        # However long the other is held up with the lock in its hand: what is lost without it is no matter here.
        "memory_file._LOCK_TRIES = 6000\n"
        "file = MemoryFile(Path(sys.argv[1])); file.read(); memory = Memory()\n"
        "for n in range(30):\n"
        "    memory = memory.entered(':', f'{sys.argv[2]} {n}'); assert file.write(memory) == ''"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name], cwd=ROOT, stderr=subprocess.PIPE)
        for name in ("one", "two")
    ]
    for writer in writers:
        _, words = writer.communicate(timeout=60)
        assert writer.returncode == 0, words.decode()
    memory, trouble = MemoryFile(path).read()
    assert trouble == ""
    assert len(memory.typed[":"]) == 60


def test_a_file_that_breaks_while_it_is_used_is_replaced(path: Path) -> None:
    file = MemoryFile(path)
    file.write(kept())
    path.write_text("{")
    assert file.write(kept("dracula")) == ""
    assert MemoryFile(path).read()[0].theme == "dracula"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    file = MemoryFile(memory_path(tmp_path / "state", "staging", None))
    assert file.read()[0] == Memory()
    assert "cannot be kept" in file.write(kept())


def test_a_full_disk_leaves_the_old_file_and_no_rest(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = MemoryFile(path)
    file.write(kept())
    before = path.read_bytes()
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")

    def on_full_disk(prefix: str, dir: Path) -> tuple[int, str]:
        name = dir / f"{prefix}x"
        name.symlink_to(full)
        return os.open(full, os.O_WRONLY), str(name)

    monkeypatch.setattr("transport.kept_files.tempfile.mkstemp", on_full_disk)
    assert "No space left" in file.write(kept("dracula"))
    assert path.read_bytes() == before
    assert sorted(found.suffix for found in path.parent.iterdir()) == [".json", ".lock"]
