"""The reactive store: keyed slices, each with a single writer, and subscriptions that coalesce.

Confined to one event loop, so no locks. A subscription remembers, per key, the first old value since it was last
drained: memory is bounded by keys and not by writes, A→B→A yields nothing, and there is no queue to fill up.
`wake` fires once per clean→dirty edge; a pane answers by arming one timer. When nothing changes, nothing runs.

A probe that finds nothing new calls `touch`: the time is kept beside the slice and nobody is woken.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from msgspec import Struct

from fleet.actions.ours import Ours
from fleet.alerts.model import Alert, AlertGroup, Silence
from fleet.gates.model import GateStatus
from fleet.model import Agent, AgentStatus, Event, Health, HostReading, Process, Scrape, SelfReading, Source
from fleet.series import History
from fleet.slo.model import SloStatus
from fleet.time_style import UTC_STYLE, TimeStyle
from fleet.wellknown import PlanBook
from fleet.work import Backlog, Queue, Task

if TYPE_CHECKING:
    # What acting is about is imported where something acts, or shows it.
    from fleet.actions.action import Action, Freeze, Lock, Proposal
    from fleet.actions.revision import RollbackRow
    from fleet.actions.template import Template
    from fleet.last_known import KnownAgent

K = TypeVar("K")
V = TypeVar("V")

ABSENT: Final = object()
"""What stands for the value of a key that is not there."""


class Diff(Struct, Generic[K], frozen=True):
    """The keys that were added, updated and removed since the last drain. One that was dropped and came again counts as
    updated, even if its row is the same: nobody has confirmed it since."""

    added: frozenset[K]
    updated: frozenset[K]
    removed: frozenset[K]

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.removed)

    @property
    def changed(self) -> frozenset[K]:
        """Keys whose value is new or other than before, and still there."""
        return self.added | self.updated


class Subscription(Generic[K, V]):
    """One reader's view of what changed. Made by `Slice.subscribe`; ended by `close`."""

    def __init__(self, source: "Slice[K, V]", wake: Callable[[], None]) -> None:
        self._source = source
        self._wake = wake
        self._old: dict[K, object] = {}
        self._dropped: set[K] = set()

    def note(self, key: K, old: object, *, dropped: bool = False) -> None:
        """Remember that `key` changed from `old`, or was dropped (the slice calls this)."""
        clean = not self._old
        self._old.setdefault(key, old)
        if dropped:
            self._dropped.add(key)
        if clean:
            self._wake()

    def drain(self) -> Diff[K]:
        """What changed since the last drain, and forget it."""
        old, self._old = self._old, {}
        # A row that was dropped and came again was never confirmed, though it may look as before.
        dropped, self._dropped = self._dropped, set()
        added, updated, removed = [], [], []
        for key, before in old.items():
            after = self._source.get(key, ABSENT)
            if before is ABSENT:
                if after is not ABSENT:
                    added.append(key)
            elif after is ABSENT:
                removed.append(key)
            elif after != before or key in dropped:
                updated.append(key)
        return Diff(frozenset(added), frozenset(updated), frozenset(removed))

    def close(self) -> None:
        """Stop listening."""
        self._source.unsubscribe(self)


