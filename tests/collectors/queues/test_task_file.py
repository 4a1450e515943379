"""Queue files in the shapes that they were seen in, broken in the ways that they break."""

import asyncio
import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.queues.task_file import KIND, TaskFileOptions
from fleet.errors import Fault, OutsideError
from fleet.ports import Limits, Probe
from fleet.vocabulary import TaskState
from fleet.work import QueueReading
from tests.collectors.queues.reach import NOON, reach

pytestmark = pytest.mark.anyio


def task(number: int, status: str = "queued", **more: Any) -> dict[str, Any]:
    return {
        "id": f"t{number}",
        "type": "testing",
        "description": f"do thing {number}",
        "priority": 5,
        "assigned_agent": "testing_agent.sh",
        "status": status,
        "created": 1_760_000_000 + number,
        "dependencies": [],
    } | more


def probe_of(folder: Path, *, limits: Limits | None = None, **options: Any) -> Probe:
    return KIND.build(TaskFileOptions(path="queue.json", **options), reach(folder, limits=limits))


async def read(folder: Path, content: object, **options: Any) -> QueueReading:
    data = content if isinstance(content, bytes) else json.dumps(content, indent=2).encode()
    (folder / "queue.json").write_bytes(data)
    reading = await probe_of(folder, **options).probe()
    assert isinstance(reading, QueueReading)
    return reading


async def test_three_lists(tmp_path: Path) -> None:
    reading = await read(
        tmp_path,
        {
            "tasks": [task(1), task(2, "in_progress", started_at=1_760_000_100), task(3, "assigned")],
            "completed": [task(4, "completed", started_at=1_760_000_100, completed_at=1_760_000_160.5)],
            "failed": [],
        },
    )
    assert (reading.queued, reading.running, reading.done, reading.failed) == (2, 1, 1, 0)
    assert reading.name == "queue"
    assert reading.dead_letter is None
    assert reading.oldest_queued_at == datetime.fromtimestamp(1_760_000_001, UTC)
    assert reading.anomalies == ()
    assert reading.tasks_complete
    first, done = reading.tasks[0], reading.tasks[-1]
    assert (first.id, first.state, first.agent, first.kind) == ("t2", TaskState.RUNNING, "testing_agent.sh", "testing")
    assert (first.title, first.priority, first.raw_state) == ("do thing 2", 5, "in_progress")
    assert done.finished_at == datetime.fromtimestamp(1_760_000_160.5, UTC)


@pytest.mark.parametrize("wrap", [lambda tasks: {"tasks": tasks}, lambda tasks: tasks], ids=["tasks", "list"])
async def test_one_list_only_leaves_the_other_counts_unknown(
    tmp_path: Path, wrap: Callable[[list[object]], object]
) -> None:
    reading = await read(tmp_path, wrap([task(1), task(2, "pending", priority="5", created="2025-11-11T12:00:00Z")]))
    assert (reading.queued, reading.running, reading.done, reading.failed) == (2, 0, None, None)
    assert reading.tasks[1].priority == 5


async def test_an_empty_list_is_a_known_zero(tmp_path: Path) -> None:
    reading = await read(tmp_path, {"tasks": []})
    assert (reading.queued, reading.running, reading.done) == (0, 0, None)


async def test_other_field_names_and_types_of_the_history(tmp_path: Path) -> None:
    odd = {
        "id": 77,
        "title": "old one",
        "status": "in_progress",
        "assigned_to": "planner",
        "created_at": "2025-11-11 12:00:00",
        "retries": "2",
        "process_info": {"pid": 4},
        "success": "true",
    }
    reading = await read(tmp_path, {"last_updated": 1, "tasks": [odd]})
    [found] = reading.tasks
    assert (found.id, found.agent, found.retries) == ("77", "planner", 2)
    assert found.created_at == datetime(2025, 11, 11, 12, tzinfo=UTC)


