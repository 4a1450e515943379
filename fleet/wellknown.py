"""Metric names that mean the same few numbers of an agent, whichever exporter wrote them.

Sources: the agents' own exporters (contract), the Prometheus process collector, OpenTelemetry process conventions.
The first name of a field that a page has is taken; its series are added up (they differ by task type, not by agent).
"""

import math

from msgspec import Struct

from fleet.model import Page, SeriesId

NAMES: dict[str, tuple[str, ...]] = {
    "tasks_queued": ("agent_tasks_queued", "worker_queue_size", "shield_worker_queue_size"),
    "tasks_running": ("agent_tasks_processing", "active_jobs", "shield_active_jobs"),
    "tasks_completed": ("agent_tasks_completed_total", "jobs_completed_total"),
    "tasks_failed": ("agent_tasks_failed_total", "jobs_failed_total"),
    "cpu_percent": ("agent_cpu_usage_percent",),
    "memory_bytes": ("agent_memory_usage_bytes", "process_resident_memory_bytes", "process_memory_usage_bytes"),
}
"""Field of `AgentStatus` and `Claim` → metric names, best first."""


class Vitals(Struct, frozen=True, kw_only=True, gc=False):
    """The numbers of an agent that its page shows; None for those that it does not."""

    tasks_queued: int | None = None
    tasks_running: int | None = None
    tasks_completed: int | None = None
    tasks_failed: int | None = None
    cpu_percent: float | None = None
    memory_bytes: float | None = None


Plan = tuple[tuple[str, tuple[int, ...]], ...]
"""For each field the positions of its series in a page of a certain shape."""

_SHARED = 1_000
"""Plans that are remembered because other targets may have the same."""

_COUNTS = frozenset({"tasks_queued", "tasks_running", "tasks_completed", "tasks_failed"})


def plan(series: tuple[SeriesId, ...]) -> Plan:
    """Where the well-known series stand in pages of this shape."""
    places: dict[str, list[int]] = {}
    for index, key in enumerate(series):
        places.setdefault(key.name, []).append(index)
    return tuple(
        (field, tuple(places[name]))
        for field, names in NAMES.items()
        for name in [next((name for name in names if name in places), None)]
        if name is not None
    )


def vitals(page: Page, positions: Plan) -> Vitals:
    """The numbers of `page`, whose shape `positions` was made for. NaN and infinities are not known."""
    found: dict[str, float] = {}
    for field, places in positions:
        value = sum(page.values[place] for place in places)
        if math.isfinite(value):
            found[field] = int(value) if field in _COUNTS else value
    return Vitals(**found)  # type: ignore[arg-type]  # counts are ints by the line above


class PlanBook:
    """The numbers of each target's last page, and where they stand on it. Pages of a target keep their shape, and share
    the tuple that says it.

    One plan a target and no more: where a label changes with every scrape, a shape that was kept would hold all of its
    series in memory for ever.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Page, Plan, Vitals]] = {}
        self._plans: dict[Plan, Plan] = {}

    def vitals(self, name: str, page: Page) -> Vitals:
        """The numbers of `page`, which the target `name` showed."""
        known = self._known.get(name)
        if known is not None and known[0] is page:
            return known[2]
        same = known is not None and known[0].series is page.series
        positions = known[1] if known is not None and same else self._shared(plan(page.series))
        found = vitals(page, positions)
        self._known[name] = page, positions, found
        return found

    def forget(self, name: str) -> None:
        """The target is no more."""
        self._known.pop(name, None)

    def _shared(self, positions: Plan) -> Plan:
        """The one plan that equals `positions`: thousands of agents have the same."""
        if len(self._plans) >= _SHARED:
            self._plans.clear()
        return self._plans.setdefault(positions, positions)
