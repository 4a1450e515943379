"""The TODO backlogs in short: what is done, beside what is claimed."""

from fleet.model import ProbeKind
from fleet.store import Store
from fleet.views.backlog import VIEW as BACKLOG
from tui.pane import TablePane, probed
from tui.views import compact


class BacklogPane(TablePane):
    """A bar for each backlog, clamped to what was counted, with its claim beside it."""

    TITLE = "Backlog"
    ORDER = 30
    VIEW = compact(BACKLOG, "state", "name", "progress", "done", "counted", "claimed", "remarks")

    @classmethod
    def wanted(cls, store: Store) -> bool:
        return bool(store.backlog) or probed(store, ProbeKind.BACKLOG)


PANE = BacklogPane
