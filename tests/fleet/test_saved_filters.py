"""Saved filters: used by name, also of each other; what is wrong with them is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import FilterError
from fleet.filters.filter import parse_filter
from fleet.filters.saved import MOST_SAVED, FilterShelf, SavedFilters
from fleet.views.agents import VIEW
from tests.fleet.filter_rows import CODER, PLANNER, PLANNER_2, those

TEAM = SavedFilters({"core": "team:core", "bad": "@core and not state:up"}, {"mine": "@bad or name:coder"})


def test_they_are_used_in_any_filter_and_of_each_other() -> None:
    assert those("@core", TEAM) == {PLANNER, PLANNER_2}
    assert those("@mine !@core", TEAM) == {CODER}
    assert those("(@bad state:down) or (@core)", TEAM) == {PLANNER, PLANNER_2}


def test_the_configurations_are_meant_where_a_name_is_there_twice() -> None:
    assert those("@a", SavedFilters({"a": "planner-1"}, {"a": "coder"})) == {PLANNER}


@pytest.mark.parametrize(
    ("texts", "text", "message", "at"),
    [
        ({"mine": "x"}, "up @mne", "no saved filter 'mne'; did you mean mine?", 3),
        ({}, "@mine", "none is saved (:save NAME)", 0),
        ({"a": "@b", "b": "x @c", "c": "@a"}, "@a", "@a: the saved filters go in a circle, @a → @b → @c → @a", 0),
        ({"a": "@a"}, "x @a", "go in a circle, @a → @a", 2),
        ({"a": "(x"}, "x or @a", "@a: '(' is never closed", 5),
        ({"a": "x @gone"}, "@a", "@a: no saved filter 'gone'", 0),
        ({"a": "up stat:down"}, "up @a", "no column 'stat'; did you mean state?", 3),
    ],
)
def test_what_is_wrong_with_one_is_said_where_it_is_used(
    texts: dict[str, str], text: str, message: str, at: int
) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text, VIEW, SavedFilters(texts))
    assert message in str(caught.value)
    assert (caught.value.text, caught.value.at) == (text, at)


def test_a_name_that_names_much_is_refused_and_takes_no_time() -> None:
    doubling = SavedFilters({f"f{n}": f"@f{n + 1} @f{n + 1}" for n in range(15)} | {"f15": "x"})
    with pytest.raises(FilterError, match="512 terms"):
        parse_filter("@f0", VIEW, doubling)
    chain = SavedFilters({f"f{n}": f"@f{n + 1}" for n in range(100)} | {"f100": "x"})
    with pytest.raises(FilterError, match="16 deep"):
        parse_filter("@f0", VIEW, chain)


def test_saving_tells_who_keeps_and_refuses_what_would_break_others() -> None:
    told: list[dict[str, str]] = []
    shelf = FilterShelf(SavedFilters({"core": "team:core"}, {"mine": "@core up"}), told.append)
    shelf.save("new", " @mine or x ")
    assert told[-1] == {"mine": "@core up", "new": "@mine or x"}
    for name, text, message in (
        ("core", "x", "stands in the configuration"),
        ("mine", "@new", "circle"),
        ("a b", "x", "cannot name a filter"),
        ("-x", "x", "cannot name a filter"),
        ("y", "", "no filter to save"),
        ("y", "(x", "never closed"),
    ):
        with pytest.raises(FilterError, match=message):
            shelf.save(name, text)
    with pytest.raises(FilterError, match="@mine is used by @new"):
        shelf.forget("mine")
    with pytest.raises(FilterError, match="did you mean new"):
        shelf.forget("nwe")
    shelf.forget("new")
    shelf.forget("mine")
    assert told[-1] == {}
    assert len(told) == 3


def test_there_is_an_end_to_saving() -> None:
    full = SavedFilters({}, {f"f{n}": "x" for n in range(MOST_SAVED)})
    full.saved("f1", "y")
    with pytest.raises(FilterError, match=f"at most {MOST_SAVED}"):
        full.saved("one-more", "y")


@given(st.dictionaries(st.sampled_from("abcd"), st.text("abcd@ ()!", max_size=12)))
def test_problems_are_found_exactly_where_use_would_meet_them(texts: dict[str, str]) -> None:
    saved = SavedFilters(texts)
    wrong = {name for name, _ in saved.problems()}
    for name in texts:
        try:
            parse_filter(f"@{name}", VIEW, saved)
        except FilterError as error:
            assert name in wrong or "regular expression" in str(error)
        else:
            assert name not in wrong
