"""Thousands of agents that cost little: a program that serves their pages from as many origins as there are agents.

    python -m benchmarks.targets FIRST COUNT [--still]

Each agent has a loopback address of its own (127.7.x.y; where the system has none but 127.0.0.1, a port of its own).
The origins are printed as a JSON list once all listen. Then lines on stdin are obeyed: `move` (every scrape shows other
values, the default), `still`, `poke INDEX` (one more task queued there), `stats` (prints how many answers each kind of
client has got). It ends with its stdin.
"""

import asyncio
import json
import resource
import socket
import sys
from collections import Counter
from functools import lru_cache

from benchmarks import pages

_BLOCK = "127.7.{}.{}"
_HEALTH = b'{"status":"healthy","agent":"%s","version":"4.2.1","checks":{"model_server":"ok","queue":"ok"}}'
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
    b"Server: agent\r\n\r\n"
)


class Agents:
    """What the agents show at the moment, and who has asked."""

    def __init__(self, *, still: bool = False) -> None:
        self.still = still
        self.served: Counter[str] = Counter()
        self._steps: Counter[int] = Counter()
        self._pokes: Counter[int] = Counter()

    def poke(self, index: int) -> None:
        """One more task waits for the agent."""
        self._pokes[index] += 1

    def metrics(self, index: int) -> bytes:
        """The whole answer with the agent's metrics page; the next one shows other values unless all is still."""
        if not self.still:
            self._steps[index] += 1
        answer = _metrics(self._steps[index]).replace(pages.NAME_PLACE, pages.agent_name(index).encode())
        queued = self._pokes[index]
        if queued:
            answer = answer.replace(pages.QUEUED_PLACE, b"agent_tasks_queued %d" % (1000 + queued % 9000))
        return answer

    def health(self, index: int) -> bytes:
        """The whole answer with the agent's health page, which is always the same."""
        body = _HEALTH % pages.agent_name(index).encode()
        return _HEAD % (b"application/json", len(body)) + body


@lru_cache(64)
def _metrics(step: int) -> bytes:
    body = pages.page(step)
    return _HEAD % (pages.CONTENT_TYPE.encode(), len(body)) + body


class Connection(asyncio.Protocol):
    """One kept-alive connection to the agent `index`."""

    def __init__(self, agents: Agents, index: int) -> None:
        self._agents = agents
        self._index = index
        self._client = ""
        self._asked = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            request, _, self._asked = self._asked.partition(b"\r\n\r\n")
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        assert self._transport is not None
        self._client = self._client or _client(request)
        health = request.startswith(b"GET /health")
        self._agents.served[f"{self._client} {'health' if health else 'metrics'}"] += 1
        self._transport.write(self._agents.health(self._index) if health else self._agents.metrics(self._index))


def _client(request: bytes) -> str:
    """Who asks, by the first word of User-Agent, without a version."""
    for line in request.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"user-agent":
            return value.strip().partition(b"/")[0].decode("latin-1").lower()
    return "unnamed"


def listen(first: int, count: int) -> list[socket.socket]:
    """A listening socket for each of the agents from `first` on: an address each, or a port each."""
    opened: list[socket.socket] = []
    port = 0
    for index in range(first, first + count):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((_BLOCK.format(index // 250, index % 250 + 1), port))
            port = one.getsockname()[1]
        except OSError:
            one.bind(("127.0.0.1", 0))
        one.listen(8)
        opened.append(one)
    return opened


async def serve(first: int, count: int, *, still: bool) -> None:
    """Serve the agents until stdin ends."""
    loop = asyncio.get_running_loop()
    agents = Agents(still=still)
    opened = listen(first, count)
    for index, one in enumerate(opened, first):
        await loop.create_server(lambda index=index: Connection(agents, index), sock=one)  # type: ignore[misc]
    _say([f"{host}:{port}" for host, port in (one.getsockname() for one in opened)])
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := (await orders.readline()).decode().split():
        _obey(agents, line)


def _obey(agents: Agents, words: list[str]) -> None:
    if words[0] in ("move", "still"):
        agents.still = words[0] == "still"
    elif words[0] == "poke":
        agents.poke(int(words[1]))
    elif words[0] == "stats":
        _say(agents.served)


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run the program."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), still="--still" in sys.argv))


if __name__ == "__main__":
    main()
