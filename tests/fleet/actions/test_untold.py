"""What is private is taken out of what a target says."""

import json

from hypothesis import given
from hypothesis import strategies as st

from fleet.actions.untold import RUN, without

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="*…."), min_size=4)


@given(value=TEXTS, before=st.text(max_size=20), behind=st.text(max_size=20))
def test_a_value_stands_in_no_text_whatever_is_around_it(value: str, before: str, behind: str) -> None:
    assert value not in without(f"{before}{value}{behind}", [value]).replace("***", "\0")
    assert value not in without(f"{before}{json.dumps(value)}{behind}", [value]).replace("***", "\0")


@given(value=st.text("abcdefghij ", min_size=3 * RUN, max_size=200), data=st.data())
def test_a_piece_of_it_that_is_long_enough_does_not_either(value: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(value) - 2 * RUN))
    piece = value[at : at + data.draw(st.integers(2 * RUN, len(value) - at))]
    assert piece not in without(f"see: {piece}; and so on", [value])


def test_what_has_nothing_of_it_stays_as_it_is() -> None:
    text = "422: the field text is too long (max. 100 characters)"
    assert without(text, ["Write a poem about the sea, please.", "ab", ""]) == text


def test_a_beginning_that_was_cut_off_at_the_end_goes_too() -> None:
    assert without("cannot read 'Write a po…", ["Write a poem"]) == "cannot read '***…"
