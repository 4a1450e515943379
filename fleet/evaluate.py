"""The evaluator: turns what was found and observed into rows and events, at a cost that follows what changed.

It listens to the slices that a verdict is made of, judges the agents that changed and those whose last answer grew
too old, and writes `store.status`, `store.events` and `store.now`. It runs when it is called with the time; who calls
it, and when, is the wiring's business.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from fleet.events import Crowd, EventLog
from fleet.freshness import Deadlines
from fleet.last_known import forget
from fleet.model import Agent, EventKind
from fleet.store import Store
from fleet.timekeeper import Gaps
from fleet.times import span_text
from fleet.verdict import Rules, Seen, is_any_stale, judge
from fleet.vocabulary import SEVERITY, AgentState
from fleet.wellknown import Vitals

Limit = Callable[[Agent], float]


PAUSE_TOLD_S = 10.0
"""How long a pause must be to be an event: shorter ones are a busy machine."""


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
        self._unwatched = Gaps()
        self._unheard = Gaps()
        # An answer that equals the one before wakes nobody, so what is stale is asked for.
        self._stale: dict[str, tuple[datetime | None, ...]] = {}
        self._deadlines: Deadlines[tuple[str, str]] = Deadlines(self._seen_at, self._limit_s)
        self._all_anew = False

    def evaluate(self, now: datetime) -> None:
        """Judge what changed since the last call and what turned stale by `now`."""
        self._store.now = now
        agents = self._agents.drain()
        crowd = Crowd(self._log)
        for name in sorted(agents.removed):
            self._drop(name, now, crowd)
        names = set(self._store.agents) if self._all_anew else set(agents.changed)
        self._all_anew = False
        for subscription in self._others:
            names |= {name for name in subscription.drain().changed if name in self._store.agents}
        names |= {name for _, name in self._deadlines.due(now) if name in self._store.agents}
        names |= {name for name, heard in self._stale.items() if self._heard(name) != heard}
        known = len(self._store.status) > len(self._store.recalled)
        for name in sorted(names):
            self._judge(name, now, crowd, known=known)
        crowd.finish(now)
        forget(self._store)
        self._note_sources(now)
        self._note_queues(now)
        self._note_backlogs(now)

    def paused(self, seconds: float, now: datetime) -> None:
        """Nothing was looked at for `seconds` until `now` (stopped, or the machine slept): that makes nothing stale."""
        began = now - timedelta(seconds=seconds)
        self._unwatched.add(began, seconds)
        self._unheard.add(began, seconds)
        if seconds >= PAUSE_TOLD_S:
            self.note("fleetdeck", f"back after {span_text(seconds)}", now, "it was stopped, or the machine slept")

    def clock_set(self, by_s: float, now: datetime) -> None:
        """The clock was set by `by_s` seconds and the store's times were moved along; `now` is by the new clock."""
        self._unwatched.shift(timedelta(seconds=by_s))
        if by_s > 0:
            # What others wrote by the same clock before it was set looks that much older than it is.
            self._unheard.add(now - timedelta(seconds=by_s), by_s)
        self._deadlines.rebuild()
        which = "forward" if by_s > 0 else "back"
        self.note("fleetdeck", f"clock set {which} by {span_text(abs(by_s))}", now, "ages go on as they were")

    def unwatched_s(self, seen: datetime | None) -> float:
        """Seconds since `seen` in which nothing was looked at, so that they count for no age."""
        return self._unwatched.after(seen)

    def reconfigure(self, rules: Rules, limits: AgeLimits) -> None:
        """Judge by other rules from now on, all agents at the next call."""
        self._rules, self._limits = rules, limits
        self._deadlines.rebuild()
        self._all_anew = True

    def note(self, subject: str, what: str, now: datetime, detail: str = "", *, bad: bool = False) -> None:
        """Record what happened to fleetdeck itself."""
        self._log.add(EventKind.SOURCE, subject, at=now, before="", after=what, detail=detail, bad=bad)

    def acted(
        self, subject: str, before: str, after: str, now: datetime, detail: str = "", *, bad: bool = False
    ) -> None:
        """Record what was done to `subject` from here."""
        self._log.add(EventKind.ACTION, subject, at=now, before=before, after=after, detail=detail, bad=bad)

    # ── agents ──

    def _judge(self, name: str, now: datetime, crowd: Crowd, *, known: bool) -> None:
        # What is only remembered is nothing to go on from, and its end is no event.
        remembered = self._store.recalled.pop(name, None) is not None
        before = None if remembered else self._store.status.get(name)
        seen = self._gather(name, now)
        after = judge(seen, self._rules, before)
        self._store.status.put(name, after)
        self._stale.pop(name, None)
        if is_any_stale(seen):
            self._stale[name] = self._heard(name)
        for what in ("health", "metrics", "process", "claim"):
            self._deadlines.watch((what, name))
        if before is None:
            if known:
                crowd.add(name, at=now, before="", after="found", detail=", ".join(after.sources))
        elif before.state is not after.state:
            bad = SEVERITY[after.state] < SEVERITY[before.state] and after.state is not AgentState.UP
            crowd.add(name, at=now, before=before.state.value, after=after.state.value, detail=after.detail, bad=bad)

    def _heard(self, name: str) -> tuple[datetime | None, ...]:
        """When the agent last answered, each way of looking by itself."""
        return tuple(rows.seen(name) for rows in (self._store.health, self._store.scrapes, self._store.processes))

    def _drop(self, name: str, now: datetime, crowd: Crowd) -> None:
        self._stale.pop(name, None)
        if self._store.status.drop(name):
            crowd.add(name, at=now, before="gone", after="dropped")
        self._store.history.drop("agent", name)

    def _gather(self, name: str, now: datetime) -> Seen:
        store = self._store
        agent = store.agents[name]
        scrape = store.scrapes.get(name)
        health_at, scrape_at, process_at = self._heard(name)
        return Seen(
            agent=agent,
            now=now,
            health=store.health.get(name),
            health_at=health_at,
            health_limit_s=self._limits.health(agent) + self._unwatched.after(health_at),
            scrape=scrape,
            scrape_at=scrape_at,
            scrape_limit_s=self._limits.metrics(agent) + self._unwatched.after(scrape_at),
            process=store.processes.get(name),
            process_at=process_at,
            process_limit_s=self._limits.process(agent) + self._unwatched.after(process_at),
            claim_grace_s=self._unheard.after(_last_claim(agent)),
            vitals=store.plans.vitals(name, scrape.page) if scrape and scrape.page else Vitals(),
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
        return _last_claim(agent)

    def _limit_s(self, key: tuple[str, str]) -> float:
        what, name = key
        agent = self._store.agents[name]
        if what == "claim":
            return self._rules.claim_limit_s + self._unheard.after(_last_claim(agent))
        limits = {"health": self._limits.health, "metrics": self._limits.metrics, "process": self._limits.process}
        return limits[what](agent) + self._unwatched.after(self._seen_at(key))

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
        diff = self._queues.drain()
        for key in diff.removed:
            self._words.pop((EventKind.QUEUE, key), None)
        for key in sorted(diff.changed):
            queue = self._store.queues[key]
            self._note(EventKind.QUEUE, key, *_condition(queue.error, queue.anomalies, queue.stale), now)

    def _note_backlogs(self, now: datetime) -> None:
        diff = self._backlog.drain()
        for key in diff.removed:
            self._words.pop((EventKind.BACKLOG, key), None)
        for key in sorted(diff.changed):
            backlog = self._store.backlog[key]
            self._note(EventKind.BACKLOG, key, *_condition(backlog.error, backlog.anomalies, backlog.stale), now)

    def _note(
        self, kind: EventKind, key: str, word: str, detail: str, now: datetime, good: tuple[str, ...] = ("ok",)
    ) -> None:
        before = self._words.get((kind, key))
        self._words[kind, key] = word
        # The first answer of a source that works is no news, and neither is that it was not asked yet.
        if word == "pending" or (before in (None, "pending") and word in good):
            return
        if before != word:
            self._log.add(kind, key, at=now, before=before or "", after=word, detail=detail, bad=word not in good)


def _last_claim(agent: Agent) -> datetime | None:
    """The agent's last sign of life by what others say."""
    return max((item.claim.at for item in agent.claims if item.claim.at is not None), default=None)


def _condition(error: str, anomalies: tuple[str, ...], stale: bool) -> tuple[str, str]:
    """(word, detail) of a queue or backlog."""
    if error:
        return "failing", error
    if stale:
        return "stale", ""
    return ("odd", "; ".join(anomalies)) if anomalies else ("ok", "")
