"""The oracle: a Prometheus that is told one set of series after the other, and asked about each."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from fleet.promql.storage import Series
from tests.fleet.promql.memory_storage import MemoryStorage
from tests.fleet.promql.oracle.asking import Asked, Question, Said, difference, ours
from tests.fleet.promql.oracle.expressions import timed
from tests.fleet.promql.oracle.remote_write import write
from tests.fleet.promql.oracle.series_sets import UNIVERSE, Set, series_of
from tests.real_prometheus import RealPrometheus

_FIRST_MS = 1_700_000_000_000
_APART_MS = 3 * 3_600_000
"""Further than any expression looks."""
_AGAIN = 100
"""Of a map with two entries Go begins with the second only every eighth time."""
_FLAGS = (
    "--web.enable-remote-write-receiver",
    "--storage.tsdb.retention.time=100y",
    # One head block for all: nothing is compacted while it is asked.
    "--storage.tsdb.min-block-duration=10000d",
    "--storage.tsdb.max-block-duration=10000d",
)

Asking = tuple[str, tuple[int, int, int]]
"""An expression with `T+n` in it, and when to ask: after the set's begin, the step, the number of steps."""


class Difference(Struct, frozen=True):
    """A question that was not answered alike."""

    question: Question
    what: str


class Oracle:
    """Compares, set by set."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._asked = Asked(url)
        self._sets = 0
        self.pairs = 0
        self.errors = 0
        self.empty = 0
        self.words: Counter[str] = Counter()
        """In how many expressions that were answered a word stood."""
        self.wavering = 0
        # Prometheus answers in the order in which it met the series: so it meets all of them here, in their order.
        write(url, [Series(labels, (_FIRST_MS - _APART_MS,), (0.0,)) for labels in UNIVERSE])

    def differences(self, drawn: Set, askings: Sequence[Asking]) -> list[Difference]:
        """Ask both sides all of this about the set."""
        begin_ms = _FIRST_MS + self._sets * _APART_MS
        self._sets += 1
        series = series_of(drawn, begin_ms)
        storage = MemoryStorage()
        for one in series:
            storage.add(one.labels, one.times, one.values)
        write(self._url, series)
        found = (self._difference(_question(asking, begin_ms), storage) for asking in askings)
        return [one for one in found if one is not None]

    def _difference(self, question: Question, storage: MemoryStorage) -> Difference | None:
        own, theirs = ours(question, storage), self._asked(question)
        self.pairs += 1
        self.errors += "error" in theirs
        self.empty += theirs.get("result") == []
        if theirs.get("result"):
            self.words.update(set(re.findall(r"\w+", question.text)))
        what = difference(question, own, theirs)
        if what is None:
            return None
        if self._wavers(question, theirs):
            self.wavering += 1
            return None
        return Difference(question, what)

    def _wavers(self, question: Question, said: Said) -> bool:
        """Whether Prometheus answers otherwise when it is asked again. It keeps intermediate vectors of range queries
        and histograms in Go maps, whose order is random; `topk` chooses among equal values by it."""
        again = (self._asked(question) for _ in range(_AGAIN))
        return any(difference(question, other, said) is not None for other in again)

    def close(self) -> None:
        """Hang up."""
        self._asked.close()


def _question(asking: Asking, begin_ms: int) -> Question:
    text, (after_ms, step_ms, steps) = asking
    at_ms = begin_ms + after_ms
    return Question(timed(text, begin_ms), at_ms, at_ms + step_ms * steps if step_ms else 0, step_ms)


@contextmanager
def oracle(folder: Path) -> Iterator[Oracle]:
    """A running oracle with its data in `folder`."""
    with RealPrometheus("", folder, *_FLAGS) as server:
        session = Oracle(server.url)
        try:
            yield session
        finally:
            session.close()
