"""Placeholders: whatever a value is, it stays a value."""

import json
import string
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet.actions.placeholders import (
    ANY_NAME,
    check_data,
    fill_argv,
    fill_data,
    fill_header,
    fill_text,
    fill_url,
    read_argv,
    read_pattern,
    read_url,
)
from fleet.errors import ConfigError, RefusedError

KNOWN = frozenset({"a", "b", "n"})
values = st.fixed_dictionaries({"a": st.text(), "b": st.text(), "n": st.integers()})
hostile = st.sampled_from(
    [
        *("--help", "-rf", "a b", "; rm -rf /", "$(id)", "`id`", "{a}", "{{a}}", "{b}", "%s", "*", "~", "'", '"'),
        *("\\", "../x", "..", "a\nb", "a\0b"),
    ]
)
literal = st.text(string.printable.replace("{", "").replace("}", ""), max_size=8)
word = st.lists(st.one_of(literal, st.sampled_from(["{a}", "{b}", "{n}", "{{", "}}"])), max_size=5).map("".join)


@given(st.lists(word, max_size=6), st.one_of(values, st.builds(dict, a=hostile, b=hostile, n=st.integers())))
def test_an_argument_list_has_as_many_words_as_its_template_and_each_has_its_values(
    words: list[str], given_: dict[str, Any]
) -> None:
    template = ["prog", *words]
    patterns = read_argv(template, KNOWN)
    try:
        argv = fill_argv(patterns, given_, dash=KNOWN)
    except RefusedError:
        return
    assert len(argv) == len(template)
    assert argv[0] == "prog"
    for made, pattern in zip(argv, patterns, strict=True):
        rest = made
        for part in pattern.parts:
            wanted = part if isinstance(part, str) else str(given_[part.name])
            assert rest.startswith(wanted)
            rest = rest[len(wanted) :]
        assert rest == ""


@given(st.one_of(st.text(), hostile))
def test_a_word_that_a_value_begins_is_never_an_option(value: str) -> None:
    for text in ("{a}", "{a}.txt", "{b}{a}"):
        try:
            (_, made) = fill_argv(read_argv(["prog", text], KNOWN), {"a": value, "b": ""})
        except RefusedError:
            continue
        assert not made.startswith("-")


def test_an_option_may_be_given_where_it_is_said_so() -> None:
    patterns = read_argv(["prog", "{a}", "--level={n}"], KNOWN)
    assert fill_argv(patterns, {"a": "-v", "n": -3}, dash={"a"}) == ("prog", "-v", "--level=-3")
    with pytest.raises(RefusedError, match="option"):
        fill_argv(patterns, {"a": "-v", "n": 3})
    with pytest.raises(RefusedError, match="option"):
        fill_argv(read_argv(["prog", "{n}"], KNOWN), {"n": -3})


@pytest.mark.parametrize("char", ["\n", "\r", "\0", "\x1b", "\x7f", "\x9b", "\u2028", "\ud800", "⟦", "⟧"])
def test_control_characters_are_refused_in_arguments_and_addresses(char: str) -> None:
    given_ = {"a": f"x{char}y"}
    with pytest.raises(RefusedError, match=r"^a: "):
        fill_argv(read_argv(["prog", "{a}"], KNOWN), given_)
    with pytest.raises(RefusedError, match=r"^a: "):
        fill_url(read_url("http://host/{a}", KNOWN), given_)
    with pytest.raises(RefusedError):
        fill_header(read_pattern("{a}", KNOWN), given_)


@given(st.one_of(st.text(), hostile), st.one_of(st.text(), hostile))
def test_a_value_in_an_address_stays_in_its_part_of_it(a: str, b: str) -> None:
    pattern = read_url("https://host:8443/v1/{a}/run?x=1&q={b}&n={n}", KNOWN)
    try:
        url = fill_url(pattern, {"a": a, "b": b, "n": 7})
    except RefusedError:
        return
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "host:8443", "")
    segments = parts.path.split("/")
    assert (len(segments), unquote(segments[2])) == (4, a)
    assert parse_qs(parts.query, keep_blank_values=True) == {"x": ["1"], "q": [b], "n": ["7"]}


@pytest.mark.parametrize(("text", "value"), [("{a}", ".."), ("{a}", "."), ("{a}", ""), (".{a}", "."), ("{a}{b}", "")])
def test_a_value_does_not_leave_its_folder(text: str, value: str) -> None:
    for url in (f"http://host/v1/{text}", f"http://host/v1/{text}/run", f"http://host/v1/{text}?q=1"):
        with pytest.raises(RefusedError, match="no part of a path"):
            fill_url(read_url(url, KNOWN), {"a": value, "b": ""})


