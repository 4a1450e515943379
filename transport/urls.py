"""Addresses: what may be fetched, whose origin it is, how it is shown, and which proxy the environment names for it."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit, urlunsplit

from fleet.errors import Fault, OutsideError
from fleet.text import scrub

_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
"""(scheme, host, port), as browsers compare origins."""


def split_url(url: str) -> SplitResult:
    """The parts of an http or https address. Raises OutsideError (protocol) for anything else."""
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError as error:
        raise OutsideError(Fault.PROTOCOL, f"no address: {public_url(url)[:120]}") from error
    if parts.scheme not in _PORTS or not parts.hostname or not port_is_valid:
        raise OutsideError(Fault.PROTOCOL, f"no http or https address: {public_url(url)[:120]}")
    return parts


def origin(url: str) -> Origin:
    """Scheme, host and port of an address, defaults filled in. Raises OutsideError as `split_url` does."""
    parts = split_url(url)
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or _PORTS[parts.scheme]


def public_url(url: str) -> str:
    """`url` for people: scrubbed, without the user and password that it may carry."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return scrub(url.rpartition("@")[2])
    shown = scrub(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))
    return url if url == shown else shown  # mostly, and then there is one text instead of two


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy that `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` (or their lower-case forms) name for `url`.

    Never one for loopback addresses. `NO_PROXY` is `*`, or a list of hosts that stand for their subdomains too.
    Upper-case `HTTP_PROXY` is ignored where a CGI server runs us, as a request header could set it.
    """
    scheme, host, port = origin(url)
    if _is_loopback(host):
        return None
    excluded = [entry.strip().lower() for entry in _setting("no_proxy", environ).split(",")]
    if "*" in excluded or any(_covers(entry, host, port) for entry in excluded if entry):
        return None
    if scheme == "http" and "REQUEST_METHOD" in environ:
        return environ.get("http_proxy") or None
    return _setting(f"{scheme}_proxy", environ) or None


def _setting(name: str, environ: Mapping[str, str]) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _covers(entry: str, host: str, port: int) -> bool:
    name, _, wanted = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
    if wanted and wanted != str(port):
        return False
    name = name.strip("[]").removeprefix("*").removeprefix(".")
    return bool(name) and (host == name or host.endswith("." + name))


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
