"""The evaluator: turns what was found and observed into rows and events, at a cost that follows what changed.

It listens to the slices that a verdict is made of, judges the agents that changed and those whose last answer grew
too old, and writes `store.status`, `store.events` and `store.now`. It runs when it is called with the time; who calls
it, and when, is the wiring's business.
"""

from collections.abc import Callable
from datetime import datetime

from fleet.events import EventLog
from fleet.freshness import Deadlines
from fleet.model import Agent, EventKind
from fleet.store import Store
from fleet.verdict import Rules, Seen, judge
from fleet.vocabulary import SEVERITY, AgentState
from fleet.wellknown import PlanBook, Vitals

Limit = Callable[[Agent], float]


class AgeLimits:
    """How old an answer of each kind may be before it is stale, in seconds, for a given agent."""

    def __init__(self, *, health: Limit, metrics: Limit, process: Limit) -> None:
        self.health = health
        self.metrics = metrics
        self.process = process


class Evaluator:
    """The single writer of `store.status`, `store.events` and `store.now`."""

    def __init__(self, store: Store, rules: Rules, limits: AgeLimits, *, wake: Callable[[], None]) -> None:
        self._store = store
        self._rules = rules
        self._limits = limits
        self._plans = PlanBook()
        self._log = EventLog(store.events)
        self._agents = store.agents.subscribe(wake)
        self._others = (
            store.health.subscribe(wake),
            store.scrapes.subscribe(wake),
            store.processes.subscribe(wake),
        )
        self._sources = store.sources.subscribe(wake)
        self._queues = store.queues.subscribe(wake)
        self._backlog = store.backlog.subscribe(wake)
        self._words: dict[tuple[EventKind, str], str] = {}
        # An answer that equals the one before wakes nobody, so what is stale is asked for.
        self._stale: dict[str, tuple[datetime | None, ...]] = {}
        self._deadlines: Deadlines[tuple[str, str]] = Deadlines(self._seen_at, self._limit_s)

    def evaluate(self, now: datetime) -> None:
        """Judge what changed since the last call and what turned stale by `now`."""
        self._store.now = now
        agents = self._agents.drain()
        for name in agents.removed:
            self._drop(name, now)
        names = set(agents.changed)
        for subscription in self._others:
            names |= {name for name in subscription.drain().changed if name in self._store.agents}
        names |= {name for _, name in self._deadlines.due(now) if name in self._store.agents}
        names |= {name for name, heard in self._stale.items() if self._heard(name) != heard}
        known = bool(self._store.status)
        for name in sorted(names):
            self._judge(name, now, known=known)
        self._note_sources(now)
        self._note_queues(now)
        self._note_backlogs(now)

    # ── agents ──

    def _judge(self, name: str, now: datetime, *, known: bool) -> None:
        before = self._store.status.get(name)
        after = judge(self._gather(name, now), self._rules, before)
        self._store.status.put(name, after)
        self._stale.pop(name, None)
        if after.state is AgentState.STALE:
            self._stale[name] = self._heard(name)
        for what in ("health", "metrics", "process", "claim"):
            self._deadlines.watch((what, name))
        if before is None:
            if known:
                self._log.add(EventKind.AGENT, name, at=now, before="", after="found", detail=", ".join(after.sources))
        elif before.state is not after.state:
            bad = SEVERITY[after.state] < SEVERITY[before.state] and after.state is not AgentState.UP
            self._log.add(
                EventKind.AGENT,
                name,
                at=now,
                before=before.state.value,
                after=after.state.value,
                detail=after.detail,
                bad=bad,
            )

    def _heard(self, name: str) -> tuple[datetime | None, ...]:
        """When the agent last answered, each way of looking by itself."""
        return tuple(rows.seen(name) for rows in (self._store.health, self._store.scrapes, self._store.processes))

    def _drop(self, name: str, now: datetime) -> None:
        self._stale.pop(name, None)
        self._plans.forget(name)
        if self._store.status.drop(name):
            self._log.add(EventKind.AGENT, name, at=now, before="gone", after="dropped")
        self._store.history.drop("agent", name)

    def _gather(self, name: str, now: datetime) -> Seen:
        store = self._store
        agent = store.agents[name]
        scrape = store.scrapes.get(name)
        return Seen(
            agent=agent,
            now=now,
            health=store.health.get(name),
            health_at=store.health.seen(name),
            health_limit_s=self._limits.health(agent),
            scrape=scrape,
            scrape_at=store.scrapes.seen(name),
            scrape_limit_s=self._limits.metrics(agent),
            process=store.processes.get(name),
            process_at=store.processes.seen(name),
            process_limit_s=self._limits.process(agent),
            vitals=self._plans.vitals(name, scrape.page) if scrape and scrape.page else Vitals(),
        )

    def _seen_at(self, key: tuple[str, str]) -> datetime | None:
        what, name = key
        agent = self._store.agents.get(name)
        if agent is None:
            return None
        if what == "health":
            return self._store.health.seen(name)
        if what == "metrics":
            return self._store.scrapes.seen(name)
        if what == "process":
            return self._store.processes.seen(name)
        return max((item.claim.at for item in agent.claims if item.claim.at is not None), default=None)

    def _limit_s(self, key: tuple[str, str]) -> float:
        what, name = key
        if what == "claim":
            return self._rules.claim_limit_s
        agent = self._store.agents[name]
        return {"health": self._limits.health, "metrics": self._limits.metrics, "process": self._limits.process}[what](
            agent
        )

    # ── sources, queues, backlogs: their writers judge them; here the changes become events ──

    def _note_sources(self, now: datetime) -> None:
        diff = self._sources.drain()
        for key in diff.removed:
            self._words.pop((EventKind.SOURCE, key), None)
        for key in sorted(diff.changed):
            source = self._store.sources[key]
            detail = source.error or "; ".join(source.problems)
            self._note(EventKind.SOURCE, key, source.state.value, detail, now, good=("ok", "pending"))

    def _note_queues(self, now: datetime) -> None:
        for key in sorted(self._queues.drain().changed):
            queue = self._store.queues[key]
            self._note(EventKind.QUEUE, key, *_condition(queue.error, queue.anomalies, queue.stale), now)

    def _note_backlogs(self, now: datetime) -> None:
        for key in sorted(self._backlog.drain().changed):
            backlog = self._store.backlog[key]
            self._note(EventKind.BACKLOG, key, *_condition(backlog.error, backlog.anomalies, backlog.stale), now)

    def _note(
        self, kind: EventKind, key: str, word: str, detail: str, now: datetime, good: tuple[str, ...] = ("ok",)
    ) -> None:
        before = self._words.get((kind, key))
        self._words[kind, key] = word
        # The first answer of a source that works is no news.
        if before in (None, "pending") and word in good:
            return
        if before != word:
            self._log.add(kind, key, at=now, before=before or "", after=word, detail=detail, bad=word not in good)


def _condition(error: str, anomalies: tuple[str, ...], stale: bool) -> tuple[str, str]:
    """(word, detail) of a queue or backlog."""
    if error:
        return "failing", error
    if stale:
        return "stale", ""
    return ("odd", "; ".join(anomalies)) if anomalies else ("ok", "")
