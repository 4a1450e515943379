"""Answers in the envelope of Prometheus's API (`/api/v1/query`, `/api/v1/query_range`)."""

from typing import Any

from fleet.errors import QueryError
from fleet.promql.evaluate import Answer
from fleet.promql.function import Vector
from fleet.promql.numbers import in_json as number_text
from fleet.promql.numbers import plain
from fleet.promql.storage import Series

__all__ = ["Envelope", "envelope", "error_envelope", "number_text"]

Envelope = dict[str, Any]


def envelope(answer: Answer, at_ms: int) -> Envelope:
    """The envelope of an answer to a query at `at_ms`; a matrix has its own times. Numbers are strings, times are in
    seconds."""
    said: Envelope = {"status": "success", "data": _data(answer, at_ms)}
    if answer.warnings:
        said["warnings"] = list(answer.warnings)
    return said


def error_envelope(error: QueryError) -> Envelope:
    """The envelope of an error, with Prometheus's word for its kind."""
    kind = "execution" if error.kind == "limit" else error.kind
    return {"status": "error", "errorType": kind, "error": str(error)}


def _data(answer: Answer, at_ms: int) -> Envelope:
    value, at = answer.value, _seconds(at_ms)
    if isinstance(value, str):
        return {"resultType": "string", "result": [at, value]}
    if isinstance(value, float | int):
        # The one number that Prometheus never writes with an exponent.
        return {"resultType": "scalar", "result": [at, plain(value)]}
    if isinstance(value, Vector):
        found: list[Any] = [
            {"metric": labels.as_dict(), "value": [at, number_text(number)]}
            for labels, number in zip(value.labels, value.values, strict=True)
        ]
        return {"resultType": "vector", "result": found}
    return {"resultType": "matrix", "result": [_series(one) for one in value]}


def _series(one: Series) -> Envelope:
    values = [[_seconds(at), number_text(value)] for at, value in zip(one.times, one.values, strict=True)]
    return {"metric": one.labels.as_dict(), "values": values}


def _seconds(at_ms: int) -> float | int:
    return at_ms / 1000 if at_ms % 1000 else at_ms // 1000
