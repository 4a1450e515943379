"""What changed about some agents before the trouble began. That two things happened near each other is a coincidence in
time; which of them is a cause is for the reader to find out."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from fleet.model import Event, EventKind, Fact, SeriesId
from fleet.promql.labels import NAME, Labels, quoted
from fleet.promql.storage import Matcher, Matchers, MatchOp
from fleet.promql.wanted import Wanted
from fleet.text import scrub
from fleet.times import age_text, parse_time
from fleet.why.ground import Counting, Ground, count_of, listed
from fleet.why.model import Asked, Basis, Mark, Row, Rung, Step

INFO = ("agent_info", "app_info", "build_info", "service_info", "target_info")
"""Metrics by which pages say their version, kept for this."""
START = "process_start_time_seconds"
_START_ENDS = ("_start_time_seconds", "_start_timestamp_seconds")
_VERSION = (
    "version",
    "app_version",
    "service_version",
    "revision",
    "commit",
    "git_commit",
    "release",
    "build",
    "image",
)
_STARTED = ("started_at", "start_time", "started", "boot_time")
_UPTIME = ("uptime_seconds", "uptime_s", "uptime")
_DEPLOYED = ("deployed_at", "deploy_time", "deployment_time", "released_at", "build_time")
_MOST = 8
_SAME_S = 2.0
"""Starts that differ by less are one: pages compute them from clocks that are read twice."""
_LEAST_EPOCH = 1e9
_NEAR_S = 60.0
"""How long after the beginning of trouble a change still counts as before it: looks come in intervals."""


class Change(Struct, frozen=True, kw_only=True):
    """Something that is other than before. `from_` says how it is known."""

    at: datetime
    who: str
    what: str
    from_: str
    claimed: bool = False
    agent: str = ""


def wanted() -> tuple[Wanted, ...]:
    """What is to be kept of samples so that changes can be seen; it does not ask for longer than others do."""
    return tuple(Wanted((Matcher(NAME, MatchOp.EQUAL, name),), 0.0) for name in (*INFO, START))


def changes_of(agents: Iterable[str], ground: Ground, start: datetime | None) -> Iterator[Step | None]:
    """The step of changes, at last; None where a step of the loop may end."""
    names = list(agents)
    found = list(_events(frozenset(names), ground))
    yield None
    asked: list[Asked] = []
    restarts, versions = set[str](), set[str]()
    for name in names:
        more = [*_starts(name, ground), *_versions(name, ground, asked), *_markers(name, ground)]
        restarts.update(name for _ in _start_facts(name, ground))
        versions.update(name for _ in _version_words(name, ground))
        found += more
        yield None
    yield _step(names, ground, start, _ranked(found, start), tuple(asked), restarts, versions)


def _ranked(found: list[Change], start: datetime | None) -> list[Change]:
    """Those before the trouble, the nearest first, then those since; each once."""
    unique = {(one.at, one.who, one.what): one for one in found}
    rest = sorted(unique.values(), key=lambda one: (one.at, one.who, one.what))
    if start is None:
        return rest[::-1]
    until = start + timedelta(seconds=_NEAR_S)
    before = [one for one in rest if one.at <= until]
    before.sort(key=lambda one: (abs((start - one.at).total_seconds()), one.who, one.what))
    return [*before, *(one for one in rest if one.at > until)]


def _step(
    names: list[str],
    ground: Ground,
    start: datetime | None,
    ranked: list[Change],
    asked: tuple[Asked, ...],
    restarts: set[str],
    versions: set[str],
) -> Step:
    rows = tuple(
        Row(label=_distance(one, start, ground), value=_words(one, ground), agent=one.agent) for one in ranked[:_MOST]
    )
    bases = {one.claimed for one in ranked[:_MOST]}
    basis = (
        Basis.NOTHING
        if not bases
        else Basis.BOTH
        if len(bases) > 1
        else Basis.CLAIMED
        if True in bases
        else Basis.OBSERVED
    )
    return Step(
        rung=Rung.CHANGES,
        title="What changed",
        finding=_finding(names, ground, start, ranked),
        mark=Mark.WARN if ranked else Mark.UNKNOWN,
        basis=basis,
        rows=rows,
        asked=asked,
        unknown=tuple(_unknown(names, ground, len(ranked), restarts, versions)),
    )


def _finding(names: list[str], ground: Ground, start: datetime | None, ranked: list[Change]) -> str:
    if not ranked:
        return f"no change is known of {listed(names)}"
    if start is None:
        return f"{count_of(len(ranked), 'change')}, the newest first; when it began is not known"
    until = start + timedelta(seconds=_NEAR_S)
    before = sum(1 for one in ranked if one.at <= until)
    if not before:
        return f"no change is known from before {ground.clock(start)}; {count_of(len(ranked), 'change')} since"
    until_then = f"{count_of(before, 'change')} up to {ground.clock(start)}, when it began"
    return f"{until_then}, the nearest first; near in time is not the same as the cause"


def _distance(one: Change, start: datetime | None, ground: Ground) -> str:
    if start is None:
        return f"{age_text((ground.now - one.at).total_seconds())} ago"
    gap = (start - one.at).total_seconds()
    return f"{age_text(abs(gap))} {'before' if gap >= 0 else 'after'}" if abs(gap) >= 1 else "at that time"


def _words(one: Change, ground: Ground) -> str:
    return scrub(f"{ground.clock(one.at)} {one.who}: {one.what} ({one.from_}{', claimed' if one.claimed else ''})", 300)


def _unknown(names: list[str], ground: Ground, found: int, restarts: set[str], versions: set[str]) -> Iterator[str]:
    if found > _MOST:
        yield f"{found - _MOST} more changes are not shown"
    first = min((event.at for event in ground.store.events.values()), default=None)
    if first is not None:
        yield f"changes of state from before {ground.clock(first)} are not known: the log begins there"
    else:
        yield "no change of state was ever seen here"
    mute = [name for name in names if name not in versions]
    if mute:
        yield f"no version is exposed by {listed(mute)}"
        ground.longer[f"a version of each agent ({INFO[0]}{{version=…}}, or a label), so that deployments are seen"] = (
            None
        )
    blind = [name for name in names if name not in restarts]
    if blind:
        yield f"restarts of {listed(blind)} cannot be seen: no start time, no uptime and no process is known"
        ground.longer[f"{START} on the agents' pages, so that restarts are seen"] = None
    yield "changes of configuration outside of fleetdeck are not known"


# ── where changes are found ────────────────────────────────────────────────────────────────────────────────────────


def _events(names: frozenset[str], ground: Ground) -> Iterator[Change]:
    """The log of changes of state: of the agents, of their sources, of fleetdeck itself; and what was done to the
    agents from here, or to what they are a part of."""
    store = ground.store
    about = names | _rolled(names, ground)
    sources = {source for name in names if (status := store.status.get(name)) for source in status.sources}
    for event in store.events.values():
        if event.kind is EventKind.AGENT and event.subject in names:
            yield _from_event(event, event.subject)
        elif event.kind is EventKind.SOURCE and (not event.before or event.subject in sources):
            yield _from_event(event, "")
        elif event.kind is EventKind.ACTION and event.subject in about:
            yield _from_event(event, event.subject if event.subject in names else "")


def _rolled(names: frozenset[str], ground: Ground) -> set[str]:
    """What can be rolled back and is run by one of the agents: services, groups."""
    rows = ground.store.rollbacks.values()
    return {word for row in rows if not names.isdisjoint(row.agents) for word in (row.name, row.target) if word}


def _from_event(event: Event, agent: str) -> Change:
    what = f"{event.before} → {event.after}" if event.before else event.after
    detail = f": {event.detail}" if event.detail else ""
    return Change(at=event.at, who=scrub(event.subject, 80), what=scrub(what + detail, 160), from_="seen", agent=agent)


def _starts(name: str, ground: Ground) -> Iterator[Change]:
    for at, source, claimed in _start_facts(name, ground):
        yield Change(at=at, who=name, what="started", from_=source, claimed=claimed, agent=name)


def _start_facts(name: str, ground: Ground) -> list[tuple[datetime, str, bool]]:
    """(when it started, how that is known, whether it only says so), each start once."""
    store = ground.store
    found: list[tuple[datetime, str, bool]] = []
    process = store.processes.get(name)
    if process is not None and process.reading is not None and process.reading.started_at is not None:
        found.append((process.reading.started_at, f"process {process.reading.pid}", False))
    for series in _page_series(name, ground):
        if series.name.endswith(_START_ENDS):
            found += [(at, series.name, True) for at in _start_values(name, series, ground)]
    seen = store.health.seen(name)
    for fact in _facts(name, ground):
        word, at = _last_word(fact), None
        if word in _STARTED:
            at = parse_time(fact.value)
        elif word in _UPTIME and seen is not None:
            at = _before(seen, fact.value)
        if at is not None:
            found.append((at, f"health: {fact.key}", True))
    unique: list[tuple[datetime, str, bool]] = []
    for one in found:
        if one[0] <= ground.now and all(abs((one[0] - other[0]).total_seconds()) > _SAME_S for other in unique):
            unique.append(one)
    return unique


def _start_values(name: str, series: SeriesId, ground: Ground) -> list[datetime]:
    """The start times that the series has shown, the newest last."""
    points = [value for _, value in ground.store.history.column(name, series)]
    page = ground.store.scrapes[name].page
    if not points and page is not None:
        points = [page.values[page.series.index(series)]]
    starts: list[datetime] = []
    for at in filter(None, map(_epoch, points)):
        # A restart makes it later. One that slides back or stays is a clock that is off, and the same start.
        if not starts or (at - starts[-1]).total_seconds() > _SAME_S:
            starts.append(at)
        else:
            starts[-1] = at
    return starts


def _epoch(value: float) -> datetime | None:
    """The time that a number on a page is; None for one that is rather a duration."""
    return parse_time(value) if value > _LEAST_EPOCH else None


def _page_series(name: str, ground: Ground) -> tuple[SeriesId, ...]:
    scrape = ground.store.scrapes.get(name)
    return () if scrape is None or scrape.page is None else scrape.page.series


def _before(seen: datetime, seconds: str) -> datetime | None:
    try:
        number = float(seconds)
    except ValueError:
        return None
    return seen - timedelta(seconds=number) if 0 < number < 1e9 else None


def _versions(name: str, ground: Ground, asked: list[Asked]) -> Iterator[Change]:
    """Versions that came while fleetdeck looked: a series of other labels began."""
    counting = Counting(ground.storage)
    words: dict[str, int] = {}
    until = round(ground.now.timestamp() * 1000)
    for one in _info_series(name, counting, until):
        word = _version_of(one[0])
        if word:
            words[word] = min(one[1], words.get(word, until))
    if len(words) < 2:
        return
    asked.append(counting.asked(f'{{__name__=~"{"|".join(INFO)}", agent={quoted(name)}}}', ground.now))
    in_order = sorted(words.items(), key=lambda one: (one[1], one[0]))
    for (before, _), (after, at_ms) in pairwise(in_order):
        at = ground.now - timedelta(milliseconds=until - at_ms)
        yield Change(at=at, who=name, what=f"version {before} → {after}", from_="its page", claimed=True, agent=name)


def _info_series(name: str, storage: Counting, until: int) -> Iterator[tuple[Labels, int]]:
    """(labels, time of the first sample) of what pages say of the agent."""
    for metric in INFO:
        for label in ("agent", "agent_name"):
            matchers: Matchers = (Matcher(NAME, MatchOp.EQUAL, metric), Matcher(label, MatchOp.EQUAL, name))
            for one in storage.range(matchers, 0, until):
                yield one.labels, one.times[0]


def _version_of(labels: Labels) -> str:
    found = (labels.get(name) or labels.get(f"exported_{name}") for name in _VERSION)
    return scrub(next((word for word in found if word), ""), 60)


def _version_words(name: str, ground: Ground) -> Iterator[str]:
    """Every version that is said of the agent now."""
    agent = ground.store.agents.get(name)
    status = ground.store.status.get(name)
    for labels in (agent.labels if agent else {}, status.labels if status else {}):
        yield from (labels[word] for word in _VERSION if labels.get(word))
    yield from (fact.value for fact in _facts(name, ground) if _last_word(fact) in _VERSION and fact.value)
    for series in _page_series(name, ground):
        if series.name in INFO:
            yield from (value for label, value in series.labels if label in _VERSION and value)


def _markers(name: str, ground: Ground) -> Iterator[Change]:
    """Marks of deployments: times in labels and health reports, and on pages."""
    agent = ground.store.agents.get(name)
    said = list((agent.labels if agent else {}).items())
    said += [(fact.key, fact.value) for fact in _facts(name, ground)]
    for key, value in said:
        at = parse_time(value) if key.rpartition(".")[2] in _DEPLOYED else None
        if at is not None and at <= ground.now:
            yield Change(at=at, who=name, what="deployed", from_=scrub(key, 80), claimed=True, agent=name)
    page = ground.store.scrapes[name].page if name in ground.store.scrapes else None
    for place, series in enumerate(page.series if page else ()):
        if "deploy" in series.name and series.name.endswith(("_seconds", "_timestamp", "_time")):
            at = _epoch(page.values[place]) if page else None
            if at is not None and at <= ground.now:
                yield Change(at=at, who=name, what="deployed", from_=series.name, claimed=True, agent=name)


def _facts(name: str, ground: Ground) -> tuple[Fact, ...]:
    health = ground.store.health.get(name)
    return () if health is None or health.reading is None else health.reading.facts


def _last_word(fact: Fact) -> str:
    return fact.key.rpartition(".")[2].lower()
