"""The curve of an alert's value beside its threshold."""

from fleet.alerts.model import Alert
from fleet.alerts.ports import Curve, Graphing
from fleet.alerts.threshold import threshold_of
from fleet.errors import FleetdeckError, QueryError
from fleet.text import scrub
from tui.context import Context
from tui.graph import Plot
from tui.queries.pieces import Spent, in_pieces

HOUR_S = 3600.0


class Measured:
    """What an expression measures, read once: `threshold` is None where it compares with nothing."""

    def __init__(self, expr: str) -> None:
        self.expr = expr
        self.threshold = threshold_of(expr)

    @property
    def asked(self) -> str:
        """The expression of the curve: what is compared, without the comparison, which would hide all that is well."""
        return self.expr if self.threshold is None else self.threshold.measured


async def measured(alert: Alert, of: Measured, context: Context) -> Plot:
    """The last hour of what the alert measures, as a plot; or why there is none, in words."""
    now, graphing = context.store.now, context.graphing
    if not of.expr:
        return Plot(note="no expression is known, so there is no graph")
    if graphing is None or now is None:
        return Plot(note="no series is kept here, so there is no graph")
    try:
        curve = await _curve(alert, of, now.timestamp(), context, graphing)
    except FleetdeckError as error:
        return Plot(note=f"no graph: {scrub(str(error), 160)}")
    if curve is None:
        return Plot(note="no graph: there are no samples of it in the last hour")
    end = now.timestamp()
    return Plot(
        times=tuple(curve.times),
        values=tuple(curve.values),
        start_s=end - HOUR_S,
        end_s=end,
        threshold=None if of.threshold is None else of.threshold.value,
        left="1h ago" if of.threshold is None else f"1h ago · threshold {of.threshold}",
        right="now",
    )


async def _curve(alert: Alert, of: Measured, end: float, context: Context, graphing: Graphing) -> Curve | None:
    """What is kept here; where that is nothing, what a Prometheus has."""
    asked = (of.asked, alert.labels, end - HOUR_S, end)
    try:
        kept = await in_pieces(graphing.kept(*asked), context.clock, Spent())
    except QueryError:
        # It may be too much to evaluate here, and little there.
        served = await graphing.served(*asked)
        if served is None:
            raise
        return served
    return kept if kept is not None else await graphing.served(*asked)
