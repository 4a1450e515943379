"""Compiles the tree of `promql_parser` to nodes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fleet.errors import QueryError
from fleet.promql.aggregate import AGGREGATIONS, Grouping, aggregation
from fleet.promql.binary import binary, negated
from fleet.promql.calls import call
from fleet.promql.labels import NAME
from fleet.promql.lexis import Lexis, tokens_of, wrong
from fleet.promql.limits import MAX_DEPTH, over
from fleet.promql.node import At, Kind, Node, Selection
from fleet.promql.selectors import instant_selector, range_selector
from fleet.promql.storage import Matcher, Matchers, MatchOp
from fleet.promql.subquery import subquery
from fleet.promql.table import functions, refusal
from fleet.promql.vector_matching import Card, Matching
from fleet.promql.wanted import Wanted, reach_ms, wanted

_OPS = {
    "MatchOp.Equal": MatchOp.EQUAL,
    "MatchOp.NotEqual": MatchOp.NOT_EQUAL,
    "MatchOp.Re": MatchOp.MATCHES,
    "MatchOp.NotRe": MatchOp.NOT_MATCHES,
}
_MILLISECOND = timedelta(milliseconds=1)


def _millis(delta: timedelta | None) -> int:
    return 0 if delta is None else delta // _MILLISECOND


class Compiler:
    """Compiles an expression and remembers the nodes of its parts, for functions that evaluate their arguments."""

    def __init__(self, text: str, lexis: Lexis) -> None:
        self.text = text
        self.wanted: list[Wanted] = []
        self.size = 0
        """Parts that were compiled so far."""
        self._lexis = lexis
        self._nodes: dict[int, tuple[Any, Node]] = {}
        self._depth = 0
        self._outer_ms = 0.0
        self._compilers: dict[str, Callable[[Any], Node]] = {
            "NumberLiteral": self._number,
            "StringLiteral": self._string,
            "VectorSelector": lambda e: instant_selector(self._wanting(self._selection(e))),
            "MatrixSelector": self._range,
            "SubqueryExpr": self._subquery,
            "ParenExpr": lambda e: self(e.expr),
            "UnaryExpr": lambda e: negated(self(e.expr)),
            "BinaryExpr": self._binary,
            "AggregateExpr": self._aggregation,
            "Call": self._call,
        }

    def __call__(self, expression: Any) -> Node:
        """The node of an expression. Raises QueryError."""
        self._depth += 1
        self.size += 1
        if self._depth > MAX_DEPTH:
            raise over(f"the expression is nested more than {MAX_DEPTH} levels deep")
        node = self._compilers[type(expression).__name__](expression)
        self._depth -= 1
        self._nodes[id(expression)] = (expression, node)
        return node

    def node_of(self, expression: Any) -> Node:
        """The node of a part that was compiled with the whole."""
        return self._nodes[id(expression)][1]

    def _number(self, expression: Any) -> Node:
        value = float(expression.val)
        return Node(Kind.SCALAR, lambda _: value)

    def _string(self, expression: Any) -> Node:
        value = str(expression.val)
        return Node(Kind.STRING, lambda _: value)

    def _matchers(self, selector: Any) -> Matchers:
        found = [Matcher(NAME, MatchOp.EQUAL, selector.name)] if selector.name else []
        for matcher in selector.matchers.matchers:
            op, value = _OPS[str(matcher.op)], matcher.value
            if op in (MatchOp.MATCHES, MatchOp.NOT_MATCHES):
                value = self._lexis.patterns[int(value.rstrip("|"))]
            found.append(Matcher(matcher.name, op, value))
        return tuple(found)

    def _at(self, modifier: Any) -> At | int | None:
        if modifier is None:
            return None
        kind = str(modifier.type)
        if kind == "AtModifierType.Start":
            return At.START
        if kind == "AtModifierType.End":
            return At.END
        return self._lexis.times_ms[int(modifier.at.timestamp())]

    def _selection(self, selector: Any, range_ms: int = 0) -> Selection:
        matchers = self._matchers(selector)
        return Selection(matchers, _millis(selector.offset), self._at(selector.at), range_ms)

    def _wanting(self, selection: Selection) -> Selection:
        self.wanted.append(wanted(self._outer_ms, selection))
        return selection

    def _range(self, expression: Any) -> Node:
        selection = self._selection(expression.vector_selector, _millis(expression.range))
        return range_selector(self._wanting(selection))

    def _subquery(self, expression: Any) -> Node:
        selection = Selection((), _millis(expression.offset), self._at(expression.at), _millis(expression.range))
        outer, self._outer_ms = self._outer_ms, reach_ms(self._outer_ms, selection)
        before = self.size
        inner = self(expression.expr)
        self._outer_ms = outer
        return subquery(inner, selection, _millis(expression.step), self.size - before)

    def _call(self, expression: Any) -> Node:
        name = expression.func.name
        function = functions().get(name)
        if function is None:
            raise self._refused(name)
        arguments = expression.args
        kind = Kind(str(expression.func.return_type).removeprefix("ValueType.").lower())
        return call(function, kind, arguments, [self(argument) for argument in arguments])

    def _aggregation(self, expression: Any) -> Node:
        op = str(expression.op)
        if op not in AGGREGATIONS:
            raise self._refused(op)
        modifier = expression.modifier
        without = modifier is not None and str(modifier.type) == "AggModifierType.Without"
        grouping = Grouping(frozenset(modifier.labels) if modifier is not None else frozenset(), without)
        parameter = None if expression.param is None else self(expression.param)
        return aggregation(op, grouping, self(expression.expr), parameter)

    def _refused(self, name: str) -> QueryError:
        found = next((token.at for token in tokens_of(self.text) if token.text == name), 0)
        return wrong(self.text, found, refusal(name))

    def _binary(self, expression: Any) -> Node:
        modifier = expression.modifier
        returns_bool = modifier is not None and modifier.return_bool
        if modifier is not None and (modifier.fill_values.lhs, modifier.fill_values.rhs) != (None, None):
            raise QueryError("fill modifiers are newer than Prometheus 2.42")
        return binary(str(expression.op), self(expression.lhs), self(expression.rhs), _matching(modifier), returns_bool)


def _matching(modifier: Any) -> Matching:
    if modifier is None:
        return Matching()
    name = str(modifier.card).removeprefix("VectorMatchCardinality.")
    card = Card(name) if name != "ManyToMany" else Card.ONE_TO_ONE
    clause = modifier.matching
    on = clause is not None and str(clause.type) == "LabelModifierType.Include"
    names = frozenset(clause.labels) if clause is not None else frozenset[str]()
    return Matching(card, on, names, tuple(modifier.group_labels or ()))