async def test_a_task_beside_the_list_is_counted_and_said(tmp_path: Path) -> None:
    reading = await read(tmp_path, {**task(9), "tasks": [task(1)], "last_updated": 5})
    assert reading.queued == 2
    assert {found.id for found in reading.tasks} == {"t1", "t9"}
    assert any("top level" in said for said in reading.anomalies)


async def test_a_git_lfs_pointer_is_named_with_the_size_that_it_stands_for(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 119864191\n"
    with pytest.raises(OutsideError, match="Git-LFS pointer for 119,864,191 bytes"):
        await read(tmp_path, pointer)


async def test_claims_that_contradict_themselves_are_counted_the_worse_way(tmp_path: Path) -> None:
    reading = await read(
        tmp_path,
        {
            "tasks": [task(1), task(2, "in_progress", assigned_agent=""), task(3, assigned_to="someone else")],
            "completed": [
                task(4, "queued"),
                task(5, "completed", success="false"),
                task(6, "completed", started_at=1_760_000_100, completed_at=1_760_000_100),
                task(7, "completed", started_at=1_760_000_100, completed_at=1_760_000_000),
            ],
            "failed": [task(8, "completed"), task(1, "failed")],
        },
    )
    assert (reading.queued, reading.running, reading.done, reading.failed) == (2, 1, 2, 3)
    said = " | ".join(reading.anomalies)
    for words in (
        "1 task listed as completed but in another state",
        "1 task called done although they say success: false",
        "1 task listed as failed but in another state",
        "1 task ended at the very time that they started",
        "1 task ended before they started",
        "1 task given to two agents at once",
        "1 task in progress by no agent",
        "1 id stands there more than once",
    ):
        assert words in said
    states = {found.id: found.state for found in reading.tasks}
    assert states["t1"] is TaskState.FAILED
    assert states["t4"] is TaskState.QUEUED


async def test_a_state_that_no_table_knows_is_told_with_its_word(tmp_path: Path) -> None:
    reading = await read(tmp_path, {"tasks": [task(1, "quantum\x1b]52;c;x\x07"), task(2)]})
    assert reading.queued == 1
    assert reading.tasks[1].state is TaskState.UNKNOWN
    [said] = reading.anomalies
    assert "“quantum\\x1b]52;c;x\\x07”" in said


async def test_a_time_in_the_future_is_no_oldest_and_is_said(tmp_path: Path) -> None:
    reading = await read(tmp_path, [task(1, created="2099-01-01T00:00:00Z")])
    assert reading.oldest_queued_at is None
    assert reading.anomalies == ("1 task dated in the future",)


async def test_a_truncated_file_gives_what_stands_before_the_cut(tmp_path: Path) -> None:
    whole = json.dumps({"tasks": [task(1), task(2), task(3)], "completed": [task(4, "completed")]}).encode()
    at = whole.index(b'"t3"') + 2
    reading = await read(tmp_path, whole[:at])
    assert (reading.queued, reading.done) == (2, None)
    assert not reading.tasks_complete
    assert reading.anomalies == (f"truncated at byte {at}; counted is what stands before it",)


async def test_a_file_that_is_cut_after_it_was_whole_is_an_error_until_it_is_mended(tmp_path: Path) -> None:
    file, probe = tmp_path / "queue.json", probe_of(tmp_path)
    whole = json.dumps([task(1), task(2)])
    file.write_text(whole)
    before = await probe.probe()
    file.write_text(whole[:-5])
    for _ in range(2):
        with pytest.raises(OutsideError, match="truncated at byte"):
            await probe.probe()
    file.write_text(whole)
    assert await probe.probe() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b'{"tas', "truncated"),
        (b'{"agents": {}}', "no list of tasks"),
        (b"<html>busy</html>", "neither a list nor an object"),
        (b"{]", "at byte 1"),
    ],
)
async def test_a_file_without_anything_of_a_queue_is_an_error(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(OutsideError, match=words) as caught:
        await read(tmp_path, content)
    assert caught.value.fault is Fault.PAYLOAD
    assert "queue.json" in str(caught.value)


async def test_the_tail_of_an_older_file_is_told_and_not_read(tmp_path: Path) -> None:
    reading = await read(tmp_path, json.dumps({"tasks": [task(1)]}).encode() + b', {"id": "t2"}]}')
    assert reading.queued == 1
    assert reading.tasks_complete
    assert any("follows the end of the document at byte" in said for said in reading.anomalies)


async def test_elements_that_are_no_tasks_do_not_stop_the_reading(tmp_path: Path) -> None:
    content = b'{"tasks": ["text", 5, {"id": "bad\xff", "status": "queued"}, {"id": NaN}, {"id": "\\ud800"}, {]]}]}'
    with pytest.raises(OutsideError) as caught:
        await read(tmp_path, b"{" + content)
    assert caught.value.fault is Fault.PAYLOAD
    reading = await read(tmp_path, content.replace(b", {]]}", b""))
    assert reading.queued == 3
    assert "2 tasks not readable" in reading.anomalies
    assert reading.tasks[0].id == "bad\\udcff"


async def test_all_are_counted_and_the_most_telling_are_listed(tmp_path: Path) -> None:
    document = {
        "tasks": [task(n) for n in range(30)] + [task(100, "in_progress")],
        "completed": [task(200 + n, "completed", completed_at=1_760_000_000 + n) for n in range(40)],
        "failed": [task(300 + n, "failed", failed_at=1_760_000_000 + n) for n in range(3)],
    }
    reading = await read(tmp_path, document, limits=Limits(tasks=36))
    assert (reading.queued, reading.running, reading.done, reading.failed) == (30, 1, 40, 3)
    assert [found.id for found in reading.tasks][:2] == ["t100", "t0"]
    assert [found.id for found in reading.tasks][31:] == ["t302", "t301", "t300", "t239", "t238"]
    assert not reading.tasks_complete
    assert (reading.cut, reading.anomalies) == (38, ()), "a limit of ours is no fault of the queue"


async def test_a_file_over_the_limit_is_refused_and_a_raised_limit_reads_it(tmp_path: Path) -> None:
    document = {"tasks": [task(n) for n in range(100)]}
    with pytest.raises(OutsideError, match="the limit is 1,000") as caught:
        await read(tmp_path, document, limits=Limits(file_bytes=1000))
    assert caught.value.fault is Fault.LIMIT
    assert (await read(tmp_path, document, limits=Limits(file_bytes=1000), limit=10**6)).queued == 100


async def test_a_missing_file_a_folder_and_a_pipe_are_named(tmp_path: Path) -> None:
    with pytest.raises(OutsideError) as missing:
        await probe_of(tmp_path).probe()
    assert missing.value.fault is Fault.MISSING
    os.mkfifo(tmp_path / "queue.json")
    with pytest.raises(OutsideError, match="no regular file"):
        await probe_of(tmp_path).probe()
    (tmp_path / "queue.json").unlink()
    (tmp_path / "queue.json").mkdir()
    with pytest.raises(OutsideError):
        await probe_of(tmp_path).probe()


async def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "queue.json"
    path.write_bytes(json.dumps([task(1), task(2)]).encode())
    kept = path.stat()
    probe = probe_of(tmp_path)
    first = await probe.probe()
    content = path.read_bytes().replace(b"queued", b"failed")
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    assert await probe.probe() == first
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns + 1))
    changed = await probe.probe()
    assert isinstance(changed, QueueReading)
    assert changed.failed == 2


