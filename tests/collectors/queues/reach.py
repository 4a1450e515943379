"""A `Reach` for probes under test."""

from datetime import UTC, datetime
from pathlib import Path

from fleet.clock import ManualClock
from fleet.ports import Limits, Reach
from tests.plain_http import PlainHttp

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def reach(root: Path, *, http_client: PlainHttp | None = None, limits: Limits | None = None) -> Reach:
    """What the probe under test may use; the clock stands at `NOON`."""
    return Reach(http=http_client or PlainHttp(), root=root, clock=ManualClock(NOON), limits=limits or Limits())
