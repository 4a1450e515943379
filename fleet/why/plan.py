"""How an expression is un-aggregated: which of the series under its sums, counts and ratios make it as it is.

`sum by (job) (rate(errors[5m])) / sum by (job) (rate(all[5m])) > 0.1` is too high because of the series of
`rate(errors[5m])` of that job, the largest ones first; `… < 0.9` of good by all because of all minus good. So the value
is written as a sum of terms (`all` with weight 1, `good` with −1), each a query that gives single series, and what each
agent adds to it can be told. Where that is not so, the outermost aggregation is left out and the series are ranked by
what is left; where that is not possible either, nothing is said.
"""

from typing import Any

from msgspec import Struct

_SUMS = frozenset({"sum", "avg"})
_COUNTS = frozenset({"count", "group"})
_TOPS = frozenset({"max", "min", "topk", "bottomk", "quantile", "stddev", "stdvar"})
_ABSENT = frozenset({"absent", "absent_over_time"})
_CONSTANT = frozenset({"vector", "time"})
_INVERSE = {"==": "!=", "!=": "==", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}
_MOST_TERMS = 6


class Keep(Struct, frozen=True):
    """Which labels the series of a term have in common with what it was aggregated to: these only, or (`without`) all
    but these."""

    labels: frozenset[str] = frozenset()
    without: bool = True


ALL_LABELS = Keep()


class Term(Struct, frozen=True):
    """A query that gives single series, and with which weight they count. `counted`: each counts as one."""

    query: str
    weight: float = 1.0
    counted: bool = False
    keep: Keep = ALL_LABELS


class Plan(Struct, frozen=True, kw_only=True):
    """What contributes. `additive`: the terms add up, so that shares can be told; else they are only ranked, the least
    first where `least_first`. `whole`: nothing was aggregated, each series is an alert of its own. `said` says what was
    done to the expression."""

    terms: tuple[Term, ...]
    additive: bool = False
    least_first: bool = False
    whole: bool = False
    said: str = ""


class NoPlan(Exception):  # noqa: N818  # no failure: the expression has no such parts
    """The expression cannot be taken apart; `str()` is why, in a sentence."""


def bare(node: Any) -> Any:
    """Without the parentheses around it."""
    while type(node).__name__ == "ParenExpr":
        node = node.expr
    return node


def text_of(node: Any) -> str:
    """A node as PromQL on one line."""
    return " ".join(line.strip() for line in str(node.prettify()).splitlines())


def number_of(node: Any) -> float | None:
    """The number that a node is, be it with a sign."""
    node, sign = bare(node), 1.0
    if type(node).__name__ == "UnaryExpr":
        node, sign = bare(node.expr), -1.0
    return sign * float(node.val) if type(node).__name__ == "NumberLiteral" else None


def plan_of(node: Any, *, low: bool) -> Plan:
    """What makes `node` too high, or with `low` too low. Raises NoPlan."""
    node = bare(node)
    if not _aggregated(node):
        return _whole(node, low=low)
    kind = type(node).__name__
    if kind == "UnaryExpr":
        return plan_of(node.expr, low=not low)
    if kind == "BinaryExpr":
        return _binary(node, low=low)
    if kind == "AggregateExpr":
        return _aggregation(node, low=low)
    return _rewritten(node, low=low)


def _whole(node: Any, *, low: bool) -> Plan:
    name = node.func.name if type(node).__name__ == "Call" else ""
    if name in _ABSENT:
        inner = text_of(node.args[0])
        raise NoPlan(f"it asks whether {inner} is absent: nothing is there that could contribute")
    if name in _CONSTANT or number_of(node) is not None:
        raise NoPlan("it is a constant, made of no series")
    return Plan(terms=(Term(text_of(node)),), whole=True, least_first=low, said="the expression aggregates nothing")


def _aggregated(node: Any) -> bool:
    """Whether an aggregation stands anywhere in it."""
    node = bare(node)
    kind = type(node).__name__
    if kind == "AggregateExpr":
        return True
    if kind == "BinaryExpr":
        return _aggregated(node.lhs) or _aggregated(node.rhs)
    if kind in ("UnaryExpr", "SubqueryExpr"):
        return _aggregated(node.expr)
    return kind == "Call" and any(map(_aggregated, node.args))


def _keep(node: Any) -> Keep:
    modifier = node.modifier
    if modifier is None:
        return Keep(frozenset(), without=False)
    return Keep(frozenset(modifier.labels), without=str(modifier.type).endswith("Without"))


# ── terms that add up ──────────────────────────────────────────────────────────────────────────────────────────────


def terms_of(node: Any) -> tuple[Term, ...]:
    """`node` as a sum of terms. Raises NoPlan where it is none."""
    return _within_bound(_terms(bare(node), 1.0, None))


