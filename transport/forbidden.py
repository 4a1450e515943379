"""Addresses that no document may send us to: link-local ones, and the metadata services of clouds.

A metadata service hands the machine's own credentials to whoever asks from that machine. A target list or a redirect
comes from outside and can name any address, so these are refused there, in every spelling; the operator's own
configuration may name a link-local address, since it is the operator who says so.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable

from fleet.errors import Fault, OutsideError
from fleet.text import scrub

_SERVICES = frozenset(
    ipaddress.ip_address(text)
    for text in [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "169.254.0.23",
        "169.254.10.10",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
    ]
)
_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "metadata.azure.internal", "instance-data"}
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NUMBERS = re.compile(r"(?:0x[0-9a-f]{1,8}|[0-9]{1,11})(?:\.(?:0x[0-9a-f]{1,8}|[0-9]{1,11})){0,3}")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_forbidden(host: str) -> bool:
    """Whether `host`, a name or an address as it stands in a URL, is link-local or a metadata service's."""
    address = address_of(host)
    if address is None:
        return _plain(host) in _NAMES
    return address.is_link_local or address in _SERVICES


def refuse_services(host: str, addresses: Iterable[str]) -> None:
    """Raise OutsideError where `host` is a name and one of the `addresses` that were found for it is a service's."""
    if address_of(host) is None and any(map(is_service, addresses)):
        raise OutsideError(
            Fault.PROTOCOL, f"{scrub(host, 80)} leads to a cloud's metadata service, which is never asked"
        )


def is_service(address: str) -> bool:
    """Whether a name that was looked up leads to a metadata service. No agent lives there, whoever named it."""
    return address_of(address) in _SERVICES


def address_of(host: str) -> Address | None:
    """The address that `host` spells: dotted, as one number, octal, hexadecimal, or IPv4 within IPv6; None for a name.

    The C library connects to all of these.
    """
    plain = _plain(host)
    try:
        return _within(ipaddress.ip_address(plain))
    except ValueError:
        pass
    if not _NUMBERS.fullmatch(plain):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(plain))
    except OSError:
        return None


def _plain(host: str) -> str:
    return host.strip("[]").partition("%")[0].rstrip(".").lower()


def _within(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
