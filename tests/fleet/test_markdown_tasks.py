"""Counting task lists in plan documents, and holding the documents' claims against the count."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.markdown.tasks import read_markdown
from fleet.mojibake import repaired
from fleet.progress_claims import claims_in, completeness
from fleet.text import scrub
from fleet.work import BacklogReading, Section


def read(text: str) -> BacklogReading:
    return read_markdown(text.encode(), "PLAN.md")


def anomaly(reading: BacklogReading, part: str) -> str:
    """The one anomaly that contains `part`."""
    found = [line for line in reading.anomalies if part in line]
    assert len(found) == 1, reading.anomalies
    return found[0]


# ── What counts as a box ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "line",
    ["- [ ] a", "* [ ] a", "+ [ ] a", "1. [ ] a", "12) [ ] a", "\t- [ ] a", "      - [ ] a", "> - [ ] a", "- [ ]"],
)
def test_an_open_box(line: str) -> None:
    assert (read(line).total, read(line).done) == (1, 0)


@pytest.mark.parametrize("line", ["- [x] a", "- [X] a", "  3. [x] a\r"])
def test_a_ticked_box(line: str) -> None:
    assert (read(line).total, read(line).done) == (1, 1)


@pytest.mark.parametrize(
    "line",
    ["- [ ](link)", "- [y] a", "[ ] a", "text - [ ] a", "-[ ] a", "- [] a", "- [  ] a", "| - [ ] a |", "# - [ ] a"],
)
def test_no_box(line: str) -> None:
    assert read(line).total == 0


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "```md", "  ```", "- ```"])
def test_boxes_in_fenced_code_are_samples(fence: str) -> None:
    end = fence.strip(" -md")
    assert read(f"- [x] a\n{fence}\n- [ ] sample\n{end}\n- [ ] b\n").total == 2


def test_a_fence_ends_with_its_own_mark_only() -> None:
    assert read("````\n```\n- [ ] sample\n~~~\n````\n- [ ] a").total == 1
    assert read("``` not `a fence`\n- [ ] a").total == 1


def test_a_quoted_fence_ends_with_the_quote() -> None:
    assert read("> ```\n> - [ ] sample\n- [ ] a").total == 1


def test_boxes_behind_a_fence_that_never_ends_are_named() -> None:
    reading = read("- [ ] a\n```\n- [ ] b\n- [ ] c\n")
    assert reading.total == 1
    assert "line 2" in anomaly(reading, "never closed")
    assert "2 boxes" in anomaly(reading, "never closed")


lines = st.sampled_from(
    [
        "- [ ] a",
        "- [x] b",
        "  * [X] c",
        "\t1. [ ] d",
        "# Phase 1 ✅",
        "text",
        "",
        "| a | 1 |",
        "- plain",
        "[ ]",
        "Status: done",
    ]
)


@given(st.lists(lines, max_size=60))
def test_the_count_is_that_of_a_plain_search_line_by_line(document: list[str]) -> None:
    reading = read("\n".join(document))
    boxes = [found for line in document if (found := re.match(r"\s*(?:[-*+]|\d+\.) \[([ xX])\]", line))]
    assert reading.total == len(boxes)
    assert reading.done == sum(found[1] in "xX" for found in boxes)
    assert sum(section.total for section in reading.sections) == reading.total


@given(st.binary(max_size=2_000) | st.text(max_size=500).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=300)
def test_no_bytes_make_it_fail(content: bytes) -> None:
    reading = read_markdown(content, "PLAN.md")
    assert all(line == scrub(line) for line in reading.anomalies)


def test_byte_order_marks_and_old_line_ends() -> None:
    for content in (b"\xef\xbb\xbf- [x] a\n", "- [x] a\n".encode("utf-16"), b"- [x] a\r", b"- [x] \xe9\xff\n"):
        assert (read_markdown(content, "PLAN.md").total, read_markdown(content, "PLAN.md").done) == (1, 1)


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "- [ ] ",
        " " * 40 + "- [ ] a\n",
        "`",
        "> ",
        "# a\n",
        "1/2 ",
        "9",
        "- [ ] a\n",
        "**Status**: done\n",
        "\xc3\xa2",
        "|",
    ],
)
def test_hostile_documents_take_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        content = (piece * (size // len(piece))).encode()
        best = min(_timed(content) for _ in range(3))
        return best + 0.002

    assert seconds(400_000) / seconds(50_000) < 40  # 8 where linear, 64 where quadratic


def _timed(content: bytes) -> float:
    start = time.process_time()
    read_markdown(content, "PLAN.md")
    return time.process_time() - start


# ── Sections ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_headings_have_counts_of_their_own() -> None:
    reading = read("- [ ] z\n# A\n- [x] a\n## B `done` #\n- [ ] b\n- [x] c\n# Empty\n")
    assert reading.sections == (Section("", 1, 0), Section("A", 1, 1), Section("B done", 2, 1))


def test_text_from_the_document_is_harmless() -> None:
    reading = read("# a\x1b[2J COMPLETE\n- [ ] x\n")
    assert reading.sections[0].title == "a\\x1b[2J COMPLETE"
    assert all(line == scrub(line) for line in reading.anomalies)


# ── What it claims ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "total", "done", "ratio"),
    [
        ("Progress: 0/59 tasks complete (0%)", 59, 0, 0.0),
        ("44,310 of 20,019 TODO items processed", 20_019, 44_310, 44_310 / 20_019),
        ("3 out of 12 items done", 12, 3, 0.25),
        ("- Completed: 3/12", 12, 3, 0.25),
        ("Overall Progress: 75 %", None, None, 0.75),
        ("FINAL STATUS: 85% COMPLETE", None, None, 0.85),
        ("Completion: 99.4%", None, None, 0.994),
        ("Total tasks: 1,234", 1234, None, None),
    ],
)
def test_a_claim(line: str, total: int | None, done: int | None, ratio: float | None) -> None:
    (claim,) = claims_in(line)
    assert (claim.total, claim.done) == (total, done)
    assert claim.ratio == pytest.approx(ratio)


@pytest.mark.parametrize(
    "line",
    [
        "171/172 tests passing",
        "Test coverage: 95%",
        "Gate: >=80% complete",
        "Overall: 8/10 (ready)",
        "Success rate: 99.98% (44,300/44,310 successful)",
        "see 10/12/2025",
        "10% faster",
        "Progress: good",
        "cut 60-80% completed work",
    ],
)
def test_no_claim(line: str) -> None:
    assert claims_in(line) == []


def test_the_claim_stands_beside_the_count() -> None:
    reading = read("**Progress**: 30/40 items done\n- [x] a\n- [ ] b\n")
    assert (reading.total, reading.done) == (2, 1)
    assert (reading.claimed_total, reading.claimed_done, reading.claimed_ratio) == (40, 30, 0.75)
    assert "2 boxes are listed, 40 claimed" in reading.anomalies
    anomaly(reading, "75 % done is claimed, 50 % of the boxes are ticked")


def test_more_claimed_than_there_is() -> None:
    reading = read("Progress: 221 %\n- [ ] a\n")
    assert (reading.total, reading.claimed_ratio) == (1, 2.21)
    anomaly(reading, "more is claimed done than there is: 221 %")


def test_numbered_tasks_are_counted_where_the_claim_counts_tasks() -> None:
    tasks = "".join(f"- [ ] **Task 1.{n}**: t\n  - [ ] step\n" for n in range(1, 8))
    reading = read(f"Progress: 0/5 tasks complete (0%)\n\n{tasks}")
    assert (reading.total, reading.claimed_total) == (14, 5)
    anomaly(reading, "7 tasks are listed, 5 claimed")
    assert read(f"Progress: 0/7 tasks complete\n{tasks}").anomalies == ()


def test_a_claim_under_a_phase_is_of_the_phase() -> None:
    reading = read("Progress: 1/3\n# Phase 1\nProgress: 1/1\n- [x] a\n# Phase 2\nProgress: 0/9\n- [ ] b\n- [ ] c\n")
    assert (reading.claimed_total, reading.claimed_done) == (3, 1)
    assert reading.anomalies == ("2 boxes are listed under “Phase 2”, 9 claimed",)


def test_claims_that_contradict_each_other_are_listed() -> None:
    reading = read(
        "Progress: 3/59\n- [ ] a\n| Area | Tasks | Completed |\n|---|---|---|\n| **TOTAL** | **59** | **2** |\n"
        "75% complete\n"
    )
    assert "3/59; 2/59; 75 %" in anomaly(reading, "contradict")


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("Phase 1: Storage ✅ COMPLETE", True),
        ("COMPLETED - Phase 2", True),
        ("Phase 3 ✅", True),
        ("Done", True),
        ("Migration - complete ✅", True),
        ("Phase 4: ⏳ PENDING", False),
        ("Phase 5 PARTIALLY COMPLETE ✅", False),
        ("75% COMPLETE", False),
        ("✅ Success metrics", None),
        ("Definition of done", False),
        ("Phase 6: Foundation (Post-Code-Complete)", None),
        ("Complete the migration", None),
        ("Phase 7", None),
    ],
)
def test_what_a_heading_says_of_itself(heading: str, said: bool | None) -> None:
    assert completeness(heading) is said


def test_a_phase_that_is_called_complete_above_unticked_boxes() -> None:
    reading = read(
        "## Phase 1 ✅ COMPLETE\n- [x] a\n### Details\n- [ ] b\n## Phase 2 ✅ COMPLETE\n- [x] c\n## Phase 3\n- [ ] d\n"
    )
    assert "1 unticked of 2 boxes" in anomaly(reading, "called complete above")
    assert [section.claims_complete for section in reading.sections] == [True, False, True, False]


def test_a_status_line_speaks_for_its_heading_or_its_task() -> None:
    reading = read(
        "## Setup\n**Status**: ✅ Complete\n- [ ] a\n## Rest\n- [ ] b\n  - [ ] step\n  - **Status**: ✅ Complete\n"
    )
    anomaly(reading, "“Setup” is called complete above 1 unticked of 1 boxes")
    assert "“b”" in anomaly(reading, "done by their own status")


def test_a_phase_that_is_complete_here_and_pending_there() -> None:
    reading = read("## Phase 3 - COMPLETE ✅\n- [x] a\n## Summary\n- Phase 3: 0% complete\n- Phase 4: 0% complete\n")
    assert anomaly(reading, "complete and unfinished").endswith(": Phase 3")


def test_repeated_items_are_named_and_still_counted() -> None:
    reading = read(
        "## Phase 1\n- [ ] Write docs\n- [ ] Ship\n## Recap of phase 1\n- [x] write  **docs** ← new\n"
        "## Phase 2\n- [ ] Ship\n"
    )
    assert (reading.total, reading.done) == (4, 1)
    anomaly(reading, "1 box repeats an item of the same phase: “write  docs”")
    anomaly(reading, "ticked in one place and not in another")


def test_the_same_step_under_different_items_is_no_repetition() -> None:
    assert read("## P\n- [ ] A\n  - [ ] tests\n- [ ] B\n  - [ ] tests\n").anomalies == ()


# ── Mojibake ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("misread", ["mac_roman", "cp1252", "latin-1"])
@pytest.mark.parametrize("text", ["Phase 1 ✅ café", "⏳ später", "naïve — “quoted”"])
def test_a_line_that_was_misread_is_put_right(misread: str, text: str) -> None:
    broken = text.encode().decode(misread, "surrogateescape")
    if any("\ud800" <= char <= "\udfff" for char in broken):
        broken = "".join(chr(ord(char) - 0xDC00) if "\ud800" <= char <= "\udfff" else char for char in broken)
    assert repaired(broken) == text


@pytest.mark.parametrize("text", ["✅ fine", "café", "âœ kept", "Ünïcödé", "日本語", "plain"])
def test_a_line_that_was_not_is_kept(text: str) -> None:
    assert repaired(text) == text


def test_lines_are_repaired_one_by_one() -> None:
    broken = "## Phase 1 âœ… done".encode() + b"\n- [ ] a\n## Phase 2 \xe2\x9c\x85\n- [ ] b\n## Phase 3 \xff\n- [x] c\n"
    reading = read_markdown(broken, "PLAN.md")
    assert [section.claims_complete for section in reading.sections] == [True, True, False]
    assert reading.sections[0].title == "Phase 1 ✅ done"


# ── The documents that the project comes from ──────────────────────────────────────────────────────────────────────

SEEDS = {"000": (186, 120), "001": (92, 42), "002": (368, 0), "003": (17, 0), "004": (0, 0)}


@pytest.mark.parametrize("number", SEEDS)
def test_the_seed_documents(shared: Path, number: str) -> None:
    (path,) = (shared / "seeds").glob(f"{number}_*")
    reading = read_markdown(path.read_bytes(), path.name)
    assert (reading.total, reading.done) == SEEDS[number]


def test_the_claims_of_the_seed_documents(shared: Path) -> None:
    readings = {path.name[:3]: read_markdown(path.read_bytes(), path.name) for path in (shared / "seeds").glob("*.txt")}
    assert readings["002"].claimed_total == 59
    anomaly(readings["002"], "69 tasks are listed, 59 claimed")
    assert "99.4 %; 75 %; 50 %" in anomaly(readings["001"], "contradict")
    assert (readings["004"].claimed_done, readings["004"].claimed_total) == (44_310, 20_019)
    anomaly(readings["004"], "more is claimed done than there is: 44,310 of 20,019")
