"""What the dashboard may ask of the judgement, which is there only after the first frame."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fleet.alerts.model import Silence
from fleet.alerts.ports import Curve, Silencer
from fleet.errors import FleetdeckError
from fleet.promql.storage import Matchers

if TYPE_CHECKING:
    from cli.judging.judgement import Judgement


class NotYetError(FleetdeckError):
    """Asked before the configuration was read."""


class LateSilencer:
    """Hands over to the silencer of the judgement, once there is one. `Silencer`."""

    def __init__(self, judgement: "Callable[[], Judgement | None]") -> None:
        self._judgement = judgement

    async def silence(self, matchers: Matchers, *, for_s: float, by: str, comment: str) -> Silence:
        """As `Silencer.silence`."""
        return await self._silencer().silence(matchers, for_s=for_s, by=by, comment=comment)

    async def acknowledge(self, alert_ids: tuple[str, ...], *, by: str, reason: str) -> tuple[Silence, ...]:
        """As `Silencer.acknowledge`."""
        return await self._silencer().acknowledge(alert_ids, by=by, reason=reason)

    async def expire(self, silence_ids: tuple[str, ...]) -> None:
        """As `Silencer.expire`."""
        await self._silencer().expire(silence_ids)

    def _silencer(self) -> Silencer:
        judgement = self._judgement()
        if judgement is None:
            raise NotYetError("fleetdeck has only begun; try again in a moment")
        return judgement.silencer


class LateGraphs:
    """Asks the judgement for curves, once there is one. `Graphing`."""

    def __init__(self, judgement: "Callable[[], Judgement | None]") -> None:
        self._judgement = judgement

    def __call__(self, expr: str, from_s: float, to_s: float) -> tuple[Curve, ...] | None:
        """As `Graphing`."""
        judgement = self._judgement()
        return None if judgement is None else judgement.curves(expr, from_s, to_s)
