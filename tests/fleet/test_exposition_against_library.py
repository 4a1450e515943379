"""fleetdeck's page reader beside prometheus_client's: the same samples, or both refuse, but for two stated lists."""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from fleet.errors import ParseError
from fleet.exposition.cache import SeriesCache
from fleet.exposition.page import OPENMETRICS, parse_page
from fleet.text import scrub

Series = tuple[str, tuple[tuple[str, str], ...]]
Samples = dict[Series, float]

WHITE = r"[\x0b-\x0d\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"

STRICTER_THAN_LIBRARY = [
    # (fleetdeck's words, an expression that the line which it refuses must match)
    ("", WHITE),  # other white space than blank and tab
    ("", r"^(?!\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*\{)[^#{][^{]*\{"),  # the library checks no name before a brace
    ("no ", r"^\s|^[^{]*\s\{"),  # OpenMetrics: nor that no blank stands around it
    ("a label without a quoted value", r"[{,]\s*[a-zA-Z_][a-zA-Z0-9_]*:"),  # a colon in a label name
    ("a malformed label", r"[{,]\s*:|\{\s*,|[{,]\s*=\s*[,}]"),  # one that starts with a colon; terms that are empty
    ("a label without a name", r'""\s*='),
    ("text after the value", r"[}\s]\s*[^\s}]+[ \t]+[^\s]+"),  # text format: the library takes the last word for a time
    ("no number", r" [0-9+-]*\.[0-9]{9,}[.0-9]*\."),  # OpenMetrics: the library cuts a time after nine decimals
    ("no value", r"\}[^ ]"),  # OpenMetrics: the library skips whatever stands after the brace
    ("malformed metadata", r"\t|\""),  # OpenMetrics: tabs; both: quotes that open within a word
    ("unknown metric type", r"^#"),  # one that a later line about the same family replaces
]

LAXER_THAN_LIBRARY = [
    # the library's words; fleetdeck reads the numbers, however wrong they are for their type
    r"\+Inf bucket missing|Buckets? (values )?out of order|Count does not match",
    r"_g?count must be present|_sum/_gsum must be present|Cannot have _sum|Cannot have negative _gsum",
    r"Invalid le label|Invalid quantile label|Bucket value must be an integer|Count value must be an integer",
    r"Quantile values cannot be negative|Counter-like samples cannot be",
    r"Stateset missing label|Stateset samples can only|Info samples can only",
    r"Invalid metric grouping|Mix of timestamp presence|Timestamps went backwards",
    r"KeyError: ",  # a bucket without `le`, a summary without `quantile`, a stateset without its label
    r"could not convert string to float|OverflowError",  # a `le` or `quantile` that is no number
    r"Exemplar labels are too long|can have exemplars",
    r"Invalid labels: .*__",  # label names that the library reserves
    r"ValueError: $",  # a quoted UTF-8 sample name in OpenMetrics without metadata before it
    r"AttributeError: |unsupported operand|not supported between|Exceeds the limit",  # the library's own stumbles
]


def library_samples(page: str, *, strict: bool) -> Samples | str:
    """The library's samples, Prometheus' rule for repeated series applied; its message where it refuses."""
    read: Callable[[str], Iterable[Any]] = read_openmetrics if strict else read_text
    found: Samples = {}
    times: dict[Series, float] = {}
    try:
        for sample in (sample for family in read(page) for sample in family.samples):
            series = scrub(sample.name), tuple(sorted((scrub(k), scrub(v)) for k, v in sample.labels.items()))
            time = math.nan if sample.timestamp is None else float(sample.timestamp)
            if series not in found or time > times[series]:
                found[series], times[series] = _as_float(sample.value), time
    except Exception as error:  # noqa: BLE001 (the library raises whatever its code stumbles over)
        return f"{type(error).__name__}: {error}"
    return found


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def our_samples(page: str, cache: SeriesCache, *, strict: bool) -> Samples | ParseError:
    """Our samples, or our error where we refuse."""
    try:
        read = parse_page(page.encode(), OPENMETRICS if strict else "text/plain; version=0.0.4", cache=cache)
    except ParseError as error:
        return error
    samples = {(s.name, s.labels): value for s, value in zip(read.series, read.values, strict=True)}
    assert len(samples) == len(read.series), "a series stands once"
    return samples


def check(page: str, cache: SeriesCache, *, strict: bool) -> None:
    """Both read the same, or both refuse, or the difference is a stated one."""
    # The library takes `#anything TYPE name type` for metadata, which is a comment, or malformed in OpenMetrics.
    assume(not re.search(r"(?m)^[ \t]*#[^ \t\n]+[ \t]+\"?(TYPE|HELP|UNIT)", page))
    assume(not re.search(rf"(?m)^[ \t]*#[^\n]*{WHITE}", page))  # and splits it at any white space
    theirs, ours = library_samples(page, strict=strict), our_samples(page, cache, strict=strict)
    if isinstance(ours, ParseError):
        if not isinstance(theirs, str):
            line = refused_line(page, ours)
            assert any(words in str(ours) and re.search(where, line) for words, where in STRICTER_THAN_LIBRARY), ours
        return
    if isinstance(theirs, str):
        assert any(re.search(words, theirs) for words in LAXER_THAN_LIBRARY), theirs
        return
    # The library's text reader adds `_total` to the names of counters; the page's own names are compared.
    bare = {name + "_total": name for name, _ in ours if not strict and "counter" in page}
    assume(not any(name in bare for name, _ in ours))
    assume(not any((name + "_total", labels) in theirs for name, labels in theirs))
    named = {(bare.get(name, name), labels): value for (name, labels), value in theirs.items()}
    assert named.keys() == ours.keys()
    assert all(same(named[series], ours[series]) for series in ours)


