"""The fields of a template: from its configuration or its JSON Schema, and with what its target is known to take."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from config.action_options import FieldOptions, TemplateOptions
from config.json_schema import read_schema
from fleet.actions.fields import checked_value
from fleet.actions.ports import ActReach
from fleet.actions.template import Field
from fleet.errors import ConfigError, RefusedError
from transport.files import read_file


def fields_of(head: TemplateOptions, reach: ActReach) -> tuple[Field, ...]:
    """The fields. Raises ConfigError, also for a field that is named twice or whose default it would refuse."""
    if head.schema is not None and head.fields:
        raise ConfigError("fields and schema are both given; one of them says what the form has")
    if head.schema is not None:
        return read_schema(reach.root / head.schema, _read)
    names = [one.name for one in head.fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"fields: {twice} is there twice")
    return tuple(_field(one) for one in head.fields)


def offered_too(fields: Sequence[Field], known: Mapping[str, tuple[str, ...]]) -> tuple[Field, ...]:
    """The fields with what is known of them: as choices of a choice that has none, else offered beside free text."""
    return tuple(_with(field, known.get(field.name, ())) for field in fields)


def _with(field: Field, known: tuple[str, ...]) -> Field:
    if not known:
        return field
    if field.type == "choice" and not field.choices:
        return replace(field, choices=known)
    if field.choices:
        return replace(field, offered=tuple(choice for choice in field.choices if choice in known))
    return replace(field, offered=known)


def _field(one: FieldOptions) -> Field:
    if one.minimum is not None and one.maximum is not None and one.minimum > one.maximum:
        raise ConfigError(f"fields: {one.name}: its minimum is greater than its maximum")
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
        raise ConfigError(f"fields: the default of {error}") from error


def _read(path: Path, limit: int) -> bytes:
    return read_file(path, limit).content
