"""The fields of a template as its configuration says them: one by one, or by a JSON Schema."""

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from config.action_options import FieldOptions, TemplateOptions
from config.file_text import read_text
from config.json_schema import read_schema
from fleet.actions.fields import checked_value
from fleet.actions.template import Field
from fleet.errors import ConfigError, RefusedError


def _read(path: Path, limit: int) -> bytes:
    return read_text(path, limit).encode()


def template_fields(head: TemplateOptions, root: Path, read: Callable[[Path, int], bytes] = _read) -> tuple[Field, ...]:
    """The fields; `read` gives the bytes of a file, at most so many. Raises ConfigError, also for a field that is named
    twice or whose default it would refuse. A sentence begins with the key that it is about."""
    if head.schema is not None and head.fields:
        raise ConfigError("schema: fields and schema are both given; one of them says what the form has")
    if head.schema is not None:
        try:
            return read_schema(root / head.schema, read)
        except ConfigError as error:
            raise ConfigError(f"schema: {error}") from error
    names = [one.name for one in head.fields]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ConfigError(f"fields[{place}].name: {name} is there twice")
    return tuple(_field(place, one) for place, one in enumerate(head.fields))


def _field(place: int, one: FieldOptions) -> Field:
    if one.minimum is not None and one.maximum is not None and one.minimum > one.maximum:
        raise ConfigError(f"fields[{place}].minimum: {one.name}: its minimum is greater than its maximum")
    field = Field(
        name=one.name,
        type=one.type,
        help=one.help,
        required=one.required,
        choices=one.choices,
        pattern=str(one.pattern) if one.pattern is not None else "",
        minimum=one.minimum,
        maximum=one.maximum,
        longest=one.longest,
        private=one.private,
        lines=one.lines,
    )
    if one.default is None:
        return field
    try:
        return replace(field, default=checked_value(field, one.default))
    except RefusedError as error:
        raise ConfigError(f"fields[{place}].default: the default of {error}") from error
