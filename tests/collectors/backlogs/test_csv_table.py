"""Task trackers as tables, with the flaws that tables have."""

import pytest

from fleet.errors import OutsideError
from fleet.work import Section
from tests.collectors.backlogs.conftest import ReadBytes

TABLE = "Task ID,Name,Status\nT-1,One,Complete\nT-2,Two,Not Started\nT-3,Three, complete \n"
TRACKER = {"status_column": "Status", "done": ["Complete"]}


def test_done_words_are_matched_in_any_case(read: ReadBytes) -> None:
    reading = read("csv", TABLE, "TRACKER.csv", **TRACKER)
    assert (reading.name, reading.kind, reading.total, reading.done) == ("TRACKER.csv", "csv", 3, 2)
    assert reading.anomalies == ()
    assert Section("Not Started", 1, 0) in reading.sections


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_seen_from_the_header(read: ReadBytes, delimiter: str) -> None:
    assert read("csv", TABLE.replace(",", delimiter), **TRACKER).done == 2


def test_a_delimiter_may_be_given(read: ReadBytes) -> None:
    assert read("csv", TABLE.replace(",", ":"), delimiter=":", **TRACKER).done == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_and_line_ends(read: ReadBytes, encoding: str) -> None:
    content = TABLE.replace("Two", "Zwölf").replace("\n", "\r\n").encode(encoding)
    assert (read("csv", content, **TRACKER).total, read("csv", content, **TRACKER).done) == (3, 2)


def test_quoted_fields_may_hold_delimiters_and_line_breaks(read: ReadBytes) -> None:
    reading = read("csv", 'Name,Status\n"a, b\nc",Complete\n"say ""hi""",Open\n', **TRACKER)
    assert (reading.total, reading.done, reading.anomalies) == (2, 1, ())


def test_an_unknown_column_names_the_nearest(read: ReadBytes) -> None:
    with pytest.raises(OutsideError, match="no column “Stats”; nearest: “Status”"):
        read("csv", TABLE, status_column="Stats", done=["Complete"])
    with pytest.raises(OutsideError, match="no column “zzz”; there are: “Task ID”, “Name”, “Status”"):
        read("csv", TABLE, id_column="zzz", **TRACKER)


def test_a_task_that_is_listed_twice_counts_once(read: ReadBytes) -> None:
    reading = read("csv", TABLE + "T-2,Two,Complete\n", **TRACKER)
    assert (reading.total, reading.done) == (3, 3)
    assert reading.anomalies == (
        "1 of 4 rows repeat a task (“T-2”)",
        "listed with different statuses: “T-2”",
    )


def test_tasks_may_be_told_apart_by_title_or_by_the_whole_row(read: ReadBytes) -> None:
    table = "Name,Note,Status\na,1,Open\na,2,Open\na,2,Open\n"
    assert read("csv", table, **TRACKER).total == 2
    assert read("csv", table, title_column="name", **TRACKER).total == 1


def test_ragged_rows_count_and_are_named(read: ReadBytes) -> None:
    reading = read("csv", TABLE + "T-4\n\n,,\nT-5,Five,Complete,extra\n", **TRACKER)
    assert (reading.total, reading.done) == (5, 3)
    assert reading.anomalies == ("2 rows have more or fewer fields than the header (first at line 5)",)


def test_a_quote_that_is_never_closed_is_named(read: ReadBytes) -> None:
    reading = read("csv", TABLE + 'T-4,"Four,Open\nT-5,Five,Complete\n', **TRACKER)
    assert reading.total == 4
    assert any("never closed" in line for line in reading.anomalies)


def test_nul_bytes_and_huge_fields(read: ReadBytes) -> None:
    reading = read("csv", TABLE + f"T-4,\0Four,Complete\nT-5,{'x' * 200_000},Open\nT-6,Six,Open\n", **TRACKER)
    assert (reading.total, reading.done) == (5, 3)
    assert "1 rows cannot be read (line 6: field larger than field limit" in reading.anomalies[0]


def test_a_done_word_that_fits_no_row_is_doubted(read: ReadBytes) -> None:
    reading = read("csv", TABLE, status_column="Status", done=["Completed"])
    assert reading.done == 0
    assert reading.anomalies == ("no row has the status “Completed”, but some have “complete”",)
    assert read("csv", TABLE, status_column="Status", done=["Merged"]).anomalies == ()


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\0"])
def test_an_empty_table(read: ReadBytes, content: bytes) -> None:
    with pytest.raises(OutsideError, match="an empty file"):
        read("csv", content, **TRACKER)


def test_a_header_alone_is_a_backlog_of_nothing(read: ReadBytes) -> None:
    reading = read("csv", "Name,Status\n", **TRACKER)
    assert (reading.total, reading.done) == (0, 0)
