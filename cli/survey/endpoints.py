"""What answers on an address: a health endpoint, a metrics page, a coordinator.

Each address is asked a few well-known paths with GET, one request at a time, over connections that are closed.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from cli.survey.finds import FoundAgent, FoundEntry, Trial
from cli.survey.places import KNOWN, Place
from fleet.errors import Fault, OutsideError, ParseError
from fleet.exposition.page import ACCEPT, parse_page
from fleet.health.body import read_health
from fleet.model import Page
from fleet.ports import Answer, Http
from fleet.text import scrub

_HEALTH = ("/health", "/healthz", "/-/healthy", "/api/health", "/v1/models", "/api/version", "/status")
"""Paths of health endpoints, and what model servers without one answer to."""
_TIMEOUT_S = 1.5
_AT_ONCE = 16
_NAMING = "agent_name"
"""The label by which an exporter's page names agents."""
_NOBODY = (Fault.REFUSED, Fault.UNREACHABLE, Fault.DNS)


class Answers(Struct, frozen=True, kw_only=True):
    """What one address gave: paths that answered, whether its server takes one connection at a time, and whether it
    asked to wait meanwhile, so that there may be more."""

    place: Place
    is_open: bool
    health: str = ""
    said: str = ""
    metrics: str = ""
    samples: int = 0
    agents: tuple[str, ...] = ()
    old: bool = False
    coordinator: bool = False
    busy: bool = False


async def ask_all(http: Http, places: Iterable[Place]) -> list[Answers]:
    """Ask every address, sixteen at a time."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(place: Place) -> Answers:
        async with gate:
            return await _ask(http, place)

    return await asyncio.gather(*(one(place) for place in places))


def agents_of(answers: Iterable[Answers]) -> tuple[FoundAgent, ...]:
    """The addresses that can be watched as agents, each under a name of its own."""
    found, taken = [], Counter[str]()
    for answer in answers:
        if not (answer.health or answer.metrics):
            continue
        name = _name(answer)
        taken[name] += 1
        keys: dict[str, Any] = {"name": name if taken[name] == 1 else f"{name}-{answer.place.port}"}
        keys |= {key: path for key, path in (("health", answer.health), ("metrics", answer.metrics)) if path}
        if answer.old:
            keys["close"] = True
        found.append(FoundAgent(keys=keys, why=_why(answer)))
    return tuple(found)


async def entries_of(answers: Iterable[Answers], trial: Trial) -> tuple[list[FoundEntry], list[Place]]:
    """Coordinators, and pages that name agents; and the addresses of coordinators that could not be read."""
    found, unread = [], []
    for answer in answers:
        url = f"http://{answer.place}"
        if len(answer.agents) > 1:
            keys = {"kind": "metrics_page", "url": answer.metrics, "label": _NAMING, "every": "30s"}
            found.append(
                FoundEntry(section="discovery", keys=keys, why=f"a page that names {len(answer.agents)} agents")
            )
        if answer.coordinator:
            keys = {"kind": "coordinator", "url": url, "every": "15s"}
            known = await trial.read("discovery", keys)
            if known is None or known.problems:
                unread.append(answer.place)
            else:
                why = f"a coordinator with {len(known.sightings)} registered agents"
                found.append(FoundEntry(section="discovery", keys=keys, why=why))
                found.append(FoundEntry(section="queues", keys=keys, why="the queue of the same coordinator"))
    return found, unread


def _name(answer: Answers) -> str:
    """What its own page calls it, else what runs there, else what is known for the port."""
    if len(answer.agents) == 1:
        return scrub(answer.agents[0], 120)
    place = answer.place
    return scrub(place.program, 120) or KNOWN.get(place.port) or f"port-{place.port}"


def _why(answer: Answers) -> str:
    seen = [f"{answer.place}"]
    if answer.health:
        seen.append(answer.said)
    if answer.metrics:
        seen.append(f"{answer.samples} samples")
    return ", ".join(seen)


async def _ask(http: Http, place: Place) -> Answers:
    base = f"http://{place}"
    first = await _get(http, f"{base}/metrics", ACCEPT)
    if isinstance(first, Fault):
        return Answers(place=place, is_open=first not in _NOBODY, busy=first is Fault.RATE_LIMITED)
    page = _page(first)
    found = await _health(http, base)
    seen = await _get(http, f"{base}/api/agents/status", "application/json")
    return Answers(
        place=place,
        is_open=True,
        health=found.url,
        said=found.said,
        metrics="" if page is None else f"{base}/metrics",
        samples=0 if page is None else len(page.series),
        agents=() if page is None else tuple({value for key in page.series if (value := _named(key.labels))}),
        old=found.old or _is_old(first),
        coordinator=isinstance(seen, Answer) and seen.status == 200 and b"registered_agents" in seen.body[:65_536],
        busy=found.busy or seen is Fault.RATE_LIMITED,
    )


class _Health(Struct, frozen=True, kw_only=True):
    """The first path that answers as a health endpoint does, "" where none does, what it said, whether its server is an
    old one, and whether it asked to wait before."""

    url: str = ""
    said: str = ""
    old: bool = False
    busy: bool = False


async def _health(http: Http, base: str) -> _Health:
    busy = False
    for path in _HEALTH:
        answer = await _get(http, base + path, "application/json, text/plain;q=0.5")
        busy = busy or answer is Fault.RATE_LIMITED
        if not isinstance(answer, Answer) or answer.status == 404 or answer.is_html:
            continue
        try:
            reading = read_health(answer.status, answer.content_type, answer.body)
        except OutsideError:
            continue
        said = f"{path} says {scrub(reading.claimed or 'yes', 40)!r}"
        return _Health(url=base + path, said=said, old=_is_old(answer), busy=busy)
    return _Health(busy=busy)


async def _get(http: Http, url: str, accept: str) -> Answer | Fault:
    """The answer, or why there is none."""
    try:
        return await http.get(url, accept=accept, timeout_s=_TIMEOUT_S, close=True, alone=True)
    except OutsideError as error:
        return error.fault


def _page(answer: Answer) -> Page | None:
    """The metrics page of an answer, None where it is none."""
    if answer.status != 200 or answer.is_html:
        return None
    try:
        page = parse_page(answer.body, answer.content_type)
    except ParseError:
        return None
    return page if page.series else None


def _named(labels: Any) -> str:
    return str(dict(labels).get(_NAMING, ""))


def _is_old(answer: Answer) -> bool:
    """Whether it is one of Python's own servers, which an idle connection blocks."""
    server = answer.headers.get("server", "")
    return server.startswith(("BaseHTTP/", "SimpleHTTP/"))
