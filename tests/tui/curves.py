"""Curves for the pages of alerts: the same every time."""

import math
from collections.abc import Generator, Mapping

from fleet.alerts.ports import Curve


class Sinking:
    """`Graphing`: a minute-wise wave that ends at nothing; none for what nobody keeps, and of that a Prometheus has
    what it `serves`."""

    def __init__(self, *, serves: bool = False) -> None:
        self._serves = serves

    def kept(
        self, expr: str, labels: Mapping[str, str], from_s: float, to_s: float
    ) -> Generator[None, None, Curve | None]:
        yield
        return None if "unknown" in expr else _wave(from_s, to_s)

    async def served(self, expr: str, labels: Mapping[str, str], from_s: float, to_s: float) -> Curve | None:
        return _wave(from_s, to_s) if self._serves else None


def _wave(from_s: float, to_s: float) -> Curve:
    times = [from_s + 60.0 * step for step in range(int((to_s - from_s) // 60) + 1)]
    values = [max(0.0, 1.0 + 0.3 * math.sin(at / 4) - max(0, at - 50) * 0.2) for at in range(len(times))]
    return Curve({"__name__": "up"}, times, values)


sinking = Sinking()
