"""What several sources say of one agent, made into one: the first that knows a thing is believed, and whoever says
otherwise is quoted."""

import re
from collections.abc import Callable, Iterable, Sequence

from agents_registry.problems import Problems
from fleet.model import Agent, Sighting, SourcedClaim
from fleet.vocabulary import AgentState, agent_state

Word = tuple[str, Sighting]
"""A source's id and what it said."""

_MOST_DISAGREEMENTS = 32
_SCRIPT = re.compile(r"\.(?:sh|py)$")


def normal_name(name: str) -> str:
    """`name` without `.sh` or `.py`, `agent_` in front and `_agent` behind; unchanged where nothing would be left."""
    short = _SCRIPT.sub("", name).removeprefix("agent_").removesuffix("_agent")
    return short or name


def merge(name: str, words: Sequence[Word]) -> Agent:
    """The agent `name` as `words`, in order of precedence, tell of it."""
    doubts = Problems(_MOST_DISAGREEMENTS)
    _doubled(words, doubts)
    kind = _first("kind", ((source, one.kind) for source, one in words), doubts, same=_same_word)
    health = _first_endpoint("health", words, doubts)
    metrics = _first_endpoint("metrics", words, doubts)
    # A process that was seen is more than a number in a file.
    by_sight = sorted(words, key=lambda word: not (word[1].process_seen and word[1].pid))
    pid = _first("pid", ((source, str(one.pid or "")) for source, one in by_sight), doubts)
    claims = tuple(SourcedClaim(source, one.claim) for source, one in words if one.claim is not None)
    _contradictions(claims, doubts)
    return Agent(
        name=name,
        kind=kind,
        labels=_labels(words, doubts),
        health=next((one.health for _, one in words if one.health and one.health.url == health), None),
        metrics=next((one.metrics for _, one in words if one.metrics and one.metrics.url == metrics), None),
        pid=int(pid) if pid else None,
        process_seen=any(one.process_seen for _, one in words),
        claims=claims,
        sources=tuple(dict.fromkeys(source for source, _ in words)),
        disagreements=doubts.told,
    )


def _same_word(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _first(
    what: str,
    values: Iterable[tuple[str, str]],
    doubts: Problems,
    *,
    same: Callable[[str, str], bool] = str.__eq__,
) -> str:
    """The first value that is not empty; each other one is a doubt."""
    chosen_by, chosen = "", ""
    told: set[str] = set()
    for source, value in values:
        if not value:
            continue
        if not chosen:
            chosen_by, chosen = source, value
        elif not same(value, chosen) and value not in told:
            told.add(value)
            doubts.add(f"{what}: {chosen} ({chosen_by}) ≠ {value} ({source})")
    return chosen


def _first_endpoint(what: str, words: Sequence[Word], doubts: Problems) -> str:
    endpoints = ((source, getattr(one, what)) for source, one in words)
    return _first(what, ((source, endpoint.url if endpoint else "") for source, endpoint in endpoints), doubts)


def _labels(words: Sequence[Word], doubts: Problems) -> dict[str, str]:
    if len(words) == 1:
        return words[0][1].labels
    names = dict.fromkeys(name for _, one in words for name in one.labels)
    return {
        name: _first(f"label {name}", ((source, one.labels.get(name, "")) for source, one in words), doubts)
        for name in names
    }


def _doubled(words: Sequence[Word], doubts: Problems) -> None:
    by_source: dict[str, list[str]] = {}
    for source, one in words:
        by_source.setdefault(source, []).append(one.name)
    for source, called in by_source.items():
        if len(called) > 1:
            doubts.add(f"name: {source} has it {len(called)} times, as {', '.join(dict.fromkeys(called))}")


def _contradictions(claims: Sequence[SourcedClaim], doubts: Problems) -> None:
    """A doubt for each claimed status that contradicts an earlier one."""
    said: list[tuple[str, str]] = []
    for one in claims:
        word = one.claim.status
        if not word:
            continue
        against = next(((source, other) for source, other in said if contradict(other, word)), None)
        if against is not None:
            doubts.add(f"status: {against[1]} ({against[0]}) ≠ {word} ({one.source})")
        said.append((one.source, word))


def contradict(one: str, other: str) -> bool:
    """Whether two status words cannot both be true: they mean different states, or one is the other with `not`.

    A word that means no state (`unknown`, or one that nobody knows) contradicts nothing else.
    """
    a, b = one.strip().casefold(), other.strip().casefold()
    if a == f"not {b}" or b == f"not {a}":
        return True
    states = {agent_state(a), agent_state(b)}
    return len(states) > 1 and AgentState.UNKNOWN not in states
