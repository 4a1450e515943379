"""Which series a set of matchers means: an inverted index, with the answers remembered until series come or go.

Every series stands under its metric name. Other labels get an index when the first matcher asks for one of their
values, so that what nobody asks for takes no memory. An answer holds for as long as no series of its metric name comes
or goes.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from fleet.promql.labels import NAME, Labels
from fleet.promql.matching import literals, value_test
from fleet.promql.storage import Matcher, Matchers, MatchOp
from fleet.samples.matrix import Kept, Matrix

_MEMOS = 1_000
"""Answers that are remembered."""
_PIECE = 2_000
"""Series that are put into a new index between two pauses."""
_VALUES = 20_000
"""Values that a regular expression remembers its answer for."""


class Selection(NamedTuple):
    """The series that matchers mean, side by side: labels, matrix and column of each; those of a matrix stand
    together, `groups` has (matrix, first, end) of each."""

    labels: list[Labels]
    matrices: list[Matrix]
    columns: list[int]
    groups: list[tuple[Matrix, int, int]]


class Index:
    """All kept series by their labels."""

    def __init__(self) -> None:
        self._all: dict[Labels, Kept] = {}
        self._names: dict[str, dict[Kept, None]] = {}
        self._values: dict[str, dict[str, dict[Kept, None]]] = {}
        self._coming: dict[str, dict[str, dict[Kept, None]]] = {}
        """Indexes of labels that are being made."""
        self._changes: dict[str, int] = {}
        self._changed = 0
        self._memo: dict[Matchers, tuple[int, Selection]] = {}
        self._tests: dict[Matcher, Callable[[str], bool]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def get(self, labels: Labels) -> Kept | None:
        """The series with exactly these labels."""
        return self._all.get(labels)

    def series(self) -> Iterator[Kept]:
        """Every series."""
        return iter(self._all.values())

    def add(self, kept: Kept) -> None:
        """A series came."""
        self._all[kept.labels] = kept
        name = kept.labels.name
        self._names.setdefault(name, {})[kept] = None
        for label, values in (*self._values.items(), *self._coming.items()):
            values.setdefault(kept.labels.get(label), {})[kept] = None
        self._note(name)

    def remove(self, kept: Kept) -> None:
        """A series went."""
        if self._all.get(kept.labels) is not kept:
            return
        del self._all[kept.labels]
        name = kept.labels.name
        _take(self._names, name, kept)
        for label, values in (*self._values.items(), *self._coming.items()):
            _take(values, kept.labels.get(label), kept)
        self._note(name)
        if name not in self._names:
            # Change 0 stands for a name that nobody has.
            del self._changes[name]

    def matches(self, matchers: Iterable[Matcher], labels: Labels) -> bool:
        """Whether `labels` satisfy all of `matchers`."""
        return all(self.test(matcher)(labels.get(matcher.name)) for matcher in matchers)

    def test(self, matcher: Matcher) -> Callable[[str], bool]:
        """What tells whether a label's value satisfies `matcher`."""
        found = self._tests.get(matcher)
        if found is None:
            if len(self._tests) >= _MEMOS:
                self._tests.clear()
            found = self._tests[matcher] = _test(matcher)
        return found

    def names(self) -> Iterable[str]:
        """The metric names that there are."""
        return self._names.keys()

    def select(self, matchers: Matchers) -> Selection:
        """The series that satisfy all of `matchers`."""
        name = name_of(matchers)
        change = self._changed if name is None else self._changes.get(name, 0)
        known = self._memo.get(matchers)
        if known is not None and known[0] == change:
            return known[1]
        if len(self._memo) >= _MEMOS:
            self._memo.clear()
        found = _selection(self._found(matchers))
        self._memo[matchers] = change, found
        return found

    def prepare(self, matchers: Matchers) -> Iterator[None]:
        """Make the indexes of the labels that `matchers` ask for, in pieces; series come and go meanwhile."""
        for matcher in matchers:
            if _by_value(matcher) and matcher.name != NAME and matcher.name not in self._values:
                yield from self._indexing(matcher.name)

    def _indexing(self, label: str) -> Iterator[None]:
        values = self._coming.setdefault(label, {})
        for place, kept in enumerate(list(self._all.values())):
            if self._all.get(kept.labels) is kept:
                values.setdefault(kept.labels.get(label), {})[kept] = None
            if place % _PIECE == _PIECE - 1:
                yield
        if self._coming.pop(label, None) is values:
            self._values[label] = values

    def _found(self, matchers: Matchers) -> Iterable[Kept]:
        # An empty value is also what a series has that lacks the label; the index of names knows it, too.
        equal = [matcher for matcher in matchers if _by_value(matcher)]
        by_value = [(matcher, self._postings(matcher)) for matcher in equal]
        best = min(by_value, key=lambda item: len(item[1]), default=None)
        candidates: Iterable[Kept] = self._all.values() if best is None else best[1]
        rest = [(m.name, self.test(m)) for m in matchers if best is None or m is not best[0]]
        if not rest:
            return candidates
        return [kept for kept in candidates if all(test(kept.labels.get(name)) for name, test in rest)]

    def _postings(self, matcher: Matcher) -> dict[Kept, None]:
        if matcher.name == NAME:
            return self._names.get(matcher.value, {})
        values = self._values.get(matcher.name)
        if values is None:
            self._coming.pop(matcher.name, None)
            values = self._values[matcher.name] = {}
            for kept in self._all.values():
                values.setdefault(kept.labels.get(matcher.name), {})[kept] = None
        return values.get(matcher.value, {})

    def _note(self, name: str) -> None:
        self._changed += 1
        self._changes[name] = self._changed


def name_of(matchers: Matchers) -> str | None:
    """The metric name that `matchers` ask for by equality, None where they do not."""
    return next((m.value for m in matchers if m.name == NAME and m.op is MatchOp.EQUAL), None)


def _by_value(matcher: Matcher) -> bool:
    """Whether an index of its label's values answers the matcher."""
    return matcher.op is MatchOp.EQUAL and (bool(matcher.value) or matcher.name == NAME)


def _take(postings: dict[str, dict[Kept, None]], value: str, kept: Kept) -> None:
    found = postings.get(value)
    if found is not None:
        found.pop(kept, None)
        if not found:
            del postings[value]


def _selection(series: Iterable[Kept]) -> Selection:
    by_matrix: dict[Matrix, list[Kept]] = {}
    for kept in series:
        by_matrix.setdefault(kept.matrix, []).append(kept)
    ordered = [kept for group in by_matrix.values() for kept in group]
    groups, first = [], 0
    for matrix, group in by_matrix.items():
        groups.append((matrix, first, first + len(group)))
        first += len(group)
    return Selection(
        [kept.labels for kept in ordered], [kept.matrix for kept in ordered], [kept.column for kept in ordered], groups
    )


def _test(matcher: Matcher) -> Callable[[str], bool]:
    test = value_test(matcher)
    if matcher.op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL) or literals(matcher) is not None:
        return test
    known: dict[str, bool] = {}

    def remembered(value: str) -> bool:
        # Label values are few and come often.
        found = known.get(value)
        if found is None:
            if len(known) >= _VALUES:
                known.clear()
            found = known[value] = test(value)
        return found

    return remembered
