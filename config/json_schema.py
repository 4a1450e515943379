"""The fields of a form, from a JSON Schema file.

What a form can say is taken: an object of strings, numbers, booleans and lists of texts, with their limits. What it
cannot (`oneOf`, nested objects, a `$ref` to elsewhere, a pattern that RE2 cannot do) is refused by name: a value that
passed here and is wrong for the schema would be a promise that was not kept. Keywords: JSON Schema draft 2020-12,
https://json-schema.org/draft/2020-12/json-schema-validation
"""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import msgspec
import re2

from fleet.actions.fields import checked_value, full_match
from fleet.actions.template import Field, FieldType
from fleet.errors import ConfigError, OutsideError, RefusedError
from fleet.near import meant
from fleet.text import scrub

MOST_BYTES: Final = 256 * 1024
MOST_FIELDS: Final = 200
DEPTH: Final = 16
"""References that may follow each other."""
LONGEST: Final = 8192
"""Most characters of a text that the schema does not limit."""
ONE_LINE: Final = 200
"""A text that may be longer, and has no pattern, may have several lines."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_SAID: Final = frozenset(
    {"title", "description", "$comment", "examples", "deprecated", "format", "contentMediaType", "contentEncoding"}
)
"""Keywords that constrain nothing."""
_TOP: Final = _SAID | {
    "$schema", "$id", "$defs", "definitions", "type", "properties", "required", "additionalProperties", "default",
}  # fmt: skip
_ANY: Final = _SAID | {"type", "enum", "const", "default", "writeOnly", "readOnly"}
_BY_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "string": _ANY | {"pattern", "minLength", "maxLength"},
    "integer": _ANY | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": _ANY | {"minimum", "maximum"},
    "boolean": _SAID | {"type", "default", "writeOnly", "readOnly"},
    "array": _SAID | {"type", "items", "default", "writeOnly", "readOnly"},
}
_FIELD_TYPES: Final[Mapping[str, FieldType]] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
}

Schema = dict[str, Any]


def read_schema(path: Path, read: Callable[[Path, int], bytes]) -> tuple[Field, ...]:
    """The fields of the schema in the file at `path`. `read` gives the bytes of a file, at most so many. Raises
    ConfigError that names the file and the part of it that is wrong or that no form can say."""
    try:
        return schema_fields(read(path, MOST_BYTES))
    except OutsideError as error:
        raise ConfigError(f"the schema {path.name}: {error}") from error
    except ConfigError as error:
        raise ConfigError(f"the schema {path.name}: {error}") from error


def schema_fields(content: bytes) -> tuple[Field, ...]:
    """The fields of a schema. Raises ConfigError that names what is wrong."""
    if len(content) > MOST_BYTES:
        raise ConfigError(f"it has {len(content):,} bytes, {MOST_BYTES:,} is the most")
    try:
        root = msgspec.json.decode(content)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"no JSON: {scrub(str(error), 120)}") from error
    if not isinstance(root, dict):
        raise ConfigError("a schema of an object is wanted")
    return _Reader(root).fields()


class _Reader:
    def __init__(self, root: Schema) -> None:
        self._root = root

    def fields(self) -> tuple[Field, ...]:
        root = self._resolved(self._root, "the schema")
        _only(root, _TOP, "the schema")
        if root.get("type", "object") != "object":
            raise ConfigError("its type is not object: a form has named fields")
        properties = root.get("properties")
        if not isinstance(properties, dict) or not properties:
            raise ConfigError("it has no properties: a form has named fields")
        if len(properties) > MOST_FIELDS:
            raise ConfigError(f"it has {len(properties):,} properties, {MOST_FIELDS} is the most")
        required = _names(root.get("required", []))
        for name in required:
            if name not in properties:
                raise ConfigError(f"required names {scrub(name, 60)!r}, which is no property{meant(name, properties)}")
        return tuple(self._field(name, schema, name in required) for name, schema in properties.items())

    def _field(self, name: str, schema: Any, required: bool) -> Field:
        where = f"properties.{scrub(name, 60)}"
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{where}: a name has letters, digits and _ . - and begins with a letter")
        schema = self._resolved(schema, where)
        kind = _type(schema, where)
        _only(schema, _BY_TYPE[kind], where)
        if schema.get("readOnly") is True:
            raise ConfigError(f"{where}: readOnly: it cannot be submitted")
        if kind == "array":
            field = self._list(name, schema, where)
        else:
            field = _limits(Field(name=name, type=_FIELD_TYPES[kind], longest=LONGEST), schema, where)
        field = msgspec.structs.replace(
            field,
            help=_help(schema),
            required=required,
            private=schema.get("writeOnly") is True,
            lines=field.type == "text" and not field.pattern and field.longest > ONE_LINE,
            offered=tuple(one for one in _examples(schema) if not field.choices),
        )
        return _with_default(field, schema, where)

    def _list(self, name: str, schema: Schema, where: str) -> Field:
        """A list of texts: the limits of its items are those of the field."""
        items = self._resolved(schema.get("items", {"type": "string"}), f"{where}.items")
        if _type(items, f"{where}.items") != "string":
            raise ConfigError(f"{where}.items: a form's list is of texts")
        _only(items, _BY_TYPE["string"], f"{where}.items")
        field = _limits(Field(name=name, longest=LONGEST), items, f"{where}.items")
        return msgspec.structs.replace(field, type="list")

    def _resolved(self, schema: Any, where: str) -> Schema:
        """The schema without its reference. Keywords beside `$ref` count, too; one that says otherwise is refused."""
        for _ in range(DEPTH):
            if not isinstance(schema, dict):
                raise ConfigError(f"{where}: a schema is an object")
            if "$ref" not in schema:
                return schema
            own = {key: value for key, value in schema.items() if key != "$ref"}
            meant_by = self._at(schema["$ref"], where)
            for key, value in own.items():
                if key not in _SAID and key != "default" and meant_by.get(key, value) != value:
                    raise ConfigError(f"{where}: {scrub(key, 40)} stands beside $ref and in what it names")
            schema = {**meant_by, **own}
        raise ConfigError(f"{where}: more than {DEPTH} references follow each other")

    def _at(self, pointer: object, where: str) -> Schema:
        """What a local reference (`#/$defs/name`, RFC 6901) names."""
        shown = scrub(str(pointer), 80)
        if not isinstance(pointer, str) or not pointer.startswith("#/"):
            raise ConfigError(f"{where}: $ref to {shown}: only what stands in this file (#/…) is followed")
        found: Any = self._root
        for part in pointer[2:].split("/"):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise ConfigError(f"{where}: $ref to {shown}: there is no such schema in this file")
        return found


def _type(schema: Schema, where: str) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        others = [one for one in kind if one != "null"]
        kind = others[0] if len(others) == 1 else kind
    if kind is None:
        kind = _implied(schema)
    if not isinstance(kind, str) or kind not in _FIELD_TYPES:
        for keyword in schema:
            if keyword not in _ANY:
                raise ConfigError(f"{where}: {scrub(keyword, 40)} cannot be said by a form")
        raise ConfigError(f"{where}: the type {scrub(str(kind), 40)} cannot be said by a form")
    return kind


def _implied(schema: Schema) -> str | None:
    """The type of the values that are listed, where none is given."""
    values = schema["enum"] if isinstance(schema.get("enum"), list) else [schema["const"]] if "const" in schema else []
    if values and all(isinstance(value, str) for value in values):
        return "string"
    return "integer" if values and all(type(value) is int for value in values) else None


def _limits(field: Field, schema: Schema, where: str) -> Field:
    choices = _choices(schema, field.type, where)
    kind: FieldType = "choice" if choices and field.type == "text" else field.type
    low, high = _numbers(schema, where)
    return msgspec.structs.replace(
        field,
        type=kind,
        choices=choices,
        default=schema.get("const"),
        pattern=_pattern(schema.get("pattern"), where),
        minimum=low,
        maximum=high,
        shortest=_count(schema, "minLength", 0, where),
        longest=min(_count(schema, "maxLength", LONGEST, where), 1_000_000),
    )


def _choices(schema: Schema, kind: FieldType, where: str) -> tuple[str, ...]:
    if "enum" not in schema and "const" not in schema:
        return ()
    values = schema.get("enum", [schema.get("const")])
    if not isinstance(values, list) or not values:
        raise ConfigError(f"{where}: enum is a list of values")
    if "const" in schema:
        values = [value for value in values if value == schema["const"]]
        if not values:
            raise ConfigError(f"{where}: const is none of enum")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, str if kind == "text" else int | float):
            raise ConfigError(f"{where}: enum: {scrub(repr(value), 40)} is not of its type")
    return tuple(str(value) for value in values)


def _numbers(schema: Schema, where: str) -> tuple[float | None, float | None]:
    """The least and greatest number; exclusive ones only stand with whole numbers."""
    found = {}
    for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        value = schema.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ConfigError(f"{where}: {key} is a number")
        found[key] = value
    lows = [found["minimum"], None if found["exclusiveMinimum"] is None else math.floor(found["exclusiveMinimum"]) + 1]
    highs = [found["maximum"], None if found["exclusiveMaximum"] is None else math.ceil(found["exclusiveMaximum"]) - 1]
    return max((one for one in lows if one is not None), default=None), min(
        (one for one in highs if one is not None), default=None
    )


def _pattern(pattern: object, where: str) -> str:
    """A JSON Schema pattern may match anywhere in a text; a field's is the whole of it."""
    if pattern is None:
        return ""
    if not isinstance(pattern, str):
        raise ConfigError(f"{where}: pattern is a text")
    anchored = pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith("\\$") and "|" not in pattern
    whole = pattern[1:-1] if anchored else f"(?s:.*)(?:{pattern})(?s:.*)"
    try:
        # Alone first: a bracket too many must not close ours.
        full_match(pattern)
        full_match(whole)
    except (re2.error, UnicodeEncodeError):
        raise ConfigError(f"{where}: the pattern {scrub(pattern, 80)!r} cannot be done by RE2") from None
    return whole


def _count(schema: Schema, key: str, default: int, where: str) -> int:
    value = schema.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigError(f"{where}: {key} is a whole number")
    return value


def _with_default(field: Field, schema: Schema, where: str) -> Field:
    if schema.get("default") is None and field.default is None:
        return field
    default = schema.get("default", field.default)
    try:
        return msgspec.structs.replace(field, default=checked_value(field, default))
    except RefusedError as error:
        raise ConfigError(f"{where}: its default is wrong: {error}") from error


def _only(schema: Schema, known: frozenset[str], where: str) -> None:
    for keyword in schema:
        if keyword not in known and not keyword.startswith("x-"):
            raise ConfigError(f"{where}: {scrub(keyword, 40)} cannot be said by a form")


def _names(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ConfigError("required is a list of names")
    return value


def _help(schema: Schema) -> str:
    said = (schema.get("title"), schema.get("description"))
    return scrub(": ".join(one for one in said if isinstance(one, str) and one), 400)


def _examples(schema: Schema) -> tuple[str, ...]:
    found = schema.get("examples")
    return tuple(one for one in found[:20] if isinstance(one, str)) if isinstance(found, list) else ()
