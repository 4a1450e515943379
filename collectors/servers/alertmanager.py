"""An Alertmanager, read: its alerts, silences, groups, receivers and itself."""

from typing import Final

from msgspec import Struct

from collectors.servers.asking import Asking, parsed
from fleet.alertmanager_api import About, read_about, read_alerts, read_groups, read_receivers, read_silences, refusal
from fleet.alerts.managers import Look
from fleet.clock import Clock

ASIDE_LOOKS: Final = 6
"""Looks between two at groups and receivers."""
_OK = 200


class AlertmanagerLook(Struct, frozen=True):
    """What an Alertmanager says now, how much was beyond the limits, and itself in words."""

    look: Look
    cut: int = 0
    summary: str = ""


class Alertmanager:
    """Asks one Alertmanager."""

    def __init__(self, name: str, asking: Asking, clock: Clock) -> None:
        self.name = name
        self.target = asking.url
        self._asking = asking
        self._clock = clock
        self._number = 0
        self._left = 0
        self._routes = ""

    async def look(self) -> AlertmanagerLook:
        """All that it says now. Raises OutsideError."""
        self._number += 1
        number = self._number
        alerts, more = await parsed(read_alerts, await self._body("/alerts"))
        content = await self._body("/silences")
        silences, older = await parsed(read_silences, content, self.name, self._clock.now())
        about = read_about(await self._body("/status"))
        if self._left <= 0:
            self._routes = await self._look_aside()
            self._left = ASIDE_LOOKS
        self._left -= 1
        found = Look(number=number, alerts=alerts, silences=silences, about=about)
        return AlertmanagerLook(found, more + older, f"{_words(about)}, {len(alerts):,} alerts{self._routes}")

    async def _look_aside(self) -> str:
        """How it groups, and for whom."""
        groups = await parsed(read_groups, await self._body("/alerts/groups"))
        receivers = read_receivers(await self._body("/receivers"))
        return f" in {len(groups):,} groups for {len(set(groups)):,} of {len(receivers):,} receivers"

    async def _body(self, path: str) -> bytes:
        answer = await self._asking.get(f"/api/v2{path}")
        if answer.status != _OK:
            raise refusal(answer.status, answer.body)
        return answer.body


def _words(about: About) -> str:
    peers = f" of {len(about.peers):,}" if about.peers else ""
    cluster = f", cluster{peers} {about.cluster}" if about.cluster else ""
    return f"Alertmanager {about.version}".rstrip() + cluster
