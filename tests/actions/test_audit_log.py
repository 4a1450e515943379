"""The audit log on real files: several writers, a killed one, a full disk, rotation, and what others may put there."""

import asyncio
import hashlib
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.audit import AuditLog
from actions.audit_files import Reading, read_head, rotated, torn
from fleet.actions.audit import AuditEntry, Decision, Flaw, Verified, Who, decoded, verify
from fleet.clock import ManualClock
from fleet.errors import RefusedError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHO = Who(actor="anna@edge-1", sudo_user="ben", ssh_client="10.0.0.7 50022 22", host="edge-1", session="s1")
ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from actions.audit import AuditLog
from fleet.actions.audit import AuditEntry, Who
from fleet.clock import SystemClock
from fleet.errors import RefusedError
folder, count, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
log = AuditLog(folder, Who(actor="w@h", session=sys.argv[4]), SystemClock(), size)
def written(entry):
    # Where the disk is slow, others that write without a break may hold the lock for as long as one waits for it: who
    # is refused is told, and may try again.
    while True:
        try:
            return log.write(entry)
        except RefusedError as error:
            if "another program holds audit.lock" not in str(error):
                raise
for number in range(count):
    made = written(AuditEntry(action="submit", decision="intent", idempotency_key=f"{sys.argv[4]}-{number}"))
    print(made.idempotency_key, flush=True)
