"""The services of the demo fleet: `http` with the addresses of its API."""

from typing import Annotated
from urllib.parse import quote

from msgspec import Meta, Struct

from actions.reverting.asking import Auth
from actions.reverting.words import KEY
from actions.rollbacks.http import HttpRolling, HttpRollOptions, ToOptions
from config.kinds import Kind
from config.values import HttpUrl, Seconds
from fleet.actions.ports import ActReach, Rolling


class DemoOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service of the demo fleet (`fleetdeck demo`), or of anything that speaks its API."""

    url: HttpUrl
    """Address of the fleet's API."""
    service: Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
    """Name of the service."""
    auth: Auth | None = None
    """A header with a secret."""
    timeout: Seconds = Seconds(10)
    """How long an answer may take."""


def _build(options: DemoOptions, reach: ActReach) -> Rolling:
    base = f"{options.url.rstrip('/')}/services/{quote(options.service, safe='')}".replace("{", "{{").replace("}", "}}")
    return HttpRolling(
        HttpRollOptions(
            list=HttpUrl(f"{base}/revisions"),
            to=ToOptions(url=f"{base}/roll", body={"to": "{to}", "share": "{share}", "key": KEY}),
            auth=options.auth,
            timeout=options.timeout,
        ),
        reach,
    )


KIND = Kind[Rolling](name="demo", options=DemoOptions, build=_build)
