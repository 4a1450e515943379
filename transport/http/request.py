"""The bytes of a request, made of parts that are made once: the target's address, and a header shared by many.

What goes into a request line or header is checked here, so that no address, header or secret can end a line early and
put a second request behind the first (request splitting). Credentials in an address are not sent.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from fleet.errors import Fault, OutsideError
from fleet.secret import Secret
from fleet.text import scrub
from transport.urls import Origin, origin, proxy_for

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_PLAIN: Final = re.compile(
    r"https?://(?:[^/?#@]*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?"
    r"(/[!$-;=@-_a-z|~]*)?(\?[!$-;=?-~]*)?(?:#.*)?",
    re.IGNORECASE,
)
"""An address that can be sent as it is: an ASCII host, and what RFC 3986 and browsers let stand in path and query."""
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")


Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Address(Struct, frozen=True):
    """Where a request goes, by which proxy, and the request line."""

    origin: Origin
    proxy: str | None
    line: bytes


class Header(Struct, frozen=True):
    """Header fields, and their bytes; `names_host` says that a `Host` is among them.

    `own` is the header without what was given for one target, for any other; None where nothing was given.
    """

    fields: tuple[tuple[str, str], ...]
    content: bytes
    names_host: bool
    own: "Header | None" = None


def read_address(url: str, environ: Mapping[str, str]) -> Address:
    """The address `url`, and the proxy that `environ` names for it. Raises OutsideError (protocol) for no http URL."""
    scheme, _, port = origin(url)
    match = _PLAIN.fullmatch(url) or _PLAIN.fullmatch(_normal(url))
    if match is None:
        raise OutsideError(Fault.PROTOCOL, f"no http or https address: {scrub(url, 120)}")
    host = match[1].lower().strip("[]").rstrip(".")
    line = f"GET {match[2] or '/'}{match[3] or ''} HTTP/1.1\r\n"
    return Address((scheme, host, port), proxy_for(url, environ), line.encode())


def host_field(where: Origin) -> bytes:
    """The `Host` header of a request to an origin whose name is ASCII."""
    scheme, host, port = where
    named = f"[{host}]" if ":" in host else host
    return f"Host: {named if port == _DEFAULT_PORTS[scheme] else f'{named}:{port}'}\r\n".encode()


def with_method(line: bytes, method: Method) -> bytes:
    """The request line of a GET as that of another method."""
    return method.encode() + line[len(b"GET") :]


def _normal(url: str) -> str:
    """`url` with an ASCII host, and what may not stand in a path or query written as `%XX`."""
    import httpx

    try:
        return str(httpx.URL(url))
    except (httpx.InvalidURL, ValueError) as error:
        raise OutsideError(Fault.PROTOCOL, f"no http or https address: {scrub(url, 120)}") from error


def header_of(own: Mapping[str, str], given: Mapping[str, str]) -> Header:
    """`own` fields and those `given` for a target. Raises OutsideError (protocol) for what cannot stand in a header."""
    fields = {**own, **{name.lower(): value for name, value in given.items()}}
    return Header(
        fields=tuple(fields.items()),
        content=b"".join(_field(name, value) for name, value in fields.items()),
        names_host="host" in fields,
        own=header_of(own, {}) if given else None,
    )


def secret_field(secret: tuple[str, Secret] | None) -> bytes:
    """The header field of a secret; nothing where there is none. Raises OutsideError, without the secret in it."""
    return b"" if secret is None else _field(secret[0].lower(), secret[1].reveal())


def _field(name: str, value: str) -> bytes:
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise OutsideError(Fault.PROTOCOL, f"the header {scrub(name, 40)!r} has a character that cannot be sent")
    # Names have no case, but there are servers of a few lines that look for them as most clients write them.
    return f"{name.title()}: {value}\r\n".encode()
