"""What the interface may ask about alerts: what is to be done, which is the one way by which it writes, and how an
expression went over time."""

from collections.abc import Sequence
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
    """How an expression went. Called from the event loop when a page is opened and seldom after that, so it must answer
    from what is in memory, and within a step of the loop."""

    def __call__(self, expr: str, from_s: float, to_s: float) -> tuple[Curve, ...] | None:
        """The series of `expr` from `from_s` to `to_s` (epoch seconds); None where they are not known."""
        ...
