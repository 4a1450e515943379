"""A store full of hostile texts: every field of every row that can hold a text, as no reader would ever make it.

The store is filled directly and raw, so what is tested is the second line of defence, the one where cells are built.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from fleet.alerts.model import Alert, AlertGroup, AlertState, Change, Silence
from fleet.gates.model import GateState, GateStatus
from fleet.model import (
    Agent,
    AgentStatus,
    Claim,
    Endpoint,
    Event,
    EventKind,
    Fact,
    Family,
    Health,
    HealthReading,
    Page,
    ProbeKind,
    Process,
    ProcessReading,
    Scrape,
    SeriesId,
    Source,
    SourcedClaim,
    SourceState,
)
from fleet.promql.storage import Matcher, MatchOp
from fleet.severity import Severity
from fleet.slo.model import Burn, SloState, SloStatus
from fleet.store import Store
from fleet.vocabulary import AgentState, TaskState
from fleet.work import Backlog, Queue, Section, Task
from tests.fuzz.hostile import Hostile, Sample

ROWS = 50
"""Rows of each view: no more than a screen shows, so that each of them is drawn."""

BEGAN = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


class Filling:
    """Fills a store, and remembers what must be seen of it: the markers that begin the first words of a row."""

    def __init__(self, hostile: Hostile) -> None:
        self._hostile = hostile
        self.samples: list[Sample] = []
        self.leading: dict[str, list[Sample]] = {}
        """By view, the samples that name its rows and begin with their marker."""
        self.first_agent = ""

    def fill(self, store: Store, batch: int) -> None:
        """Replace all rows. Agent 0 has pages of its own."""
        now = BEGAN + timedelta(seconds=batch)
        store.now = now
        names = [self._name("agents") for _ in range(ROWS)]
        self.first_agent = names[0]
        self._agents(store, names, now)
        store.tasks.replace({f"{task.queue}/{task.id}": task for task in self._tasks(names, now)})
        store.queues.replace({queue.name: queue for queue in self._queues()})
        store.backlog.replace({backlog.name: backlog for backlog in self._backlogs()})
        store.sources.replace({source.id: source for source in self._sources()})
        store.events.replace({event.seq: event for event in self._events(batch, names, now)})
        self._alerts(store, now)
        store.slos.replace({row.name: row for row in self._slos(now)})
        store.gates.replace({row.name: row for row in self._gates(now)})

    def text(self) -> str:
        """The next text, wherever it goes."""
        sample = self._hostile.sample()
        self.samples.append(sample)
        return sample.text

    def _name(self, view: str) -> str:
        """The next text, as the name of a row of `view`."""
        text = self.text()
        if self.samples[-1].leads:
            self.leading.setdefault(view, []).append(self.samples[-1])
        return text

    def _texts(self, number: int) -> tuple[str, ...]:
        return tuple(self.text() for _ in range(number))

    def _labels(self, number: int) -> dict[str, str]:
        return {self.text(): self.text() for _ in range(number)}

    def _agents(self, store: Store, names: list[str], now: datetime) -> None:
        states = [state for state in AgentState if state is not AgentState.DOWN]
        store.status.replace(
            {
                name: AgentStatus(
                    name=name,
                    kind=self.text(),
                    # Agent 0 is the worst of all, so that it stands first, under the cursor.
                    state=states[place % len(states)] if place else AgentState.DOWN,
                    claimed_state=AgentState.UP,
                    claimed=self.text(),
                    claimed_at=now,
                    disagrees=place % 2 == 0,
                    detail=self.text(),
                    since=now,
                    sources=self._texts(1),
                    labels=self._labels(1),
                    disagreements=self._texts(2) if place == 0 else (),
                )
                for place, name in enumerate(names)
            }
        )
        first = names[0]
        claim = Claim(status=self.text(), at=now, detail=self.text())
        agent = Agent(
            name=first,
            kind=self.text(),
            labels=self._labels(2),
            health=Endpoint(url=self.text()),
            metrics=Endpoint(url=self.text()),
            pid=7,
            claims=tuple(SourcedClaim(self.text(), claim) for _ in range(4)),
            sources=self._texts(2),
        )
        store.agents.replace({first: agent})
        reading = HealthReading(
            observed=AgentState.DEGRADED,
            claimed=self.text(),
            claimed_state=AgentState.UP,
            detail=self.text(),
            facts=tuple(Fact(self.text(), self.text()) for _ in range(12)),
        )
        store.health.replace({first: Health(reading=reading, error=self.text(), latency_s=0.01)})
        store.scrapes.replace({first: Scrape(page=self._page(), error=self.text())})
        store.processes.replace({first: Process(reading=ProcessReading(pid=7, state=self.text(), started_at=now))})

    def _page(self) -> Page:
        names = [self._name("metrics") for _ in range(14)]
        series = tuple(SeriesId(name, ((self.text(), self.text()),)) for name in names)
        families = tuple(Family(name, "gauge", self.text(), self.text()) for name in names[:4])
        return Page(series=series, values=tuple(float(place) for place in range(len(series))), families=families)

    def _tasks(self, agents: list[str], now: datetime) -> Iterator[Task]:
        states = list(TaskState)
        for place in range(ROWS):
            yield Task(
                id=self.text(),
                queue=self.text(),
                title=self._name("tasks"),
                state=states[place % len(states)],
                raw_state=self.text(),
                kind=self.text(),
                agent=agents[0] if place % 5 == 0 else self.text(),
                created_at=now,
                detail=self.text(),
            )

    def _queues(self) -> Iterator[Queue]:
        for place in range(ROWS):
            yield Queue(
                name=self._name("queues"),
                kind=self.text(),
                queued=place,
                anomalies=self._texts(2) if place % 2 else (),
                error="" if place % 2 else self.text(),
            )

    def _backlogs(self) -> Iterator[Backlog]:
        for place in range(ROWS):
            yield Backlog(
                name=self._name("backlog"),
                kind=self.text(),
                total=place + 1,
                done=1,
                done_ratio=0.5,
                sections=tuple(Section(self.text(), 2, 1, claims_complete=True) for _ in range(2)),
                anomalies=self._texts(2) if place % 2 else (),
                error="" if place % 2 else self.text(),
            )

    def _sources(self) -> Iterator[Source]:
        kinds, states = list(ProbeKind), list(SourceState)
        for place in range(ROWS):
            yield Source(
                id=self._name("sources"),
                kind=kinds[place % len(kinds)],
                target=self.text(),
                state=states[place % len(states)],
                error=self.text() if place % 3 == 0 else "",
                problems=self._texts(1) if place % 3 == 1 else (),
                summary=self.text() if place % 3 == 2 else "",
            )

    def _alerts(self, store: Store, now: datetime) -> None:
        alerts = [self._alert(place, now) for place in range(ROWS)]
        store.alerts.replace({alert.id: alert for alert in alerts})
        store.alert_groups.replace({group.key: group for group in self._groups(alerts, now)})
        store.silences.replace({silence.id: silence for silence in self._silences(now)})

    def _alert(self, place: int, now: datetime) -> Alert:
        states, severities = list(AlertState), list(Severity)
        name = self._name("alerts")
        return Alert(
            id=f"{place:016x}",
            name=name,
            state=AlertState.FIRING if place == 0 else states[place % len(states)],
            severity=severities[place % len(severities)],
            severity_raw=self.text(),
            since=now,
            fired_at=now,
            value=float(place),
            labels={"alertname": name, **self._labels(2)},
            annotations={"summary": self.text(), "runbook_url": self.text(), **self._labels(1)},
            source=self.text(),
            sources=self._texts(2),
            claimed=place % 5 == 0,
            acknowledged_by=self.text() if place % 7 == 1 else None,
            silenced_by=self._texts(1) if place % 7 == 2 else (),
            inhibited_by=(f"{place + 1:016x}",) if place % 7 == 3 else (),
            expr=self.text(),
            rule=self.text(),
            generator_url=self.text(),
            receivers=self._texts(1),
            timeline=(Change(now, AlertState.PENDING, 1.0), Change(now, AlertState.FIRING, 2.0)),
        )

    def _groups(self, alerts: list[Alert], now: datetime) -> Iterator[AlertGroup]:
        severities = list(Severity)
        for place, alert in enumerate(alerts):
            yield AlertGroup(
                name=self._name("alert_groups"),
                key=self.text(),
                severity=severities[place % len(severities)],
                severity_raw=self.text(),
                firing=1,
                since=now,
                shared=self._labels(1),
                alerts=(alert.id,),
            )

    def _silences(self, now: datetime) -> Iterator[Silence]:
        for place in range(ROWS):
            ops = list(MatchOp)
            yield Silence(
                id=f"silence-{place}",
                matchers=(Matcher(self._name("silences"), ops[place % len(ops)], self.text()),),
                starts_at=now,
                ends_at=now + timedelta(hours=1 + place),
                created_by=self.text(),
                comment=self.text(),
                origin=self.text(),
                matched=place,
            )

    def _slos(self, now: datetime) -> Iterator[SloStatus]:
        states = list(SloState)
        for place in range(ROWS):
            yield SloStatus(
                name=self._name("slos"),
                service=self.text(),
                objective_ratio=0.99,
                window_s=86_400.0,
                window=self.text(),
                state=SloState.EXHAUSTED if place == 0 else states[place % len(states)],
                sli_ratio=0.98,
                budget_remaining_ratio=-1.0 if place == 0 else 0.5,
                burn_rate=2.0,
                burns=(Burn(tier=self.text(), severity=self.text(), factor=14.4, long_s=3600.0, short_s=300.0),),
                coverage_ratio=0.5,
                good=98.0,
                total=100.0,
                samples=100,
                formula=self.text(),
                inputs=((self.text(), 3), (self.text(), 4)),
                labels=self._labels(1),
                source=self.text(),
                description=self.text(),
                since=now,
                error=self.text() if place % 3 == 0 else "",
                trend=(1.0, 0.5, 0.0, -1.0),
            )

    def _gates(self, now: datetime) -> Iterator[GateStatus]:
        states = list(GateState)
        for place in range(ROWS):
            yield GateStatus(
                name=self._name("gates"),
                target=self.text(),
                expr=self.text(),
                state=states[place % len(states)],
                observed=1.0,
                observed_text=self.text(),
                claimed=self.text(),
                since=now,
                error=self.text() if place % 3 == 0 else "",
            )

    def _events(self, batch: int, agents: list[str], now: datetime) -> Iterator[Event]:
        kinds = list(EventKind)
        for place in range(ROWS):
            yield Event(
                seq=batch * ROWS + place,
                at=now,
                kind=kinds[place % len(kinds)],
                subject=agents[0] if place % 8 == 0 else self._name("events"),
                before=self.text(),
                after=self.text(),
                detail=self.text(),
                bad=place % 2 == 0,
            )
