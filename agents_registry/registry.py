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
        self._gone: dict[str, datetime] = {}
        self._normalise = normalise
        self._keep_gone_s = keep_gone_s
        self._most = most
        self._refused: set[str] = set()

    def accept(self, source: str, discovery: Discovery, at: datetime) -> AcceptResult:
        """Take in the answer that `source` gave at `at`.

        An incomplete answer adds and changes agents and takes none away.
        """
        before = self._said.get(source, {})
        if discovery is self._last.get(source) and source not in self._refused:
            return self._confirm(before, at)
        after = self._grouped(discovery.sightings)
        found = len(after)
        if not discovery.complete:
            after = self._with_missing(after, before)
        self._said[source], self._last[source] = after, discovery
        result = self._apply(before, after, at)
        (self._refused.add if result.refused else self._refused.discard)(source)
        self._touch(islice(after, found), at)
        return replace(result, found=found)

    def forget(self, source: str, at: datetime) -> AcceptResult:
        """Take back all that `source` said, as it is no longer configured."""
        before = self._said.pop(source, {})
        self._last.pop(source, None)
        self._refused.discard(source)
        return self._apply(before, {}, at)

    def expire(self, at: datetime) -> int:
        """Drop the agents that have been gone for longer than they are kept; how many went."""
        late = [name for name, since in self._gone.items() if (at - since).total_seconds() > self._keep_gone_s]
        for name in late:
            self._drop(name)
        return len(late)

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
            self._gone[name] = at
            self._agents.put(name, replace(current, gone_since=at, process_seen=False))
            return _GONE
        if current is None and not self._has_room():
            return _REFUSED
        self._gone.pop(name, None)
        self._agents.put(name, merge(name, words))
        return _ADDED if current is None else _SAME

    def _words(self, name: str) -> list[Word]:
        return [(source, one) for source, said in self._said.items() for one in said.get(name, ())]

    def _has_room(self) -> bool:
        while len(self._agents) >= self._most:
            if not self._gone:
                return False
            self._drop(next(iter(self._gone)))
        return True

    def _drop(self, name: str) -> None:
        self._gone.pop(name, None)
        self._agents.drop(name)


_SAME, _ADDED, _GONE, _REFUSED = "same", "added", "gone", "refused"
