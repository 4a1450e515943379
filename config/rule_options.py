"""How a configuration names rule files and the labels of its fleet."""

from typing import Annotated

from msgspec import Meta

_WILD = frozenset("*?[")


def is_wild(text: str) -> bool:
    """Whether `text` has wildcards."""
    return not _WILD.isdisjoint(text)


def _check_pattern(text: object) -> None:
    """Raises ValueError: wildcards may stand in the last part only, as in Prometheus."""
    folder, _, name = str(text).rpartition("/")
    if is_wild(folder) or "**" in name:
        raise ValueError("wildcards stand in the last part of a path only, such as rules/*.yml")


RulePattern = Annotated[str, Meta(min_length=1, extra={"check": _check_pattern})]
"""A rule file, or a pattern of several; relative to the configuration's folder."""

LabelName = Annotated[str, Meta(pattern="^[a-zA-Z_][a-zA-Z0-9_]*$", extra={"form": "a label name such as env"})]
"""The name of a label of a series."""
