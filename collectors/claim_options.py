"""What every kind of claimed alerts may be told."""

from typing import Annotated

from msgspec import Meta, Struct

from config.values import Seconds
from fleet.alerts.claims import AGE_OUT_S, ClaimRules


class ClaimOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys of all kinds of alerts."""

    severity: Annotated[str, Meta(max_length=80)] = ""
    """Severity of alerts that name none; unknown where it is not set."""
    stale_after: Seconds = Seconds(AGE_OUT_S)
    """How old an alert may be that nobody says has ended; after that it is shown as stale."""

    @property
    def rules(self) -> ClaimRules:
        """How claims are read."""
        return ClaimRules(severity=self.severity, age_out_s=float(self.stale_after))
