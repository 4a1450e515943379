"""Templates of labels and annotations, as Prometheus 2.42 expands them.

`expand` never raises for what a template does: like Prometheus it gives `<error expanding template: …>`. What may be
written, the limits, and what differs stands in docs/rules.md. The oracle of the tests is a real Prometheus.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from fleet.errors import QueryError
from fleet.rules.templates.errors import CallError, TemplateError
from fleet.rules.templates.limits import QUERIES, SAMPLES
from fleet.rules.templates.values import Root, Sample, Samples

if TYPE_CHECKING:
    from fleet.promql.function import Vector
    from fleet.rules.templates.parse import Tree
    from fleet.rules.templates.signature import Function

__all__ = ["TemplateData", "TemplateError", "check_template", "expand"]

_REMEMBERED = 4_096
"""Parsed templates that are kept; they are expanded at every evaluation, for every alert."""


class TemplateData(Struct, frozen=True, kw_only=True):
    """What a template can use. `name` is the alert's, for messages; `external_url` is where alerts link to."""

    labels: Mapping[str, str]
    value: float
    external_labels: Mapping[str, str] = {}
    external_url: str = ""
    name: str = ""


def expand(template: str, data: TemplateData, query: "Callable[[str], Vector]") -> str:
    """The text of `template`. `query` answers an expression at the time of the evaluation; a QueryError of it is an
    error of the template. An error becomes the text `<error expanding template: …>`, as in Prometheus."""
    if "{{" not in template:
        return template
    from fleet.rules.templates.execute import execute
    from fleet.rules.templates.quoting import quote

    name = f"__alert_{data.name}"
    try:
        tree = _parsed(template, name)
    except TemplateError as error:
        return f"<error expanding template: error parsing template {name}: {error}>"
    root = Root(dict(data.labels), dict(data.external_labels), data.external_url, data.value)
    try:
        return execute(tree, root, _functions(_Queries(query), data.external_url))
    except TemplateError as error:
        return f"<error expanding template: error executing template {name}: {error}>"
    except RecursionError:
        return f"<error expanding template: error executing template {name}: {quote(data.name)} is nested too deep>"


def check_template(template: str, alert: str = "") -> None:
    """Raises TemplateError where `template` cannot be parsed, as Prometheus does when it loads a rule file."""
    if "{{" not in template:
        return
    try:
        _parsed(template, f"__alert_{alert}")
    except TemplateError as error:
        raise TemplateError(f"{error}{_hint(str(error))}") from None


def _hint(message: str) -> str:
    from fleet.rules.templates.functions import newer_functions

    return next(
        (f" ({why})" for name, why in newer_functions().items() if f'function "{name}" not defined' in message), ""
    )


@lru_cache(maxsize=_REMEMBERED)
def _parsed(template: str, name: str) -> "Tree":
    from fleet.rules.templates.parse import parse_template

    return parse_template(template, name, _names())


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    # Rule files are read in a thread: what expands them is loaded there, and not by the first alert.
    import fleet.rules.templates.execute
    import fleet.rules.templates.quoting  # noqa: F401

    return frozenset(_functions(_nothing, "")) | {"and", "or"}


def _nothing(expression: str) -> Samples:
    return Samples()


def _functions(query: Callable[[str], Samples], external_url: str) -> "dict[str, Function]":
    from fleet.rules.templates.builtins import builtins
    from fleet.rules.templates.functions import functions

    return builtins() | functions(query, external_url)


class _Queries:
    """Answers the queries of one expansion, so many of them."""

    def __init__(self, query: "Callable[[str], Vector]") -> None:
        self._query = query
        self._asked = 0

    def __call__(self, expression: str) -> Samples:
        self._asked += 1
        if self._asked > QUERIES:
            raise CallError(f"more than {QUERIES} queries in a template")
        try:
            answer = self._query(expression)
        except QueryError as error:
            raise CallError(str(error)) from error
        if len(answer.values) > SAMPLES:
            raise CallError(f"the answer has more than {SAMPLES:,} elements")
        pairs = zip(answer.labels, answer.values, strict=True)
        return Samples(Sample(dict(labels), value) for labels, value in pairs)
