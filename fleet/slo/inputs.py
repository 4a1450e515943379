"""How a query of an indicator is read: series by themselves where it only selects counters, else as it is written.

`sum(rate(x{…}[5m]))` and `sum by (job) (x{…})` select the counter `x{…}`: its samples are then read one by one, which
is exact, where a rate extrapolates. Anything else is evaluated at each look.
"""

from typing import Any

from msgspec import Struct

from fleet.errors import QueryError
from fleet.promql.storage import Matcher, Matchers, MatchOp

_COUNTING = frozenset({"rate", "increase", "irate"})
_OPS = {"Equal": MatchOp.EQUAL, "NotEqual": MatchOp.NOT_EQUAL, "Re": MatchOp.MATCHES, "NotRe": MatchOp.NOT_MATCHES}


class Selected(Struct, frozen=True):
    """Series by themselves."""

    matchers: Matchers

    @property
    def text(self) -> str:
        """As PromQL."""
        return "{" + ",".join(map(str, self.matchers)) + "}"


class Evaluated(Struct, frozen=True):
    """A query that is asked as a whole."""

    text: str


Input = Selected | Evaluated


def input_of(text: str, *, counter: bool) -> Input:
    """How `text` is to be read. Raises QueryError where it is no PromQL."""
    import promql_parser

    try:
        tree = promql_parser.parse(text)
    except ValueError as error:
        raise QueryError(f"not PromQL: {error}") from None
    matchers = _selected(tree, counter=counter)
    return Evaluated(text) if matchers is None else Selected(matchers)


def _selected(tree: Any, *, counter: bool) -> Matchers | None:
    """The matchers where `tree` is a selector, or what counters are usually wrapped in; None where it is more."""
    kind = type(tree).__name__
    if kind == "ParenExpr":
        return _selected(tree.expr, counter=counter)
    if kind == "VectorSelector":
        return _matchers(tree)
    if not counter:
        return None
    if kind == "AggregateExpr" and str(tree.op) == "sum":
        return _selected(tree.expr, counter=True)
    if kind == "Call" and tree.func.name in _COUNTING and type(tree.args[0]).__name__ == "MatrixSelector":
        return _matchers(tree.args[0].vector_selector)
    return None


def _matchers(selector: Any) -> Matchers | None:
    if selector.offset is not None or selector.at is not None or getattr(selector.matchers, "or_matchers", None):
        return None
    found = [Matcher(one.name, _OPS[str(one.op).rpartition(".")[2]], one.value) for one in selector.matchers.matchers]
    if selector.name:
        found.insert(0, Matcher("__name__", MatchOp.EQUAL, selector.name))
    return tuple(found)
