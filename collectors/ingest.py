"""Where readings become rows: the single writer of health, scrapes, processes, tasks, queues, backlogs, host, self.

A reading that says nothing new only advances the row's last-seen time, which wakes nobody; numbers go into the history.
A failure keeps the last good data and adds its reason. Latencies go on a coarse ladder before they reach a row, because
noise in the last digit is no change.
"""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from msgspec import structs

from collectors.sample_budget import SampleBudget
from fleet.backlog import derive as derive_backlog
from fleet.freshness import Deadlines
from fleet.model import Health, HealthReading, HostReading, Page, Process, ProcessReading, Scrape, SelfReading
from fleet.ports import Limits
from fleet.queues import derive as derive_queue
from fleet.queues import merge_tasks, passed
from fleet.samples.feed import Feed
from fleet.store import Store
from fleet.work import Backlog, BacklogReading, Queue, QueueReading

Row = TypeVar("Row", Queue, Backlog)

LADDER = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


def on_ladder(seconds: float, before: float | None) -> float:
    """`seconds` on a ladder of six steps a decade, never below 1 ms; `before` stays within a step of itself."""
    if before is not None and before / 1.6 <= max(seconds, 0.001) <= before * 1.6:
        return before
    decade: float = 10.0 ** math.floor(math.log10(max(seconds, 0.001)))
    step = max((mark for mark in LADDER if mark * decade <= max(seconds, 0.001) * 1.0001), default=1.0)
    return float(round(step * decade, 6))


