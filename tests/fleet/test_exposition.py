"""Exposition pages as operators meet them: what is read, what is refused and where, and what the limits do."""

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.errors import ParseError
from fleet.exposition.cache import SeriesCache
from fleet.exposition.page import OPENMETRICS, parse_page
from fleet.model import Family, SeriesId

TEXT = b"""# HELP agent_up Whether \\\\ it\\nruns.
# TYPE agent_up gauge
agent_up{agent_name="planner-1",env="prod"} 1
agent_up{env="prod",agent_name="coder-2"} 0
# TYPE tasks counter
tasks 5

load 0.5 1700000000000
"""


def values(body: bytes, content_type: str = "", **options: int) -> dict[str, float]:
    page = parse_page(body, content_type, **options)  # type: ignore[arg-type]
    return {shown(series): value for series, value in zip(page.series, page.values, strict=True)}


def shown(series: SeriesId) -> str:
    return series.name + "".join(f"|{key}={value}" for key, value in series.labels)


def test_a_text_page_gives_series_with_sorted_labels_and_families() -> None:
    page = parse_page(TEXT)
    assert [shown(series) for series in page.series] == [
        "agent_up|agent_name=planner-1|env=prod",
        "agent_up|agent_name=coder-2|env=prod",
        "tasks",
        "load",
    ]
    assert tuple(page.values) == (1.0, 0.0, 5.0, 0.5)
    assert page.families == (Family("agent_up", "gauge", "Whether \\ it runs."), Family("tasks", "counter"))
    assert (page.cut, page.duplicates, page.size_bytes) == (0, 0, len(TEXT))


def test_special_numbers_are_read_in_any_spelling_that_the_format_has() -> None:
    read = values(b"a NaN\nb +Inf\nc -inf\nd 1e3\ne .5\nf -0x\n".replace(b"f -0x\n", b""))
    assert math.isnan(read.pop("a"))
    assert read == {"b": math.inf, "c": -math.inf, "d": 1000.0, "e": 0.5}


def test_utf8_names_stand_quoted_among_the_labels() -> None:
    assert values('{"agent.tokens",model="gpt é"} 7\n{kind="x","b c"} 8\n'.encode()) == {
        "agent.tokens|model=gpt é": 7.0,
        "b c|kind=x": 8.0,
    }


