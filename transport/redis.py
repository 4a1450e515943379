"""The one way out to Redis: a client per place with total time-outs, and redis-py's errors translated here only.

redis-py is imported with the first command (it takes 120 ms), answers stay bytes (a fleet's keys and payloads need
not be UTF-8), and nothing is retried: the supervisor decides when to look again.
"""

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct

from fleet.errors import ConfigError, Fault, OutsideError
from fleet.ports import Limits
from fleet.secret import Secret
from fleet.text import scrub
from transport.time_limit import TimeLimit

if TYPE_CHECKING:
    from redis.asyncio import Redis

TIMEOUT_S = 5.0
"""Seconds that connecting, and each exchange, may take in all."""

_PIPELINE = re.compile(r"""^Command # \d+ \((.*?)\) of pipeline caused error: \(?['"]?(.*?)['"]?,?\)?$""", re.DOTALL)

_MISREAD = (OSError, ValueError, TypeError, LookupError, RecursionError)
"""What redis-py lets pass when an answer breaks off, or is none that Redis gives."""

Command = tuple[str | bytes | int, ...]


class Place(Struct, frozen=True, kw_only=True):
    """Where a Redis is. `str()` never shows a password."""

    host: str = "localhost"
    port: int = 6379
    path: str | None = None
    tls: bool = False
    db: int = 0
    username: str | None = None
    password: Secret | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix://{self.path}?db={self.db}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"redis{'s' if self.tls else ''}://{host}:{self.port}/{self.db}"