class Slice(Mapping[K, V]):
    """A keyed part of the store. Read it as a mapping; only its one writer calls `put`, `drop`, `replace`, `touch`."""

    def __init__(self) -> None:
        self._rows: dict[K, V] = {}
        self._seen: dict[K, datetime] = {}
        self._subscriptions: list[Subscription[K, V]] = []

    def __getitem__(self, key: K) -> V:
        return self._rows[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def put(self, key: K, value: V) -> bool:
        """Set `key` to `value`; True where that changed something."""
        old = self._rows.get(key, ABSENT)
        if old is not ABSENT and old == value:
            return False
        self._rows[key] = value
        self._note(key, old)
        return True

    def drop(self, key: K) -> bool:
        """Remove `key`; True where it was there."""
        if key not in self._rows:
            return False
        old = self._rows.pop(key)
        self._seen.pop(key, None)
        self._note(key, old, dropped=True)
        return True

    def replace(self, rows: Mapping[K, V]) -> None:
        """Make the slice equal to `rows`."""
        for key in [key for key in self._rows if key not in rows]:
            self.drop(key)
        for key, value in rows.items():
            self.put(key, value)

    def touch(self, key: K, at: datetime) -> None:
        """Record that `key` was confirmed at `at`. Wakes nobody."""
        self._seen[key] = at

    def seen(self, key: K) -> datetime | None:
        """When `key` was last confirmed, or None where it never was."""
        return self._seen.get(key)

    def shift(self, by: timedelta) -> None:
        """The clock was set: everything was confirmed that much later than it was taken for. Wakes nobody."""
        self._seen = {key: at + by for key, at in self._seen.items()}

    def subscribe(self, wake: Callable[[], None]) -> Subscription[K, V]:
        """Listen from now on; `wake` is called once per clean→dirty edge and must be cheap."""
        subscription = Subscription(self, wake)
        self.listen(subscription)
        return subscription

    def listen(self, subscription: Subscription[K, V]) -> None:
        """Tell `subscription` of what changes from now on."""
        self._subscriptions = [*self._subscriptions, subscription]

    def unsubscribe(self, subscription: Subscription[K, V]) -> None:
        """Stop telling `subscription`; it may be gone already."""
        # A new list: a reader may close itself, or another, while it is being woken.
        self._subscriptions = [other for other in self._subscriptions if other is not subscription]

    def _note(self, key: K, old: object, *, dropped: bool = False) -> None:
        for subscription in self._subscriptions:
            subscription.note(key, old, dropped=dropped)


class Store:
    """Everything that fleetdeck knows. Each slice names its single writer.

    `now` is the evaluator's time: the moment up to which staleness has been judged. Views take ages from it, so that
    nothing in the interface reads a clock.
    """

    def __init__(self) -> None:
        # It is a slice itself.
        from fleet.joined_tasks import JoinedTasks

        self.agents: Slice[str, Agent] = Slice()  # agents_registry.registry
        self.health: Slice[str, Health] = Slice()  # collectors.ingest, by agent name
        self.scrapes: Slice[str, Scrape] = Slice()  # collectors.ingest, by agent name or source id
        self.processes: Slice[str, Process] = Slice()  # collectors.ingest, by agent name
        self.status: Slice[str, AgentStatus] = Slice()  # fleet.evaluate, by agent name
        self.tasks: Slice[str, Task] = Slice()  # collectors.ingest, by queue/task id
        self.submitted: Slice[str, Task] = Slice()  # actions.seen_tasks, by the idempotency key of an item
        self.all_tasks: Slice[str, Task] = JoinedTasks(self.tasks, self.submitted)  # both, for those who show tasks
        self.queues: Slice[str, Queue] = Slice()  # collectors.ingest
        self.backlog: Slice[str, Backlog] = Slice()  # collectors.ingest
        self.sources: Slice[str, Source] = Slice()  # collectors.supervisor
        self.events: Slice[int, Event] = Slice()  # fleet.events
        self.host: Slice[str, HostReading] = Slice()  # collectors.ingest, the one key "host"
        self.self_: Slice[str, SelfReading] = Slice()  # collectors.ingest, the one key "self"
        self.alerts: Slice[str, Alert] = Slice()  # fleet.alerts.book, by alert id
        self.alert_groups: Slice[str, AlertGroup] = Slice()  # fleet.alerts.book, by name and severity
        self.silences: Slice[str, Silence] = Slice()  # fleet.alerts.book, by silence id
        self.slos: Slice[str, SloStatus] = Slice()  # fleet.slo.engine, by name
        self.gates: Slice[str, GateStatus] = Slice()  # fleet.gates.engine, by name
        self.actions: Slice[str, Action] = Slice()  # actions.runner, by action id
        self.locks: Slice[str, Lock] = Slice()  # actions.desk, by target
        self.templates: Slice[str, Template] = Slice()  # actions.desk, by name
        self.rollbacks: Slice[str, RollbackRow] = Slice()  # actions.desk, by name
        self.proposals: Slice[str, Proposal] = Slice()  # actions.proposing, by rollback name
        self.freeze: Slice[str, Freeze] = Slice()  # actions.desk, the one key "freeze"
        self.ours = Ours(self.actions)  # which tasks were submitted from here
        self.history = History()
        self.plans = PlanBook()  # where the numbers stand on each target's page; collectors.ingest keeps it in step
        self.times: TimeStyle = UTC_STYLE  # how cells show times; the operator's choice
        self.recalled: dict[str, KnownAgent] = {}  # rows of `status` that are only remembered (fleet.last_known)
        self.now: datetime | None = None
