"""What was entered into a form, checked; batches; and forms made of JSON Schemas."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.json_schema import schema_fields
from fleet.actions.batch import MOST_ITEMS, read_batch
from fleet.actions.fields import checked
from fleet.actions.template import Field
from fleet.errors import ConfigError, RefusedError

COMMAND = Field(name="command", type="choice", required=True, choices=("status", "analyze"))
PROJECT = Field(name="project", pattern="[a-z-]+", longest=20)
COUNT = Field(name="count", type="integer", minimum=1, maximum=5, default=2)
SECRET = Field(name="prompt", private=True, longest=10)


@pytest.mark.parametrize(
    ("field", "entered", "value"),
    [
        (COUNT, "3", 3),
        (COUNT, 3.0, 3),
        (Field(name="x", type="number"), "1.5", 1.5),
        (Field(name="x", type="boolean"), "Yes", True),
        (Field(name="x", type="boolean"), False, False),
        (Field(name="x", type="list"), "a, b,,c", ["a", "b", "c"]),
        (Field(name="x", type="json"), '{"a": [1]}', {"a": [1]}),
        (Field(name="x", lines=True), "a\nb", "a\nb"),
        (PROJECT, "app-one", "app-one"),
    ],
)
def test_text_becomes_a_value_of_its_type(field: Field, entered: Any, value: Any) -> None:
    assert checked([field], {field.name: entered}) == {field.name: value}


@pytest.mark.parametrize(
    ("field", "entered", "said"),
    [
        (COMMAND, "", "command: is missing"),
        (COMMAND, "statsu", "did you mean status?"),
        (PROJECT, "app one", "must match [a-z-]+"),
        (PROJECT, "ok\n", "several lines"),
        (PROJECT, "a" * 21, "20 is the most"),
        (PROJECT, 5, "text is wanted, not 5"),
        (COUNT, "6", "between 1 and 5"),
        (COUNT, True, "a whole number"),
        (COUNT, "1e3", "a whole number"),
        (Field(name="x", type="number"), "nan", "a number is wanted"),
        (Field(name="x", type="json"), "{", "no JSON"),
        (Field(name="x", type="json"), "[" * 5000, "x: "),
        (Field(name="x"), "\x1b[2J", "control character"),
        (Field(name="x"), "\ud800", "half a character"),
    ],
)
def test_what_is_wrong_is_said_by_the_field(field: Field, entered: Any, said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        checked([field], {field.name: entered})
    assert said in str(caught.value)
    assert str(caught.value).startswith(field.name)


def test_a_private_value_is_never_repeated() -> None:
    with pytest.raises(RefusedError) as caught:
        checked([Field(name="prompt", private=True, pattern="x")], {"prompt": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_defaults_stand_in_and_unknown_fields_are_refused() -> None:
    assert checked([COMMAND, COUNT], {"command": "status"}) == {"command": "status", "count": 2}
    with pytest.raises(RefusedError, match="comand: there is no such field; did you mean command"):
        checked([COMMAND], {"comand": "status"})


def test_an_exploding_pattern_takes_no_time() -> None:
    field = Field(name="x", pattern="(a+)+b", longest=8192)
    with pytest.raises(RefusedError):
        checked([field], {"x": "a" * 8000})


@given(
    st.dictionaries(st.sampled_from(["command", "project", "count", "prompt"]), st.text() | st.integers() | st.none())
)
def test_anything_is_either_checked_or_refused(values: dict[str, Any]) -> None:
    try:
        found = checked([COMMAND, PROJECT, COUNT, SECRET], values)
    except RefusedError:
        return
    assert found["command"] in COMMAND.choices and 1 <= found["count"] <= 5


# ── batches ──


def test_a_line_is_the_value_of_an_only_field() -> None:
    assert read_batch("app-a\r\n\n app-b \n", [PROJECT]) == ({"project": "app-a"}, {"project": "app-b"})


def test_a_line_of_pairs_and_a_line_of_json_are_items() -> None:
    fields = [COMMAND, Field(name="text")]
    items = read_batch('command=status text="two \\"words\\" = one"\n{"command": "analyze", "text": "x"}', fields)
    assert items == ({"command": "status", "text": 'two "words" = one'}, {"command": "analyze", "text": "x"})


def test_every_wrong_line_is_named() -> None:
    text = "command=status\n\ncommand=nothing\n{broken\ncommand=status command=status\nstray\n"
    with pytest.raises(RefusedError) as caught:
        read_batch(text, [COMMAND, PROJECT])
    lines = str(caught.value).split("\n")
    assert [line.partition(":")[0] for line in lines] == ["line 3", "line 4", "line 5", "line 6"]


def test_what_all_items_share_may_come_later() -> None:
    assert read_batch("project=a", [COMMAND, PROJECT], partial=True) == ({"project": "a"},)
    with pytest.raises(RefusedError, match="line 1: command: is missing"):
        read_batch("project=a", [COMMAND, PROJECT])


def test_there_are_limits() -> None:
    with pytest.raises(RefusedError, match="no items"):
        read_batch("\n \n", [PROJECT])
    with pytest.raises(RefusedError, match=f"line {MOST_ITEMS + 1}: there are more than"):
        read_batch("a\n" * (MOST_ITEMS + 1), [PROJECT])


# ── JSON Schema ──


def _fields(properties: dict[str, Any], **more: Any) -> tuple[Field, ...]:
    return schema_fields(json.dumps({"type": "object", "properties": properties, **more}).encode())


def test_a_schema_becomes_fields() -> None:
    fields = _fields(
        {
            "command": {"enum": ["status", "analyze"], "description": "What to do"},
            "level": {"type": "integer", "exclusiveMinimum": 0, "maximum": 3, "default": 1},
            "name": {"$ref": "#/$defs/name", "title": "Name"},
            "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
            "prompt": {"type": ["string", "null"], "writeOnly": True, "minLength": 2},
            "version": {"const": 2},
        },
        required=["command"],
        **{"$defs": {"name": {"$ref": "#/$defs/word"}, "word": {"type": "string", "maxLength": 5, "pattern": "a|b"}}},
    )
    by_name = {field.name: field for field in fields}
    assert by_name["command"].choices == ("status", "analyze") and by_name["command"].required
    assert by_name["command"].help == "What to do"
    assert (by_name["level"].minimum, by_name["level"].maximum, by_name["level"].default) == (1, 3, 1)
    assert by_name["name"].longest == 5 and by_name["prompt"].private and by_name["prompt"].shortest == 2
    assert checked(fields, {"command": "status", "name": "xbx", "tags": "x,y"})["tags"] == ["x", "y"]
    with pytest.raises(RefusedError, match="name: it must match"):
        checked(fields, {"command": "status", "name": "xxx"})
    with pytest.raises(RefusedError, match="tags: "):
        checked(fields, {"command": "status", "tags": ["ab", "9"]})
    with pytest.raises(RefusedError, match="version: it must be one of 2"):
        checked(fields, {"command": "status", "version": 3})


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"oneOf": [{"type": "string"}]}, "properties.x: oneOf cannot be said by a form"),
        ({"type": "object"}, "the type object"),
        ({"type": "string", "not": {}}, "not cannot be said"),
        ({"$ref": "https://example.org/a.json"}, "only what stands in this file"),
        ({"$ref": "#/$defs/none"}, "there is no such schema"),
        ({"$ref": "#/properties/x"}, "references follow each other"),
        ({"type": "string", "pattern": "(?=a)b"}, "cannot be done by RE2"),
        ({"type": "string", "pattern": "a)|(b"}, "cannot be done by RE2"),
        ({"type": "integer", "multipleOf": 2}, "multipleOf cannot be said"),
        ({"type": "integer", "default": "x"}, "its default is wrong"),
        ({"type": "array", "items": {"type": "number"}}, "list is of texts"),
        ({"enum": [1, "a"]}, "the type None"),
        ({"enum": ["a"], "const": "b"}, "const is none of enum"),
        ({"type": "string", "readOnly": True}, "cannot be submitted"),
        (True, "a schema is an object"),
    ],
)
def test_what_a_form_cannot_say_is_refused_by_name(schema: Any, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _fields({"x": schema})
    assert said in str(caught.value)


def test_a_schema_is_an_object_of_some_size() -> None:
    for content, said in (
        (b"[" * 100_000, "no JSON"),
        (b"[]", "of an object"),
        (b"{}", "no properties"),
        (b" " * 300_000, "is the most"),
        (b'{"allOf": [], "properties": {"x": {}}}', "allOf cannot be said"),
        (b'{"properties": {"x": {"type": "string"}}, "required": ["y"]}', "which is no property"),
    ):
        with pytest.raises(ConfigError, match=said):
            schema_fields(content)
