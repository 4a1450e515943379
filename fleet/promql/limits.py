"""What one query may cost. A query that asks for more is refused with a QueryError of kind `limit`, never cut short: a
sum over some of the series would look like an answer.
"""

from msgspec import Struct

from fleet.errors import QueryError

LOOKBACK_MS = 300_000
"""How far back an instant vector looks for a sample: Prometheus's default, 5 minutes, both ends included."""
DEFAULT_INTERVAL_MS = 60_000
"""The step of a subquery that names none, unless the caller gives its evaluation interval: Prometheus's default."""

MAX_TEXT = 65_536
"""Characters of an expression."""
MAX_BRACKETS = 150
"""Brackets that are open at once in the text. The parser recurses in native code, where a stack overflow would end the
process, so this is looked at before it sees the text."""
MAX_OPERATORS = 1_000
"""Operators in the text, for the same reason: chains of operators are trees as deep as they are long."""
MAX_LABEL = 65_536
"""Characters of a label's value that `label_replace` or `label_join` makes."""
STEP_WORK = 10
"""What one part of an expression, or one element of its value, costs, in samples."""
MAX_DEPTH = 150
"""Levels of the tree, from the whole expression down to a selector."""


class EvalLimits(Struct, frozen=True):
    """Bounds of one evaluation. The number of samples is Prometheus's own default, as is the number of steps."""

    series: int = 200_000
    """Series that one selector may touch, and that a result may have."""
    samples: int = 50_000_000
    """Samples that all selectors together may read, every step counted."""
    work: int = 50_000_000
    """What the steps of range queries and subqueries may cost, all together: one for each sample of a window, ten for
    each part of the expression and for each element of its value. Ten million take less than a second."""
    text: int = 50_000_000
    """Characters of the labels that `label_replace` and `label_join` may make, all together."""
    steps: int = 11_000
    """Steps of a range query."""
    subquery_steps: int = 500_000
    """Steps of a subquery, all that the query around it looks at."""


def too_deep() -> QueryError:
    """The error for an expression with too many levels, counted or found out by Python's own limit."""
    return over(f"the expression is nested more than {MAX_DEPTH} levels deep, or too deep for this place")


DEFAULT_LIMITS = EvalLimits()


def over(what: str) -> QueryError:
    """The error for a limit that was reached."""
    return QueryError(what, "limit")