def _within_bound(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    if len(terms) > _MOST_TERMS:
        raise NoPlan(f"it adds up more than {_MOST_TERMS} queries")
    return terms


def _terms(node: Any, weight: float, keep: Keep | None) -> tuple[Term, ...]:
    if not _aggregated(node):
        if number_of(node) is not None:
            return ()
        return (Term(text_of(node), weight, keep=keep or ALL_LABELS),)
    kind = type(node).__name__
    if kind == "UnaryExpr":
        return _terms(bare(node.expr), -weight, keep)
    if kind == "AggregateExpr":
        return _aggregated_terms(node, weight, keep)
    if kind == "BinaryExpr":
        return _binary_terms(node, weight, keep)
    raise NoPlan(f"{text_of(node)[:80]} is no sum of series")


def _aggregated_terms(node: Any, weight: float, keep: Keep | None) -> tuple[Term, ...]:
    op, inner = str(node.op), bare(node.expr)
    # What the outermost aggregation keeps is what the whole has in common with its parts.
    keep = keep or _keep(node)
    if op in _SUMS:
        return _terms(inner, weight, keep)
    if op in _COUNTS and not _aggregated(inner):
        return (Term(text_of(inner), weight, counted=True, keep=keep),)
    raise NoPlan(f"{op} does not add up what it aggregates")


def _binary_terms(node: Any, weight: float, keep: Keep | None) -> tuple[Term, ...]:
    op = str(node.op)
    left, right = number_of(node.lhs), number_of(node.rhs)
    if op in ("+", "-"):
        sign = weight if op == "+" else -weight
        return (*_terms(bare(node.lhs), weight, keep), *_terms(bare(node.rhs), sign, keep))
    if op in ("*", "/") and right is not None and right != 0:
        return _terms(bare(node.lhs), weight * right if op == "*" else weight / right, keep)
    if op == "*" and left is not None:
        return _terms(bare(node.rhs), weight * left, keep)
    if op == "or":
        return _terms(bare(node.lhs), weight, keep)
    raise NoPlan(f"{op} does not add up its two sides")


# ── what is too high, or too low ───────────────────────────────────────────────────────────────────────────────────


def _binary(node: Any, *, low: bool) -> Plan:
    op = str(node.op)
    left, right = number_of(node.lhs), number_of(node.rhs)
    if op == "/" and left is None and right is None:
        return _ratio(node, low=low)
    if right is not None and op in ("+", "-", "*", "/"):
        return plan_of(node.lhs, low=low != (op in ("*", "/") and right < 0))
    if left is not None and op in ("+", "*"):
        return plan_of(node.rhs, low=low != (op == "*" and left < 0))
    if left is not None and op in ("-", "/"):
        return plan_of(node.rhs, low=not low)
    if op in ("+", "-") and not low:
        return Plan(terms=terms_of(node), additive=True, said="the sums are taken apart into their series")
    if op in ("and", "unless", "or", "*"):
        return plan_of(node.lhs if _aggregated(node.lhs) else node.rhs, low=low)
    raise NoPlan(f"the two sides of {op} cannot be divided among series")


def _ratio(node: Any, *, low: bool) -> Plan:
    """Too high: the upper part. Too low: what the upper part lacks of the lower, the bad events of good by all."""
    upper, lower = bare(node.lhs), bare(node.rhs)
    if not low:
        return Plan(terms=terms_of(upper), additive=True, said="of the ratio, what stands above the line, by series")
    missing = tuple(Term(one.query, -one.weight, one.counted, one.keep) for one in terms_of(upper))
    return Plan(
        terms=_within_bound((*terms_of(lower), *missing)),
        additive=True,
        said="of the ratio, what is missing above the line: all of them minus the good ones, by agent",
    )


def _aggregation(node: Any, *, low: bool) -> Plan:
    op, inner = str(node.op), bare(node.expr)
    if op in _SUMS and not low:
        return Plan(terms=terms_of(node), additive=True, said=f"the {op} is taken apart into its series")
    if op in _COUNTS:
        return _counted(node, inner, low=low)
    if op in _SUMS or op in _TOPS:
        terms = terms_of(inner) if not _aggregated(inner) else plan_of(inner, low=low).terms
        terms = tuple(Term(one.query, one.weight, one.counted, _keep(node)) for one in terms)
        least = low or op in ("min", "bottomk")
        return Plan(terms=terms, least_first=least, said=f"the series under {op}, ranked by their values")
    raise NoPlan(f"{op} says nothing about single series")


def _counted(node: Any, inner: Any, *, low: bool) -> Plan:
    if not low:
        return Plan(terms=terms_of(node), additive=True, said="the series that are counted, each as one")
    missing = _not_counted(inner)
    if missing is None:
        raise NoPlan("it counts too few series, and those that are missing cannot be asked for")
    return Plan(
        terms=(Term(missing, counted=True, keep=_keep(node)),), additive=True, said="the series that are not counted"
    )


def _not_counted(inner: Any) -> str | None:
    """The query for what a counted comparison leaves out."""
    if type(inner).__name__ != "BinaryExpr" or str(inner.op) not in _INVERSE or _aggregated(inner):
        return None
    if number_of(inner.rhs) is None or (inner.modifier is not None and inner.modifier.return_bool):
        return None
    return f"{text_of(inner.lhs)} {_INVERSE[str(inner.op)]} {text_of(inner.rhs)}"


def _rewritten(node: Any, *, low: bool) -> Plan:
    """A function of an aggregation: the same function of what is aggregated."""
    if type(node).__name__ != "Call":
        raise NoPlan("a subquery over an aggregation is not taken apart")
    if node.func.name in _ABSENT:
        return _whole(node, low=low)
    if node.func.name == "scalar":
        return plan_of(node.args[0], low=low)
    keep: Keep = ALL_LABELS
    words = []
    for argument in node.args:
        inner = bare(argument)
        if type(inner).__name__ == "AggregateExpr" and not _aggregated(inner.expr):
            keep = _keep(inner)
            inner = inner.expr
        elif _aggregated(inner):
            raise NoPlan(f"{node.func.name} of more than one aggregation is not taken apart")
        words.append(text_of(inner))
    # The bound of a bucket is no label of what a quantile of buckets gives.
    keep = Keep(keep.labels - {"le"}, keep.without)
    query = f"{node.func.name}({', '.join(words)})"
    return Plan(terms=(Term(query, keep=keep),), least_first=low, said="the same function of each series by itself")
