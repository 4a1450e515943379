"""What tests of submitting share: a reach over real sockets, a plan carried out step by step, servers that fail."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from actions.performing.performer import MachinePerformer
from actions.submitting import Submissions
from config.action_options import ActEntry, ActionsOptions, TemplateOptions
from config.kinds import Kind
from config.values import decode_hook
from fleet.actions.action import StepRead, Verdict
from fleet.actions.holes import captured, filled
from fleet.actions.plan import Plan
from fleet.actions.ports import ActReach, Doer, item_key
from fleet.clock import ManualClock
from fleet.ports import Limits
from fleet.store import Store
from transport.http.client import HttpClient

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def reach_of(http: HttpClient, root: Path, clock: ManualClock | None = None) -> ActReach:
    """A reach over real sockets; its clock stands."""
    return ActReach(
        http=http,
        performer=MachinePerformer(http, root),
        root=root,
        store=Store(),
        clock=clock or ManualClock(NOON),
    )


def client() -> HttpClient:
    """The way out, that no proxy of this machine leads elsewhere."""
    return HttpClient(Limits(), environ={})


def entry(kind: Kind[Any], name: str, options: Mapping[str, Any], **head: Any) -> ActEntry:
    """An entry of `templates`, as the configuration makes it."""
    return ActEntry(
        kind=kind,
        name=name,
        head=msgspec.convert({"kind": kind.name, "name": name, **head}, TemplateOptions, dec_hook=decode_hook),
        options=msgspec.convert(options, kind.options, dec_hook=decode_hook),
        where="test",
    )


def submissions(reach: ActReach, *entries: ActEntry) -> Submissions:
    """The templates, with keys that count up."""
    numbers = iter(range(1, 1000))
    return Submissions(entries, reach, "test", lambda: f"key{next(numbers)}", ActionsOptions())


class Sent:
    """What carrying a plan out brought: per item what was found, and every step's verdict."""

    def __init__(self) -> None:
        self.found: dict[int, dict[str, str]] = {}
        self.reads: list[StepRead] = []

    @property
    def verdicts(self) -> list[Verdict]:
        return [read.verdict for read in self.reads]

    @property
    def last(self) -> StepRead:
        return self.reads[-1]


async def carry_out(reach: ActReach, doer: Doer, plan: Plan) -> Sent:
    """Each step once; the rest of an item is left out where a step was not done."""
    sent = Sent()
    over: set[int] = set()
    for step in plan.steps:
        if step.item in over:
            continue
        about = sent.found.setdefault(step.item, {})
        key = item_key(plan.key, step.item)
        result = await reach.performer.perform(filled(step.effect, about), key=key)
        read = doer.read(plan, step, result)
        about.update(captured(step.captures, result.text) | read.found)
        sent.reads.append(read)
        if read.verdict is not Verdict.DONE:
            over.add(step.item)
    return sent


class RawServer:
    """Answers each request with what `pages` says for its method and path: bytes as they are; None closes at once.
    `asked` are the requests, head and body."""

    def __init__(self, pages: dict[str, bytes | None]) -> None:
        self.pages = pages
        self.asked: list[bytes] = []
        self.url = ""
        self._server: asyncio.Server | None = None

    def heads(self, path: str) -> int:
        """How often a path was asked."""
        return sum(path.encode() in one.split(b"\r\n")[0] for one in self.asked)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            length = next((int(one.split(b":")[1]) for one in lines if one.startswith(b"content-length:")), 0)
            self.asked.append(head + await reader.readexactly(length))
            method, path = head.split(b" ")[:2]
            page = self.pages.get(f"{method.decode()} {path.decode().partition('?')[0]}", page_of(404, "{}"))
            writer.write(page or b"")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def page_of(status: int, body: str, **headers: str) -> bytes:
    """A whole answer of JSON."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    content = body.encode()
    return (
        f"HTTP/1.0 {status} X\r\nContent-Type: application/json\r\n{more}Content-Length: {len(content)}\r\n\r\n"
    ).encode() + content
