"""View lines: what they ask for, what they refuse, and that they are read as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import FilterError
from fleet.filters.chunks import BLANKS, chunks, quoted
from fleet.filters.parser import parse
from fleet.filters.saved import SavedFilters
from fleet.filters.terms import placed
from fleet.view_line import VIEWS, ViewLine, parse_view_line
from fleet.views.catalogue import check_view_line


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_opens_by_its_name(name: str) -> None:
    assert parse_view_line(name) == ViewLine(view=name)
    assert parse_view_line(f":{name[:2]}").view == name


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "agents /state:down -l env=prod sort=-age,name faults",
            ViewLine(
                view="agents", filter="state:down -l env=prod", sort=(("age", True), ("name", False)), faults=True
            ),
        ),
        ("agents state:down sort=-age", ViewLine(view="agents", filter="state:down", sort=(("age", True),))),
        ("agents sort=age (a or  b)", ViewLine(view="agents", filter="(a or  b)", sort=(("age", False),))),
        ("agents a faults b", ViewLine(view="agents", filter="a b", faults=True)),
        ("agents columns=name,age:6 x", ViewLine(view="agents", filter="x", columns=(("name", None), ("age", 6)))),
        ("agents 'faults'  'a  b'", ViewLine(view="agents", filter="'faults'  'a  b'")),
        ("agents -l faults -f sort=x", ViewLine(view="agents", filter="-l faults -f sort=x")),
        ("agents (sort=x)", ViewLine(view="agents", filter="(sort=x)")),
        ("agents /", ViewLine(view="agents")),
        ("agents //health", ViewLine(view="agents", filter="/health")),
        ("agents / a", ViewLine(view="agents", filter="a")),
        ("agent planner-1", ViewLine(view="agents", subject="planner-1")),
        ("agent 'a b' /x", ViewLine(view="agents", subject="a b", filter="x")),
        ("agent /x", ViewLine(view="agents", filter="x")),
        ("  :t  ", ViewLine(view="tasks")),
    ],
)
def test_what_a_line_asks_for(text: str, line: ViewLine) -> None:
    assert parse_view_line(text) == line
    assert parse_view_line(str(line)) == line


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "a view is wanted"),
        ("agnets", "'agnets'; did you mean agents? There are overview, agents"),
        ("agents sort=nonsense", "cannot be sorted by 'nonsense'"),
        ("agents sort=age,-age", "'age' is there twice"),
        ("agents columns=nonsense", "no column 'nonsense'"),
        ("agents columns=name,name", "there twice"),
        ("agents columns=age:1", "a width is 2 to 200"),
        ("agents (state:down", "'(' is never closed"),
        ("agents stat:down", "did you mean state?"),
        ("agents @mnie", "did you mean mine?"),
        ("agent 'a", "never closed"),
        ("overview sort=age", "overview is not a list"),
        ("overview x", "overview is not a list"),
    ],
)
def test_a_wrong_line_says_what_is_wrong(text: str, named: str) -> None:
    with pytest.raises(FilterError) as caught:
        check_view_line(parse_view_line(text), SavedFilters({"mine": "x"}))
    assert named in str(caught.value)


def test_saved_filters_that_are_not_known_yet_are_let_pass() -> None:
    check_view_line(parse_view_line("agents @mine state:down"))
    with pytest.raises(FilterError, match="did you mean state"):
        check_view_line(parse_view_line("agents @mine stat:down"))


NAMES = st.text("abz_'\" /-:", min_size=1, max_size=6)
FILTERS = st.lists(
    st.sampled_from(
        ["faults", "sort=x", "columns=a,b", "state:down", "-l", "-f", "(a", "or", "b)", "'a  b'", '"it\'s"', "/x", "//"]
    ),
    max_size=6,
).map(" ".join)
IDS = st.sampled_from(["name", "age", "state", "label:env", "cpu_percent"])
LINES = st.builds(
    ViewLine,
    view=st.sampled_from(VIEWS),
    filter=FILTERS | st.text("a'\"() /=-lf sort=faults", max_size=20).map(lambda text: text.strip(BLANKS)),
    sort=st.lists(st.tuples(IDS, st.booleans()), unique_by=lambda pair: pair[0], max_size=3).map(tuple),
    columns=st.lists(st.tuples(IDS, st.none() | st.integers(2, 200)), unique_by=lambda pair: pair[0], max_size=3).map(
        tuple
    ),
    faults=st.booleans(),
)


def said(text: str) -> object:
    """What a filter says; its own text where it says nothing that can be read."""
    try:
        return placed(parse(text), 0)
    except FilterError:
        return None


@given(LINES)
def test_a_line_that_is_written_is_read_as_the_same(line: ViewLine) -> None:
    read = parse_view_line(str(line))
    # A word that would be an option is put in quotes or parentheses, which changes the filter's text and nothing else.
    assert parse_view_line(str(read)) == read
    assert (read.view, read.sort, read.columns, read.faults) == (line.view, line.sort, line.columns, line.faults)
    assert said(read.filter) == said(line.filter) or said(line.filter) is None


@given(NAMES, LINES)
def test_a_page_is_found_by_any_name(name: str, line: ViewLine) -> None:
    page = ViewLine(view="agents", subject=name, filter="x", sort=line.sort, faults=line.faults)
    assert parse_view_line(str(page)) == page


@given(st.text(max_size=40))
def test_any_text_is_a_line_or_a_filter_error(text: str) -> None:
    try:
        check_view_line(parse_view_line(text))
    except FilterError:
        return


@given(st.lists(st.text(min_size=1, max_size=8), max_size=5))
def test_quotes_keep_any_text_together(words: list[str]) -> None:
    assert [chunk.text for chunk in chunks(" ".join(map(quoted, words)))] == words
