"""A service with three releases behind a symlink, its agents, its objective, and what that was while each was live."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fleet.actions.history import Between
from fleet.model import AgentStatus
from fleet.slo.model import Burn, SloState, SloStatus
from fleet.vocabulary import AgentState
from tests.actions.rollbacks.bench import AT, Bench

HOUR = timedelta(hours=1)


class Past:
    """An objective that was as `ratios` says, by the hour before now."""

    def __init__(self, ratios: Mapping[int, float]) -> None:
        self._ratios = ratios

    def between(self, slo: str, start: datetime, end: datetime) -> Between | None:
        if slo != "gateway-availability":
            return None
        hours = [hour for hour in self._ratios if start <= AT - hour * HOUR < end]
        good = sum(1000 * self._ratios[hour] for hour in hours)
        return Between(good, 1000.0 * len(hours), 60 * len(hours), 60 * len(hours))


def releases(root: Path, ages_h: Sequence[float] = (9, 6, 3)) -> dict[str, Any]:
    """`r1`, `r2`, and `r3` that is live, each so many hours old."""
    for hours, name in zip(ages_h, ("r1", "r2", "r3"), strict=True):
        (root / "releases" / name).mkdir(parents=True)
        at = (AT - hours * HOUR).timestamp()
        os.utime(root / "releases" / name, (at, at))
    (root / "current").symlink_to(root / "releases" / "r3")
    os.utime(root / "current", (at, at), follow_symlinks=False)
    return {
        "kind": "symlink",
        "name": "gateway",
        "link": str(root / "current"),
        "releases": str(root / "releases"),
        "agents": "name~gw-",
        "slo": "gateway-availability",
        "gate": "errors",
    }


def slo_row(*, firing: bool = True, severity: str = "page") -> SloStatus:
    burn = Burn(
        tier="page fast",
        severity=severity,
        factor=14.4,
        long_s=3600,
        short_s=300,
        long_rate=28.8,
        short_rate=28.8,
        firing=firing,
    )
    return SloStatus(
        name="gateway-availability",
        service="edge",
        objective_ratio=0.99,
        window_s=86_400,
        state=SloState.BURNING if firing else SloState.OK,
        budget_remaining_ratio=0.25,
        burn_rate=28.8,
        burns=(burn,),
    )


def fill(it: Bench) -> None:
    for name, state in (("gw-1", AgentState.UP), ("gw-2", AgentState.DOWN), ("planner", AgentState.UP)):
        it.store.status.put(name, AgentStatus(name=name, state=state))
    it.store.slos.put("gateway-availability", slo_row())


RATIOS = {8: 0.999, 7: 0.999, 5: 0.999, 4: 0.9995, 2: 0.7, 1: 0.7}
