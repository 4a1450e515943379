"""The seams of fleetdeck: what a discovery source, a probe and the HTTP client look like to each other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct

from fleet.clock import Clock
from fleet.model import Discovery, Reading
from fleet.secret import Secret


class Limits(Struct, frozen=True, kw_only=True):
    """How much is taken in from outside; what goes over is cut or refused, counted and shown."""

    body_bytes: int = 16 * 1024 * 1024
    file_bytes: int = 64 * 1024 * 1024
    samples: int = 50_000
    all_samples: int = 2_000_000
    labels: int = 64
    label_chars: int = 512
    redirects: int = 3
    agents: int = 20_000
    tasks: int = 5_000


class Answer(Struct, frozen=True, kw_only=True):
    """An HTTP answer, whole and within the limits. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def is_html(self) -> bool:
        """Whether it is a page for people: a login, a proxy's apology."""
        return "html" in self.content_type.lower() or self.body[:512].lstrip().startswith(b"<")


class Http(Protocol):
    """The one way out over HTTP. Raises `OutsideError` and nothing else, with the fault that was met."""

    async def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        secret: tuple[str, Secret] | None = None,
        timeout_s: float = 5.0,
        close: bool = False,
        alone: bool = False,
    ) -> Answer:
        """GET `url`.

        `secret` is a header (name, value) that goes to this origin only and is dropped on a redirect to another.
        `close` asks for one connection per request; `alone` lets only one request at a time go to the origin
        (single-threaded servers). Any status is returned, not raised, but for 429, which is the fault
        "rate limited" with the time to wait. The body limit is the client's.
        """
        ...


class HttpSender(Http, Protocol):
    """The way out over HTTP that can also send something, for servers that are written to or that take long questions.
    Raises `OutsideError` and nothing else."""

    async def send(
        self,
        method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
        url: str,
        content: bytes = b"",
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
        secret: tuple[str, Secret] | None = None,
        timeout_s: float = 5.0,
        safe: bool = False,
        close: bool = False,
        every_status: bool = False,
    ) -> Answer:
        """Send `content` to `url`, with these `headers` beside its own.

        It is sent once, over a connection of its own, and never again by itself; a redirect is not followed but is
        the fault "protocol error". `safe` says that it changes nothing at the other side (a question that is too
        long for an address): then it may go over a kept connection, and be sent again where that was closed.
        `close` asks for a connection of its own then, too. `secret` and statuses are as with `get`; with
        `every_status`, 429 and redirects are answers, too. The `sent` of an error is False where not a byte of the
        request was written: refused, no such name, TLS that failed, a forbidden address, a header that cannot be sent.
        """
        ...


class Reach(Struct, frozen=True, kw_only=True):
    """What sources and probes may use to touch the outside; wired in `cli`."""

    http: Http
    root: Path
    """Relative paths of the configuration are taken from here."""
    clock: Clock
    limits: Limits = Limits()


class DiscoverySource(Protocol):
    """Something that knows which agents exist. It does not sleep, retry, log or keep time; it may keep what it needs
    to notice that nothing changed. Raises `OutsideError` where it has no answer at all."""

    target: str
    """What it reads, for people: a path, a URL, a pattern."""

    async def discover(self) -> Discovery: ...


class Probe(Protocol):
    """Something that looks once and returns a value. It does not sleep, retry, log, or know the store.

    Raises `OutsideError`; the supervisor owns time-outs, schedule, back-off and status.
    """

    target: str
    """What it looks at, for people: a path or a URL."""

    async def probe(self) -> Reading: ...


class Closeable(Protocol):
    """A probe that holds a connection also has this."""

    async def aclose(self) -> None: ...