async def test_a_file_written_a_moment_ago_is_read_again_though_its_time_is_the_same(tmp_path: Path) -> None:
    path, probe = tmp_path / "queue.json", probe_of(tmp_path)
    for state in ("queued", "failed"):
        path.write_text(json.dumps([task(1, state), task(2, state)]))
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
        reading = await probe.probe()
        assert isinstance(reading, QueueReading)
        assert {seen.state.value for seen in reading.tasks} == {state}


async def test_dead_letters_are_absent_then_counted(tmp_path: Path) -> None:
    (tmp_path / "queue.json").write_text(json.dumps({"tasks": [task(1)]}))
    probe = probe_of(tmp_path, dead_letter="dead_letter_queue.json")
    before = await probe.probe()
    assert isinstance(before, QueueReading)
    assert before.dead_letter is None
    assert before.anomalies == ()
    letters = [task(50, "failed", dlq_reason="max_retries_exceeded", moved_at=1_760_000_500)]
    (tmp_path / "dead_letter_queue.json").write_text(json.dumps(letters))
    after = await probe.probe()
    assert isinstance(after, QueueReading)
    assert after.dead_letter == 1
    assert (after.tasks[-1].raw_state, after.tasks[-1].detail) == ("dead letter", "max_retries_exceeded")
    (tmp_path / "dead_letter_queue.json").write_text("[{")
    broken = await probe.probe()
    assert isinstance(broken, QueueReading)
    assert "dead letters: truncated at byte 2" in broken.anomalies[0]


