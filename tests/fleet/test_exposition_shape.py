"""The fast way through a page: whatever it reads, the slow way reads the same."""

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import ParseError
from fleet.exposition.cache import SeriesCache
from fleet.exposition.page import PageReader, parse_page
from fleet.exposition.shape import read_floats, read_numbers
from fleet.model import Page

FLOATS = st.floats(allow_nan=False).map(repr)
ODD = st.sampled_from(
    [
        *["NaN", "+Inf", "-Inf", "Inf", ".5", "5.", "+1", "-0", "0x10", "1_0", "1e400", "00", "", "1,2", "\t1", "1\r"],
        *["[1]", "null", "true", '"1"', "1e+06", "1.876197376e+09", "٣", "]", "1]#"],
    ]
)
NUMBERS = st.lists(st.one_of(FLOATS, st.integers().map(str), ODD), max_size=8)


def same(one: "array[float] | None", other: "array[float] | None") -> bool:
    if one is None or other is None:
        return one is other
    return len(one) == len(other) and all(
        a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(one, other, strict=True)
    )


@given(NUMBERS)
def test_numbers_are_those_that_float_reads(words: list[str]) -> None:
    assert same(read_numbers(words), read_floats(words))


def reader(cache: SeriesCache | None = None) -> PageReader:
    cache = SeriesCache() if cache is None else cache
    return PageReader(max_samples=50, max_labels=4, max_label_chars=20, cache=cache)


def slowly(body: bytes, content_type: str) -> Page | str:
    """What a reader makes of a page that never saw another."""
    try:
        return parse_page(body, content_type, max_samples=50, max_labels=4, max_label_chars=20)
    except ParseError as error:
        return str(error)


LINE = st.sampled_from(
    [
        "# HELP a The first.",
        "# HELP a The last.",
        "# TYPE a counter",
        "# TYPE a gauge",
        "#",
        "# foo",
        "#foo",
        "",
        "a 1",
        "a 2",
        "a NaN",
        "a 1 1000",
        "a",
        " a 1",
        "a  1",
        "a\t1",
        "a 1\r",
        'b{x="1"} 3',
        'b{x="1 2"} 3.5',
        'b{x="1"} 4 ',
        'b{x="1",y="z",v="w",u="t",s="r"} 5',
        "# EOF",
    ]
)
PAGES = st.lists(st.lists(LINE, max_size=6), min_size=1, max_size=6)


@given(PAGES, st.booleans())
def test_what_was_read_before_changes_nothing(pages: list[list[str]], strict: bool) -> None:
    content_type = "application/openmetrics-text" if strict else "text/plain"
    cache = SeriesCache()
    readers = [reader(cache), reader(cache)]
    for number, lines in enumerate(pages * 2):
        body = "".join(f"{line}\n" for line in lines).encode()
        expected = slowly(body, content_type)
        try:
            page: Page | str = readers[number % 2].read(body, content_type)
        except ParseError as error:
            page = str(error)
        assert repr(page) == repr(expected)  # equal, NaN and all


@pytest.mark.parametrize("value", ["NaN", "+Inf", "12.5", "1e400"])
def test_a_page_of_known_shape_shares_all_but_its_values(value: str) -> None:
    reads = reader()
    first = reads.read(b"# TYPE a gauge\na 1\nb 2\n", "")
    second = reads.read(f"# TYPE a gauge\na {value}\nb 3\n".encode(), "")
    assert second.series is first.series
    assert second.families is first.families
    assert repr(second.values[0]) == repr(float(value))


def test_agents_that_differ_in_a_label_share_the_rest() -> None:
    cache = SeriesCache()
    pages = [
        reader(cache).read(f'# TYPE up gauge\nup{{agent="{name}",zone="eu"}} 1\nx{{zone="eu"}} 2\n'.encode(), "")
        for name in ("planner", "coder")
    ]
    one, other = pages
    assert one.families is other.families
    assert one.series[1] is other.series[1]
    assert one.series[0].labels[1] is other.series[0].labels[1]
    assert one.series[0].name is other.series[0].name


def test_the_shapes_of_a_large_fleet_stay_known() -> None:
    cache = SeriesCache()
    bodies = [
        (f'agent_info{{name="agent-{number}"}} 1\n' + "".join(f"metric_{n} 1\n" for n in range(73))).encode()
        for number in range(3000)
    ]
    shapes = [parse_page(body, cache=cache).series for body in bodies]
    # A fresh reader knows nothing of its own: what it finds again was remembered.
    assert all(parse_page(body, cache=cache).series is shape for body, shape in zip(bodies, shapes, strict=True))
