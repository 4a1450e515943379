"""Terms written as the text that is read as them: what the grammar is held to."""

from fleet.errors import FilterError
from fleet.filters.chunks import quoted
from fleet.filters.parser import parse
from fleet.filters.terms import And, Fuzzy, Labelled, Not, Or, Pattern, Saved, Term, placed


def written(term: Term) -> str:
    if isinstance(term, And):
        return " ".join(f"({written(part)})" if isinstance(part, Or) else written(part) for part in term.terms)
    if isinstance(term, Or):
        return " or ".join(written(part) for part in term.terms)
    if isinstance(term, Not):
        inner = written(term.term)
        return f"not ({inner})" if isinstance(term.term, And | Or) else f"not {inner}"
    if isinstance(term, Pattern):
        return term.text if _reads_as(term.text, term) else quoted(term.text)
    if isinstance(term, Fuzzy):
        return f"-f {quoted(term.text)}"
    if isinstance(term, Labelled):
        name = quoted(term.name)
        return f"-l {name}" if term.value is None else f"-l {name}={quoted(term.value)}"
    if isinstance(term, Saved):
        return f"@{term.name}"
    return f"{term.name}{term.sign}" + ",".join(map(quoted, term.values))


def _reads_as(text: str, term: Term) -> bool:
    try:
        return placed(parse(text), 0) == placed(term, 0)
    except FilterError:
        return False
