"""The templated texts of one rule, expanded no more often than they can change.

Prometheus expands every label and annotation of every alert in every evaluation. The same texts come out of less work:
one without `{{` is itself; one that reads labels only can change with the label set only; one that reads the value,
with the value; only one that runs a query must be expanded again each time.
"""

import contextlib
from collections.abc import Callable, Mapping
from enum import IntEnum
from itertools import pairwise

from msgspec import Struct

from fleet.errors import FleetdeckError, QueryError
from fleet.promql.function import Vector
from fleet.promql.labels import Labels
from fleet.rules.strings import unquoted
from fleet.rules.templates.errors import TemplateError
from fleet.rules.templates.lex import Kind, Token, tokens

Ask = Callable[[str], Vector]
"""Runs a query at the time of the evaluation."""

Expand = Callable[[str, Labels, float, Ask], str]
"""(template, label set of the sample, its value, query) to text. Raises FleetdeckError where it cannot be expanded."""

ExpandNamed = Callable[[str, str, Labels, float, Ask], str]
"""(name of the alert, then as `Expand`). The name stands in what is said of a template with an error."""

_BLOCKS = frozenset({"template", "define", "block"})


class Reads(IntEnum):
    """What a text depends on; each implies those before it. Where that is not plain, it is taken for the higher one."""

    NOTHING = 0
    LABELS = 1
    VALUE = 2
    QUERY = 3


def reads(text: str) -> Reads:
    """What the expansion of `text` depends on."""
    if "{{" not in text:
        return Reads.NOTHING
    return max((_token_reads(token) for token in _tokens(text)), default=Reads.LABELS)


def queries_in(text: str) -> list[str]:
    """The queries that a template names literally; one that it puts together at run time is not among them."""
    found = []
    words = [token for token in _tokens(text) if token.kind is not Kind.SPACE] if "query" in text else []
    for word, literal in pairwise(words):
        if word.kind is Kind.IDENTIFIER and word.text == "query" and literal.kind in (Kind.STRING, Kind.RAW):
            with contextlib.suppress(QueryError):
                found.append(unquoted(literal.text))
    return found


def _token_reads(token: Token) -> Reads:
    if token.kind is Kind.IDENTIFIER and token.text == "query":
        return Reads.QUERY
    if token.kind is Kind.DOT or (token.kind is Kind.KEYWORD and token.text in _BLOCKS):
        return Reads.VALUE
    is_value = token.kind in (Kind.FIELD, Kind.VARIABLE) and token.text.lstrip("$.").lower() in ("", "value")
    return Reads.VALUE if is_value else Reads.LABELS


def _tokens(text: str) -> list[Token]:
    """The tokens of a template; one that cannot be read has none: it gives its error, whatever the labels are."""
    try:
        return list(tokens(text))
    except TemplateError:
        return []


class Texts(Struct, frozen=True):
    """Named texts (labels, or annotations) with what they all depend on."""

    plain: dict[str, str]
    templates: dict[str, str]
    reads: Reads

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> "Texts":
        """Sort out `texts`."""
        ordered = dict(sorted(texts.items()))
        return cls(
            plain={name: text for name, text in ordered.items() if not reads(text)},
            templates={name: text for name, text in ordered.items() if reads(text)},
            reads=max((reads(text) for text in ordered.values()), default=Reads.NOTHING),
        )

    def expanded(self, expand: Expand, sample: Labels, value: float, ask: Ask) -> dict[str, str]:
        """All of them. One that fails says so in its own text, as Prometheus has it, and the alert goes on."""
        if not self.templates:
            return self.plain
        made = {name: _expanded(expand, text, sample, value, ask) for name, text in self.templates.items()}
        return dict(sorted({**self.plain, **made}.items()))


def _expanded(expand: Expand, text: str, sample: Labels, value: float, ask: Ask) -> str:
    try:
        return expand(text, sample, value, ask)
    except FleetdeckError as error:
        return f"<error expanding template: {error}>"
