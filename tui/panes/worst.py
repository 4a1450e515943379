"""The agents with something wrong, worst first."""

from fleet.views.agents import VIEW as AGENTS
from tui.pane import TablePane
from tui.views import compact


class WorstPane(TablePane):
    """Agents that are down, degraded, waiting or stale, or that claim what was not observed."""

    TITLE = "Worst agents"
    ORDER = 10
    VIEW = compact(
        AGENTS,
        ("state", "name", "claimed", "failed", "since", "detail"),
        needed=2,
        optional=("detail", "claimed", "failed", "since"),
        widths={"name": 14, "detail": 22},
    )
    FAULTS = True

    def note(self, shown: int, total: int) -> str:
        return f"{shown} of {total}" if shown else "nothing wrong" if total else ""


PANE = WorstPane
