"""The call of `promql_parser`, and what its errors say."""

from functools import cache
from typing import Any

from fleet.promql.lexis import Lexis


@cache
def _parser() -> Any:
    """The parser, with the one function of Prometheus 2.42 that it knows by its later name only."""
    import promql_parser

    types = promql_parser.ValueType
    smoothing = promql_parser.Function("holt_winters", [types.Matrix, types.Scalar, types.Scalar], types.Vector)
    promql_parser.register_extra_functions([smoothing])
    return promql_parser


def parsed(text: str, lexis: Lexis) -> Any:
    """The tree of an expression. Raises QueryError."""
    parse = _parser().parse
    try:
        if lexis.negative:
            parse(lexis.negative)
        return parse(lexis.text)
    except ValueError as error:
        from fleet.promql.faults import placed

        raise placed(parse, text, str(error)) from error
