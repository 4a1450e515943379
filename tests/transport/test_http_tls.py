"""TLS is always verified, and a refusal says what is wrong with the certificate."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from fleet.errors import Fault, OutsideError
from fleet.ports import Limits
from tests.hostile_server import HostileServer
from transport.http.client import HttpClient


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for `localhost` and its key, made for this run."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


def server_side(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.mark.anyio
@pytest.mark.parametrize("close", [False, True])
async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: tuple[Path, Path], close: bool) -> None:
    client = HttpClient(Limits(), environ={})
    async with HostileServer(server_side(certificate)) as server:
        with pytest.raises(OutsideError) as caught:
            await client.get(server.url("/ok", host="localhost"), close=close)
        await client.aclose()
    assert (caught.value.fault, caught.value.detail) == (Fault.TLS, "self-signed certificate")
    assert server.seen == []


@pytest.mark.anyio
@pytest.mark.parametrize("close", [False, True])
async def test_a_private_authority_can_be_trusted_for_the_names_that_it_signed(
    certificate: tuple[Path, Path], close: bool
) -> None:
    client = HttpClient(Limits(), tls=ssl.create_default_context(cafile=certificate[0]), environ={})
    async with HostileServer(server_side(certificate)) as server:
        assert (await client.get(server.url("/ok", host="localhost"), close=close)).status == 200
        with pytest.raises(OutsideError) as caught:
            await client.get(server.url("/ok"), close=close)
        await client.aclose()
    assert caught.value.fault is Fault.TLS
    assert "127.0.0.1" in caught.value.detail


@pytest.mark.anyio
@pytest.mark.parametrize("close", [False, True])
async def test_plain_http_where_tls_was_expected_is_a_tls_fault(close: bool) -> None:
    client = HttpClient(Limits(), environ={})
    async with HostileServer() as server:
        server.greeting = b"HTTP/1.0 400 Bad Request\r\n\r\n"
        with pytest.raises(OutsideError) as caught:
            await client.get(server.url("/ok").replace("http:", "https:"), close=close)
        await client.aclose()
    assert caught.value.fault is Fault.TLS
