"""Requests of a plan over real sockets: whatever the server does, it is asked once, and it is said whether it was."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from actions.performing.http import TEXT_BYTES
from actions.performing.performer import MachinePerformer
from fleet.actions.action import Result, Sent
from fleet.actions.plan import HttpRequest, SecretName
from fleet.ports import Limits
from tests.hostile_server import BIG, HostileServer, reply
from transport.http.client import HttpClient

TOKEN = "tok-3cret-value"


@asynccontextmanager
async def performer(
    root: Path = Path("/nowhere"), environ: dict[str, str] | None = None
) -> AsyncIterator[MachinePerformer]:
    client = HttpClient(Limits(), environ=environ or {})
    try:
        yield MachinePerformer(client, root)
    finally:
        await client.aclose()


async def silent(writer: asyncio.StreamWriter) -> None:
    """The connection ends without a byte."""


def post(url: str, **fields: object) -> HttpRequest:
    return HttpRequest(**({"method": "POST", "url": url, "body": '{"a":"ä"}', "timeout_s": 5.0} | fields))  # type: ignore[arg-type]


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_every_method_carries_its_body_its_headers_and_the_key_over_a_connection_of_its_own(method: str) -> None:
    async with HostileServer() as server, performer() as ours:
        effect = post(server.url("/ok"), method=method, headers={"X-Team": "blue"})
        for _ in range(2):
            result = await ours.perform(effect, key="k-1")
        assert (result.sent, result.status, result.text) == (Sent.YES, 200, '{"status":"ok"}')
        seen = server.seen[0]
        assert (seen.method, seen.body.decode()) == (method, '{"a":"ä"}')
        assert seen.headers["idempotency-key"] == "k-1"
        assert seen.headers["x-team"] == "blue"
        assert seen.headers["connection"] == "close"
        assert server.connections == 2


@pytest.mark.anyio
async def test_the_key_goes_where_it_is_wanted_and_nowhere_where_it_is_not() -> None:
    async with HostileServer() as server, performer() as ours:
        await ours.perform(post(server.url("/ok"), key_header="X-Correlation-ID"), key="k-2")
        await ours.perform(post(server.url("/ok"), key_header=""), key="k-3")
        assert server.seen[0].headers["x-correlation-id"] == "k-2"
        assert "k-3" not in server.seen[1].headers.values()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "status", "wait_s"),
    [
        ("/busy", 429, 7.0),
        ("/json-503", 503, None),
        ("/html-500", 500, None),
        ("/missing", 404, None),
        ("/loop", 302, None),
    ],
)
async def test_every_status_is_an_answer(path: str, status: int, wait_s: float | None) -> None:
    async with HostileServer() as server, performer() as ours:
        result = await ours.perform(post(server.url(path)))
        assert (result.sent, result.status, result.retry_after_s, result.fault) == (Sent.YES, status, wait_s, "")
        assert len(server.seen) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path", ["/reset", "/empty", "/too-long", "/half-chunked", "/nonsense", "/big-and-says-so", "/bomb"]
)
async def test_what_breaks_off_after_it_was_sent_is_not_known_and_is_never_sent_again(path: str) -> None:
    async with HostileServer() as server, performer() as ours:
        for method in ("POST", "GET"):
            result = await ours.perform(post(server.url(path), method=method, body=""))
            assert (result.sent, result.status) == (Sent.MAYBE, None)
            assert result.fault
            assert not result.passing
        assert len(server.seen) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/hang", "/drip"])
async def test_a_server_that_does_not_end_is_given_up_in_time_and_is_not_known(path: str) -> None:
    async with HostileServer() as server, performer() as ours:
        result = await ours.perform(post(server.url(path), timeout_s=0.2))
        assert (result.sent, result.timed_out) == (Sent.MAYBE, True)
        assert len(server.seen) == 1


@pytest.mark.anyio
async def test_of_two_answers_on_one_connection_only_the_first_counts() -> None:
    async with HostileServer() as server, performer() as ours:
        result = await ours.perform(post(server.url("/two-replies")))
        assert (result.sent, result.status, result.text) == (Sent.YES, 200, '{"status":"healthy"}')


@pytest.mark.anyio
async def test_what_surely_did_not_leave_is_not_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        async with performer() as ours:
            result = await ours.perform(post(refused))
            assert (result.sent, result.passing) == (Sent.NO, True)
            assert "nothing listens there" in result.fault
            result = await ours.perform(post("http://no-such-host.invalid/"))
            assert (result.sent, result.passing) == (Sent.NO, True)
            for url in ("ftp://127.0.0.1/", "nonsense"):
                result = await ours.perform(post(url))
                assert (result.sent, result.passing) == (Sent.NO, False)


@pytest.mark.anyio
async def test_tls_that_fails_sends_nothing() -> None:
    async with HostileServer() as server, performer() as ours:
        result = await ours.perform(post(server.url("/ok").replace("http:", "https:"), timeout_s=0.3))
        assert result.sent is Sent.NO
        assert server.seen == []


@pytest.mark.anyio
async def test_a_connection_that_never_comes_about_sends_nothing() -> None:
    """A proxy that cannot be reached is the same."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        environ = {"http_proxy": f"http://127.0.0.1:{taken.getsockname()[1]}"}
        async with performer(environ=environ) as ours:
            result = await ours.perform(post("http://target.example/"))
            assert result.sent is Sent.NO


