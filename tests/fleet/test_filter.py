"""Filters: what they show, what they refuse and how, and that they mean the same however they are written."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import FilterError
from fleet.filters.examples import LINES, TOPICS
from fleet.filters.filter import labels_not_there, parse_filter
from fleet.filters.parser import DEEPEST, LONGEST_PATTERN, LONGEST_TEXT, MOST_TERMS, parse
from fleet.filters.saved import SavedFilters
from fleet.filters.terms import EVERYTHING, And, Compare, Fuzzy, Labelled, Not, Or, Pattern, Saved, Term, placed
from fleet.view_line import parse_view_line
from fleet.views.agents import VIEW
from fleet.views.backlog import VIEW as BACKLOG
from fleet.views.catalogue import TABLE_VIEWS, check_view_line, table_view
from fleet.views.view import look
from tests.fleet.filter_rows import CODER, LOADER, PLANNER, PLANNER_2, ROWS, TESTER, agents, shown, those
from tests.fleet.filter_writer import written

PLANNERS = {PLANNER, PLANNER_2}
ALL = set(ROWS)
MINE = SavedFilters({"mine": "team:core or env:prod"})

SHOWS: dict[str, set[str]] = {
    "planner": PLANNERS,
    "^plan": PLANNERS,
    "(planner|tester)-1": {PLANNER, TESTER},
    "!planner": ALL - PLANNERS,
    "not planner": ALL - PLANNERS,
    "'refused: 127'": {PLANNER},
    "'state:down'": {CODER},
    "state:down": {PLANNER},
    "state:down,stale": PLANNERS,
    "state!=up": {PLANNER, PLANNER_2, LOADER},
    "name=planner-1": {PLANNER},
    "detail:'not found'": {PLANNER_2},
    "name~^(plan|test)": {PLANNER, PLANNER_2, TESTER},
    "name!~-1$": {PLANNER_2, LOADER},
    "disagrees=true": {TESTER},
    "latency=null": {PLANNER, PLANNER_2, LOADER},
    "queued>5": {PLANNER, TESTER},
    "age>5m": PLANNERS,
    "memory>=200M": {PLANNER_2},
    "cpu>80%": {PLANNER_2},
    "since<1h": {PLANNER, TESTER},
    "seen<2026-11-21T10:00Z": set(),
    "env:prod": {PLANNER, CODER},
    "label.kind=gpu": {PLANNER_2},
    "-l env=prod": {PLANNER, CODER},
    "-l env=prod,team!=core": {CODER},
    "-l env": ALL - {LOADER},
    "-l !env": {LOADER},
    "http://10.0.0.7": {PLANNER_2},
    "(env:prod or team:core) age>5m": PLANNERS,
    "state:down (env:prod or team:core) age>5m not name:planner": set(),
    "state:down or state:stale age>1h": PLANNERS,
    "!(env:prod or team:core)": {TESTER, LOADER},
    "((planner|tester)-1 or env:staging) state:up": {TESTER},
    "-f plnr": PLANNERS,
    "@mine": {PLANNER, PLANNER_2, CODER},
    "@mine and state:down": {PLANNER},
    "not @mine": {TESTER, LOADER},
}


def test_every_example_of_the_documentation_shows_what_it_should() -> None:
    examples = {example.text for topic in TOPICS for example in topic.examples}
    assert set(SHOWS) == examples
    assert {text: those(text, MINE) for text in examples} == SHOWS


@pytest.mark.parametrize("line", [line.text for line in LINES])
def test_every_view_line_of_the_documentation_can_be_opened(line: str) -> None:
    check_view_line(parse_view_line(line), MINE)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # What could be typed before there were `and`, `or` and parentheses.
        ("", ALL),
        ("PLAN", PLANNERS),
        ("^planner-\\d", PLANNERS),
        ("!coder", ALL - {CODER}),
        ("!state:up", {PLANNER, PLANNER_2, LOADER}),
        ("tasks_queued>5 tasks_queued<=7", {PLANNER}),
        ("queued=7", {PLANNER}),
        ("age_s>5m", PLANNERS),
        ("age>=600", PLANNERS),
        ("sources:status", {PLANNER}),
        ("sources=static", {PLANNER}),
        ("sources=agent", set()),
        ("latency_s=null", ALL),
        ("state=dow", set()),
        ("tasks_failed<1", set()),
        ("-l team!=core", {TESTER, CODER, LOADER}),
        ("plan -l env=prod state:down", {PLANNER}),
        ("plan coder", set()),
        ("(a|b)c", set()),
        ("(planner|coder)", PLANNERS | {CODER}),
        ("127\\.0\\.0\\.1:9", {PLANNER}),
        ("refused:.*9", {PLANNER}),
        ("code=137", {PLANNER_2}),
        ("(code=137|code=1)", {PLANNER_2}),
        # Names.
        ("STATE:Down", {PLANNER}),
        ("mem>200M", {PLANNER_2}),
        ("agent:planner", PLANNERS),
        ("claims:ok", {TESTER}),
        ("version>2", {TESTER}),
        ("version>=3.5", set()),
        ("label.env~^st", {PLANNER_2, TESTER}),
        ("env!=prod", {PLANNER_2, TESTER, LOADER}),
        ("labels:env=prod", {PLANNER, CODER}),
        # Values.
        ("queued:0,3", {PLANNER_2, CODER}),
        ("queued>1.5k", {TESTER}),
        ("memory>=205MB", {PLANNER_2, TESTER}),
        ("memory>195MiB", {PLANNER_2, TESTER}),
        ("cpu_percent>=85%", {PLANNER_2}),
        ("cpu<0.5", {TESTER}),
        ("latency>1s", {CODER}),
        ("latency<=250ms", {TESTER}),
        ("since>1d", {CODER}),
        ("since>2026-11-21T11:00Z", {PLANNER, TESTER}),
        ("since>=2026-11-21T12:30+01:00", {PLANNER}),
        ("since:2026-11-18", {CODER}),
        ("seen<=2026-11-21T10:00", {PLANNER_2}),
        ("detail=''", {TESTER, LOADER}),
        ("state:", None),
        # Combining.
        ("state:down OR state:stale AND env:staging", PLANNERS),
        ("NOT planner", ALL - PLANNERS),
        ("not not planner", PLANNERS),
        ("!!planner", PLANNERS),
        ("(state:down)", {PLANNER}),
        ("((state:down) or (state:stale))", PLANNERS),
        ("(!planner)", ALL - PLANNERS),
        ("( planner )", PLANNERS),
        ("'or'", {CODER}),
        ("-l team -f pl", PLANNERS),
        ("-l 'env=prod'", {PLANNER, CODER}),
        ("!-l env", {LOADER}),
        ("(-l env=prod or -f mdl)", {PLANNER, CODER, LOADER}),
    ],
)
def test_what_is_shown(text: str, names: set[str] | None) -> None:
    if names is None:
        with pytest.raises(FilterError, match="such as state:up"):
            those(text)
        return
    assert those(text) == names


def test_the_best_fuzzy_match_comes_first_unless_more_is_asked() -> None:
    assert shown("-f der")[:2] == [CODER, LOADER]
    assert shown("-f ner") == [PLANNER, PLANNER_2]
    assert shown("-f l") == [LOADER, PLANNER, PLANNER_2]
    assert shown("-f l env:prod,staging") == [PLANNER, PLANNER_2]


def test_a_share_asks_the_column_that_has_one() -> None:
    parse_filter("done>50%", BACKLOG)
    parse_filter("done>50 done_ratio>50%", BACKLOG)


@pytest.mark.parametrize("name", TABLE_VIEWS)
def test_every_column_and_field_of_every_view_can_be_asked(name: str) -> None:
    view = table_view(name)
    for part in (*(column.id for column in view.columns), *(field.name for field in view.fields)):
        parse_filter(f"{part}:x {part}=null {part}~x", view)


# ── What is refused ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("planner (", "a term is wanted after '('", 9),
        ("(state:down or", "a term is wanted after 'or'", 14),
        ("(state:down and name:x", "'(' is never closed", 0),
        ("a)", "')' closes nothing", 1),
        ("a or or b", "a term is wanted before 'or'", 5),
        ("and a", "a term is wanted before 'and'", 0),
        ("a not", "a term is wanted after 'not'", 5),
        ("( )", "a term is wanted before ')'", 2),
        ("a 'open", "\"'open\": the quote is never closed", 2),
        ("up -l", "-l wants a label, such as -l env=prod", 5),
        ("-l =x", "a label is wanted", 3),
        ("-f", "-f wants letters", 2),
        ("up @", "@ wants the name", 4),
        ("up stat:down", "agents has no column 'stat'; did you mean state?", 3),
        ("up ages>5", "agents has no column 'ages'; did you mean age", 3),
        ("up age>soon", "'age>soon' wants a duration, such as 5m, or a time", 3),
        ("queued>5m", "'queued>5m' wants a number", 0),
        ("memory>5%", "'memory>5%' wants a size", 0),
        ("cpu>5m", "'cpu>5m' wants a percentage", 0),
        ("up memory>", "'memory>' wants a value, such as memory>200M", 3),
        ("up !*", "'*' is no regular expression", 4),
        ("up name~(", "'(' is no regular expression", 3),
        ("up a" + "a" * LONGEST_PATTERN, "256 characters", 3),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_place(text: str, message: str, at: int) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text, VIEW)
    assert message in str(caught.value)
    assert (caught.value.text, caught.value.at) == (text, at)
    assert caught.value.pointed().splitlines()[1:] == [f"    {text}", f"    {' ' * at}^"]


@pytest.mark.parametrize(
    "text",
    [
        "a " * (MOST_TERMS + 1),
        "!" * (DEEPEST + 1) + "a",
        "(" * (DEEPEST + 1) + "a b" + ")" * (DEEPEST + 1),
        "x" * (LONGEST_TEXT + 1),
    ],
)
def test_limits_have_names(text: str) -> None:
    with pytest.raises(FilterError, match=r"may (have|stand) [\d,]+"):
        parse(text)


@given(st.text(max_size=60) | st.text("()!'\"@-lf :=~<>,ab\\[]|", max_size=60))
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    with contextlib.suppress(FilterError):
        those(text)


@pytest.mark.parametrize("part", [*"(![\\", "((a)", "a(", "'a' ", "(a ", "a) ", "!(", "(!", "or ", "-l a,b "])
def test_reading_takes_no_longer_than_the_text_is_long(part: str) -> None:
    text = (part * LONGEST_TEXT)[:LONGEST_TEXT]

    def seconds() -> float:
        began = time.process_time()
        with contextlib.suppress(FilterError):
            parse(text)
        return time.process_time() - began

    # Linear reading takes some milliseconds; what is squared takes seconds. The collector may come into one of them.
    assert min(seconds() for _ in range(3)) < 0.5


def test_a_label_that_nobody_has_is_told_apart() -> None:
    rows = list(agents().status.values())

    def said(text: str) -> str:
        return labels_not_there(parse_filter(text, VIEW), VIEW, rows)

    assert said("evn=prod") == "none of the agents has a label evn"
    assert said("-l zone,tier") == "none of the agents has a label tier, zone"
    assert said("env=nowhere -l team") == ""
    assert said("refused:127 planner") == ""


# ── Laws ───────────────────────────────────────────────────────────────────────────────────────────────────────────

TEXTS = st.text(st.sampled_from("ab-1'\" (),!@=~<\\|né"), min_size=1, max_size=8)
COMPARED = st.builds(
    Compare, st.sampled_from(["state", "name", "detail", "env", "team"]), st.sampled_from(":="),
    st.lists(st.sampled_from(["down", "up", "prod", "planner-1", "core", "null", "a b", "it's", 'a"b', "x,y", ")"]),
             min_size=1, max_size=2).map(tuple),
)  # fmt: skip
ORDERED = st.builds(
    Compare, st.sampled_from(["queued", "age", "memory_bytes"]), st.sampled_from([">", ">=", "<", "<="]),
    st.sampled_from(["5", "600", "0.5"]).map(lambda value: (value,)),
)  # fmt: skip
LEAVES = (
    st.builds(
        Pattern, st.sampled_from(["planner", "^plan", "(a|b)", "a b", "or", "'", "\\(", "-l", "@x", "!", "", '"'])
    )
    | st.builds(Fuzzy, TEXTS)
    | st.builds(Labelled, st.sampled_from(["env", "team", "a-b/c.d"]), st.none() | TEXTS)
    | st.builds(Saved, st.just("mine"))
    | COMPARED
    | ORDERED
)


def flat(kind: type[And] | type[Or], terms: list[Term]) -> Term:
    """As the parser builds them: never two of a kind within each other."""
    parts: list[Term] = []
    for term in terms:
        parts.extend(term.terms if isinstance(term, kind) else [term])
    return kind(tuple(parts))


def trees(leaves: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(lambda terms: flat(And, terms), st.lists(inner, min_size=2, max_size=3))
            | st.builds(lambda terms: flat(Or, terms), st.lists(inner, min_size=2, max_size=3))
        ),
        max_leaves=8,
    )


TREES = trees(LEAVES)


@given(TREES)
def test_a_filter_that_is_written_down_and_read_again_is_the_same(term: Term) -> None:
    assert placed(parse(written(term)), 0) == placed(term, 0)


@given(TREES)
def test_not_is_the_complement(term: Term) -> None:
    text = written(term)
    assert those(f"not ({text})", MINE) == ALL - those(f"({text})", MINE)


@given(TREES, TREES)
def test_de_morgan(one: Term, other: Term) -> None:
    a, b = written(one), written(other)
    assert those(f"!(({a}) or ({b}))", MINE) == those(f"!({a}) !({b})", MINE)
    assert those(f"!(({a}) and ({b}))", MINE) == those(f"!({a}) or !({b})", MINE)
    assert those(f"({a}) or ({b})", MINE) == those(a, MINE) | those(b, MINE)
    assert those(f"({a}) ({b})", MINE) == those(a, MINE) & those(b, MINE)


@given(st.text("abkKsSſK-1_ PLanér", max_size=6))
def test_a_plain_word_is_found_as_its_pattern_would_be(word: str) -> None:
    """Words without signs are not given to RE2; that must not be noticed."""
    store = agents()
    rows = store.status
    as_pattern = parse_filter(f"'(?:{word})'", VIEW)
    as_word = parse_filter(f"'{word}'", VIEW)
    for name in rows:
        at = look(store, rows, name)
        assert as_word.test(rows[name], at) == as_pattern.test(rows[name], at)


def test_an_empty_filter_is_everything() -> None:
    assert parse("") == parse("  \t") == EVERYTHING