def test_an_openmetrics_page_gives_types_units_and_no_exemplars() -> None:
    page = parse_page(
        b"# TYPE run_seconds histogram\n# UNIT run_seconds seconds\n# HELP run_seconds How long.\n"
        b'run_seconds_bucket{le="1.0"} 3 # {trace_id="a } b"} 0.7 1700000000.25\nrun_seconds_bucket{le="+Inf"} 4\n'
        b"run_seconds_count 4\nrun_seconds_sum 9.5 1700000000.5\n# EOF\n",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
    )
    assert tuple(page.values) == (3.0, 4.0, 4.0, 9.5)
    assert page.families == (Family("run_seconds", "histogram", "How long.", "seconds"),)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"a 1\n", "the page ends without # EOF at byte 3"),
        (b"a 1\n# EOF\nb 2\n", "text after # EOF at byte 10"),
        (b"a 1\n\n# EOF\n", "a blank line at byte 4"),
        (b"# a remark\n# EOF\n", "malformed metadata at byte 0"),
        (b"# TYPE a untyped\n# EOF\n", "unknown metric type at byte 0"),
        (b"# TYPE a counter\na 1\n# EOF\n", "name belongs to an earlier family"),
        (b"a_total 1\n# TYPE a counter\n# EOF\n", "name belongs to an earlier family"),
        (b"# UNIT a seconds\na 1\n# EOF\n", "a unit that its family may not have"),
        (b"a 1\n# HELP a late\n# EOF\n", "metadata after the samples of its family at byte 4"),
        (b"a 1 1700000000000x\n# EOF\n", "text after the value at byte 3"),
        (b"a  1\n# EOF\n", "no value at byte 1"),
        (b'a{b="c",} 1\n# EOF\n', "a malformed label at byte 8"),
    ],
)
def test_openmetrics_refuses_what_its_document_refuses(body: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse_page(body, OPENMETRICS)


@pytest.mark.parametrize(
    ("body", "message", "offset"),
    [
        (b"a 1\nb\n", "no value", 5),
        (b"a 1\nb x1\n", "no number where the value stands", 6),
        (b"a 1_0\n", "no number where the value stands", 2),
        ('é="x"\n'.encode(), "no metric name", 0),
        ('# é\na{b="é",c="d} 1\n'.encode(), "a label without a quoted value", 14),
        (b'a{b="c" d="e"} 1\n', "no comma or closing brace after a label", 8),
        (b'a{b="c",b="d"} 1\n', "a label that stands twice", 8),
        (b"a 1 2 3\n", "text after the value", 6),
        (b"# TYPE a speedometer\n", "unknown metric type", 0),
        (b"a 1\nb \xff\n", "not UTF-8", 6),
        (b"<!doctype html>\n<html>", "no metric name", 0),
    ],
)
def test_a_malformed_page_is_refused_with_the_byte_where_reading_stopped(
    body: bytes, message: str, offset: int
) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        parse_page(body)
    assert caught.value.offset == offset


def test_of_a_repeated_series_the_first_sample_counts_as_in_prometheus() -> None:
    page = parse_page(b'a{b="1",c="2"} 1\na{c="2",b="1"} 2\nz 3\n')
    assert (tuple(page.values), page.duplicates) == ((1.0, 3.0), 1)


def test_of_a_repeated_series_with_times_the_newest_sample_counts() -> None:
    assert tuple(parse_page(b"a 1 1000\na 2 3000\na 3 2000\n").values) == (2.0,)


def test_a_repeat_is_no_way_past_the_grammar() -> None:
    cache = SeriesCache()
    parse_page(b"a 1\na 2\n", cache=cache)
    with pytest.raises(ParseError):
        parse_page(b"a 1\na 2_\n", cache=cache)


def test_pages_of_one_shape_share_their_series() -> None:
    cache = SeriesCache()
    first = parse_page(TEXT, cache=cache)
    second = parse_page(TEXT.replace(b" 5\n", b" 6.5\n"), cache=cache)
    assert second.series is first.series
    assert second.families is first.families
    assert tuple(second.values) == (1.0, 0.0, 6.5, 0.5)


def test_pages_with_timestamps_share_their_series_too() -> None:
    cache = SeriesCache()
    first = parse_page(b'a{b="c"} 1 1000\nd 2 1000\n', cache=cache)
    second = parse_page(b'a{b="c"} 3 2000\nd 4 2000\n', cache=cache)
    assert second.series is first.series
    assert tuple(second.values) == (3.0, 4.0)


def test_a_new_series_on_a_known_page_keeps_the_other_objects() -> None:
    cache = SeriesCache()
    first = parse_page(b'a{b="c"} 1\n', cache=cache)
    second = parse_page(b'a{b="c"} 1\na{b="d"} 1\n', cache=cache)
    assert second.series[0] is first.series[0]


def test_what_one_format_allows_the_other_still_refuses() -> None:
    cache = SeriesCache()
    parse_page(b'a {b="c",} 1\n', cache=cache)
    with pytest.raises(ParseError):
        parse_page(b'a {b="c",} 1\n# EOF\n', OPENMETRICS, cache=cache)


def test_samples_over_the_limit_are_left_out_and_counted() -> None:
    body = b"".join(b"a%d 1\n" % number for number in range(20))
    cache = SeriesCache()
    for _ in range(2):
        page = parse_page(body, max_samples=5, cache=cache)
        assert (len(page.series), len(page.values), page.cut) == (5, 5, 15)


def test_a_page_of_far_too_many_lines_is_cut_before_it_is_split() -> None:
    page = parse_page(
        b"# TYPE a gauge\n" + b"".join(b"a%d 1\n" % n for n in range(3000)) + b"# EOF\n", OPENMETRICS, max_samples=10
    )
    assert (len(page.values), page.cut) == (10, 2990)


def test_a_sample_with_too_many_labels_is_left_out_and_a_long_value_is_shortened() -> None:
    body = b'a{b="1",c="2",d="3"} 1\na{b="' + b"x" * 50 + b'"} 2\nok 3\n'
    cache = SeriesCache()
    for _ in range(2):
        page = parse_page(body, max_labels=2, max_label_chars=10, cache=cache)
        assert [shown(series) for series in page.series] == ["a|b=" + "x" * 9 + "…", "ok"]
        assert (tuple(page.values), page.cut) == ((2.0, 3.0), 2)


def test_text_that_would_drive_the_terminal_is_scrubbed() -> None:
    page = parse_page('# HELP a \x1b]0;x\x07\na{b="\x1b[31m\u202e"} 1\n{"c\x9b"} 2\n'.encode())
    assert page.series[0].labels == (("b", "\\x1b[31m\\u202e"),)
    assert page.series[1].name == "c\\x9b"
    assert page.families[0].help == "\\x1b]0;x\\x07"


def test_the_cache_stays_within_its_budget() -> None:
    cache = SeriesCache(10_000)
    for number in range(500):
        parse_page(b"series_number_%d 1\n" % number, cache=cache)
    assert 0 < len(cache) <= 10_000 // 200


HOSTILE = {
    "quotes never closed": lambda n: b'a{b="' + b"x" * n,
    "backslashes": lambda n: b'a{b="' + b"\\" * n,
    "escaped quotes": lambda n: b'a{b="' + b'\\"' * (n // 2) + b" 1\n",
    "blanks": lambda n: b"a" + b" " * n + b"{",
    "blanks in braces": lambda n: b"a{" + b" " * n,
    "many labels": lambda n: b"a{" + b'b="c",' * (n // 6) + b"! 1\n",
    "commas": lambda n: b"a{" + b"," * n,
    "names": lambda n: b"a" * n,
    "exemplar": lambda n: b"a_total 1 # {" + b'b="c",' * (n // 6),
    "exemplar quotes": lambda n: b'a_total 1 # {b="' + b'\\"' * (n // 2),
    "digits": lambda n: b"a " + b"1" * n + b"x\n",
    "comment": lambda n: b"# HELP " + b" " * n + b'"',
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("content_type", ["", OPENMETRICS])
def test_hostile_lines_are_refused_in_linear_time(kind: str, content_type: str) -> None:
    def cost(size: int) -> float:
        body = HOSTILE[kind](size)
        start = time.process_time()
        with pytest.raises(ParseError):
            parse_page(body, content_type)
        return time.process_time() - start

    # Sixteen times the page may cost far less than the 256 times of a quadratic reading.
    small = min(cost(20_000) for _ in range(3))
    assert min(cost(320_000) for _ in range(2)) < max(small, 0.02) * 100


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_give_a_page_or_a_parse_error(body: bytes) -> None:
    for content_type in ("", OPENMETRICS):
        try:
            page = parse_page(body, content_type)
        except ParseError as error:
            assert error.offset is not None
            assert 0 <= error.offset <= len(body)
        else:
            assert len(page.series) == len(page.values)