def refused_line(page: str, error: ParseError) -> str:
    assert error.offset is not None
    before = page.encode()[: error.offset].decode(errors="ignore")
    return page[before.rfind("\n") + 1 :].split("\n", 1)[0]


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


names = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,8}", fullmatch=True)
label_names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,6}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.floats().map(repr) | st.integers().map(str) | st.sampled_from(["NaN", "+Inf", "-Inf", "1e9", ".5", "7."])


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"') + '"'


@st.composite
def label_texts(draw: st.DrawFn, first: str = "") -> str:
    pairs = draw(st.dictionaries(label_names, texts, max_size=4))
    terms = ([quoted(first)] if first else []) + [f"{key}={quoted(value)}" for key, value in pairs.items()]
    return "{" + ",".join(terms) + "}" if terms else ""


@st.composite
def heads(draw: st.DrawFn, name: str) -> str:
    """Name and labels, the name now and then as a quoted term."""
    if draw(st.integers(0, 5)) == 0:
        return draw(label_texts(first=name))
    return name + draw(label_texts())


@st.composite
def text_pages(draw: st.DrawFn) -> str:
    lines = []
    for name in draw(st.lists(names, max_size=5)):
        if draw(st.booleans()):
            lines.append(f"# HELP {name} {draw(texts).replace(chr(10), ' ')}")
        if draw(st.booleans()):
            lines.append(f"# TYPE {name} {draw(st.sampled_from(['counter', 'gauge', 'untyped', 'summary']))}")
        for _ in range(draw(st.integers(0, 3))):
            time = draw(st.just("") | st.integers(-(10**12), 10**13).map(lambda number: f" {number}"))
            lines.append(draw(heads(name)) + " " + draw(numbers) + time)
        lines.extend(draw(st.sampled_from([[], [""], ["# a comment"]])))
    return "\n".join(lines) + "\n"


@st.composite
def openmetrics_pages(draw: st.DrawFn) -> str:
    lines = []
    for name in draw(st.lists(names, max_size=5, unique=True)):
        kind, suffix = draw(st.sampled_from([("gauge", ""), ("counter", "_total"), ("unknown", ""), ("info", "_info")]))
        lines.append(f"# TYPE {name} {kind}")
        if draw(st.booleans()):
            lines.append(f"# HELP {name} {quoted(draw(texts))[1:-1]}")
        value = st.just("1") if kind == "info" else st.integers(0, 10**6).map(str)
        time = draw(st.sampled_from(["", " 1700000000", " 1700000000.125"]))
        exemplar = draw(st.sampled_from(["", ' # {trace_id="a b"} 0.5', " # {} 3 1.5"])) if kind == "counter" else ""
        samples = draw(st.lists(st.tuples(heads(name + suffix), value), max_size=3))
        lines.extend(f"{head} {number}{time}{exemplar}" for head, number in samples)
    return "\n".join([*lines, "# EOF"]) + draw(st.sampled_from(["", "\n"]))


@st.composite
def mutated(draw: st.DrawFn, pages: st.SearchStrategy[str]) -> str:
    page = draw(pages)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(page)))
        insert = draw(st.sampled_from(["", *'{}",=#\\ \n_:.+-eE0a1NI\té\r', "# TYPE ", "# EOF\n", '"}']))
        page = page[:at] + insert + page[at + draw(st.integers(0, 2)) :]
    return page


# The same pages every time: a new stumble of the library is to be found by whoever changes the reader, not in passing.
quick = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
CACHE = SeriesCache(50_000)


@quick
@given(mutated(text_pages()))
@example('# TYPE a counter\na{x="1",} 5\na_total 6\n# TYPE "b.c" gauge\n{x="1","b.c"} 4 -17\n')
@example('a{b="c" } NaN\n  a 1\n\ta\t2\t3\n#\n#a\n')
def test_text_pages_are_read_as_the_library_reads_them(page: str) -> None:
    check(page, CACHE, strict=False)
    check(page, CACHE, strict=False)  # from the remembered shape too


@quick
@given(mutated(openmetrics_pages()))
@example('# TYPE h histogram\n# UNIT h_s s\nh_bucket{le="+Inf"} 1 # {a="b"} 1\nh_count 1\nh_sum 1\n# EOF\n')
@example("# TYPE a counter\na 1\n# EOF\n")
@example("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na 2\n# EOF\n")
def test_openmetrics_pages_are_read_as_the_library_reads_them(page: str) -> None:
    check(page, CACHE, strict=True)
    check(page, CACHE, strict=True)
