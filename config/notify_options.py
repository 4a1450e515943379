"""How the terminal calls its operator, as it is written in a configuration."""

from msgspec import Struct

from fleet.alerts.notices import NotifyWish
from fleet.severity import Severity


class NotifyOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the terminal calls for attention when an alert begins to fire. Nothing is sent unless it is asked for."""

    bell: Severity | None = None
    """Rings the terminal's bell from this severity on: `critical`, `high`, `warning` or `info`."""
    osc9: Severity | None = None
    """Sends a desktop notification through the terminal (OSC 9) from this severity on."""
    claimed: bool = False
    """Also for alerts that a system only claims of itself."""

    def wish(self) -> NotifyWish:
        """What the dashboard is to do."""
        return NotifyWish(bell=self.bell, osc9=self.osc9, claimed=self.claimed)
