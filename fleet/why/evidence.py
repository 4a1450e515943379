"""What a ladder asks of the objectives: how each of them is measured."""

from collections.abc import Callable

from msgspec import Struct

from fleet.promql.labels import Labels
from fleet.slo.definition import Indicator
from fleet.slo.inputs import Input


class Evidence(Struct, frozen=True, kw_only=True):
    """How an objective is measured: its indicator, each input as it is read (the total, or the only one, first), and
    which series count for this row of it. `elsewhere` names who has the samples where these are not here."""

    indicator: Indicator
    inputs: tuple[Input, ...]
    belongs: Callable[[Labels], bool]
    elsewhere: str = ""


EvidenceOf = Callable[[str], Evidence | None]
"""The evidence of the objective of that name (as in `store.slos`); None where it is not known."""


def no_evidence(_: str) -> None:
    """Where no objectives are followed."""
