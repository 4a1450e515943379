"""Gates as they are written in a configuration."""

from typing import Annotated

from msgspec import Meta, Struct

from fleet.errors import QueryError
from fleet.gates.target import GateUnit, parse_target


def _readable(text: object) -> object:
    """Raises ValueError where `text` is no PromQL, or none that gives numbers."""
    # The parser is needed by few configurations.
    from fleet.promql.parse import parse

    try:
        kind = parse(str(text)).kind
    except QueryError as error:
        raise ValueError(str(error)) from error
    if kind not in ("vector", "scalar"):
        raise ValueError(f"a gate needs a number or a vector of them, and this gives a {kind}")
    return text


Expression = Annotated[str, Meta(min_length=1, max_length=20_000, extra={"check": _readable})]
"""A PromQL expression."""


class GateOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quality gate: an expression, and what it must reach."""

    expr: Expression
    """PromQL: what is observed. Where it gives several values, all must reach the target."""
    target: Annotated[str, Meta(min_length=1, max_length=80)]
    """What it must reach: `>99.9%`, `<500ms`, `>= 5`, `0`, `203/203 passing`."""
    of: Expression | None = None
    """PromQL: how many there are in all, for a target `n/m`: no more than m − n of them may fail."""
    claimed: Expression | None = None
    """PromQL: what the fleet says of itself, shown beside what is observed and never taken for it."""
    unit: GateUnit | None = None
    """What the expressions count in, where it is not the base unit of the target (ratio for %, seconds, bytes)."""

    def __post_init__(self) -> None:
        parse_target(self.target, self.unit)
