"""Synthetic stores of alerts for the tests of the pane: the same every time, as if the book had filled them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from fleet.alerts.groups import grouped
from fleet.alerts.model import Alert, AlertState, Change, Silence
from fleet.alerts.silences import ack_comment, exactly
from fleet.model import ProbeKind, Source, SourceState
from fleet.promql.storage import Matcher, MatchOp
from fleet.severity import Severity, severity_of
from fleet.store import Store
from tests.tui.factories import KINDS, NOW, healthy_store

FIRING, PENDING, RESOLVED = AlertState.FIRING, AlertState.PENDING, AlertState.RESOLVED


def alert(name: str, agent: str = "", severity: str = "critical", minutes: float = 5.0, **more: Any) -> Alert:
    """An alert about an agent, which began some minutes ago."""
    state = more.get("state", FIRING)
    labels = {"alertname": name, "severity": severity} | ({"agent": agent} if agent else {}) | more.pop("labels", {})
    since = NOW - timedelta(minutes=minutes)
    values: dict[str, Any] = {
        "id": f"{name}/{agent}",
        "name": name,
        "state": state,
        "severity": severity_of(severity),
        "severity_raw": severity,
        "since": since,
        "fired_at": None if state is PENDING else since + timedelta(minutes=1),
        "value": 0.0,
        "labels": labels,
        "annotations": {"summary": f"{agent or name} needs a look"},
        "source": "rules",
        "sources": ("rules",),
        "timeline": (Change(since, PENDING, 0.0), Change(since + timedelta(minutes=1), FIRING, 0.0)),
    }
    return Alert(**(values | more))


def put_alerts(store: Store, alerts: Iterable[Alert]) -> Store:
    """Put alerts there, and the groups that they make."""
    for one in alerts:
        store.alerts.put(one.id, one)
    regroup(store)
    return store


def regroup(store: Store) -> None:
    """Bring the groups in step."""
    store.alert_groups.replace({line.key: line for line in grouped(store.alerts.values())})


def calm_store() -> Store:
    """A fleet in which nothing fires."""
    return healthy_store()


def burning_store() -> Store:
    """A bit of everything that can fire, in all vocabularies."""
    down = alert(
        "AgentDown",
        "coder-1",
        expr='up{job="agents"} == 0',
        for_s=60.0,
        rule="agents.yml: agents",
        annotations={
            "summary": "coder-1 does not answer",
            "description": "The agent has not answered a scrape for one minute.",
            "runbook_url": "https://runbooks.example/agent-down",
        },
    )
    return put_alerts(
        healthy_store(),
        (
            down,
            alert("AgentDown", "planner-5", minutes=2),
            alert("ErrorBudgetBurn", severity="page", minutes=12, value=16.2, labels={"slo": "availability"}),
            alert(
                "HighErrorRate", "coder-6", "error", 31, value=0.183, expr='rate(errors{agent="coder-6"}[5m]) > 0.05'
            ),
            alert("QueueGrowing", severity="warning", minutes=95, value=1280.0, labels={"queue": "ingest"}),
            alert("DiskFilling", severity="ticket", state=PENDING, minutes=3, value=0.88, labels={"host": "build-1"}),
            alert("SlowAnswers", "tester-3", "medium", 48, value=2.4, flapping=True),
            alert("NewVersion", "mcp-4", "info", 300),
            alert("Odd", "mcp-9", "urgentish", 22),
            alert("AgentDown", "tester-8", state=RESOLVED, minutes=40, resolved_at=NOW - timedelta(minutes=9)),
        ),
    )


def many_store(agents: int = 229) -> Store:
    """Every agent down and unhealthy: two alerts each."""
    names = [f"{KINDS[number % 5]}-{number}" for number in range(agents)]
    down = (alert("AgentDown", name, minutes=4 + at % 7) for at, name in enumerate(names))
    ill = (alert("AgentUnhealthy", name, "warning", 4 + at % 7) for at, name in enumerate(names))
    return put_alerts(healthy_store(), (*down, *ill))


def held_store() -> Store:
    """Alerts that are acknowledged, silenced and inhibited, and the silences that do it."""
    store = burning_store()
    down, growing = store.alerts["AgentDown/coder-1"], store.alerts["QueueGrowing/"]
    ack = Silence(
        id="ack-1",
        matchers=exactly(down.labels),
        starts_at=NOW - timedelta(minutes=3),
        ends_at=NOW + timedelta(minutes=12),
        created_by="mei@ops-1",
        comment=ack_comment("restarting it"),
        acknowledges=True,
        matched=1,
    )
    wide = Silence(
        id="b2f7",
        matchers=(Matcher("queue", MatchOp.MATCHES, "ingest|jobs"),),
        starts_at=NOW - timedelta(hours=1),
        ends_at=NOW + timedelta(hours=1),
        created_by="sam@desk",
        comment="migration of the queues",
        origin="am-1",
        matched=1,
    )
    for silence in (ack, wide):
        store.silences.put(silence.id, silence)
    ill = replace(store.alerts["HighErrorRate/coder-6"], inhibited_by=(down.id,))
    held = (
        replace(down, acknowledged_by="mei@ops-1", silenced_by=("ack-1",)),
        replace(growing, silenced_by=("b2f7",)),
        ill,
    )
    return put_alerts(store, held)


def away_store() -> Store:
    """An Alertmanager that does not answer any more; its alerts are as it said last."""
    store = burning_store()
    store.sources.put(
        "alertmanager:am-1",
        Source(
            id="alertmanager:am-1",
            kind=ProbeKind.DISCOVERY,
            target="http://127.0.0.1:9093",
            state=SourceState.FAILING,
            last_success=NOW - timedelta(minutes=7),
            failures=4,
            error="refused: 127.0.0.1:9093",
        ),
    )
    stale = (replace(one, stale=True, source="am-1", sources=("am-1",)) for one in list(store.alerts.values())[:3])
    return put_alerts(store, stale)


def claimed_store() -> Store:
    """What systems write about themselves, beside what is known."""
    return put_alerts(
        healthy_store(),
        (
            alert(
                "cpu_high", severity="HIGH", claimed=True, source="alerts.jsonl", sources=("alerts.jsonl",), value=93.0
            ),
            alert("service_down", "mcp-4", "critical", 9, claimed=True, source="dashboard", sources=("dashboard",)),
            alert("AgentDown", "coder-1"),
        ),
    )


def severities(store: Store) -> list[Severity]:
    """The severities of the alerts, in no order."""
    return [one.severity for one in store.alerts.values()]
