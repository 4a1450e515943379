"""Curves for the pages of alerts: the same every time."""

import math

from fleet.alerts.ports import Curve


def sinking(expr: str, from_s: float, to_s: float) -> tuple[Curve, ...] | None:
    """A minute-wise wave that ends at nothing; None for what nobody keeps."""
    if "unknown" in expr:
        return None
    times = [from_s + 60.0 * step for step in range(int((to_s - from_s) // 60) + 1)]
    values = [max(0.0, 1.0 + 0.3 * math.sin(at / 4) - max(0, at - 50) * 0.2) for at in range(len(times))]
    return (Curve({"__name__": "up"}, times, values),)
