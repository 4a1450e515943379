"""The fields of a template: from its configuration or its JSON Schema, and with what its target is known to take."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from config.action_options import TemplateOptions
from config.template_fields import template_fields
from fleet.actions.ports import ActReach
from fleet.actions.template import Field
from transport.files import read_file


def fields_of(head: TemplateOptions, reach: ActReach) -> tuple[Field, ...]:
    """The fields. Raises ConfigError as `template_fields` does."""
    return template_fields(head, reach.root, _read)


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


def _read(path: Path, limit: int) -> bytes:
    return read_file(path, limit).content