class Ingest:
    """Puts readings and failures into the store. `at` is the time by our clock when the answer was whole."""

    def __init__(
        self,
        store: Store,
        *,
        queue_limit_s: Callable[[str], float],
        backlog_limit_s: Callable[[str], float],
        most_failures: int = 10,
        most_samples: int = Limits().all_samples,
        feed: Feed | None = None,
    ) -> None:
        """The limits say how old the last good answer of a queue or backlog may be. Failures in a row are counted to
        `most_failures`: beyond that it is as bad as it gets, and counting on would only wake the views. `feed` is told
        of every page, health probe and failure."""
        self._store = store
        self._feed = feed
        self.most_failures = most_failures
        self.budget = SampleBudget(most_samples)
        self._queue_deadlines: Deadlines[str] = Deadlines(store.queues.seen, queue_limit_s)
        self._backlog_deadlines: Deadlines[str] = Deadlines(store.backlog.seen, backlog_limit_s)
        self._tasks_of: dict[str, set[str]] = {}
        self._passed: dict[str, tuple[int, int]] = {}

    # ── agents ──

    def health(self, name: str, reading: HealthReading, at: datetime, took_s: float) -> None:
        """An answer of an agent's health endpoint, which took `took_s` seconds."""
        before = self._store.health.get(name)
        step = on_ladder(took_s, before.latency_s if before else None)
        # The reported time alone is no news: it moves with every answer.
        if before and before.reading and _same_health(before.reading, reading):
            reading = before.reading
        self._store.health.put(name, Health(reading=reading, latency_s=step))
        self._store.health.touch(name, at)
        self._store.status.touch(name, at)
        self._store.history.add(("agent", name, "latency_s"), at.timestamp(), took_s)
        if self._feed:
            self._feed.health(name, took_s)

    def health_failed(self, name: str, error: str) -> None:
        """The health endpoint failed; the last good reading stays."""
        before = self._store.health.get(name) or Health()
        self._store.health.put(
            name,
            Health(
                reading=before.reading,
                failures=min(before.failures + 1, self.most_failures),
                error=error,
                latency_s=before.latency_s,
            ),
        )
        if self._feed:
            self._feed.health_failed(name)

    def page(self, name: str, page: Page, at: datetime, took_s: float | None = None) -> Page:
        """A scraped page of an agent, or of a discovery source; what there was room for of it. The scrape took
        `took_s` seconds, where that is known."""
        page = self.budget.fit(name, page)
        if self._feed:
            self._feed.page(name, page, at, took_s)
        self._store.scrapes.put(name, Scrape(page=page))
        self._store.scrapes.touch(name, at)
        if name in self._store.agents:
            self._store.status.touch(name, at)
        self._store.history.add_page(name, at.timestamp(), page)
        # The rest of them stands in the page's own history.
        cpu_percent = self._store.plans.vitals(name, page).cpu_percent
        self._store.history.add(("agent", name, "cpu_percent"), at.timestamp(), cpu_percent)
        return page

    def page_failed(self, name: str, error: str) -> None:
        """A scrape failed; the last good page stays."""
        before = self._store.scrapes.get(name) or Scrape()
        failures = min(before.failures + 1, self.most_failures)
        self._store.scrapes.put(name, Scrape(page=before.page, failures=failures, error=error))
        if self._feed:
            self._feed.page_failed(name)

    def page_ended(self, name: str) -> None:
        """An agent's page is no longer scraped; the last good one stays in its row."""
        if self._feed:
            self._feed.ended(name)

    def source_failed(self, source: str) -> None:
        """A discovery source failed. Where it had shown a page, that has ended; the last good one stays in its row."""
        if self._feed and source in self._store.scrapes:
            self._feed.page_failed(source)

    def process(self, name: str, reading: ProcessReading, at: datetime) -> None:
        """A look at an agent's process."""
        self._store.processes.put(name, Process(reading=reading))
        self._store.processes.touch(name, at)
        self._store.status.touch(name, at)

    def process_failed(self, name: str, error: str) -> None:
        """The process could not be looked at (permission, say); that is not the same as gone."""
        before = self._store.processes.get(name) or Process()
        failures = min(before.failures + 1, self.most_failures)
        self._store.processes.put(name, Process(reading=before.reading, failures=failures, error=error))

    def forget_source(self, source: str) -> None:
        """A discovery source is no longer configured: the page that it showed goes."""
        self._store.scrapes.drop(source)
        self.budget.forget(source)
        self._store.history.drop("agent", source)
        self._store.plans.forget(source)
        if self._feed:
            self._feed.forget(source)

    def forget_queue(self, name: str) -> None:
        """A queue is no longer configured: its row and its tasks go."""
        for key in self._tasks_of.pop(name, ()):
            self._store.tasks.drop(key)
        self._passed.pop(name, None)
        self._store.queues.drop(name)
        self._store.history.drop("queue", name)

    def forget_backlog(self, name: str) -> None:
        """A backlog is no longer configured: its row goes."""
        self._store.backlog.drop(name)
        self._store.history.drop("backlog", name)

    def forget_agent(self, name: str) -> None:
        """An agent was dropped: nothing of it stays."""
        for rows in (self._store.health, self._store.scrapes, self._store.processes):
            rows.drop(name)
        self.budget.forget(name)
        self._store.plans.forget(name)
        if self._feed:
            self._feed.forget(name)

    # ── queues ──

    def queue(self, name: str, reading: QueueReading, at: datetime) -> None:
        """A look at a queue and the tasks that it shows; `name` is what the configuration calls it."""
        reading = _called(reading, name)
        reading = self._counted(name, reading, self._tasks(name, reading, at))
        history, when = self._store.history, at.timestamp()
        history.add(("queue", name, "queued"), when, reading.queued)
        history.add(("queue", name, "arrived"), when, reading.arrived_total)
        history.add(("queue", name, "completed"), when, reading.completed_total)
        row = derive_queue(
            reading,
            history.points(("queue", name, "arrived")),
            history.points(("queue", name, "completed")),
        )
        self._store.queues.put(name, row)
        self._store.queues.touch(name, at)
        self._queue_deadlines.watch(name)

    def _counted(self, name: str, reading: QueueReading, came_ended: tuple[int, int]) -> QueueReading:
        """The reading with totals of our own where the queue keeps none but shows all of its tasks."""
        if reading.arrived_total is not None or not reading.tasks_complete:
            self._passed.pop(name, None)
            return reading
        known = self._passed.get(name)
        came, ended = (0, 0) if known is None else (known[0] + came_ended[0], known[1] + came_ended[1])
        self._passed[name] = came, ended
        # A queue that never shows what has ended (a list that workers take from) tells nothing of it.
        return structs.replace(reading, arrived_total=came, completed_total=None if reading.done is None else ended)

    def _tasks(self, name: str, reading: QueueReading, at: datetime) -> tuple[int, int]:
        """Put the tasks into the store; how many came and how many ended since the last look."""
        old = {key: self._store.tasks[key] for key in self._tasks_of.get(name, set()) if key in self._store.tasks}
        new = merge_tasks(old, reading, at)
        for key in old.keys() - new.keys():
            self._store.tasks.drop(key)
        for key, task in new.items():
            self._store.tasks.put(key, task)
            self._store.tasks.touch(key, at)
        self._tasks_of[name] = set(new)
        return passed(old, new)

    def queue_failed(self, name: str, kind: str, error: str) -> None:
        """A queue could not be read; its last numbers stay, with the reason."""
        before = self._store.queues.get(name) or Queue(name=name, kind=kind)
        self._store.queues.put(name, _with(before, error=error))

    # ── backlogs ──

    def backlog(self, name: str, reading: BacklogReading, at: datetime) -> None:
        """A count of a backlog; `name` is what the configuration calls it."""
        key = ("backlog", name, "done")
        self._store.history.add(key, at.timestamp(), reading.done)
        before = self._store.backlog.get(name)
        named = structs.replace(reading, name=name)
        points = self._store.history.points(key)
        self._store.backlog.put(name, derive_backlog(named, before, points, at.timestamp()))
        self._store.backlog.touch(name, at)
        self._backlog_deadlines.watch(name)

    def backlog_failed(self, name: str, kind: str, error: str) -> None:
        """A backlog could not be read; its last count stays, with the reason."""
        before = self._store.backlog.get(name) or Backlog(name=name, kind=kind)
        self._store.backlog.put(name, _with(before, error=error))

    # ── this machine, and fleetdeck itself ──

    def host(self, reading: HostReading, at: datetime) -> None:
        """A look at this machine."""
        self._store.host.put("host", reading)
        self._store.host.touch("host", at)
        self._store.history.add(("host", "host", "cpu_percent"), at.timestamp(), reading.cpu_percent)
        self._store.history.add(("host", "host", "memory_percent"), at.timestamp(), reading.memory_percent)

    def itself(self, reading: SelfReading, at: datetime) -> None:
        """A look at fleetdeck."""
        self._store.self_.put("self", reading)
        self._store.self_.touch("self", at)

    # ── age ──

    def rebuild_deadlines(self) -> None:
        """Limits changed, or the clock was set: work out anew when rows turn stale."""
        self._queue_deadlines.rebuild()
        self._backlog_deadlines.rebuild()

    def age(self, now: datetime) -> None:
        """Mark queues and backlogs whose last good answer is older than its limit."""
        for name in self._queue_deadlines.due(now):
            self._store.queues.put(name, _with(self._store.queues[name], stale=True))
        for name in self._backlog_deadlines.due(now):
            self._store.backlog.put(name, _with(self._store.backlog[name], stale=True))


def _called(reading: QueueReading, name: str) -> QueueReading:
    """The reading and its tasks under the queue's configured name."""
    if reading.name == name:
        return reading
    return structs.replace(reading, name=name, tasks=tuple(structs.replace(task, queue=name) for task in reading.tasks))


def _with(row: Row, **changes: Any) -> Row:
    return structs.replace(row, **changes)


def _same_health(before: HealthReading, after: HealthReading) -> bool:
    return structs.replace(before, reported_at=after.reported_at) == after
