"""The translation of the libraries' errors is total: whatever they can raise becomes a fault with a sentence."""

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import aiohttp
import httpcore
import httpx
import pytest
from aiohttp.client_exceptions import ClientConnectorCertificateError, UnixClientConnectorError
from aiohttp.client_reqrep import ConnectionKey

from fleet.errors import Fault
from transport.http.faults import FAULTS, translated

REQUEST = httpx.Request("GET", "http://127.0.0.1:9/")
NO_REQUEST: Any = None
KEY = ConnectionKey("127.0.0.1", 9, False, True, None, None, None)


def tree(root: type[BaseException]) -> Iterator[type[BaseException]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


def made(kind: Any) -> Any:
    """An exception of `kind` as its library would make it."""
    if issubclass(kind, httpx.HTTPStatusError):
        return kind("bad", request=REQUEST, response=httpx.Response(500))
    if issubclass(kind, aiohttp.ClientResponseError):
        return kind(NO_REQUEST, (), status=400, message="Bad status line")
    if issubclass(kind, ClientConnectorCertificateError):
        return kind(KEY, ssl.SSLCertVerificationError("expired"))
    if issubclass(kind, UnixClientConnectorError):
        return kind("/run/x", KEY, OSError(errno.ECONNREFUSED, "refused"))
    if issubclass(kind, aiohttp.ClientConnectorError):
        return kind(KEY, OSError(errno.ECONNREFUSED, "refused"))
    if issubclass(kind, aiohttp.ServerFingerprintMismatch):
        return kind(b"", b"", "127.0.0.1", 9)
    for arguments in (("words",), (), ("utf-8", b"", 0, 1, "words")):
        try:
            return kind(*arguments)
        except TypeError:
            continue
    raise AssertionError(f"no idea how to make {kind}")


LIBRARY = {
    kind
    for root in (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, aiohttp.ClientError)
    for kind in tree(root)
    if kind.__module__.partition(".")[0] in ("httpx", "aiohttp")
}
SYSTEM = {
    kind
    for root in (OSError, TimeoutError, ssl.SSLError)
    for kind in tree(root)
    if kind.__module__ in ("builtins", "ssl", "socket")
}


@pytest.mark.parametrize("kind", sorted(LIBRARY | SYSTEM, key=str))
def test_every_exception_of_the_libraries_is_translated(kind: type[BaseException]) -> None:
    assert issubclass(kind, FAULTS)
    error = translated(made(kind))
    assert error.fault not in (Fault.INTERNAL, Fault.MISSING)
    assert str(error).isprintable()


def test_nothing_that_httpx_exports_is_left_out() -> None:
    exported = {item for item in vars(httpx).values() if isinstance(item, type) and issubclass(item, Exception)}
    # CookieConflict is raised by httpx's cookie jar only, which is not used here.
    assert {kind for kind in exported if not issubclass(kind, FAULTS)} == {httpx.CookieConflict}


@pytest.mark.parametrize(
    ("error", "fault", "detail"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), Fault.REFUSED, "nothing listens there"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), Fault.REFUSED, "nothing listens there"),
        (OSError(errno.EHOSTUNREACH, "x"), Fault.UNREACHABLE, "no route to the host"),
        (OSError(errno.EMFILE, "x"), Fault.INTERNAL, "too many open files here"),
        (ConnectionResetError(), Fault.RESET, ""),
        (socket.gaierror(-2, "Name or service not known"), Fault.DNS, "Name or service not known"),
        (TimeoutError(), Fault.TIMEOUT, "no answer in time"),
        (httpx.ConnectTimeout(""), Fault.TIMEOUT, "no answer in time"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), Fault.EMPTY, "the connection"),
        (httpx.ReadError(""), Fault.RESET, ""),
        (aiohttp.ServerDisconnectedError(), Fault.EMPTY, "the connection was closed without an answer"),
        (aiohttp.ClientConnectorDNSError(KEY, OSError(None, "x")), Fault.DNS, "the name cannot be resolved"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), Fault.TLS, ""),
        (ValueError("\x1b[31m"), Fault.PROTOCOL, "\\x1b[31m"),
    ],
)
def test_the_words_are_those_of_an_operator(error: BaseException, fault: Fault, detail: str) -> None:
    found = translated(error)
    assert found.fault is fault
    assert found.detail.startswith(detail)


def test_the_reason_behind_a_wrapped_error_counts() -> None:
    certificate = ssl.SSLCertVerificationError(1, "certificate verify failed")
    certificate.verify_message = "certificate has expired"
    outer = httpx.ConnectTimeout("Cannot connect")
    outer.__cause__ = ClientConnectorCertificateError(KEY, certificate)
    assert str(translated(outer)) == "TLS: certificate has expired"

    inner = httpcore.ConnectError("All connection attempts failed")
    inner.__context__ = OSError("All connection attempts failed")
    inner.__context__.__cause__ = ExceptionGroup("all", [ConnectionRefusedError(errno.ECONNREFUSED, "x")])
    whole = httpx.ConnectError("All connection attempts failed")
    whole.__cause__ = inner
    assert translated(whole).fault is Fault.REFUSED
