"""What changed last."""

from fleet.views.events import VIEW as EVENTS
from tui.pane import TablePane
from tui.views import compact


class EventsPane(TablePane):
    """The latest changes of state, newest first."""

    TITLE = "Latest events"
    ORDER = 40
    VIEW = compact(
        EVENTS, ("at", "subject", "change", "detail"), needed=3, optional=("detail",), widths={"subject": 12}
    )


PANE = EventsPane