def test_dots_within_a_name_and_an_empty_query_are_fine() -> None:
    assert fill_url(read_url("http://h/v1/x{a}?q={b}", KNOWN), {"a": "..", "b": ""}) == "http://h/v1/x..?q="
    assert fill_url(read_url("http://h?q={a}", KNOWN), {"a": "../&"}) == "http://h?q=..%2F%26"


@pytest.mark.parametrize(
    "url",
    [
        "http://{a}/x",
        "http://h{a}/x",
        "{a}",
        "//h/{a}",
        "file:///{a}",
        "http://h:{n}/",
        "http://u@h/{a}",
        "http://h/{a}#x",
    ],
)
def test_a_value_never_chooses_the_host(url: str) -> None:
    with pytest.raises(ConfigError):
        read_url(url, KNOWN)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_characters="⟦⟧", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
)


@given(json_values, st.text(st.characters(exclude_characters="⟦⟧", exclude_categories=["Cs"])))
def test_a_body_is_filled_in_its_structure(a: Any, b: str) -> None:
    assume(a is not None)
    body = {"task": "{a}", "text": "<{b}>", "list": ["{a}", 1, None, {"deep": "{{a}}"}], "{a}": True}
    made = fill_data(body, {"a": a, "b": b})
    assert json.loads(json.dumps(made)) == {
        "task": a,
        "text": f"<{b}>",
        "list": [a, 1, None, {"deep": "{a}"}],
        "{a}": True,
    }


def test_what_was_not_entered_is_left_out_of_a_body_and_refused_elsewhere() -> None:
    assert fill_data({"x": "{a}", "y": ["{b}", 1], "z": None}, {"a": None}) == {"y": [1], "z": None}
    with pytest.raises(RefusedError, match="a: there is no value"):
        fill_data({"x": "about {a}"}, {})
    with pytest.raises(RefusedError, match="a: there is no value"):
        fill_argv(read_argv(["prog", "{a}"], KNOWN), {})


@given(st.text())
def test_a_value_is_never_expanded_again(text: str) -> None:
    assume("⟦" not in text and "⟧" not in text)
    try:
        assert fill_text(read_pattern("<{a}>", KNOWN), {"a": text, "b": "evil"}) == f"<{text}>"
    except RefusedError:
        with pytest.raises(UnicodeEncodeError):
            text.encode()


@given(st.one_of(st.text(), hostile))
def test_a_header_is_one_line_of_ascii(value: str) -> None:
    try:
        made = fill_header(read_pattern("x {a}", KNOWN), {"a": value})
    except RefusedError:
        return
    assert made == f"x {value}"
    assert made.isascii()
    assert not set("\r\n\0") & set(made)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (1.5, "1.5"),
        (None, ""),
        (["x", 2, True], "x,2,true"),
        ({"k": [1]}, '{"k":[1]}'),
    ],
)
def test_values_within_a_text(value: object, text: str) -> None:
    assert fill_text(read_pattern("{a}", KNOWN), {"a": value}) == text


def test_an_item_with_a_comma_would_be_two() -> None:
    with pytest.raises(RefusedError, match="comma"):
        fill_text(read_pattern("{a}", KNOWN), {"a": ["x,y"]})


@pytest.mark.parametrize(
    "text", ["{", "}", "{a", "a}", "{}", "{ a }", "{a.b}", "{c}", "{a!r}", "{a:>9}", "{0}", "{a[0]}", "{{a}"]
)
def test_what_is_no_placeholder_is_an_error_when_the_configuration_is_read(text: str) -> None:
    with pytest.raises(ConfigError, match="braces themselves are written"):
        read_pattern(text, KNOWN)
    with pytest.raises(ConfigError):
        check_data({"x": [text]}, KNOWN)


def test_a_placeholder_that_was_not_quoted_is_told() -> None:
    with pytest.raises(ConfigError, match=r'quoted in YAML: "\{a\}"'):
        check_data({"x": {"a": None}}, KNOWN)


def test_the_program_is_written_out() -> None:
    for words in (["{a}"], ["x{a}"], [], [""]):
        with pytest.raises(ConfigError):
            read_argv(words, KNOWN)


def test_names_that_are_not_known_yet_are_at_least_names() -> None:
    assert read_pattern("{any.thing}", ANY_NAME).names == ("any.thing",)
    with pytest.raises(ConfigError):
        read_pattern("{any thing}", ANY_NAME)
