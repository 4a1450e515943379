"""Where PromQL finds its samples: the seam between the evaluator and whatever keeps series.

Times are whole milliseconds since the epoch, as in Prometheus. A staleness marker (the series ended here) is the NaN
with the bits `0x7ff0000000000002`; a NaN that a target really gave is an ordinary one.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from msgspec import Struct

from fleet.promql.labels import Labels

_STALE_BITS = 0x7FF0000000000002
STALE: float = struct.unpack("<d", struct.pack("<Q", _STALE_BITS))[0]
"""The staleness marker. Keep it in `array('d')`: arithmetic does not preserve its bits."""


def is_stale(value: float) -> bool:
    """Whether `value` is the staleness marker."""
    return math.isnan(value) and struct.unpack("<Q", struct.pack("<d", value))[0] == _STALE_BITS


class MatchOp(StrEnum):
    """The four ways to match a label."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    NOT_MATCHES = "!~"


class Matcher(Struct, frozen=True, gc=False):
    """A label matcher. A regular expression is RE2's, anchored at both ends; a label that is not there is ""."""

    name: str
    op: MatchOp
    value: str

    def __str__(self) -> str:
        from fleet.promql.labels import quoted

        return f"{self.name}{self.op.value}{quoted(self.value)}"


Matchers = tuple[Matcher, ...]


class Series(NamedTuple):
    """Samples of one series: `values[i]` at `times[i]`, oldest first. Both may be shared with others: never change
    them."""

    labels: Labels
    times: Sequence[int]
    values: Sequence[float]


class Latest(NamedTuple):
    """The newest sample of each of many series, side by side. `touched`: how many series were looked at for it, where
    that costs more than what was found."""

    labels: Sequence[Labels]
    times: Sequence[int]
    values: Sequence[float]
    touched: int = 0


class Storage(Protocol):
    """What holds samples. It may be asked hundreds of times a second, so it should answer from an index and remember
    which series a set of matchers means until series come or go."""

    def latest(self, matchers: Matchers, after_ms: int, until_ms: int) -> Latest:
        """The newest sample of every series that matches with `after_ms < t <= until_ms`; a series whose newest one
        there is a staleness marker is left out."""
        ...

    def range(self, matchers: Matchers, from_ms: int, until_ms: int) -> Iterable[Series]:
        """Every series that matches with samples at `from_ms <= t <= until_ms`, those samples, staleness markers left
        out; a series without any is left out."""
        ...
