"""`label_replace` and `label_join`: labels made from labels. The metric name stays, and may be made, too."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fleet.errors import QueryError
from fleet.promql.function import Function, Special, Vector
from fleet.promql.labels import Labels
from fleet.promql.limits import MAX_LABEL, over
from fleet.promql.matching import check_pattern

if TYPE_CHECKING:
    from fleet.promql.evaluate import Evaluation

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})?")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)

Groups = Callable[[str], Sequence[str] | None]
"""A label's value to the match and its groups ("" for one that took no part), or None where it does not match."""


def label_replace(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> Vector:
    """Where the source's whole value matches, the destination becomes the replacement with `$1`, `${name}` filled in.
    Raises QueryError for a pattern or a name that is none."""
    given = evaluation.vector(arguments[0])
    target, replacement, source, pattern = (evaluation.string(argument) for argument in arguments[1:])
    groups, names = _matcher(pattern)
    if not _NAME.fullmatch(target):
        raise QueryError(f"invalid destination label name in label_replace(): {target}", kind="execution")
    parts = _parts(replacement, names)
    labels = []
    for before in given.labels:
        found = groups(before.get(source))
        labels.append(before if found is None else _with(evaluation, before, target, _filled(parts, found)))
    return Vector(labels, given.values)


def label_join(evaluation: "Evaluation", arguments: tuple[Any, ...]) -> Vector:
    """The destination becomes the values of the sources with the separator between. Raises QueryError for a name that
    is none."""
    given = evaluation.vector(arguments[0])
    target, separator, *sources = (evaluation.string(argument) for argument in arguments[1:])
    for what, name in [*(("source", source) for source in sources), ("destination", target)]:
        if not _NAME.fullmatch(name):
            raise QueryError(f"invalid {what} label name in label_join(): {name}", kind="execution")
    labels = []
    for before in given.labels:
        values = [before.get(source) for source in sources]
        _check_length(sum(map(len, values)) + len(separator) * len(values))
        labels.append(_with(evaluation, before, target, separator.join(values)))
    return Vector(labels, given.values)


def _with(evaluation: "Evaluation", labels: Labels, name: str, value: str) -> Labels:
    evaluation.text(len(value))
    return labels if labels.get(name) == value else labels.having({name: value})


def _check_length(length: int) -> None:
    """Looked at before the text is made: calls within calls make it longer with every level."""
    if length > MAX_LABEL:
        raise over(f"a label's value would have more than {MAX_LABEL:,} characters")


@lru_cache(256)
def _matcher(pattern: str) -> tuple[Groups, dict[str, int]]:
    """The whole-value match, and the numbers of its named groups."""
    import re2

    try:
        check_pattern(pattern)
    except QueryError as error:
        raise QueryError(f"invalid regular expression in label_replace(): {error}", kind="execution") from error
    compiled = re2.compile(pattern)

    def groups(value: str) -> Sequence[str] | None:
        found = compiled.fullmatch(value)
        return None if found is None else (found.group(), *(group or "" for group in found.groups()))

    return groups, dict(compiled.groupindex)


def _parts(replacement: str, names: dict[str, int]) -> Sequence[str | int]:
    """A replacement as texts and numbers of groups. `$$` is a dollar sign, and so is a `$` before no name."""
    parts: list[str | int] = []
    end = 0
    for reference in _REFERENCE.finditer(replacement):
        parts.append(replacement[end : reference.start()])
        end = reference.end()
        name = reference[2] or reference[3]
        if name is None:
            parts.append("$")
        elif _INDEX.fullmatch(name):
            parts.append(int(name))
        elif name in names:
            parts.append(names[name])
    return (*parts, replacement[end:])


def _filled(parts: Sequence[str | int], groups: Sequence[str]) -> str:
    texts = [part if isinstance(part, str) else groups[part] if part < len(groups) else "" for part in parts]
    _check_length(sum(map(len, texts)))
    return "".join(texts)


FUNCTIONS: dict[str, Function] = {
    "label_replace": Special(label_replace),
    "label_join": Special(label_join),
}
