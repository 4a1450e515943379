"""The whole look around: ports, Redis, files, processes, put together without naming anything twice."""

from pathlib import Path

from cli.survey import endpoints, files, processes, redis_keys
from cli.survey.finds import Finds, FoundEntry, Trial
from cli.survey.places import Place, known, listening
from config.kinds import KindTables
from fleet.ports import Limits
from transport.http.client import HttpClient


async def look_around(folder: Path, base: Path, kinds: KindTables, hosts: tuple[str, ...] = ()) -> Finds:
    """What can be watched: loopback ports of this machine, known ports of `hosts`, documents below `folder`.

    Paths are written as they read from `base`, where the configuration will stand.
    """
    http = HttpClient(Limits())
    try:
        trial = Trial(kinds, http, base)
        places = _places(hosts)
        answers = await endpoints.ask_all(http, [place for place in places if not place.is_redis])
        agents = endpoints.agents_of(answers)
        queues = await redis_keys.queues_of(places, trial)
        spoken, unread = await endpoints.entries_of(answers, trial)
        entries: list[FoundEntry] = [
            *spoken,
            *await files.entries_in(folder, base, trial),
            *queues,
        ]
        running = await processes.entry_of(trial, [str(agent.keys["name"]) for agent in agents])
    finally:
        await http.aclose()
    used = {str(keys.get("url", "")) for keys in (entry.keys for entry in entries)}
    busy = {answer.place for answer in answers if answer.busy} | set(unread)
    silent = [
        answer.place
        for answer in answers
        if answer.is_open and not (answer.health or answer.metrics) and not _is_used(answer.place, used)
    ]
    return Finds(
        agents=agents,
        entries=(*entries, *([running] if running else [])),
        silent=tuple(_words(place) for place in silent if place not in busy),
        busy=tuple(_words(place) for place in sorted(busy)),
    )


def _words(place: Place) -> str:
    return f"{place}" + (f" ({place.program})" if place.program else "")


def _places(hosts: tuple[str, ...]) -> list[Place]:
    """Every address once; one whose program is known counts more than a guess."""
    seen = {(place.host, place.port): place for place in known(("127.0.0.1", *hosts))}
    seen |= {(place.host, place.port): place for place in listening()}
    return sorted(seen.values())


def _is_used(place: Place, urls: set[str]) -> bool:
    return any(f"//{place}" in url for url in urls)
