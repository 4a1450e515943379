"""The files of the demo: valid when all is well, and broken as the script says, for as long as it says."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from demo_fleet.files import write_by_rename, write_in_place
from demo_fleet.scenario import STATUS_FILE, TASK_FILE, Effect
from tests.demo_fleet.fleets import frozen, names_in


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.anyio
async def test_the_status_file_is_mixed_and_written_half_for_a_while(tmp_path: Path) -> None:
    file = tmp_path / STATUS_FILE
    async with frozen(tmp_path) as it:
        status = _json(file)
        assert status["planner-1"]["last_seen"] == "2026-01-31T12:00:00Z"
        assert isinstance(status["agents"]["release-bot"]["last_seen"], int)
        assert isinstance(status["last_update"], int)
        inode, truncated = file.stat().st_ino, it.step_of(Effect.TRUNCATED)
        await it.to(truncated.from_s + 4)
        with pytest.raises(json.JSONDecodeError):
            _json(file)
        await it.to(truncated.to_s + 4)
        assert _json(file)["planner-1"]["tasks_completed"] > status["planner-1"]["tasks_completed"]
        assert file.stat().st_ino == inode  # in place, as the real ones do


@pytest.mark.anyio
async def test_a_dead_agent_still_claims_to_run(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        crash = it.step_of(Effect.CRASHED)
        await it.to(crash.to_s - 1)
        entry = _json(tmp_path / STATUS_FILE)[crash.target]
        assert entry["status"] in ("running", "busy")
        assert entry["last_seen"] == it.fleet.moment().zulu(crash.from_s)


@pytest.mark.anyio
async def test_the_task_file_backs_up_and_recovers(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        await it.to(145)
        full = _json(tmp_path / TASK_FILE)
        assert {task["status"] for task in full["tasks"]} >= {"queued", "in_progress"}
        assert len(full["tasks"]) > 10
        assert any(isinstance(task["priority"], str) for part in full.values() for task in part)
        assert all(task["assigned_agent"] in it.fleet.world.names for task in full["tasks"])
        ids = {task["id"] for task in full["tasks"]}
        await it.to(320)
        calm = _json(tmp_path / TASK_FILE)
        assert len(calm["tasks"]) <= 4
        assert ids & {task["id"] for part in calm.values() for task in part}  # a task keeps its id
        assert calm["failed"]


@pytest.mark.anyio
async def test_the_progress_file_claims_too_much_for_a_while(tmp_path: Path) -> None:
    file = tmp_path / "todo_batch_progress.json"
    async with frozen(tmp_path) as it:
        over = it.step_of(Effect.OVERCOUNTED)
        for t, too_much in ((over.from_s - 2, False), (over.from_s + 2, True), (over.to_s + 2, False)):
            await it.to(t)
            progress = _json(file)
            assert (progress["processed"] > progress["total_todos"]) is too_much
            assert progress["successful"] + progress["failed"] == progress["processed"]


@pytest.mark.anyio
async def test_backlogs_get_done_and_one_claims_it_early(tmp_path: Path) -> None:
    plan, tracker = tmp_path / "TODO.md", tmp_path / "TASK-TRACKER.csv"

    def done() -> tuple[int, int, int]:
        rows = list(csv.DictReader(tracker.read_text(encoding="utf-8").splitlines()))
        todos = _json(tmp_path / "unified_todos.json")["todos"]
        return (
            plan.read_text(encoding="utf-8").count("- [x]"),
            sum(row["Status"] == "Complete" for row in rows),
            sum(todo["status"] == "completed" for todo in todos),
        )

    def claimed_open() -> bool:
        sections = plan.read_text(encoding="utf-8").split("\n## ")
        return any("COMPLETE" in section and "- [ ]" in section for section in sections)

    async with frozen(tmp_path) as it:
        before = done()
        assert not claimed_open()
        await it.to(150)
        assert claimed_open()
        await it.to(300)
        assert not claimed_open()
        assert all(now > then for now, then in zip(done(), before, strict=True))


@pytest.mark.anyio
async def test_the_targets_file_names_who_is_there(tmp_path: Path) -> None:
    async with frozen(tmp_path) as it:
        away = next(s for s in it.fleet.world.scenario.steps if s.effect is Effect.ABSENT and s.from_s > 100)
        named = []
        for t in (away.from_s - 2, away.from_s + 2, away.to_s + 2):
            await it.to(t)
            groups = _json(tmp_path / "targets" / "agents.json")
            named.append({group["labels"]["agent_name"] for group in groups})
        assert named[0] - named[1] == {away.target}
        assert named[2] == named[0]
        assert names_in(tmp_path / "targets") == ["agents.json"]


def test_a_shorter_text_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    write_in_place(tmp_path / "a", b"long text")
    write_in_place(tmp_path / "a", b"short")
    assert (tmp_path / "a").read_bytes() == b"short"
    write_by_rename(tmp_path / "b", b"new")
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    with pytest.raises(IsADirectoryError):
        write_by_rename(tmp_path, b"x")
    assert names_in(tmp_path) == ["a", "b"]
