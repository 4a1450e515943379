"""What the dashboard may ask of the judgement, which is there only after the first frame."""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from fleet.alerts.model import Silence
from fleet.alerts.ports import Curve, Silencer
from fleet.errors import FleetdeckError
from fleet.promql.ports import Asking, Querying
from fleet.promql.storage import Matchers

if TYPE_CHECKING:
    from cli.judging.judgement import Judgement
    from fleet.actions.ports import Acting
    from fleet.why.model import Ladder, Subject


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


class _LateDesk:
    """Hands everything over to the desk, once there is one."""

    def __init__(self, desk: "Callable[[], Acting | None]") -> None:
        self._desk = desk

    def __getattr__(self, name: str) -> Any:
        desk = self._desk()
        if desk is None:
            raise NotYetError("fleetdeck has only begun; try again in a moment")
        return getattr(desk, name)


def late_acting(desk: "Callable[[], Acting | None]") -> "Acting":
    """What can be done to the fleet, once there is one to watch; NotYetError from every method before."""
    return cast("Acting", _LateDesk(desk))


class LateGraphs:
    """Asks the judgement for curves, once there is one; until then nothing is known. `Graphing`."""

    def __init__(self, judgement: "Callable[[], Judgement | None]") -> None:
        self._judgement = judgement

    def kept(
        self, expr: str, labels: Mapping[str, str], from_s: float, to_s: float
    ) -> Generator[None, None, Curve | None]:
        """As `Graphing.kept`."""
        judgement = self._judgement()
        return None if judgement is None else (yield from judgement.graphs.kept(expr, labels, from_s, to_s))

    async def served(self, expr: str, labels: Mapping[str, str], from_s: float, to_s: float) -> Curve | None:
        """As `Graphing.served`."""
        judgement = self._judgement()
        return None if judgement is None else await judgement.graphs.served(expr, labels, from_s, to_s)


class LateQueries:
    """Hands over to the queries of the judgement, once there is one. `Querying`."""

    def __init__(self, judgement: "Callable[[], Judgement | None]") -> None:
        self._judgement = judgement

    def follow(self, expr: str, range_s: float) -> None:
        """As `Querying.follow`."""
        self._queries().follow(expr, range_s)

    def leave(self) -> None:
        """As `Querying.leave`."""
        judgement = self._judgement()
        if judgement is not None:
            judgement.queries.leave()

    def ask(self, expr: str, at_s: float) -> Asking:
        """As `Querying.ask`."""
        return self._queries().ask(expr, at_s)

    def curves(self, expr: str, from_s: float, to_s: float) -> Asking:
        """As `Querying.curves`."""
        return self._queries().curves(expr, from_s, to_s)

    def names(self) -> Sequence[str]:
        """As `Querying.names`; none where there is nothing yet."""
        judgement = self._judgement()
        return () if judgement is None else judgement.queries.names()

    def _queries(self) -> Querying:
        judgement = self._judgement()
        if judgement is None:
            raise NotYetError("fleetdeck has only begun; try again in a moment")
        return judgement.queries


class LateExplainer:
    """Asks the judgement for ladders, once there is one. `Explaining`."""

    def __init__(self, judgement: "Callable[[], Judgement | None]") -> None:
        self._judgement = judgement

    def __call__(self, subject: "Subject") -> "Ladder | None":
        """As `Explaining`."""
        judgement = self._judgement()
        return None if judgement is None else judgement.reasons.explain(subject)
