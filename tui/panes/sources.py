"""The sources and probes that do not answer as they should."""

from fleet.store import Store
from fleet.views.sources import VIEW as SOURCES
from tui.pane import TablePane
from tui.views import compact


class SourcesPane(TablePane):
    """Sources that fail or answer in part: what fleetdeck cannot know because of them."""

    TITLE = "Failing sources"
    ORDER = 50
    VIEW = compact(SOURCES, "state", "id", "age", "remarks", empty="every source answers")
    FAULTS = True

    @classmethod
    def wanted(cls, store: Store) -> bool:
        return bool(store.sources)

    def note(self, shown: int, total: int) -> str:
        return f"{shown} of {total}" if shown else "every source answers" if total else ""


PANE = SourcesPane
