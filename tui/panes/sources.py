"""The sources and probes that do not answer as they should."""

from fleet.views.sources import VIEW as SOURCES
from tui.pane import Known, TablePane
from tui.views import compact


class SourcesPane(TablePane):
    """Sources that fail or answer in part: what fleetdeck cannot know because of them."""

    TITLE = "Failing sources"
    ORDER = 50
    VIEW = compact(SOURCES, ("state", "id", "age", "remarks"), needed=2, optional=("remarks", "age"))
    FAULTS = True

    @classmethod
    def wanted(cls, known: Known) -> bool:
        return known.failing


PANE = SourcesPane
