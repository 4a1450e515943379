"""What a family of fleetdeck's own series is, and what its rows are read from."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from fleet.samples.feed import Probed
from fleet.samples.samples import Samples
from fleet.store import Store


class Sight(NamedTuple):
    """What the rows are read from, at one time. `changes` counts changes of state by agent."""

    store: Store
    samples: Samples
    probed: Mapping[str, Probed]
    changes: Mapping[str, int]
    now: datetime


Row = tuple[tuple[str, ...], float | None]
"""The values of the family's labels, in their order, and the sample; None: not known, so there is no sample."""


class Family(Struct, frozen=True, kw_only=True):
    """Series of one name. `type` is Prometheus's. `rows` may be read with pauses, in which the store changes. Where
    `free`, a row's first part is label names and values in turn, after the values of `labels`."""

    name: str
    type: str
    labels: tuple[str, ...]
    help: str
    rows: Callable[[Sight], Iterable[Row]]
    free: bool = False
