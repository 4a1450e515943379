"""An expression of a rule or a gate, read for an explanation: what it measures, with what that is compared, under which
further conditions, and how what it measures is taken apart."""

from typing import Any

from msgspec import Struct

from fleet.errors import QueryError
from fleet.why.plan import NoPlan, Plan, bare, number_of, plan_of, text_of

LONGEST = 20_000
"""Characters of an expression that are looked at."""
_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
_MOST_SIDES = 4


class Measured(Struct, frozen=True, kw_only=True):
    """`measured op bound`. `bound` is a number, or `bound_query` gives it; neither where nothing is compared.
    `conditions` are what else must hold (`and …`, `unless …`). `plan` is None where it cannot be told what contributes,
    for which `why_not` is the reason."""

    measured: str
    op: str = ""
    bound: float | None = None
    bound_query: str = ""
    conditions: tuple[str, ...] = ()
    plan: Plan | None = None
    why_not: str = ""


def read(expr: str, *, low: bool = False) -> tuple[Measured, ...]:
    """What `expr` measures; several where it is `… or …`. `low`: where it compares nothing itself, too little of it is
    bad. Raises QueryError for what is no PromQL of Prometheus 2.42, or too long."""
    if len(expr) > LONGEST:
        raise QueryError(f"it has more than {LONGEST:,} characters")
    # Only who asks why needs the parser. Ours goes first: it bounds what the native one may meet.
    from fleet.promql.parse import parse

    parse(expr)
    import promql_parser

    try:
        tree = promql_parser.parse(expr)
    except ValueError as error:
        raise QueryError(f"it cannot be taken apart: {error}") from None
    return tuple(_sides(bare(tree), (), low=low))[:_MOST_SIDES]


def _sides(node: Any, conditions: tuple[str, ...], *, low: bool) -> list[Measured]:
    op = str(node.op) if type(node).__name__ == "BinaryExpr" else ""
    if op == "or":
        return [*_sides(bare(node.lhs), conditions, low=low), *_sides(bare(node.rhs), conditions, low=low)]
    if op in ("and", "unless"):
        return _sides(bare(node.lhs), (*conditions, f"{op} {text_of(node.rhs)}"), low=low)
    return [_compared(node, op, conditions, low=low)]


def _compared(node: Any, op: str, conditions: tuple[str, ...], *, low: bool) -> Measured:
    if op not in _TURNED:
        return _planned(Measured(measured=text_of(node), conditions=conditions), node, low=low)
    left, right = bare(node.lhs), bare(node.rhs)
    if number_of(left) is not None and number_of(right) is None:
        left, right, op = right, left, _TURNED[op]
    bound = number_of(right)
    found = Measured(
        measured=text_of(left),
        op=op,
        bound=bound,
        bound_query="" if bound is not None else text_of(right),
        conditions=conditions,
    )
    # `== 0` is true of what is too low, `== 1` of what is as high as it may be.
    falls = op in ("<", "<=") or (op == "==" and bound == 0)
    return _planned(found, left, low=falls)


def _planned(found: Measured, node: Any, *, low: bool) -> Measured:
    from msgspec.structs import replace

    try:
        return replace(found, plan=plan_of(node, low=low))
    except NoPlan as no:
        return replace(found, why_not=str(no))
