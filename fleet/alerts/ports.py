"""What the interface may ask to be done about alerts: the one way by which it writes."""

from typing import Protocol

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
