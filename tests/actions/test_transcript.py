"""What commands printed: the first and the last half of a limit, on whole lines, and how much is missing between."""

import time
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from actions.board import Board
from actions.records import OUTPUT_CHARS, Records
from actions.transcript import LIVE_CHARS, Transcript
from fleet.actions.action import Action, ActionState
from fleet.actions.plan import ActKind, Plan, Target, Tier
from fleet.actions.printed import gap_words, last_lines, lines_of, new_lines, parts, printed_lines, shortened
from fleet.clock import SystemClock
from fleet.store import Store

PLAN = Plan(
    key="k", act=ActKind.SUBMIT, kind="command", source="job", fleet="t", title="run", tier=Tier.YES, word="job",
    targets=(Target(name="job"),), steps=(), made_at=datetime(2026, 3, 1, tzinfo=UTC),
)  # fmt: skip


def row_of(transcript: Transcript, *, live: bool = False) -> Action:
    printed = transcript.live() if live else transcript.whole()
    return Action(id="k", plan=PLAN, state=ActionState.RUNNING, **structs.asdict(printed))


def counted(most: int, lines: int) -> Transcript:
    made = Transcript(most)
    for number in range(1, lines + 1):
        made.add(f"{number}\n")
    return made


def test_what_is_within_the_limit_is_all_there() -> None:
    row = row_of(counted(1_000_000, 60_000))
    assert row.output == "".join(f"{number}\n" for number in range(1, 60_001))
    assert (row.output_head, row.output_cut, row.output_cut_lines, gap_words(row)) == (0, 0, 0, "")


def test_of_more_the_beginning_and_the_end_are_there_on_whole_lines() -> None:
    row = row_of(counted(10_000, 60_000))
    head, tail = (part.splitlines() for part in parts(row))
    assert head == [str(number) for number in range(1, len(head) + 1)]
    assert tail == [str(number) for number in range(60_001 - len(tail), 60_001)]
    assert 4_900 < row.output_head <= 5_000 and 4_900 < len(row.output) - row.output_head <= 5_000
    assert row.output_cut_lines == 60_000 - len(head) - len(tail)
    assert row.output_cut == 348_894 - len(row.output)
    assert lines_of(row)[len(head)] == f"… {row.output_cut_lines:,} lines ({row.output_cut:,} characters) left out …"


def test_a_record_is_shorter_and_says_so_once_and_again() -> None:
    whole = row_of(counted(100_000, 60_000))
    row = whole
    for most in (50_000, 20_000, 1_000):
        row = shortened(row, most)
        assert len(row.output) <= most
        assert len(row.output) + row.output_cut == 348_894
        assert printed_lines(row) == 60_000
        assert lines_of(row)[0] == "1" and last_lines(row, 2) == ["59999", "60000"]
    assert shortened(whole, 1_000_000) is whole


def test_while_it_goes_on_what_is_shown_follows_what_is_new() -> None:
    transcript = counted(1_000_000, 1)
    seen, told = 0, list[str]()
    for number in range(2, 400_000):
        transcript.add(f"{number}\n")
        if number % 40_000 == 0:
            row = row_of(transcript, live=True)
            told += new_lines(row, seen, 3)
            seen = printed_lines(row)
            assert seen == number
            if row.output_cut:
                assert len(row.output) - row.output_head <= LIVE_CHARS
    assert told[:4] == ["… 39,997 lines left out …", "39998", "39999", "40000"]
    assert list(new_lines(row, seen, 3)) == []


def test_a_flood_costs_little() -> None:
    transcript, piece = Transcript(1_000_000), "über\x1b[31mred\x1b[0m\n" * 4_000
    before = time.process_time()
    for _ in range(800):
        transcript.add(piece)
    row = row_of(transcript)
    assert time.process_time() - before < 2.0
    assert printed_lines(row) == 3_200_000
    assert set(last_lines(row, 100)) == {"überred"}


def test_lines_of_any_end_and_length_are_lines() -> None:
    made = Transcript(100_000)
    made.add("one\r\ntwo\rthree")
    made.add("x" * 10_000 + "\n\n")
    made.add("\x1b]52;c;AAAA\x07\x1b[31mred\x1b[0m\x00\u202e http://me:pass@h/")
    lines = row_of(made).output.splitlines()
    assert lines[:3] == ["one", "two", "three"]
    assert [len(line) for line in lines[3:7]] == [4096, 4096, 1808, 0]
    assert lines[7:] == ["red\\x00\\u202e http://***@h/"]


@given(
    pieces=st.lists(st.lists(st.text(alphabet="ab é\x1b[m\x00", max_size=30), min_size=1, max_size=8), max_size=40),
    most=st.integers(min_value=2, max_value=400),
    look=st.sets(st.integers(min_value=0, max_value=40)),
)
def test_no_line_is_lost_from_the_count(pieces: list[list[str]], most: int, look: set[int]) -> None:
    made, count = Transcript(most), 0
    for number, piece in enumerate(pieces):
        made.add("\n".join(piece) + "\n")
        count += len(piece)
        if number in look:
            assert printed_lines(row_of(made, live=True)) == count
    row = row_of(made)
    assert printed_lines(row) == count
    assert row.output_head <= len(row.output)
    assert all(line.isprintable() for line in row.output.splitlines())


def test_only_the_latest_acts_have_all_of_a_long_output(tmp_path: Path) -> None:
    store = Store()
    board = Board(store, Records(tmp_path), SystemClock(), 100, full=2)
    text = "".join(f"{number}\n" for number in range(30_000))
    for name in ("a", "b", "c", "d"):
        board.show(Action(id=name, plan=PLAN, state=ActionState.RUNNING))
        board.change(name, output=text, state=ActionState.RUNNING if name == "b" else ActionState.SUCCEEDED)
    # What goes on is not touched, whatever its age.
    assert [len(store.actions[name].output) < len(text) for name in ("a", "b", "c", "d")] == [True, False, False, False]
    assert len(store.actions["a"].output) <= OUTPUT_CHARS
    assert printed_lines(store.actions["a"]) == 30_000
