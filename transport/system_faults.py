"""What ssl, the resolver and the operating system raise about a connection, as an `OutsideError`.

Of the standard library only, so that a dashboard whose targets are reached directly loads no HTTP library.
"""

import asyncio
import errno
import socket
import ssl
from typing import Final

from fleet.errors import Fault, OutsideError
from fleet.text import scrub

FAULTS: Final = (OSError, TimeoutError, ValueError)
"""What opening and using a connection can raise: `ssl.SSLError` and `socket.gaierror` are `OSError`s, and a name that
cannot be written for the resolver is a `UnicodeError`."""

DETAIL_CHARS: Final = 160

_BY_ERRNO: Final = {
    errno.ECONNREFUSED: (Fault.REFUSED, "nothing listens there"),
    errno.ECONNRESET: (Fault.RESET, ""),
    errno.ECONNABORTED: (Fault.RESET, ""),
    errno.EPIPE: (Fault.RESET, ""),
    errno.ETIMEDOUT: (Fault.TIMEOUT, "no connection"),
    errno.EHOSTUNREACH: (Fault.UNREACHABLE, "no route to the host"),
    errno.ENETUNREACH: (Fault.UNREACHABLE, "the network is unreachable"),
    errno.EHOSTDOWN: (Fault.UNREACHABLE, "the host is down"),
    errno.EADDRNOTAVAIL: (Fault.UNREACHABLE, "the address is not available"),
    errno.EACCES: (Fault.PERMISSION, "the connection is not permitted"),
    errno.EPERM: (Fault.PERMISSION, "the connection is not permitted"),
    errno.EMFILE: (Fault.INTERNAL, "too many open files here"),
    errno.ENFILE: (Fault.INTERNAL, "too many open files on this machine"),
}


def of_connection(error: BaseException) -> OutsideError:
    """`error` as a fault and a short sentence. Total over `FAULTS`: what nothing else fits is a protocol error."""
    found = of_tls(error) or of_name(error) or of_system(error)
    return found or OutsideError(Fault.PROTOCOL, words(error))


def of_tls(error: BaseException) -> OutsideError | None:
    """A refusal of TLS, in OpenSSL's words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return OutsideError(Fault.TLS, scrub(getattr(error, "verify_message", "") or words(error), DETAIL_CHARS))
    if isinstance(error, ssl.SSLError):
        reason = (getattr(error, "reason", "") or words(error)).lower().replace("_", " ")
        return OutsideError(Fault.TLS, scrub(reason, DETAIL_CHARS))
    return None


def of_name(error: BaseException) -> OutsideError | None:
    """A name that the resolver does not know, or cannot ask for."""
    if isinstance(error, socket.gaierror):
        return OutsideError(Fault.DNS, scrub(str(error.strerror or error), DETAIL_CHARS))
    return None


def of_system(error: BaseException) -> OutsideError | None:
    """What the operating system says of a connection, by its number."""
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return OutsideError(Fault.TIMEOUT, "no answer in time")
    if not isinstance(error, OSError):
        return None
    number = error.errno
    if number is None:
        # Several addresses were tried; asyncio and aiohappyeyeballs put their errors into one text.
        number = next((code for code in _BY_ERRNO if f"[Errno {code}]" in str(error)), None)
    if number in _BY_ERRNO:
        return OutsideError(*_BY_ERRNO[number])
    if isinstance(error, ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
        return OutsideError(Fault.RESET, "")
    if isinstance(error, ConnectionRefusedError):
        return OutsideError(Fault.REFUSED, "nothing listens there")
    return None


def words(error: BaseException) -> str:
    """The error's own words, harmless and short."""
    return scrub(str(error), DETAIL_CHARS) or type(error).__name__