def parse_place(url: str, password: Secret | None = None) -> Place:
    """The place that a `redis://`, `rediss://` (TLS, verified) or `unix://` URL names.

    A password in the URL is refused: the configuration is shown to people. Raises ConfigError.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 6379
    except ValueError as error:
        raise ConfigError(f"no Redis URL: {error}") from error
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise ConfigError("a Redis URL begins with redis://, rediss:// or unix://")
    if parts.password is not None:
        raise ConfigError("a Redis URL has no password in it; give it as password: {env: NAME} or {file: PATH}")
    query = parse_qs(parts.query)
    if query.keys() - {"db"}:
        raise ConfigError(f"a Redis URL takes no option {min(query.keys() - {'db'})!r} (only db)")
    database = query.get("db", [parts.path.strip("/")])[0] if parts.scheme != "unix" else query.get("db", [""])[0]
    if database and not database.isdecimal():
        raise ConfigError(f"the database of a Redis URL is a number, not {scrub(database, 40)!r}")
    return Place(
        host=parts.hostname or "localhost",
        port=port,
        path=unquote(parts.path) if parts.scheme == "unix" else None,
        tls=parts.scheme == "rediss",
        db=int(database or 0),
        username=unquote(parts.username) if parts.username else None,
        password=password,
    )


class Refusal(Struct, frozen=True):
    """An error that Redis answered with, in its words: it has the command, and did not do it."""

    sentence: str


class RedisLink:
    """Commands to one Redis. It connects when it is first asked and again after a failure; close it with `aclose`."""

    def __init__(self, place: Place, *, timeout_s: float = TIMEOUT_S, most_bytes: int = Limits().body_bytes) -> None:
        self._most_bytes = most_bytes
        self._place = place
        self._timeout_s = timeout_s
        self._client: Redis | None = None

    async def ask(self, *command: str | bytes | int) -> Any:
        """The answer to one command. Raises OutsideError."""
        return (await self.ask_all([command]))[0]

    async def ask_all(self, commands: Sequence[Command], *, at_once: bool = False) -> list[Any]:
        """The answers to `commands`, in one exchange; `at_once` runs them as one transaction (MULTI).

        Answers are raw (bytes, ints, lists). Raises OutsideError for the first command that fails.
        """
        import redis.exceptions

        try:
            async with TimeLimit(self._timeout_s):
                pipe = self._open().pipeline(transaction=at_once)
                for command in commands:
                    pipe.execute_command(*command)
                answers = await pipe.execute(raise_on_error=True)
        except (redis.exceptions.RedisError, redis.exceptions.RedisClusterException, *_MISREAD) as error:
            raise translated(error, str(self._place)) from error
        return list(answers)

    async def ask_once(self, *command: str | bytes | int) -> Any:
        """The answer to one command, over a connection of its own, sent once whatever comes of it.

        An error that Redis answers with is returned, as a `Refusal`. Raises OutsideError, whose `sent` is False where
        the command surely was not written: no connection, a password that is refused.
        """
        import redis.exceptions as known

        pool: Any = self._open().connection_pool
        connection = pool.make_connection()
        sent = False
        try:
            async with TimeLimit(self._timeout_s):
                await connection.connect()
                sent = True
                await connection.send_command(*command, check_health=False)
                return await connection.read_response(disable_decoding=True)
        except (known.RedisError, known.RedisClusterException, *_MISREAD) as error:
            if sent and isinstance(error, (known.ResponseError, known.AuthenticationError, known.BusyLoadingError)):
                return Refusal(scrub(_sentence(error), 200))
            fault = translated(error, str(self._place))
            fault.sent = sent
            raise fault from error
        finally:
            with contextlib.suppress(known.RedisError, OSError):
                await connection.disconnect(nowait=True)

    async def aclose(self) -> None:
        """Close the connection; a later `ask` opens another. Never fails: what cannot be closed is let go."""
        import redis.exceptions

        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(redis.exceptions.RedisError, OSError):
                async with TimeLimit(self._timeout_s):
                    await client.aclose()

    def _open(self) -> "Redis":
        if self._client is None:
            self._client = _client(self._place, self._most_bytes)
        return self._client


def _client(place: Place, most_bytes: int) -> "Redis":
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    client = Redis(
        host=place.host,
        port=place.port,
        unix_socket_path=place.path,
        db=place.db,
        username=place.username,
        password=place.password.reveal() if place.password else None,
        ssl=place.tls,
        ssl_cert_reqs="required",
        ssl_check_hostname=True,
        # Connecting and each exchange have a time limit of ours, which does not count the time in which we were held
        # up. With one of its own redis-py sends through `asyncio.wait_for`, which before Python 3.12 now and then
        # swallows a cancellation: who waits for the cancelled task waits for ever.
        socket_timeout=None,
        socket_connect_timeout=None,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        max_connections=2,
        client_name="fleetdeck",
    )
    # Raw answers: redis-py's own shapes differ between its versions and fail on answers that they do not expect.
    client.response_callbacks.clear()
    client.connection_pool.connection_kwargs["parser_class"] = _bounded_parser(most_bytes)
    return client


def _bounded_parser(most_bytes: int) -> type:
    """redis-py's parser, which refuses an answer of more than `most_bytes` before it reads it: one item of a list may
    have half a gigabyte."""
    from redis._parsers import _AsyncRESP2Parser
    from redis.exceptions import InvalidResponse

    class Bounded(_AsyncRESP2Parser):
        async def _read(self, length: int) -> bytes:
            self._check(self._pos + length)
            return bytes(await super()._read(length))

        async def _readline(self) -> bytes:
            line = bytes(await super()._readline())
            self._check(self._pos)
            return line

        def _check(self, size: int) -> None:
            if size > most_bytes:
                raise InvalidResponse(f"an answer of more than {most_bytes:,} bytes")

    return Bounded


@contextlib.contextmanager
def understood(place: object) -> Iterator[None]:
    """What is made of answers in this block fails as an OutsideError where they have not the shape that Redis gives:
    something else may answer at that address."""
    try:
        yield
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise OutsideError(Fault.PAYLOAD, f"{place}: an answer that Redis does not give") from error


def translated(error: Exception, place: str) -> OutsideError:
    """What redis-py or the system raised, as an OutsideError that names `place`."""
    return OutsideError(_fault(error), f"{place}: {scrub(_sentence(error), 200)}")


def _fault(error: BaseException) -> Fault:
    import redis.exceptions as known

    for link in _chain(error):
        if isinstance(link, ssl.SSLError):
            return Fault.TLS
        if isinstance(link, socket.gaierror):
            return Fault.DNS
        if isinstance(link, ConnectionRefusedError):
            return Fault.REFUSED
        if isinstance(link, ConnectionResetError | BrokenPipeError | asyncio.IncompleteReadError):
            return Fault.RESET
        if isinstance(link, FileNotFoundError):
            return Fault.MISSING
        if isinstance(link, TimeoutError | known.TimeoutError):
            return Fault.TIMEOUT
        if isinstance(link, PermissionError | known.AuthenticationError | known.AuthorizationError):
            return Fault.PERMISSION
        if isinstance(link, known.NoPermissionError | known.AuthenticationWrongNumberOfArgsError):
            return Fault.PERMISSION
    return _by_words(error)


def _by_words(error: BaseException) -> Fault:
    """redis-py gives most refusals of the server the one type `ResponseError`: the first word tells them apart."""
    import redis.exceptions as known

    words = str(error)
    if "WRONGTYPE" in words:
        return Fault.PAYLOAD
    if "NOGROUP" in words or "no such key" in words:
        return Fault.MISSING
    if "NOAUTH" in words or "WRONGPASS" in words or "invalid password" in words:
        return Fault.PERMISSION
    if isinstance(error, known.InvalidResponse | ValueError | TypeError | LookupError | RecursionError):
        return Fault.PAYLOAD
    if isinstance(error, known.ConnectionError) and "closed" in words.lower():
        return Fault.RESET
    return Fault.PROTOCOL


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < 8:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _sentence(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if any(isinstance(link, ConnectionRefusedError) for link in _chain(error)):
        return "nothing listens there"
    return _PIPELINE.sub(r"\1: \2", str(error).strip()) or type(error).__name__
