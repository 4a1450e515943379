"""The header of an HTTP answer: read within limits, and refused where the end of its body could be told in two ways."""

from collections.abc import Iterable, Mapping
from typing import Final

from fleet.errors import Fault, OutsideError

HEADERS: Final = 100
HEADER_BYTES: Final = 64 * 1024


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields by lower-case name, repeated ones joined. Raises OutsideError where they are too much."""
    fields = list(raw)
    size = sum([len(name) + len(value) for name, value in fields])
    if len(fields) > HEADERS or size > HEADER_BYTES:
        raise OutsideError(Fault.LIMIT, f"the header is too big ({len(fields)} fields, {size:,} bytes)")
    found: dict[str, str] = {}
    for name, value in fields:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def check_framing(headers: Mapping[str, str]) -> None:
    """Raise OutsideError where the body's end is said in two ways, or in one that is not understood (RFC 9112, 6.3)."""
    coding = headers.get("transfer-encoding")
    if coding is None:
        return
    if "content-length" in headers:
        raise OutsideError(Fault.PROTOCOL, "both a length and chunks, so the end of the body cannot be told")
    if coding.strip().lower() != "chunked":
        raise OutsideError(Fault.PROTOCOL, "a transfer encoding that was not asked for")


def check_length(headers: Mapping[str, str], limit: int) -> None:
    """Raise OutsideError where the body says that it is longer than `limit`."""
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limit:
        raise OutsideError(Fault.LIMIT, f"the body has {int(length[:20]):,} bytes, the limit is {limit:,}")
