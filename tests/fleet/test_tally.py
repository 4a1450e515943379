"""A tally agrees with counting everything, whatever was written."""

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fleet.store import Slice
from fleet.tally import Tally

AT = datetime(2026, 3, 1, tzinfo=UTC)
ACTS = st.tuples(st.sampled_from(["put", "drop", "touch", "look"]), st.integers(0, 5), st.sampled_from("abc"))


@given(st.lists(ACTS, max_size=60))
def test_it_agrees_with_counting_everything(acts: list[tuple[str, int, str]]) -> None:
    rows: Slice[int, str] = Slice()
    rows.put(0, "a")
    tally = Tally(rows, lambda row: (row, row == "a"), confirmed=True)
    for act, key, value in (*acts, ("look", 0, "a")):
        if act == "put":
            rows.put(key, value)
        elif act == "drop":
            rows.drop(key)
        elif act == "touch" and key in rows:
            rows.touch(key, AT)
        elif act == "look":
            tally.catch_up()
            words = Counter(rows.values())
            assert {word: tally[word] for word in "abc"} == {word: words[word] for word in "abc"}
            assert tally[True] == words["a"]
            assert len(tally) == len(rows)
            assert tally.seen == sum(rows.seen(key) is not None for key in rows)
    tally.close()
