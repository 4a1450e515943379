"""What a ladder stands on: the store, the samples, the time, and queries that count what they read and are bounded."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from msgspec import Struct

from fleet.alerts.related import AgentNames
from fleet.errors import QueryError
from fleet.promql.labels import Labels
from fleet.promql.limits import DEFAULT_LIMITS, EvalLimits, over
from fleet.promql.storage import Latest, Matchers, Series, Storage
from fleet.store import Store
from fleet.text import scrub
from fleet.why.evidence import EvidenceOf, no_evidence
from fleet.why.model import Asked

TOP = 5
"""Contributors that are named one by one, and agents that are followed further down."""
IN_A_STEP = EvalLimits(series=4_000, samples=250_000, steps=100, subquery_steps=2_000)
"""What one query may read, all its selectors together, where an interface waits for it: some 20 ms. What is more is not
asked, and the ladder says so."""
AT_LEISURE = DEFAULT_LIMITS
"""What it may read where nobody waits."""
_FAR_S = 20 * 3600.0
Element = tuple[Labels, float]


class Answered(Struct, frozen=True):
    """What a query gave: elements with their values, or why it gave none."""

    asked: Asked
    elements: tuple[Element, ...] = ()
    error: str = ""


class Ground:
    """The same for every step of one ladder. `now` is the time of all queries."""

    def __init__(
        self,
        store: Store,
        storage: Storage,
        now: datetime,
        evidence: EvidenceOf = no_evidence,
        *,
        bounds: EvalLimits = IN_A_STEP,
        home: str = "rules",
    ) -> None:
        """`bounds` are those of each query; `home` is the source of the alerts whose samples are kept here."""
        self.store = store
        self.storage = storage
        self.now = now
        self.evidence = evidence
        self.bounds = bounds
        self.home = home
        self.names = AgentNames((*store.status, *(name for name in store.agents if name not in store.status)))
        self.limits: dict[str, None] = {}
        self.longer: dict[str, None] = {}

    def ask(self, query: str, at: datetime | None = None) -> Answered:
        """The answer of `query` at `at` (now). Never raises: what is wrong is its `error`."""
        # Only who asks why needs the evaluator.
        from fleet.promql.evaluate import instant
        from fleet.promql.function import Vector
        from fleet.promql.parse import parse

        at = at or self.now
        counting = Counting(self.storage, self.bounds.series)
        error, elements = "", tuple[Element, ...]()
        try:
            value = instant(parse(query), counting, _ms(at), limits=self.bounds).value
            if isinstance(value, Vector):
                elements = tuple(sorted(zip(value.labels, value.values, strict=True), key=lambda one: one[0].pairs))
            elif isinstance(value, int | float):
                elements = ((Labels(), float(value)),)
            else:
                error = "it gives neither a number nor a vector of them"
        except QueryError as wrong:
            error = scrub(str(wrong))
            if wrong.kind == "limit":
                self.limits[f"not asked, as it reads too much: {scrub(query, 120)} ({error})"] = None
        return Answered(counting.asked(scrub(query, 2_000), at), elements, error)

    def agent_of(self, labels: Labels) -> str:
        """The agent that a series is about; "" where its labels name none that is known."""
        return self.names.first(labels.as_dict())

    def clock(self, when: datetime | None) -> str:
        """A time in a sentence: in UTC, with its day where that is another one."""
        if when is None:
            return "an unknown time"
        near = abs((self.now - when).total_seconds()) < _FAR_S
        return f"{when.astimezone(UTC):%H:%M:%S}Z" if near else f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


class Counting:
    """A `Storage` that counts what is read of another. Raises QueryError (`limit`) beyond `most` series in all."""

    def __init__(self, storage: Storage, most: int | None = None) -> None:
        self._storage = storage
        self._most = most
        self._series = 0
        self._samples = 0
        self._oldest: int | None = None
        self._newest: int | None = None

    def latest(self, matchers: Matchers, after_ms: int, until_ms: int) -> Latest:
        """As `Storage.latest`."""
        found = self._storage.latest(matchers, after_ms, until_ms)
        if found.times:
            self._note(len(found.times), len(found.times), min(found.times), max(found.times))
        return found

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterator[Series]:
        """As `Storage.range`."""
        for one in self._storage.range(matchers, from_ms, until_ms):
            self._note(1, len(one.times), one.times[0], one.times[-1])
            yield one

    def asked(self, query: str, at: datetime) -> Asked:
        """The record of what was read."""
        return Asked(
            query=query,
            at=at,
            series=self._series,
            samples=self._samples,
            oldest=_moment(self._oldest),
            newest=_moment(self._newest),
        )

    def _note(self, series: int, samples: int, oldest: int, newest: int) -> None:
        self._series += series
        self._samples += samples
        if self._most is not None and self._series > self._most:
            raise over(f"its selectors match more than {self._most:,} series")
        if self._oldest is None or oldest < self._oldest:
            self._oldest = oldest
        if self._newest is None or newest > self._newest:
            self._newest = newest


def shown(value: float) -> str:
    """A number in a sentence."""
    return f"{value:,.6g}"


def shortened(labels: Labels) -> str:
    """A series in a row."""
    return scrub(str(labels), 120)


def listed(names: Iterable[str], most: int = TOP) -> str:
    """`a, b and 3 more`"""
    found = list(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def count_of(number: int, noun: str, plural: str = "") -> str:
    """`1 agent`, `48 agents`"""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)


def _moment(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)
