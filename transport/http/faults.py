"""The one place where what httpx and aiohttp raise becomes an `OutsideError`.

`httpx_aiohttp` translates aiohttp's exceptions into httpx's and loses some of their sense (a server that closes
without an answer becomes `ConnectTimeout`), so the original, which it keeps as `__cause__`, is looked at first.
"""

from collections.abc import Iterator

import aiohttp
import httpx

from fleet.errors import Fault, OutsideError
from fleet.text import scrub
from transport.system_faults import DETAIL_CHARS, of_name, of_system, of_tls, words

FAULTS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, aiohttp.ClientError, OSError, TimeoutError, ValueError)
"""Everything that a request can raise; `translated` has an answer for each of them."""


def translated(error: BaseException) -> OutsideError:
    """`error` as a fault and a short sentence. Total over `FAULTS`: what nothing else fits is a protocol error."""
    chain = list(_chain(error))[::-1]
    if any(isinstance(link, aiohttp.ClientError) for link in chain):
        chain = [link for link in chain if not isinstance(link, httpx.HTTPError)]
    for look in (_tls, _name, of_system, _connection):
        for link in chain:
            fault = look(link)
            if fault is not None:
                return fault
    return OutsideError(Fault.PROTOCOL, words(chain[0]))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, its causes, and the operating system's errors that aiohttp wraps, outermost first."""
    link: BaseException | None = error
    for _ in range(8):
        if link is None:
            return
        yield link
        wrapped = getattr(link, "os_error", None) or getattr(link, "certificate_error", None)
        if isinstance(wrapped, BaseException) and wrapped is not link:
            link = wrapped
        elif isinstance(link, BaseExceptionGroup):
            link = link.exceptions[0]
        elif type(link).__module__.partition(".")[0] == "httpcore":
            link = link.__context__  # httpcore raises its own without `from`
        else:
            link = link.__cause__


def _tls(error: BaseException) -> OutsideError | None:
    fault = of_tls(error)
    if fault is None and isinstance(error, aiohttp.ClientSSLError | aiohttp.ServerFingerprintMismatch):
        return OutsideError(Fault.TLS, words(error))
    return fault


def _name(error: BaseException) -> OutsideError | None:
    fault = of_name(error)
    if fault is None and isinstance(error, aiohttp.ClientConnectorDNSError):
        return OutsideError(Fault.DNS, "the name cannot be resolved")
    return fault


def _connection(error: BaseException) -> OutsideError | None:
    match error:
        case aiohttp.ServerDisconnectedError():
            return OutsideError(Fault.EMPTY, "the connection was closed without an answer")
        case aiohttp.ClientPayloadError():
            return OutsideError(Fault.PAYLOAD, "half a body")
        case aiohttp.ClientHttpProxyError():
            return OutsideError(Fault.STATUS, f"the proxy answered {error.status}")
        case aiohttp.ClientResponseError():
            return _malformed_answer(error)
        case aiohttp.InvalidURL() | httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return OutsideError(Fault.PROTOCOL, "no http or https address")
        case httpx.TooManyRedirects() | aiohttp.TooManyRedirects():
            return OutsideError(Fault.LIMIT, "too many redirects")
        case httpx.HTTPStatusError():
            return OutsideError(Fault.STATUS, str(error.response.status_code))
        case httpx.DecodingError():
            return OutsideError(Fault.PAYLOAD, "the body is not compressed as it says")
        case aiohttp.ClientConnectorError() | httpx.ConnectError() | httpx.ProxyError():
            return OutsideError(Fault.UNREACHABLE, words(error))
        case httpx.TimeoutException():
            return OutsideError(Fault.TIMEOUT, "no answer in time")
        case httpx.NetworkError():
            return OutsideError(Fault.RESET, "")
        case httpx.RemoteProtocolError():
            return _broken_off(error)
    return None


def _broken_off(error: httpx.RemoteProtocolError) -> OutsideError:
    """httpcore has one exception for all that a server can do wrong, and tells in words only what it was."""
    said = str(error)
    if "without sending a response" in said:
        return OutsideError(Fault.EMPTY, "the connection was closed without an answer")
    if "without sending complete message body" in said:
        return OutsideError(Fault.PAYLOAD, "half a body")
    return OutsideError(Fault.PROTOCOL, words(error))


def _malformed_answer(error: aiohttp.ClientResponseError) -> OutsideError:
    message = error.message.strip().splitlines()
    said = scrub(message[0].rstrip(":"), DETAIL_CHARS) if message else "a malformed answer"
    if "more than" in said.lower() or "too many" in said.lower():
        return OutsideError(Fault.LIMIT, "the header is too big")
    return OutsideError(Fault.PROTOCOL, said)
