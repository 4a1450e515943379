"""Columns as an operator chooses them: by name, by label, by output field; what a row is called is always there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import FilterError
from fleet.index import Index
from fleet.model import AgentStatus
from fleet.store import Store
from fleet.views.agents import VIEW
from fleet.views.catalogue import TABLE_VIEWS, table_view
from fleet.views.chosen import (
    LEAST_WIDTH,
    MOST_COLUMNS,
    MOST_WIDTH,
    columns_of,
    columns_text,
    extra_columns,
    known_column,
    parse_columns,
)
from fleet.views.view import look
from fleet.vocabulary import AgentState

IDS = st.one_of(
    st.sampled_from([column.id for column in VIEW.columns]),
    st.sampled_from([field.name for field in VIEW.fields]),
    st.from_regex(r"label:[A-Za-z_][A-Za-z0-9_./-]{0,20}", fullmatch=True),
)
WIDTHS = st.one_of(st.none(), st.integers(LEAST_WIDTH, MOST_WIDTH))


def store() -> Store:
    found = Store()
    for name, labels in (("a", {"env": "prod", "tier": "1"}), ("b", {"env": "Dev"}), ("c", {})):
        found.status.put(name, AgentStatus(name=name, state=AgentState.UP, labels=labels, sources=("x", "y")))
    return found


@given(st.lists(st.tuples(IDS, WIDTHS), max_size=8, unique_by=lambda pair: pair[0]))
def test_what_is_written_is_read_again(chosen: list[tuple[str, int | None]]) -> None:
    assert parse_columns(columns_text(chosen)) == tuple(chosen)
    assert any(column.named for column in columns_of(VIEW, chosen))


@given(st.text(max_size=60))
def test_any_text_is_a_list_or_a_named_mistake(text: str) -> None:
    try:
        columns_of(VIEW, parse_columns(text))
    except FilterError as error:
        assert str(error)


def test_a_choice_gives_order_and_widths() -> None:
    columns = columns_of(VIEW, parse_columns("age,name:30,state"))
    assert [column.id for column in columns] == ["age", "name", "state"]
    assert (columns[1].width, columns[1].grow) == (30, 0)
    assert columns[2].width == next(column.width for column in VIEW.columns if column.id == "state")
    assert columns_of(VIEW, ()) is VIEW.columns


def test_the_name_of_a_row_cannot_be_lost() -> None:
    assert [column.id for column in columns_of(VIEW, parse_columns("age,state"))] == ["name", "age", "state"]
    for name in TABLE_VIEWS:
        assert sum(column.named for column in table_view(name).columns) == 1


def test_a_label_and_an_output_field_are_columns() -> None:
    fleet = store()
    label, sources = known_column(VIEW, "label:env"), known_column(VIEW, "sources")
    at = look(fleet, fleet.status, "a")
    assert (label.title, label.cell(fleet.status["a"], at).text) == ("ENV", "prod")
    assert label.cell(fleet.status["c"], at).text == "–"
    assert sources.cell(fleet.status["a"], at).text == "x, y"
    assert known_column(VIEW, "disagrees").cell(fleet.status["a"], at).text == "no"


def test_rows_are_sorted_by_what_is_not_shown() -> None:
    fleet = store()
    index: Index[str] = Index(VIEW, fleet)
    index.sort_by([("label:env", False)])
    index.rebuild()
    assert index.keys() == ["b", "a", "c"]
    index.sort_by([("label:env", True)])
    index.rebuild()
    assert index.keys() == ["a", "b", "c"]
    with pytest.raises(FilterError, match="cannot be sorted by 'label:9'"):
        index.sort_by([("label:9", False)])


def test_what_else_could_be_shown() -> None:
    extra = [column.id for column in extra_columns(VIEW, store().status.values())]
    assert extra[:2] == ["label:env", "label:tier"]
    assert "latency_s" in extra
    assert "kind" not in extra


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,name:4", "'name' is there twice"),
        (f"name:{MOST_WIDTH + 1}", f"a width is {LEAST_WIDTH} to {MOST_WIDTH} cells"),
        (",".join(f"c{n}" for n in range(MOST_COLUMNS + 1)), f"at most {MOST_COLUMNS}"),
        ("colour", "agents has no column 'colour'"),
        ("label:", "no column 'label:'"),
    ],
)
def test_what_cannot_be_chosen_is_said(text: str, words: str) -> None:
    with pytest.raises(FilterError, match=words):
        columns_of(VIEW, parse_columns(text))
