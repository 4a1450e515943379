"""What comes from an answer stays what it is where it is put: part of one word, of one string, of one path segment."""

import json
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.actions.holes import captured, filled
from fleet.actions.plan import CommandRun, FileWork, HttpRequest, RedisWrite
from fleet.errors import RefusedError

ANY = st.text(max_size=30)


def request(url: str = "http://t/", body: str = "", **more: str) -> HttpRequest:
    return HttpRequest(method="POST", url=url, body=body, **more)  # type: ignore[arg-type]


@given(value=ANY)
def test_in_json_it_is_that_text_and_nothing_else(value: str) -> None:
    body = '{"a": "x ⟦id⟧ \\" y", "b": ["⟦id⟧"], "c": ⟦id⟧}'
    made = filled(request(body=body), {"id": value})
    assert isinstance(made, HttpRequest)
    assert json.loads(made.body) == {"a": f'x {value} " y', "b": [value], "c": value}


@given(value=ANY)
def test_in_a_url_it_is_one_segment(value: str) -> None:
    effect = request("http://t/jobs/⟦id⟧/cancel?of=⟦id⟧")
    if not value.strip("."):
        with pytest.raises(RefusedError):
            filled(effect, {"id": value})
        return
    made = filled(effect, {"id": value})
    assert isinstance(made, HttpRequest)
    parts = urlsplit(made.url)
    assert (parts.netloc, parts.fragment) == ("t", "")
    assert [unquote(part) for part in parts.path.split("/")] == ["", "jobs", value, "cancel"]
    assert unquote(parts.query) == f"of={value}"


@given(value=ANY)
def test_in_an_argument_list_it_is_part_of_one_word_and_no_option(value: str) -> None:
    command = CommandRun(argv=("/bin/echo", "⟦id⟧", "--to=⟦id⟧"), cwd="/")
    if "\x00" in value or value.startswith("-"):
        with pytest.raises(RefusedError):
            filled(command, {"id": value})
        return
    made = filled(command, {"id": value})
    assert isinstance(made, CommandRun)
    assert made.argv == ("/bin/echo", value, f"--to={value}")


def test_what_fills_a_hole_is_not_looked_through_for_holes() -> None:
    made = filled(RedisWrite(url="redis://r", command=("XADD", "s", "*", "id", "⟦a⟧")), {"a": "⟦b⟧", "b": "x"})
    assert isinstance(made, RedisWrite)
    assert made.command[-1] == "⟦b⟧"


@pytest.mark.parametrize(
    "effect",
    [
        request("http://t/⟦nothing⟧"),
        request("http://⟦id⟧/"),
        request("⟦id⟧"),
        CommandRun(argv=("⟦id⟧",), cwd="/"),
        CommandRun(argv=("/bin/echo",), cwd="/⟦id⟧"),
        RedisWrite(url="redis://r", command=("⟦id⟧",)),
        FileWork(work="copy", path="/tmp/⟦id⟧", source="/tmp/x"),
    ],
)
def test_a_hole_that_nothing_fills_or_that_an_answer_must_not_decide_is_refused(
    effect: HttpRequest | CommandRun | RedisWrite | FileWork,
) -> None:
    with pytest.raises(RefusedError):
        filled(effect, {"id": "x"})


def test_a_header_takes_no_line_break() -> None:
    effect = HttpRequest(method="GET", url="http://t/", headers={"X-Id": "⟦id⟧"})
    with pytest.raises(RefusedError, match="header"):
        filled(effect, {"id": "a\r\nX-Evil: 1"})


def test_values_are_taken_by_their_path_and_only_what_is_a_word() -> None:
    text = '{"a": {"b": [{"c": 7}]}, "d": true, "e": null, "f": {}, "g": "' + "x" * 3000 + '"}'
    paths = {"c": "a.b.0.c", "d": "d", "e": "e", "f": "f", "g": "g", "h": "a.b.9.c", "i": "a..b"}
    assert captured(paths, text) == {"c": "7", "d": "true"}
    assert captured(paths, "no JSON") == {}
    assert captured({"a": "a"}, "[" * 100_000) == {}
