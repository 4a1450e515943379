"""The curve of an alert's value beside its threshold."""

from collections.abc import Iterable, Mapping

from fleet.alerts.model import Alert
from fleet.alerts.ports import Curve
from fleet.alerts.threshold import threshold_of
from fleet.errors import FleetdeckError
from fleet.text import scrub
from tui.context import Context
from tui.graph import Plot

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


def measured(alert: Alert, of: Measured, context: Context) -> Plot:
    """The last hour of what the alert measures, as a plot; or why there is none, in words."""
    now, graphing = context.store.now, context.graphing
    if not of.expr:
        return Plot(note="no expression is known, so there is no graph")
    if graphing is None or now is None:
        return Plot(note="no series is kept here, so there is no graph")
    end = now.timestamp()
    try:
        curves = graphing(of.asked, end - HOUR_S, end)
    except FleetdeckError as error:
        return Plot(note=f"no graph: {scrub(str(error), 160)}")
    curve = None if curves is None else own_curve(curves, alert.labels)
    if curve is None:
        return Plot(note="no graph: there are no samples of it in the last hour")
    return Plot(
        times=tuple(curve.times),
        values=tuple(curve.values),
        start_s=end - HOUR_S,
        end_s=end,
        threshold=None if of.threshold is None else of.threshold.value,
        left="1h ago" if of.threshold is None else f"1h ago · threshold {of.threshold}",
        right="now",
    )


def own_curve(curves: Iterable[Curve], labels: Mapping[str, str]) -> Curve | None:
    """The curve whose labels the alert has, the one with most of them in common; None where there is none."""
    fitting = [
        curve
        for curve in curves
        if len(curve.times)
        and all(labels.get(name) == value for name, value in curve.labels.items() if name != "__name__")
    ]
    return max(fitting, key=lambda curve: len(curve.labels), default=None)
