"""Redis commands of a plan, against a real server and against one that breaks off."""

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from actions.performing.redis import write
from fleet.actions.action import Sent
from fleet.actions.plan import RedisWrite, SecretName
from tests.real_redis import RealRedis, requires_redis

pytestmark = pytest.mark.anyio
ROOT = Path("/nowhere")
PASSWORD = "redis-pass-word"


@requires_redis
async def test_a_command_is_carried_out_and_its_answer_comes_back() -> None:
    async with RealRedis() as server:
        words = ("XADD", "jobs", "*", "prompt", "two\nlines and \x1b[31m", "n", "1")
        result = await write(RedisWrite(url=server.url, command=words), ROOT)
        assert result.sent is Sent.YES
        with server.client() as client:
            ((id, fields),) = client.xrange("jobs")
            assert id.decode() == result.text
            assert fields[b"prompt"] == b"two\nlines and \x1b[31m"
        listed = await write(RedisWrite(url=server.url, command=("LRANGE", "nothing", "0", "-1")), ROOT)
        assert (listed.sent, listed.text) == (Sent.YES, "[]")


@requires_redis
async def test_a_password_is_read_by_reference_and_a_wrong_one_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETDECK_TEST_PASSWORD", PASSWORD)
    effect = RedisWrite(url="", command=("RPUSH", "jobs", "one"), secret=SecretName(env="FLEETDECK_TEST_PASSWORD"))
    async with RealRedis(password=PASSWORD) as server:
        good = RedisWrite(url=server.url, command=effect.command, secret=effect.secret)
        assert (await write(good, ROOT)).text == "1"
        monkeypatch.setenv("FLEETDECK_TEST_PASSWORD", "wrong-" + PASSWORD)
        result = await write(good, ROOT)
        assert result.sent is Sent.NO
        assert PASSWORD not in repr(result)
        monkeypatch.delenv("FLEETDECK_TEST_PASSWORD")
        assert (await write(good, ROOT)).sent is Sent.NO
        with server.client() as client:
            assert client.llen("jobs") == 1


@requires_redis
async def test_a_refusal_is_an_answer() -> None:
    async with RealRedis(password=PASSWORD) as server:
        # It is refused before the command is written.
        result = await write(RedisWrite(url=server.url, command=("RPUSH", "jobs", "one")), ROOT)
        assert (result.sent, result.passing) == (Sent.NO, False)
        assert "Authentication" in result.fault
    async with RealRedis() as server:
        with server.client() as client:
            client.set("text", "x")
            client.config_set("maxmemory", "1")
        wrong = await write(RedisWrite(url=server.url, command=("RPUSH", "text", "one")), ROOT)
        assert (wrong.sent, "OOM" in wrong.fault or "memory" in wrong.fault) == (Sent.YES, True)
        with server.client() as client:
            client.config_set("maxmemory", "0")
            client.execute_command("REPLICAOF", "127.0.0.1", "1")
        readonly = await write(RedisWrite(url=server.url, command=("SET", "text", "y")), ROOT)
        assert readonly.sent is Sent.YES
        assert "read only" in readonly.fault


class RawRedis:
    """Greets as Redis does (OK to everything of the handshake) and then answers one command as told."""

    def __init__(self, answer: bytes | None) -> None:
        self._answer = answer
        self.commands: list[bytes] = []
        self._ended = asyncio.Event()

    async def __aenter__(self) -> "RawRedis":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._ended.wait()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if b"RPUSH" not in data:
                writer.write(b"+OK\r\n" * data.count(b"*"))
                await writer.drain()
                continue
            self.commands.append(data)
            if self._answer is None:
                await reader.read()  # until the other side gives up
            writer.write(self._answer or b"")
            await writer.drain()
            break
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        self._ended.set()


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (b"", Sent.MAYBE),
        (b":", Sent.MAYBE),
        (b"$100\r\nhalf", Sent.MAYBE),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Sent.MAYBE),
        (None, Sent.MAYBE),
        (b"-MOVED 3999 127.0.0.1:6381\r\n", Sent.YES),
        (b"-LOADING Redis is loading the dataset in memory\r\n", Sent.YES),
        (b":7\r\n", Sent.YES),
    ],
)
async def test_a_connection_that_breaks_off_after_the_command_is_not_known(answer: bytes | None, sent: Sent) -> None:
    async with RawRedis(answer) as server:
        result = await write(RedisWrite(url=server.url, command=("RPUSH", "jobs", "one"), timeout_s=0.5), ROOT)
        assert result.sent is sent
        assert bool(result.fault) == (answer != b":7\r\n")
        assert len(server.commands) == 1


async def test_where_nothing_listens_nothing_is_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
        result = await write(RedisWrite(url=url, command=("SET", "a", "b")), ROOT)
        assert (result.sent, result.passing) == (Sent.NO, True)
    assert (await write(RedisWrite(url="nonsense", command=("SET", "a", "b")), ROOT)).sent is Sent.NO
    assert (await write(RedisWrite(url="redis://127.0.0.1:1/0", command=()), ROOT)).sent is Sent.NO
