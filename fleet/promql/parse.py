"""Reads a PromQL expression: checks its text, has `promql_parser` parse it, and compiles the tree.

What Prometheus 2.42 refuses is refused here, too, where the parser of a later PromQL would take it; see `lexis.py` and
`table.py`.
"""

from typing import Any

from fleet.promql.compiling import Compiler
from fleet.promql.lexis import Lexis, read
from fleet.promql.limits import too_deep
from fleet.promql.node import Kind, Node
from fleet.promql.wanted import Wanted

__all__ = ["Query", "Wanted", "parse"]


class Query:
    """A compiled expression, which can be evaluated any number of times."""

    __slots__ = ("_compiler", "kind", "root", "size", "text", "wanted")

    text: str
    kind: Kind
    wanted: tuple[Wanted, ...]
    root: Node
    size: int
    """Parts of the expression."""

    def __init__(self, text: str, compiler: Compiler, expression: Any) -> None:
        self.text = text
        self._compiler = compiler
        self.root = compiler(expression)
        self.kind = self.root.kind
        self.size = compiler.size
        self.wanted = tuple(dict.fromkeys(compiler.wanted))

    def node_of(self, expression: Any) -> Node:
        """What a part of the expression was compiled to."""
        return self._compiler.node_of(expression)

    def __repr__(self) -> str:
        return f"Query({self.text!r})"


def parse(text: str) -> Query:
    """The query that `text` is.

    Raises QueryError: not PromQL as Prometheus 2.42 reads it (the message begins with line and column where that can be
    told), a function that is left out, or larger than the limits of `limits.py`.
    """
    lexis = read(text)
    try:
        return Query(text, Compiler(text, lexis), _parsed(text, lexis))
    except RecursionError as error:
        raise too_deep() from error


def _parsed(text: str, lexis: Lexis) -> Any:
    from fleet.promql.parser import parsed

    return parsed(text, lexis)
