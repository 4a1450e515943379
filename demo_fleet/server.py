"""The agents' sockets: a raw asyncio HTTP/1.1 server that is cheap enough for thousands of targets.

A small fleet has a port an agent; a large one shares a few listeners by path prefix (`/NAME/health`), so that 10,000
agents need no more sockets than 64. What the script does to an agent happens here on the wire: no answer, a reset,
a refused connection, a slow one.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from wsgiref.handlers import format_date_time

from msgspec import Struct

from demo_fleet import pages
from demo_fleet.moment import Moment
from demo_fleet.scenario import NOT_RUNNING, Effect
from demo_fleet.world import World

OWN_PORTS_UP_TO = 60
"""So many agents have a port of their own; with the coordinator and the APIs that stays below 64 listening sockets."""
SHARED_LISTENERS = 32
SLOW_ANSWER_S = 0.45
_REQUEST_LIMIT = 16 * 1024
_PLAIN = "text/plain; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_JSON = "application/json"


class Reply(Struct, frozen=True):
    """What goes out. `delay_s` is how long the agent takes over it."""

    status: int
    content_type: str
    body: str
    delay_s: float = 0.0


class Behaviour:
    """What an agent does with a request at the moment."""

    def __init__(self, world: World, moment: Callable[[], Moment]) -> None:
        self._world = world
        self._moment = moment

    def effects(self, name: str) -> frozenset[Effect]:
        """What holds for the agent now."""
        return self._world.releases.effects(name, self._moment().t)

    def now(self) -> datetime:
        """The wall time, for the Date header."""
        return self._moment().now

    def reply(self, name: str, path: str) -> Reply:
        """The answer of agent `name` to `GET path`."""
        moment = self._moment()
        agent = self._world.agent(name, moment.t)
        delay_s = SLOW_ANSWER_S if Effect.DEGRADED in agent.effects else 0.0
        if path == "/metrics":
            if {Effect.LYING, Effect.EXPORTER_FAILING} & agent.effects:
                return Reply(500, _HTML, _INTERNAL_ERROR)
            return Reply(200, pages.METRICS_TYPE, pages.metrics(agent, moment.now), delay_s)
        status, body = pages.health(agent, moment.now)
        if path == "/health":
            return Reply(status, _JSON, body, delay_s)
        if path == "/healthz":
            return Reply(status, _PLAIN, "ok" if status == 200 else "not ok", delay_s)
        return Reply(404, _PLAIN, "no such page; there are /health, /healthz and /metrics\n")


_INTERNAL_ERROR = (
    "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n"
    "<p>AttributeError: 'int' object has no attribute 'get'</p>\n"
)


class AgentConnection(asyncio.Protocol):
    """One client's connection: requests one after the other, kept alive unless the client wants otherwise."""

    def __init__(self, behaviour: Behaviour, name: str | None, open_ones: "set[AgentConnection]") -> None:
        self._behaviour = behaviour
        self._name = name
        self._open_ones = open_ones
        self._buffer = b""
        self._pending: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self.held_for: str | None = None
        """The agent that hangs on this connection, if one does."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # a stream server gives nothing else
        self._transport = transport
        self._open_ones.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_ones.discard(self)
        if self._pending is not None:
            self._pending.cancel()
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > _REQUEST_LIMIT:
            self.drop()
        else:
            self._pump()

    def serves(self, name: str) -> bool:
        """Whether this connection is to the own port of agent `name`."""
        return self._name == name

    def drop(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def _pump(self) -> None:
        """Answer what has come in whole, one request after the other."""
        while self._pending is None and self.held_for is None and self._is_open() and self._answer_next():
            pass

    def _is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def _answer_next(self) -> bool:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        self._buffer = rest
        lines = head.split(b"\r\n")
        words = lines[0].decode("latin-1").split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            self._send("GET", Reply(400, _PLAIN, "bad request\n"), close=True)
            return True
        method, target, version = words
        wishes = [line.lower().replace(b" ", b"") for line in lines[1:] if line[:11].lower() == b"connection:"]
        close = b"connection:close" in wishes or (version == "HTTP/1.0" and b"connection:keep-alive" not in wishes)
        if method not in ("GET", "HEAD"):
            self._send(method, Reply(405, _PLAIN, "only GET and HEAD\n"), close=True)
            return True
        self._serve(method, target.partition("?")[0], close=close)
        return True

    def _serve(self, method: str, path: str, *, close: bool) -> None:
        name = self._name
        if name is None:
            _, name, rest = [*path.split("/", 2), "", ""][:3]
            path = f"/{rest}"
        effects = self._behaviour.effects(name)
        if Effect.HANGING in effects:
            self.held_for = name
        elif Effect.RESETTING in effects:
            self._reset()
        elif NOT_RUNNING & effects:
            self._send(method, Reply(404, _PLAIN, "no such agent\n"), close=close)
        else:
            self._later(method, self._found(name, path), close=close)

    def _found(self, name: str, path: str) -> Reply:
        try:
            return self._behaviour.reply(name, path)
        except KeyError:
            return Reply(404, _PLAIN, "no such agent\n")

    def _later(self, method: str, reply: Reply, *, close: bool) -> None:
        if reply.delay_s <= 0:
            self._send(method, reply, close=close)
            return
        loop = asyncio.get_running_loop()
        self._pending = loop.call_later(reply.delay_s, self._send_late, method, reply, close)

    def _send_late(self, method: str, reply: Reply, close: bool) -> None:
        self._pending = None
        self._send(method, reply, close=close)
        self._pump()

    def _send(self, method: str, reply: Reply, *, close: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        body = reply.body.encode()
        head = (
            f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n"
            f"Server: demo-agent\r\nDate: {format_date_time(self._behaviour.now().timestamp())}\r\n"
            f"Content-Type: {reply.content_type}\r\nContent-Length: {len(body)}\r\n"
            f"Connection: {'close' if close else 'keep-alive'}\r\n\r\n"
        )
        self._transport.write(head.encode("latin-1") + (b"" if method == "HEAD" else body))
        if close:
            self._transport.close()

    def _reset(self) -> None:
        """A close with no lingering sends RST in place of FIN."""
        if self._transport is not None:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()


class AgentServers:
    """The listeners of all agents, and the addresses under which they are found."""

    def __init__(self, world: World, moment: Callable[[], Moment], host: str, base_port: int | None) -> None:
        self._world = world
        self._behaviour = Behaviour(world, moment)
        self._moment = moment
        self._host = host
        self._base_port = base_port
        self._own_ports = len(world.names) <= OWN_PORTS_UP_TO
        self._servers: dict[int, asyncio.Server] = {}
        self._ports: list[int] = []
        self._open_ones: set[AgentConnection] = set()

    async def start(self) -> None:
        """Listen for every agent, also for those that the script has away: their ports must be known."""
        count = len(self._world.names) if self._own_ports else SHARED_LISTENERS
        for index in range(count):
            server = await self._listen_somewhere(index)
            self._servers[index] = server
            self._ports.append(server.sockets[0].getsockname()[1])
        await self.step()

    async def step(self) -> None:
        """Bring the listeners to what the script wants now: dead agents refuse, hung ones let go when it is over."""
        for connection in list(self._open_ones):
            held_for = connection.held_for
            if held_for is not None and Effect.HANGING not in self._behaviour.effects(held_for):
                connection.drop()
        if not self._own_ports:
            return
        t = self._moment().t
        for index, name in enumerate(self._world.names):
            running = NOT_RUNNING.isdisjoint(self._world.scenario.effects(name, t))
            if running and index not in self._servers:
                await self._return(index)
            elif not running and index in self._servers:
                self._leave(index)

    async def stop(self) -> None:
        """Close every listener and connection."""
        servers = list(self._servers.values())
        self._servers.clear()
        for server in servers:
            server.close()
        for connection in list(self._open_ones):
            connection.drop()
        for server in servers:
            await server.wait_closed()

    @property
    def listening(self) -> int:
        """How many sockets listen."""
        return len(self._servers)

    @property
    def listeners(self) -> int:
        """How many listeners there are when every agent is there."""
        return len(self._ports)

    def url(self, name: str, page: str) -> str:
        """The address of an agent's page (`health`, `metrics`)."""
        return f"http://{self.address(name)}{self.path(name, page)}"

    def address(self, name: str) -> str:
        """`host:port` of an agent."""
        index = self._world.index(name)
        return f"{bracketed(self._host)}:{self._ports[index % len(self._ports)]}"

    def path(self, name: str, page: str) -> str:
        """The path of an agent's page at its address."""
        return f"/{page}" if self._own_ports else f"/{name}/{page}"

    def _leave(self, index: int) -> None:
        self._servers.pop(index).close()
        name = self._world.names[index]
        for connection in list(self._open_ones):
            if connection.serves(name):
                connection.drop()

    async def _return(self, index: int) -> None:
        try:
            self._servers[index] = await self._listen(index, self._ports[index])
        except OSError:
            # Somebody took the port meanwhile: the agent stays away until the next step finds it free.
            return

    async def _listen_somewhere(self, index: int) -> asyncio.Server:
        if self._base_port is not None:
            try:
                return await self._listen(index, self._base_port + index)
            except OSError:
                pass  # taken: any other port will do
        return await self._listen(index, 0)

    async def _listen(self, index: int, port: int) -> asyncio.Server:
        name = self._world.names[index] if self._own_ports else None
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: AgentConnection(self._behaviour, name, self._open_ones), self._host, port, backlog=256
        )


def bracketed(host: str) -> str:
    """`host` as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
