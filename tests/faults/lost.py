"""What asyncio itself loses: on a busy machine its server side of TLS now and then drops a connection that the client
broke off in the handshake (here: `Proxy`), without closing it. Python then warns of a transport that nobody closed, in
whatever test comes when the collector runs, and warnings are errors. So it is collected where it comes from."""

import asyncio
import gc
import re
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

_LAYER_OF_TLS = "_SSLProtocolTransport"
_ON_THIS_SIDE = re.compile(r"laddr=\('127\.0\.0\.1', (\d+)\)")


@contextmanager
def collected_here(ports: Callable[[], Collection[int]]) -> Iterator[None]:
    """Collect garbage at the end and not before, here and within. Fails for what was left open, but for connections
    that were accepted on one of `ports`."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            gc.collect()
        if was_on:
            gc.enable()
    lost = [one for one in told if _port(one) in ports()]
    # The layer of TLS above a connection names no port, and is lost together with it.
    transports = sum(isinstance(one.source, asyncio.BaseTransport) for one in lost)
    above = [one for one in told if _LAYER_OF_TLS in str(one.message)]
    left = [str(one.message) for one in told if one not in lost and one not in above[:transports]]
    assert not left, "\n".join(map(str, [one.message for one in told]))


def _port(told: warnings.WarningMessage) -> int | None:
    """The port on this side of a connection, of which a transport knows, and a socket has in its words."""
    source = told.source
    name = source.get_extra_info("sockname") if isinstance(source, asyncio.BaseTransport) else None
    if isinstance(name, tuple):
        return int(name[1])
    found = _ON_THIS_SIDE.search(str(told.message))
    return int(found[1]) if found else None
