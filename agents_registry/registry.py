"""The list of agents: what every source said last, merged, kept for a while when nobody names them any more.

The one writer of `Store.agents`. A source that fails says nothing, so its last answer stands. The cost of an answer is
a comparison for each agent in it; only agents of which something changed are merged anew.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain, islice

from msgspec import Struct
from msgspec.structs import replace

from agents_registry.merge import Word, merge, normal_name
from fleet.model import Agent, Discovery, Sighting
from fleet.store import Slice

Said = dict[str, tuple[Sighting, ...]]
"""What one source said last, by the agent's name in the registry."""


class AcceptResult(Struct, frozen=True, kw_only=True):
    """What an answer changed: `found` agents in it, of them `added` new and `refused` for want of room; `gone` went."""

    found: int = 0
    added: int = 0
    gone: int = 0
    refused: int = 0


class Registry:
    """Merges the last answer of every source into agents.

    `order` are the ids of the sources, the most believed first; one that is not in it comes after them, in order of
    its first answer. With `normalise`, `agent_debug.sh` and `debug` are the same agent, called `debug`. An agent that
    no source names is kept for `keep_gone_s`, and there are `most` at a time: to make room, the longest gone goes.
    """

    def __init__(
        self,
        agents: Slice[str, Agent],
        *,
        order: Iterable[str] = (),
        normalise: bool = False,
        keep_gone_s: float = 300.0,
        most: int = 20_000,
    ) -> None:
        self._agents = agents
        self._said: dict[str, Said] = {source: {} for source in order}
        self._last: dict[str, Discovery] = {}
        self._gone: dict[str, None] = {}  # the longest gone first
        self._normalise = normalise
        self._keep_gone_s = keep_gone_s
        self._most = most
        self._refused: set[str] = set()
        self._replaced: set[str] = set()

    def accept(self, source: str, discovery: Discovery, at: datetime) -> AcceptResult:
        """Take in the answer that `source` gave at `at`.

        An incomplete answer adds and changes agents and takes none away.
        """
        before = self._said.get(source, {})
        if discovery is self._last.get(source) and source not in self._refused:
            return self._confirm(before, at)
        if discovery.complete and source in self._replaced:
            self._replaced.discard(source)
            self._take_back(source, self._grouped(discovery.sightings))
            before = self._said[source]
        after = self._grouped(discovery.sightings)
        found = len(after)
        if not discovery.complete:
            after = self._with_missing(after, before)
        self._said[source], self._last[source] = after, discovery
        result = self._apply(before, after, at)
        (self._refused.add if result.refused else self._refused.discard)(source)
        self._touch(islice(after, found), at)
        return replace(result, found=found)

    def forget(self, source: str) -> None:
        """Take back all that `source` said, as it is no longer configured. An agent that nobody else names is dropped
        and not gone: the operator took it away."""
        self._take_back(source, {})
        self._said.pop(source, None)
        self._last.pop(source, None)
        self._refused.discard(source)
        self._replaced.discard(source)

    def replaced(self, source: str) -> None:
        """`source` is configured otherwise from now on: what it said stands until its first whole answer, and agents
        that are not in that are dropped as in `forget`."""
        self._replaced.add(source)
        self._last.pop(source, None)

    def reconfigure(self, *, order: Iterable[str], normalise: bool, keep_gone_s: float, most: int) -> None:
        """Go on by other rules. Sources that are not in `order` are forgotten; where precedence or names changed, all
        agents are merged anew."""
        order = list(order)
        for source in [source for source in self._said if source not in order]:
            self.forget(source)
        self._keep_gone_s, self._most = keep_gone_s, most
        before = [source for source in self._said if self._said[source]]
        renamed, self._normalise = normalise is not self._normalise, normalise
        self._said = {source: self._said.get(source, {}) for source in order}
        if renamed:
            # Names that only an incomplete answer left standing are not known in their own spelling any more.
            self._said |= {source: self._grouped(last.sightings) for source, last in self._last.items()}
        if renamed or before != [source for source in self._said if self._said[source]]:
            self._merge_all()

    def expire(self, at: datetime) -> int:
        """Drop the agents that have been gone for longer than they are kept; how many went."""
        late = [name for name in self._gone if self._gone_for_s(name, at) > self._keep_gone_s]
        for name in late:
            self._drop(name)
        return len(late)

    def _take_back(self, source: str, stays: Said) -> None:
        """Drop the agents that `source` alone named, but for those in `stays`."""
        said = self._said.get(source, {})
        self._said[source] = {name: words for name, words in said.items() if name in stays}
        for name in said.keys() - stays.keys():
            self._merge_or_drop(name)

    def _merge_all(self) -> None:
        named = {name: None for said in self._said.values() for name in said}
        for name in [*named, *(name for name in self._agents if name not in named and name not in self._gone)]:
            self._merge_or_drop(name)

    def _merge_or_drop(self, name: str) -> None:
        words = self._words(name)
        if not words:
            self._drop(name)
        elif name in self._agents or self._has_room():
            self._gone.pop(name, None)
            self._agents.put(name, merge(name, words))

    def _confirm(self, said: Said, at: datetime) -> AcceptResult:
        self._touch(said, at)
        return AcceptResult(found=len(said))

    def _touch(self, names: Iterable[str], at: datetime) -> None:
        for name in names:
            if name in self._agents:
                self._agents.touch(name, at)

    def _grouped(self, sightings: Iterable[Sighting]) -> Said:
        grouped: Said = {}
        for one in sightings:
            name = normal_name(one.name) if self._normalise else one.name
            grouped[name] = (*grouped.get(name, ()), one)
        return grouped

    def _with_missing(self, after: Said, before: Said) -> Said:
        """`after`, and what only `before` had; no more than there is room for, so that it cannot grow for ever."""
        missing = ((name, said) for name, said in before.items() if name not in after)
        return dict(islice(chain(after.items(), missing), max(self._most, len(after))))

    def _apply(self, before: Mapping[str, object], after: Said, at: datetime) -> AcceptResult:
        added = gone = refused = 0
        for name in before.keys() - after.keys():
            gone += self._update(name, at) == _GONE
        for name, said in after.items():
            if name in self._agents and before.get(name) == said:
                continue
            outcome = self._update(name, at)
            added += outcome == _ADDED
            refused += outcome == _REFUSED
        return AcceptResult(added=added, gone=gone, refused=refused)

    def _update(self, name: str, at: datetime) -> str:
        words = self._words(name)
        current = self._agents.get(name)
        if not words:
            if current is None or current.gone_since is not None:
                return _SAME
            self._gone[name] = None
            self._agents.put(name, replace(current, gone_since=at))
            return _GONE
        if current is None and not self._has_room():
            return _REFUSED
        self._gone.pop(name, None)
        self._agents.put(name, _still_watched(merge(name, words), current))
        return _ADDED if current is None else _SAME

    def _words(self, name: str) -> list[Word]:
        return [(source, one) for source, said in self._said.items() for one in said.get(name, ())]

    def _has_room(self) -> bool:
        while len(self._agents) >= self._most:
            if not self._gone:
                return False
            self._drop(next(iter(self._gone)))
        return True

    def _gone_for_s(self, name: str, at: datetime) -> float:
        since = self._agents[name].gone_since
        return 0.0 if since is None else (at - since).total_seconds()

    def _drop(self, name: str) -> None:
        self._gone.pop(name, None)
        self._agents.drop(name)


def _still_watched(agent: Agent, before: Agent | None) -> Agent:
    """`agent` with the process that was seen before, where others still name it, none sees a process any more, and
    nothing else of it can be looked at: that process tells whether it ended, whatever a file goes on claiming."""
    if before is None or not before.process_seen or agent.process_seen or agent.health or agent.metrics:
        return agent
    return replace(agent, pid=before.pid, process_seen=True)


_SAME, _ADDED, _GONE, _REFUSED = "same", "added", "gone", "refused"
