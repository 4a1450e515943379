"""The TODO backlogs in short: what is done, beside what is claimed."""

from fleet.model import Backlog, ProbeKind
from fleet.store import Store
from fleet.views.backlog import VIEW as BACKLOG
from fleet.views.view import Cell, Column, Tone
from tui.pane import TablePane, probed
from tui.views import compact

_BAR = 9


def claimed_bar(done: float | None, claimed: float | None, width: int) -> str:
    """A bar of what was counted, clamped to its width, with `│` where its document claims to be, or `»` where it
    claims more than all there is. Lines, not blocks, so that the bars of neighbouring rows stay apart."""
    if done is None:
        return "·" * width
    halves = round(min(1.0, max(0.0, done)) * width * 2)
    drawn = ("━" * (halves // 2) + "╸" * (halves % 2)).ljust(width, "╌")
    if claimed is None or abs(claimed - done) < 0.005:
        return drawn
    if claimed > 1:
        return drawn[:-1] + "»"
    at = min(width - 1, int(claimed * width))
    return drawn[:at] + "│" + drawn[at + 1 :]


PROGRESS: Column[Backlog] = Column(
    id="progress",
    title="PROGRESS",
    width=_BAR,
    cell=lambda r, _: Cell(claimed_bar(r.done_ratio, r.claimed_ratio, _BAR), Tone.ACCENT),
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
        widths={"name": 11},
    )

    @classmethod
    def wanted(cls, store: Store) -> bool:
        return bool(store.backlog) or probed(store, ProbeKind.BACKLOG)


PANE = BacklogPane
