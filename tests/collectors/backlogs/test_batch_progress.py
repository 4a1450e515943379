"""The progress file of a batch job, believed as far as its numbers add up."""

import json
from pathlib import Path

import pytest

from collectors.backlogs.batch_progress import read_progress
from fleet.backlog import derive
from fleet.errors import OutsideError
from tests.collectors.backlogs.conftest import ReadBytes

GOOD: dict[str, object] = {
    "total_todos": 500,
    "processed": 120,
    "successful": 118,
    "failed": 2,
    "batches_completed": 12,
    "current_batch": 13,
    "start_time": "2025-01-01T00:00:00Z",
    "last_update": "2025-01-01T01:00:00Z",
}


def written(**changes: object) -> str:
    return json.dumps(GOOD | changes)


def test_numbers_that_add_up(read: ReadBytes) -> None:
    reading = read("batch_progress", written())
    assert (reading.total, reading.done) == (500, 118)
    assert (reading.claimed_total, reading.claimed_done) == (500, 120)
    assert reading.anomalies == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"processed": 600, "successful": 598, "batches_completed": 60, "current_batch": 60}, "more is claimed done"),
        ({"batches_completed": 9}, "batches do not add up: 9 of 10 are not 120 processed"),
        ({"current_batch": 3}, "batch 3 is the current one, yet 12 are completed"),
        ({"failed": 12}, "120 processed are not 118 successful and 12 failed"),
        ({"failed": -2}, "failed is no count: “-2”"),
        ({"processed": "many"}, "processed is no count: “many”"),
        ({"last_update": "2024-12-31T23:00:00Z"}, "last updated before it started"),
    ],
)
def test_numbers_that_do_not(read: ReadBytes, changes: dict[str, object], said: str) -> None:
    found = [line for line in read("batch_progress", written(**changes)).anomalies if said in line]
    assert len(found) == 1


def test_the_last_batch_may_be_short(read: ReadBytes) -> None:
    done = {"total_todos": 125, "processed": 125, "successful": 123, "batches_completed": 13}
    assert read("batch_progress", written(**done)).anomalies == ()


def test_the_size_of_a_batch_is_an_option(read: ReadBytes) -> None:
    assert read("batch_progress", written(batches_completed=5, current_batch=5), batch_size=24).anomalies == ()


def test_more_processed_than_there_is_is_a_full_bar_with_a_warning(read: ReadBytes) -> None:
    reading = read("batch_progress", json.dumps({"total_todos": 20_019, "processed": 44_310}))
    row = derive(reading, None, ())
    assert (row.total, row.done, row.done_ratio) == (20_019, 20_019, 1.0)
    assert row.claimed_ratio == pytest.approx(2.2134, abs=1e-4)
    assert row.anomalies == ("more is claimed done than there is: 44,310 of 20,019",)


def test_a_counter_that_started_over_stays_named(read: ReadBytes) -> None:
    before = derive(read("batch_progress", written()), None, ())
    now = derive(
        read("batch_progress", written(processed=20, successful=20, failed=0, batches_completed=2)), before, ()
    )
    assert "done fell from 118 to 20" in now.anomalies


def test_a_file_that_says_nothing_of_a_number_knows_nothing_of_it(read: ReadBytes) -> None:
    reading = read("batch_progress", '{"processed": 30}')
    assert (reading.total, reading.done, reading.claimed_total, reading.claimed_done) == (None, 30, None, 30)


def test_the_rest_of_an_older_file_is_named(read: ReadBytes) -> None:
    reading = read("batch_progress", written() + '5Z"\n}\n')
    assert reading.done == 118
    assert "bytes follow the first document, from byte" in reading.anomalies[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1]", "no batch progress"),
        ('{"version": 1}', "no batch progress"),
        ('{"total_todos": 5, "processed": ', "at byte 32"),
        ("", "an empty file"),
        ("[" * 200_000, "nested too deeply"),
        ("<html>", "at byte 0"),
    ],
)
def test_what_is_no_progress_file(read: ReadBytes, content: str, said: str) -> None:
    with pytest.raises(OutsideError, match=said):
        read("batch_progress", content, "progress.json")


def test_absurd_numbers(read: ReadBytes) -> None:
    content = f'{{"total_todos": {"9" * 5000}, "processed": NaN, "failed": 1e400, "successful": true}}'
    reading = read("batch_progress", content)
    assert (reading.total, reading.done) == (None, None)
    assert len(reading.anomalies) == 4


def test_a_captured_file(shared: Path) -> None:
    path = shared / "fixtures" / "tools-automation" / "todo_batch_progress.json"
    reading = read_progress(path.read_bytes(), path.name)
    assert (reading.total, reading.done, reading.anomalies) == (20_019, 4_090, ())