"""


def a_log(folder: Path, max_bytes: int = 1 << 20) -> AuditLog:
    return AuditLog(folder, WHO, ManualClock(NOW), max_bytes)


def an_intent(number: int = 0) -> AuditEntry:
    return AuditEntry(action="submit", kind="http", decision=Decision.INTENT, idempotency_key=f"k{number}")


def verified(folder: Path) -> Verified:
    """What `fleetdeck audit verify` looks at."""
    reading = Reading(folder)
    try:
        return verify(reading.lines(), known=[reading.head.hash] if reading.head else [])
    finally:
        reading.close()


def entries(folder: Path) -> list[AuditEntry]:
    reading = Reading(folder)
    try:
        return [decoded(line) for line in reading.lines()]
    finally:
        reading.close()


def written_by(folder: Path, *args: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), *args], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.anyio
async def test_a_line_says_who_when_and_what_and_is_ours_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    made = await a_log(folder).record(an_intent())
    line = (folder / "audit.jsonl").read_bytes()
    assert decoded(line) == made
    assert (made.seq, made.ts, made.actor, made.sudo_user) == (1, "2026-03-01T12:00:00.000Z", "anna@edge-1", "ben")
    assert (made.ssh_client, made.host, made.session) == ("10.0.0.7 50022 22", "edge-1", "s1")
    bare = {name: value for name, value in json.loads(line).items() if name != "hash"}
    # Anybody can check it, with nothing of ours.
    text = json.dumps(bare, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == made.hash
    assert stat.S_IMODE((folder / "audit.jsonl").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.anyio
async def test_lines_of_one_process_are_written_in_the_order_in_which_they_were_asked_for(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    made = await asyncio.gather(*(log.record(an_intent(number)) for number in range(50)))
    assert [entry.seq for entry in made] == list(range(1, 51))
    assert [entry.idempotency_key for entry in entries(tmp_path)] == [f"k{number}" for number in range(50)]


def test_writers_of_several_processes_make_one_chain_over_several_files(tmp_path: Path) -> None:
    running = [written_by(tmp_path, "40", "9000", name) for name in ("a", "b", "c")]
    told = [one.communicate(timeout=120)[0].split() for one in running]
    assert [one.returncode for one in running] == [0, 0, 0]
    found = verified(tmp_path)
    assert (found.broken, found.lines, found.last_seq) == (None, 120, 120)
    assert sorted(entry.idempotency_key for entry in entries(tmp_path)) == sorted(key for keys in told for key in keys)
    older = rotated(tmp_path)
    assert len(older) >= 5
    assert all(path.stat().st_size <= 9000 for path in [*older, tmp_path / "audit.jsonl"])
    assert older[0].name.startswith("audit.jsonl.1-20")


def test_what_was_told_before_a_kill_is_there_and_the_chain_goes_on(tmp_path: Path) -> None:
    for round_number in range(3):
        writer = written_by(tmp_path, "100000", "20000", f"r{round_number}")
        assert writer.stdout is not None
        told = [writer.stdout.readline().strip() for _ in range(15)]
        writer.send_signal(signal.SIGKILL)
        told += writer.stdout.read().split("\n")[:-1]
        writer.wait(timeout=30)
        writer.stdout.close()
        keys = [entry.idempotency_key for entry in entries(tmp_path)]
        assert set(told) <= set(keys)
        assert len(keys) == len(set(keys))
    a_log(tmp_path).write(an_intent())
    assert verified(tmp_path).broken is None


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lost=st.integers(1, 400))
def test_a_torn_end_is_moved_aside_noted_and_explained(tmp_path_factory: pytest.TempPathFactory, lost: int) -> None:
    folder = tmp_path_factory.mktemp("torn")
    log = a_log(folder)
    log.write(an_intent(1))
    log.write(an_intent(2))
    whole = log.path.read_bytes()
    first = whole.index(b"\n") + 1
    end = len(whole) - min(lost, len(whole) - first - 1)
    # The machine died in the second line: it stands there in part, and the note beside the log is that of the first.
    os.truncate(log.path, end)
    (folder / "audit.head").write_bytes(b"%020d %s\n" % (1, decoded(whole[: first - 1]).hash.encode()))
    log.write(an_intent(3))
    found = verified(folder)
    assert (found.broken, found.lines) == (None, 3)
    (aside,) = torn(folder)
    assert aside.read_bytes() == whole[first:end]
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    assert aside.name in found.notes[0]
    assert hashlib.sha256(whole[first:end]).hexdigest() in found.notes[0]
    assert [entry.decision for entry in entries(folder)] == ["intent", "noted", "intent"]


def test_zeros_behind_the_last_line_are_a_torn_end_too(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    log.write(an_intent(1))
    with log.path.open("ab") as file:
        file.write(b"\0" * 4096)
    log.write(an_intent(2))
    assert verified(tmp_path).broken is None
    assert torn(tmp_path)[0].read_bytes() == b"\0" * 4096


def test_lines_that_are_cut_off_the_end_are_noticed_and_stay_noticed(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    for number in range(4):
        log.write(an_intent(number))
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:2]))
    before = verified(tmp_path).broken
    assert before is not None
    assert before.fault is Flaw.TRUNCATED
    log.write(an_intent(5))
    after = verified(tmp_path).broken
    assert after is not None
    assert (after.line, after.fault) == (3, Flaw.REMOVED)
    assert "ended with seq 4" in after.sentence


def test_a_log_that_was_taken_away_is_noticed(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    log.write(an_intent(1))
    log.write(an_intent(2))
    log.path.unlink()
    log.write(an_intent(3))
    broken = verified(tmp_path).broken
    assert broken is not None
    assert "ended with seq 2" in broken.sentence


def test_a_kill_between_two_files_loses_nothing(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    log.write(an_intent(1))
    log.path.rename(tmp_path / "audit.jsonl.1-20260301T120000Z")
    log.write(an_intent(2))
    found = verified(tmp_path)
    assert (found.broken, found.lines) == (None, 2)


def test_files_are_in_the_order_of_their_lines_and_not_of_their_names(tmp_path: Path) -> None:
    log = a_log(tmp_path, 600)
    for number in range(12):
        log.write(an_intent(number))
    assert [path.name.split(".")[2].split("-")[0] for path in rotated(tmp_path)] == [str(one) for one in range(1, 12)]
    assert verified(tmp_path).broken is None
    rotated(tmp_path)[4].unlink()
    broken = verified(tmp_path).broken
    assert broken is not None
    assert (broken.line, broken.fault) == (5, Flaw.REMOVED)


def test_a_full_disk_refuses_and_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    log.write(an_intent(1))
    before = log.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        # As a disk with room for half a line.
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 200, hard))
        with pytest.raises(RefusedError, match=r"audit log cannot be written: .*audit\.jsonl: File too large"):
            log.write(an_intent(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert log.path.read_bytes() == before
    log.write(an_intent(3))
    found = verified(tmp_path)
    assert (found.broken, found.lines, found.notes) == (None, 2, ())


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_refuses_with_its_reason(tiny_disk: Path) -> None:
    log = a_log(tiny_disk)
    written = 0
    with pytest.raises(RefusedError, match="No space left on device"):
        for number in range(1000):
            log.write(an_intent(number))
            written += 1
    found = verified(tiny_disk)
    assert (found.broken, found.lines) == (None, written)


def _link(path: Path) -> None:
    path.with_name("elsewhere").write_text("")
    path.symlink_to(path.with_name("elsewhere"))


def _writable(path: Path) -> None:
    path.write_text("")
    path.chmod(0o620)


@pytest.mark.parametrize(
    ("put", "words"),
    [
        (_link, "symbolic link"),
        (os.mkfifo, "no regular file"),
        (lambda path: path.mkdir(), "directory"),
        (_writable, "can be written by others"),
        (lambda path: path.write_bytes(b"something else\n"), "no line of"),
        (lambda path: path.write_bytes(b"x" * (3 << 20)), "no line of"),
        (lambda path: path.parent.chmod(0o777), "everybody can write"),
    ],
)
def test_what_stands_in_its_place_refuses_and_stays(tmp_path: Path, put: object, words: str) -> None:
    assert callable(put)
    path = tmp_path / "audit.jsonl"
    put(path)
    before = os.lstat(path) if os.path.lexists(path) else None
    with pytest.raises(RefusedError, match=words):
        a_log(tmp_path).write(an_intent())
    after = os.lstat(path) if os.path.lexists(path) else None
    assert (before and (before.st_mode, before.st_size)) == (after and (after.st_mode, after.st_size))


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"seq": 4}',
        b'{"seq": 0, "hash": "%s"}' % (b"a" * 64),
        b'{"seq": %s, "hash": "%s"}' % (b"9" * 400, b"a" * 64),
        b"[" * 200_000,
    ],
    ids=["empty", "no hash", "no number", "a huge number", "brackets"],
)
def test_a_last_line_that_has_no_place_in_a_chain_refuses_and_stays(tmp_path: Path, line: bytes) -> None:
    log = a_log(tmp_path)
    log.write(an_intent())
    with log.path.open("ab") as file:
        file.write(line + b"\n")
    before = log.path.read_bytes()
    with pytest.raises(RefusedError, match="no line of an audit log"):
        a_log(tmp_path).write(an_intent(1))
    assert log.path.read_bytes() == before


def test_a_folder_that_cannot_be_made_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RefusedError, match="audit log cannot be written"):
        a_log(tmp_path / "file" / "state").write(an_intent())


def test_a_lock_that_is_not_let_go_of_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actions.audit._WAIT_S", 0.02)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl,sys; f=open(sys.argv[1],'w'); fcntl.flock(f,2); print('held',flush=True); sys.stdin.read()",
            str(tmp_path / "audit.lock"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(RefusedError, match=r"another program holds audit\.lock"):
        a_log(tmp_path).write(an_intent())
    holder.communicate(timeout=30)
    a_log(tmp_path).write(an_intent())


def test_the_newest_line_is_noted_beside_the_log_and_nonsense_there_harms_nothing(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    made = log.write(an_intent(1))
    head = read_head(tmp_path)
    assert head is not None
    assert (head.seq, head.hash) == (1, made.hash)
    (tmp_path / "audit.head").write_bytes(b"\xff" * 10)
    assert read_head(tmp_path) is None
    log.write(an_intent(2))
    assert verified(tmp_path).broken is None
