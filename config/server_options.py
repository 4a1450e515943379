"""The real servers beside fleetdeck: a Prometheus, and Alertmanagers. What may be written of them, and what holds."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from config.rule_options import LabelName
from config.values import HttpUrl, Seconds, SecretRef

_HEADER = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
_VARIABLE = Annotated[str, Meta(min_length=1, max_length=256)]
_RESERVED = frozenset({"local", "rules", "fleetdeck", "prometheus"})
PROMETHEUS_EVERY_S = 15.0
ALERTMANAGER_EVERY_S = 10.0


class ServerOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a Prometheus and an Alertmanager have in common."""

    url: HttpUrl
    """Its address, such as `https://prometheus.example:9090`, with the path that it is served under, if any."""
    token_env: _VARIABLE | None = None
    """Environment variable that holds a bearer token; short for `token: {env: NAME}`."""
    token: SecretRef | None = None
    """Where a token is. It goes to this server only."""
    header: Annotated[str, Meta(pattern=_HEADER, extra={"form": "the name of a header, such as X-Scope-Token,"})] = (
        "Authorization"
    )
    """Header that carries the token."""
    scheme: Annotated[str, Meta(max_length=40)] = "Bearer"
    """Word before the token; `Basic` for a token that is base64 of `user:password`, or empty."""
    timeout: Seconds = Seconds(10)
    """The longest that one question may take."""

    def __post_init__(self) -> None:
        if self.token_env is not None and self.token is not None:
            raise ValueError("token_env: there is a token, too; one of the two is enough")
        parts = urlsplit(self.url)
        if parts.query or parts.fragment:
            raise ValueError("url: a server's address has no query and no fragment")

    @property
    def secret(self) -> SecretRef | None:
        """Where the token is."""
        return SecretRef(env=self.token_env) if self.token_env is not None else self.token


class PrometheusOptions(ServerOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Prometheus, or what speaks its HTTP API."""

    every: Seconds = Seconds(PROMETHEUS_EVERY_S)
    """Interval between two looks at its alerts."""
    external_labels: dict[LabelName, str] | None = None
    """Labels that it adds to the alerts that it sends; asked of the server where they are not given."""


class AlertmanagerOptions(ServerOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An Alertmanager (API v2)."""

    name: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    """Name to show; host and port of its address where it is not set."""
    every: Seconds = Seconds(ALERTMANAGER_EVERY_S)
    """Interval between two looks at its alerts and silences."""
    post: bool = False
    """Sends it the firing alerts of fleetdeck's own rules."""

    @property
    def shown(self) -> str:
        """The name to show."""
        return self.name or urlsplit(self.url).netloc


class Servers(Struct, frozen=True, kw_only=True):
    """The servers of a configuration."""

    prometheus: PrometheusOptions | None = None
    alertmanagers: tuple[AlertmanagerOptions, ...] = ()


def name_problems(managers: tuple[AlertmanagerOptions, ...], taken: tuple[str, ...]) -> list[tuple[int, str]]:
    """What is wrong with the names of Alertmanagers, each with the place in the list. `taken` are the names of other
    sources of alerts."""
    found, seen = [], set[str]()
    for place, one in enumerate(managers):
        if one.shown in _RESERVED:
            found.append((place, f"{one.shown!r} is the name of a source of fleetdeck's own"))
        elif one.shown in taken:
            found.append((place, f"an entry of alerts is called {one.shown!r}, too"))
        elif one.shown in seen:
            found.append((place, f"another Alertmanager is called {one.shown!r}; give it a name"))
        seen.add(one.shown)
    return found
