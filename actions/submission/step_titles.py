"""What the steps of a submission are called: by what was entered, as far as it may be written down."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from msgspec.structs import replace

from fleet.actions.plan import Step
from fleet.actions.ports import Submitting
from fleet.actions.template import Field


@runtime_checkable
class Titled(Protocol):
    """A kind whose steps are called by texts of the configuration that values are put into."""

    def title(self, values: Mapping[str, Any], untold: Collection[str] = ()) -> str:
        """The title of an item's step; of what is `untold` the name stands in place of the value."""
        ...


def titled(
    submitting: Submitting, steps: Sequence[Step], pairs: Sequence[tuple[str, dict[str, Any]]], fields: Sequence[Field]
) -> Sequence[Step]:
    """The steps with what may be told of their items in their titles."""
    if not isinstance(submitting, Titled):
        return steps
    private = frozenset(field.name for field in fields if field.private)
    values = [{**item, "to": agent} for agent, item in pairs]
    return [replace(step, title=submitting.title(values[step.item], private)) for step in steps]