@pytest.mark.anyio
async def test_through_a_proxy_it_is_asked_once_too() -> None:
    async with HostileServer() as proxy, performer(environ={"http_proxy": proxy.url("")}) as ours:
        proxy.add("http://target.example/silent", silent)
        result = await ours.perform(post("http://target.example/silent"))
        assert result.sent is Sent.MAYBE
        assert len(proxy.seen) == 1


@pytest.mark.anyio
async def test_a_redirect_is_an_answer_and_the_credential_goes_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETDECK_TEST_TOKEN", TOKEN)
    async with HostileServer() as other, HostileServer() as server, performer() as ours:
        for status in ("301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"):
            server.add("/away", reply(status, b"", f"Location: {other.url('/ok')}"))
            secret = SecretName(header="X-Api-Key", env="FLEETDECK_TEST_TOKEN")
            result = await ours.perform(post(server.url("/away"), secret=secret))
            assert (result.sent, str(result.status)) == (Sent.YES, status[:3])
        assert other.seen == []
        assert {seen.headers["x-api-key"] for seen in server.seen} == {TOKEN}


@pytest.mark.anyio
async def test_a_secret_is_read_right_before_and_never_comes_back(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    (tmp_path / "token").chmod(0o600)
    secret = SecretName(header="Authorization", scheme="Bearer", file="token")
    async with HostileServer() as server, performer(tmp_path) as ours:
        server.add("/echo", reply("400 Bad Request", f"no such token: Bearer {TOKEN}".encode(), f"X-You-Said: {TOKEN}"))
        result = await ours.perform(post(server.url("/echo"), secret=secret))
        assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
        assert result.text == "no such token: Bearer ***"
        assert TOKEN not in repr(result)
        (tmp_path / "token").chmod(0o644)
        result = await ours.perform(post(server.url("/ok"), secret=secret))
        assert result.sent is Sent.NO
        assert "can be read by others" in result.fault
        (tmp_path / "token").unlink()
        assert (await ours.perform(post(server.url("/ok"), secret=secret))).sent is Sent.NO
        assert len(server.seen) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"X": "a\r\nX-Admin: yes"},
        {"X: a\r\nX-Admin": "yes"},
        {"Authorization": "mine"},
    ],
)
async def test_a_header_that_would_split_or_reframe_the_request_is_not_sent(
    headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETDECK_TEST_TOKEN", TOKEN)
    async with HostileServer() as server, performer() as ours:
        secret = SecretName(env="FLEETDECK_TEST_TOKEN", scheme="Bearer")
        result = await ours.perform(post(server.url("/ok"), headers=headers, secret=secret))
        assert result.sent is Sent.NO
        assert (await ours.perform(post(server.url("/ok"), headers={}), key="a\r\nX-Admin: yes")).sent is Sent.NO
        assert server.seen == []


@pytest.mark.anyio
async def test_what_nothing_filled_is_not_sent() -> None:
    async with HostileServer() as server, performer() as ours:
        result = await ours.perform(post(server.url("/ok"), body='{"task_id":"⟦task_id⟧"}'))
        assert result.sent is Sent.NO
        assert "task_id" in result.fault
        assert (await ours.perform(post(server.url("/ok"), body="\ud800"))).sent is Sent.NO
        assert server.seen == []


@pytest.mark.anyio
async def test_a_cancelled_request_leaves_no_connection() -> None:
    async with HostileServer() as server, performer() as ours:
        sending: asyncio.Task[Result] = asyncio.create_task(ours.perform(post(server.url("/hang"))))
        await server.asked.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert len(server.seen) == 1


@pytest.mark.anyio
async def test_of_a_long_answer_the_beginning_is_kept_and_the_rest_counted() -> None:
    async with HostileServer() as server, performer() as ours:
        result = await ours.perform(post(server.url("/big")))
        assert (result.sent, result.status, len(result.text)) == (Sent.YES, 200, TEXT_BYTES)
        assert result.cut == BIG - TEXT_BYTES


@pytest.mark.anyio
@pytest.mark.parametrize("token", ["tok-3cret-value", 'quo"ted\\tok', "a/b+c=d&e"])
async def test_a_token_is_masked_as_json_or_an_address_writes_it_and_where_the_answer_is_cut(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETDECK_TEST_TOKEN", token)
    written = (token, json.dumps(token)[1:-1], json.dumps(token, ensure_ascii=False)[1:-1], quote(token, safe=""))
    async with HostileServer() as server, performer() as ours:
        said = " ".join(("x" * (TEXT_BYTES - 70), *written, *written, *written))
        server.add("/echo", reply("200 OK", said.encode(), "X-More: 1"))
        result = await ours.perform(post(server.url("/echo"), body="", secret=SecretName(env="FLEETDECK_TEST_TOKEN")))
        assert result.status == 200
        assert set(result.text) <= set("x *")
