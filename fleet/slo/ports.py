"""What SLOs need from outside: who an agent is, where series are written, where roll-ups are kept, and a Prometheus."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from fleet.promql.labels import Labels
from fleet.promql.storage import Series


class SeriesSink(Protocol):
    """Where the series that are made here go (`fleet.samples.samples.Samples`)."""

    def may_want(self, name: str) -> bool:
        """Whether anybody may ask for a series of this metric name."""
        ...

    def add_row(self, source: str, at_ms: int, labels: Sequence[Labels], values: Sequence[float]) -> None:
        """Keep `values[i]` of `labels[i]`; series of the same source that are not in this row end."""
        ...


class AgentLookup(Protocol):
    """What is known of the agents that series are about."""

    def version(self) -> int:
        """Another number than before where any agent came, went or changed its labels."""
        ...

    def labels(self, agent: str) -> Mapping[str, str] | None:
        """The labels of that agent; None for one that is not there."""
        ...

    def passes(self, where: str, agent: str) -> bool:
        """Whether the agent is one that the filter `where` shows. Raises FilterError for a filter that is none."""
        ...


class PrometheusQuery(Protocol):
    """A Prometheus that is asked instead of our own samples."""

    async def ranged(self, query: str, start_ms: int, end_ms: int, step_ms: int) -> Sequence[Series]:
        """The answer of `/api/v1/query_range`. Raises OutsideError; QueryError where the server refuses the query."""
        ...


class StoredHour(NamedTuple):
    """An hour of a track, packed by `fleet.slo.minutes`. `hour` counts from the epoch."""

    track: str
    hour: int
    data: bytes


class StoredMark(NamedTuple):
    """The last sample of a counter that was taken in, so that what it grew by meanwhile is counted once."""

    meter: str
    series: str
    at_ms: int
    value: float


class Kept(NamedTuple):
    """What is read at the start, or written together: either all of it, or nothing."""

    hours: Sequence[StoredHour]
    marks: Sequence[StoredMark]


class RollupStore(Protocol):
    """Roll-ups on disk (`journal.rollups`). Blocking: called in a thread."""

    begun_anew: bool
    """What was kept before is gone; who reads this writes everything again, and sets it back."""

    def load(self, tracks: Iterable[str], meters: Iterable[str], since_hour: int) -> Iterable[Kept]:
        """Everything kept for tracks that begin with one of `tracks`, and all marks of `meters`, in pieces. Raises
        OutsideError."""
        ...

    def save(self, kept: Kept) -> bool:
        """Keep it, in place of what is there; False where another dashboard is the one that writes. Raises
        OutsideError."""
        ...
