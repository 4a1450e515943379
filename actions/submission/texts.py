"""The texts of a template's options, read once and filled for each item."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from config.values import SecretRef
from fleet.actions.placeholders import Pattern, fill_text, read_pattern
from fleet.actions.plan import SecretName


class _AnyName:
    """The names that there are: a kind does not know the fields of its template, `Submissions` compares them."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def pattern_of(text: str) -> Pattern:
    """The template that `text` writes. Raises ConfigError for a brace alone."""
    return read_pattern(text, _AnyName())


def filled(pattern: Pattern | None, name: str, values: Mapping[str, Any]) -> str:
    """The text, of the item's own field `name` where no template was configured; "" where neither is there. Raises
    RefusedError."""
    if pattern is None:
        pattern = pattern_of(f"{{{name}}}") if name in values else None
    return "" if pattern is None else fill_text(pattern, values)


def field_of(pattern: Pattern | None, name: str) -> str:
    """The name of the field that alone decides a text, "" where there is none."""
    return name if pattern is None else pattern.lone or ""


def names_of(patterns: Iterable[Pattern | None]) -> frozenset[str]:
    """The names of the values that the templates take."""
    return frozenset(name for pattern in patterns if pattern is not None for name in pattern.names)


def named_in(own: Collection[str] = (), **texts: Any) -> dict[str, frozenset[str]]:
    """The fields that the texts of options name, by the option's key; `own` are no fields. Raises ConfigError for a
    brace alone."""
    return {key: names_of(map(pattern_of, _leaves(value))) - frozenset(own) for key, value in texts.items()}


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one)


def secret_name(ref: SecretRef | None, header: str = "", scheme: str = "") -> SecretName | None:
    """A secret of the configuration as a plan names it."""
    if ref is None:
        return None
    return SecretName(header=header, scheme=scheme, env=ref.env or "", file=ref.file or "")
