"""Task records of any shape become tasks, or nothing, and never an error."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from fleet.task_records import TaskRecord, fallback_id, read_record, says_no, task_of, whole
from fleet.text import scrub
from fleet.vocabulary import TaskState

NAMES = [field.encode_name for field in fields(TaskRecord)]
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["queued", "true", "2025-11-11"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(NAMES), junk), st.booleans())
def test_any_record_becomes_a_harmless_task(record: dict[str, Any], escape: bool) -> None:
    raw = json.dumps(record, ensure_ascii=escape).encode("utf-8", "surrogatepass")
    found = read_record(raw)
    assert found is not None
    task = task_of(found, "q")
    assert task.id
    for text in (task.id, task.title, task.raw_state, task.kind, task.agent, task.detail):
        assert text == scrub(text)
    for when in (task.created_at, task.started_at, task.finished_at):
        assert when is None or when.tzinfo is UTC


@given(st.binary(max_size=60))
def test_any_bytes_are_a_record_or_none(raw: bytes) -> None:
    read_record(raw)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("5", 5),
        (" -7 ", -7),
        (5.0, 5),
        (5.5, None),
        ("high", None),
        (True, None),
        (None, None),
        ("9" * 30, None),
    ],
)
def test_whole_numbers(value: object, number: int | None) -> None:
    assert whole(value) == number


@pytest.mark.parametrize(("value", "no"), [(False, True), ("False", True), (0, True), (None, False), ("true", False)])
def test_denied_success(value: object, no: bool) -> None:
    assert says_no(value) is no


def test_times_and_words_of_every_kind() -> None:
    found = read_record(
        b'{"id": "a", "status": "TASK_STATE_WORKING", "created": 1762990657, "started_at": 1762990657.5}'
    )
    assert found is not None
    task = task_of(found, "q")
    assert (task.state, task.raw_state) == (TaskState.RUNNING, "TASK_STATE_WORKING")
    assert task.created_at == datetime(2025, 11, 12, 23, 37, 37, tzinfo=UTC)


def test_a_made_id_depends_on_what_it_is_made_of() -> None:
    assert fallback_id("a", 1) == fallback_id("a", 1) != fallback_id("a", 2)
