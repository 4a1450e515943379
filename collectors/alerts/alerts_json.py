"""One file of alerts: `{"alerts": {"active_alerts": […], "alert_history": […]}}`, parts of it, or a bare list.

The list of active alerts may hold resolved ones: an alert is what its own status says.
"""

from collectors.claim_file import EVERY_S, ClaimFile
from collectors.claim_options import ClaimOptions
from config.kinds import Kind
from config.values import FilePath
from fleet.ports import Probe, Reach


class AlertsJsonOptions(ClaimOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON file of alerts with a status, such as `agents/alerts.json`."""

    path: FilePath
    """The file; a relative path is taken from the configuration's folder."""


def _build(options: AlertsJsonOptions, reach: Reach) -> Probe:
    return ClaimFile(options.path, reach, options.rules)


KIND: Kind[Probe] = Kind("alerts_json", AlertsJsonOptions, _build, every_s=EVERY_S)