async def test_tasks_without_an_id_keep_theirs_while_their_state_changes(tmp_path: Path) -> None:
    plain = {"description": "no id", "status": "queued", "created": 5}
    first = await read(tmp_path, [plain, plain])
    second = await read(tmp_path, [plain | {"status": "completed"}])
    assert [found.id for found in first.tasks] == [first.tasks[0].id, f"{first.tasks[0].id}#2"]
    assert second.tasks[0].id == first.tasks[0].id


async def test_a_file_that_is_rewritten_while_it_is_read_never_gives_a_mixture(tmp_path: Path) -> None:
    """In place (truncate, then write in pieces) and by rename, as the two writers of the real system do."""
    path = tmp_path / "queue.json"
    small, large = ([task(n, status) for n in range(count)] for count, status in ((40, "queued"), (400, "failed")))
    versions = [json.dumps({"tasks": tasks, "completed": [], "failed": []}).encode() for tasks in (small, large)]
    path.write_bytes(versions[0])
    over = threading.Event()

    def write() -> None:
        for turn in range(10_000):
            if over.is_set():
                return
            content = versions[turn % 2]
            if turn % 3 == 0:
                (tmp_path / "new").write_bytes(content)
                (tmp_path / "new").rename(path)
                continue
            with path.open("r+b") as file:
                for start in range(0, len(content), 8192):
                    file.write(content[start : start + 8192])
                    file.flush()
                file.truncate()

    writer = threading.Thread(target=write)
    writer.start()
    probe = probe_of(tmp_path)
    try:
        for _ in range(60):
            try:
                reading = await probe.probe()
            except OutsideError as error:
                assert error.fault is Fault.PAYLOAD
                continue
            assert isinstance(reading, QueueReading)
            if not reading.anomalies:
                assert (reading.queued, reading.failed) in {(40, 0), (0, 400)}
    finally:
        over.set()
        await asyncio.to_thread(writer.join)


async def test_the_captured_queue(shared: Path) -> None:
    path = shared / "fixtures" / "tools-automation" / "root_task_queue.json"
    reading = await KIND.build(TaskFileOptions(path=str(path)), reach(Path("/"))).probe()
    assert isinstance(reading, QueueReading)
    assert (reading.queued, reading.running, reading.done, reading.failed) == (30, 2, 36, 0)
    assert reading.dead_letter is None
    assert len(reading.tasks) == 68
    assert sum(1 for found in reading.tasks if found.state in {TaskState.QUEUED, TaskState.RUNNING}) == 32


async def test_the_captured_pointer(shared: Path) -> None:
    path = shared / "fixtures" / "tools-automation" / "config_task_queue.LFSPOINTER.json"
    with pytest.raises(OutsideError, match="Git-LFS"):
        await KIND.build(TaskFileOptions(path=str(path)), reach(Path("/"))).probe()
