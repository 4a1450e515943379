"""Where the past of a fleet stands on disk: one group of files a fleet, shared by the dashboards of this machine."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from actions.silencing import Journal
from fleet.alerts.model import Silence
from journal.alert_state import AlertStateFile
from journal.rollups import RollupFile
from journal.silences import SilenceFile


class Unkept:
    """Silences of a fleet that keeps nothing: they end with the process."""

    trouble, lost = "", False

    def __init__(self) -> None:
        self._silences: dict[str, Silence] = {}

    def read(self) -> Mapping[str, Silence]:
        """What there is."""
        return dict(self._silences)

    def change(self, change: Callable[[dict[str, Silence]], None], at: datetime) -> Mapping[str, Silence]:
        """Do `change` to what there is."""
        change(self._silences)
        return dict(self._silences)


class Past(Struct, frozen=True, kw_only=True):
    """What outlives the process. `alerts` and `rollups` None: nothing is kept of them. `writes`: this process may write
    them; one that looks only once does not, and reads what a dashboard wrote."""

    silences: Journal
    alerts: AlertStateFile | None = None
    rollups: RollupFile | None = None
    writes: bool = False


def no_past() -> Past:
    """Nothing is known from before, and nothing is kept."""
    return Past(silences=Unkept())


def past_of(file: Path, *, writes: bool) -> Past:
    """The past that stands beside `file`, the fleet's memory file in the state folder."""
    return Past(
        silences=SilenceFile(file.with_suffix(".silences.json")),
        alerts=AlertStateFile(file.with_suffix(".alerts.msgpack")),
        rollups=RollupFile(file.with_suffix(".slos.sqlite")),
        writes=writes,
    )
