"""The notes of a to-do monitor: `{"snapshots": […], "alerts": [{type, message, delta, timestamp}]}`.

They tell of changes, have no ids, no severity and no end; those of one kind with the same words are one alert.
"""

from collectors.claim_file import EVERY_S, ClaimFile
from collectors.claim_options import ClaimOptions
from config.kinds import Kind
from config.values import FilePath
from fleet.ports import Probe, Reach


class TodoMonitoringOptions(ClaimOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The monitor's file, such as `config/todo_monitoring.json`; only its `alerts` are read."""

    path: FilePath
    """The file; a relative path is taken from the configuration's folder."""


def _build(options: TodoMonitoringOptions, reach: Reach) -> Probe:
    return ClaimFile(options.path, reach, options.rules, "alerts")


KIND: Kind[Probe] = Kind("todo_monitoring", TodoMonitoringOptions, _build, every_s=EVERY_S)
