"""What an alert's expression measures, and what it is compared with: `rate(errors[5m]) > 0.5` measures the rate, and
0.5 is its threshold."""

from typing import Any

from msgspec import Struct

_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
LONGEST = 20_000
"""Characters of an expression that are looked at."""


class Threshold(Struct, frozen=True):
    """`measured op value`, as the expression stands."""

    measured: str
    op: str
    value: float

    def __str__(self) -> str:
        """`> 0.5`"""
        return f"{self.op} {self.value:g}"


def threshold_of(expr: str) -> Threshold | None:
    """The comparison at the top of `expr` with a number; None where there is none, or it cannot be read."""
    if not expr or len(expr) > LONGEST:
        return None
    # Only a page of details needs it.
    import promql_parser

    try:
        top = _bare(promql_parser.parse(expr))
    except ValueError:
        return None
    if not isinstance(top, promql_parser.BinaryExpr) or str(top.op) not in _TURNED:
        return None
    left, right, op = _bare(top.lhs), _bare(top.rhs), str(top.op)
    if isinstance(left, promql_parser.NumberLiteral):
        left, right, op = right, left, _TURNED[op]
    if not isinstance(right, promql_parser.NumberLiteral) or isinstance(left, promql_parser.NumberLiteral):
        return None
    return Threshold(left.prettify(), op, right.val)


def _bare(expr: Any) -> Any:
    """Without the parentheses around it."""
    while type(expr).__name__ == "ParenExpr":
        expr = expr.expr
    return expr
