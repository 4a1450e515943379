"""The items of a submission with their types, all of them right or none taken."""

from collections.abc import Mapping, Sequence
from typing import Any

from fleet.actions.batch import MOST_ITEMS, mistakes
from fleet.actions.fields import checked
from fleet.actions.template import Field
from fleet.errors import RefusedError


def checked_items(fields: Sequence[Field], items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every item with its types; what was not entered is None. Raises RefusedError with the numbers of wrong items."""
    if not items:
        raise RefusedError("there is nothing to submit")
    if len(items) > MOST_ITEMS:
        raise RefusedError(f"{len(items):,} items are more than {MOST_ITEMS:,}, the most of one act")
    nothing = dict.fromkeys(field.name for field in fields)
    found: list[dict[str, Any]] = []
    wrong: list[str] = []
    for number, item in enumerate(items, start=1):
        try:
            found.append(nothing | checked(fields, item))
        except RefusedError as error:
            wrong.append(f"item {number}: {error}" if len(items) > 1 else str(error))
    if wrong:
        raise RefusedError(mistakes(wrong, "items"))
    return found
