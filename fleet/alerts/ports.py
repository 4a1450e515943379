"""What the interface may ask about alerts: what is to be done, which is the one way by which it writes, and how an
expression went over time."""

from collections.abc import Generator, Mapping, Sequence
from typing import NamedTuple, Protocol

from fleet.alerts.model import Silence
from fleet.promql.storage import Matchers


class Silencer(Protocol):
    """Makes and ends silences, locally or in the Alertmanagers that are configured. Read-only is enforced behind it.

    Every method raises FleetdeckError with a sentence where it could not be done (read-only, the server said no).
    """

    async def silence(self, matchers: Matchers, *, for_s: float, by: str, comment: str) -> Silence:
        """A new silence from now on."""
        ...

    async def acknowledge(self, alert_ids: tuple[str, ...], *, by: str, reason: str) -> tuple[Silence, ...]:
        """Acknowledge alerts: a short silence for each, renewed while it fires."""
        ...

    async def expire(self, silence_ids: tuple[str, ...]) -> None:
        """End silences now."""
        ...


class Curve(NamedTuple):
    """One series to draw: `values[i]` at `times[i]` (epoch seconds), oldest first. A gap is a NaN, or no point."""

    labels: dict[str, str]
    times: Sequence[float]
    values: Sequence[float]


class Graphing(Protocol):
    """How an expression went, of all its series the one of an alert: the one whose labels are all among `labels`, most
    of them. `from_s` and `to_s` are epoch seconds."""

    def kept(
        self, expr: str, labels: Mapping[str, str], from_s: float, to_s: float
    ) -> Generator[None, None, Curve | None]:
        """From what is in memory, in steps of a few milliseconds, between which others may have their turn; None where
        there is nothing of that range. Each step may raise QueryError: no expression, or a limit."""
        ...

    async def served(self, expr: str, labels: Mapping[str, str], from_s: float, to_s: float) -> Curve | None:
        """From the Prometheus that is configured; None where there is none, or it has nothing of that range. Raises
        OutsideError; QueryError where it refuses the query."""
        ...
