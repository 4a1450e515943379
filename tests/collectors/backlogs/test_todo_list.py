"""To-do lists in their shapes: JSON under a key or bare, cut off, doubled, line by line, todo.txt."""

import json
from pathlib import Path

import pytest

from fleet.errors import OutsideError
from fleet.todo_items import read_todo_list
from fleet.work import Section
from tests.collectors.backlogs.conftest import ReadBytes


def todo(number: int, status: str = "pending") -> dict[str, object]:
    return {"id": f"todo-{number}", "title": f"Task {number}", "status": status}


MIXED = [todo(1), todo(2, "completed"), todo(3, "in_progress"), todo(4, "cancelled"), todo(5, "blocked")]


@pytest.mark.parametrize("shape", [MIXED, {"todos": MIXED}, {"todos": {str(item["id"]): item for item in MIXED}}])
def test_shapes_of_a_list(read: ReadBytes, shape: object) -> None:
    reading = read("todo_list", json.dumps(shape, indent=2))
    assert (reading.total, reading.done, reading.anomalies) == (4, 1, ())


def test_cancelled_items_are_shown_and_no_work(read: ReadBytes) -> None:
    reading = read("todo_list", json.dumps([todo(1, "cancelled"), todo(2, "canceled"), todo(3, "DONE")]))
    assert (reading.total, reading.done) == (1, 1)
    assert Section("cancelled", 1, 0) in reading.sections


@pytest.mark.parametrize("word", ["completed", "done", "Complete", "resolved", "closed"])
def test_words_for_done(read: ReadBytes, word: str) -> None:
    assert read("todo_list", json.dumps([{"title": "a", "state": word}])).done == 1


def test_items_without_a_state(read: ReadBytes) -> None:
    reading = read("todo_list", json.dumps(["write", {"title": "a", "done": True}, {"text": "b"}]))
    assert (reading.total, reading.done, reading.anomalies) == (3, 1, ())


def test_an_item_that_is_listed_twice_counts_once(read: ReadBytes) -> None:
    reading = read("todo_list", json.dumps([todo(1), todo(2), todo(1, "completed"), todo(2)]))
    assert (reading.total, reading.done) == (2, 1)
    assert reading.anomalies == (
        "2 of 4 entries repeat an item (“todo-1” and 1 more)",
        "listed in different states: “todo-1”",
    )


def test_items_without_an_id_are_known_by_where_they_stand(read: ReadBytes) -> None:
    here = {"file": "a.py", "line": 3, "text": "fix", "status": "completed"}
    assert read("todo_list", json.dumps([here, here | {"line": 4}, here])).total == 2


def test_a_state_that_nobody_knows_is_open_and_named(read: ReadBytes) -> None:
    reading = read("todo_list", json.dumps([todo(1, "frobbed")]))
    assert (reading.total, reading.done) == (1, 0)
    assert reading.anomalies == ("unknown state, taken as open: “frobbed”",)


def test_a_total_of_its_own_is_a_claim(read: ReadBytes) -> None:
    reading = read("todo_list", json.dumps({"total": 20, "completed": 7, "todos": MIXED}))
    assert (reading.claimed_total, reading.claimed_done) == (20, 7)
    assert reading.anomalies == ("4 items are listed, 20 claimed", "1 items are done, 7 claimed")


def test_entries_that_are_no_items_are_named(read: ReadBytes) -> None:
    reading = read("todo_list", json.dumps([todo(1), 7, None, []]))
    assert reading.total == 1
    assert reading.anomalies == ("3 of 4 entries are no items",)


@pytest.mark.parametrize("top", ["{}", '{{"version": 1, "todos": {}}}'])
def test_a_list_that_is_cut_is_salvaged(read: ReadBytes, top: str) -> None:
    whole = top.format(json.dumps([todo(1), todo(2, "completed"), todo(3)]))
    reading = read("todo_list", whole[: whole.index("Task 3")])
    assert (reading.total, reading.done) == (2, 1)
    assert "2 whole entries before it were salvaged" in reading.anomalies[0]


def test_a_list_with_the_rest_of_an_older_one(read: ReadBytes) -> None:
    reading = read("todo_list", json.dumps({"todos": [todo(1)]}) + ' "status": "pending"}]}')
    assert reading.total == 1
    assert "22 bytes follow the first document" in reading.anomalies[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b" \n", "nothing but blanks"),
        (b"12", "bare value"),
        (b'{"agents": {}}', "keys: “agents”"),
        (b'{"todos": [{"id": "\xc3\xa9', "at byte 18"),
        (b'\xef\xbb\xbf[{"id": tru}]', "at byte 11"),
        (b'[{"id": "\xff\xff" 1}]', "at byte 13"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_list(read: ReadBytes, content: bytes, said: str) -> None:
    with pytest.raises(OutsideError, match=said):
        read("todo_list", content, "todos.json")


@pytest.mark.parametrize("name", ["todos.jsonl", "todos.ndjson", "todos.json"])
def test_json_lines(read: ReadBytes, name: str) -> None:
    lines = "\n".join(json.dumps(item) for item in MIXED)
    reading = read("todo_list", f'{lines}\n\n{{"id": "tor', name)
    assert (reading.total, reading.done) == (4, 1)
    assert reading.anomalies == ("1 of 6 lines cannot be read (line 6: Unterminated string starting at byte 7)",)


def test_todo_txt(read: ReadBytes) -> None:
    content = "(A) 2025-01-01 Call +home @phone due:2025-02-01\nx 2025-01-03 2025-01-01 Sweep\nxylophone lesson\n\n"
    reading = read("todo_list", content + "2025-01-01 Call +home @phone due:2025-02-01\n", "todo.txt")
    assert (reading.total, reading.done) == (3, 1)
    assert "repeat an item" in reading.anomalies[0]


@pytest.mark.parametrize(("name", "total", "done"), [("unified_todos.json", 17, 1), ("todo_queue.json", 2, 2)])
def test_captured_lists(shared: Path, name: str, total: int, done: int) -> None:
    reading = read_todo_list((shared / "fixtures" / "tools-automation" / name).read_bytes(), name)
    assert (reading.total, reading.done, reading.anomalies) == (total, done, ())
