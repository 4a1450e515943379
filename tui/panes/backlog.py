"""The TODO backlogs in short: what is done, beside what is claimed."""

from fleet.model import ProbeKind
from fleet.views.backlog import VIEW as BACKLOG
from fleet.views.text import progress_bar
from fleet.views.view import Cell, Column, Tone
from fleet.work import Backlog
from tui.pane import Known, TablePane
from tui.views import compact

_BAR = 9


PROGRESS: Column[Backlog] = Column(
    id="progress",
    title="PROGRESS",
    width=_BAR,
    cell=lambda r, _: Cell(progress_bar(r.done_ratio, r.claimed_ratio, _BAR), Tone.ACCENT),
    sort=lambda r, _: r.done_ratio,
)


class BacklogPane(TablePane):
    """A bar for each backlog, clamped to what was counted, with its claim beside it."""

    TITLE = "Backlog"
    ORDER = 30
    VIEW = compact(
        BACKLOG,
        ("state", "name", PROGRESS, "done", "claimed", "counted", "remarks"),
        needed=4,
        optional=("claimed", "remarks", "counted"),
        widths={"name": 11, "remarks": 26},
    )

    @classmethod
    def wanted(cls, known: Known) -> bool:
        return bool(known.store.backlog) or known.probed(ProbeKind.BACKLOG)


PANE = BacklogPane
