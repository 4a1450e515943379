"""The task queues in short."""

from fleet.model import ProbeKind
from fleet.views.queues import VIEW as QUEUES
from tui.pane import Known, TablePane
from tui.views import compact


class QueuesPane(TablePane):
    """Depth, failures and trend of each queue."""

    TITLE = "Queues"
    ORDER = 20
    VIEW = compact(
        QUEUES,
        ("state", "name", "queued", "running", "failed", "trend", "remarks"),
        needed=3,
        optional=("failed", "trend", "running", "remarks"),
        widths={"name": 12},
    )

    @classmethod
    def wanted(cls, known: Known) -> bool:
        return bool(known.store.queues) or known.probed(ProbeKind.QUEUE)


PANE = QueuesPane
