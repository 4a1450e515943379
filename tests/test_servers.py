"""Beside a real Prometheus and real Alertmanagers: what they say is shown once, what is done here is done there."""

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from cli.deck import Deck
from cli.judging.past import no_past
from cli.kinds import kind_tables
from cli.main import main
from config.load import load
from fleet.alerts.matching import parse_matchers
from fleet.alerts.model import Alert, AlertState, SilenceState
from fleet.clock import SystemClock
from fleet.errors import FleetdeckError
from fleet.model import SourceState
from fleet.store import Store
from tests.real_alertmanager import RealAlertmanager, requires_alertmanager
from tests.real_prometheus import RealPrometheus, prometheus_binary, requires_prometheus

pytestmark = pytest.mark.anyio

BASE = "every: 100ms\nhost: false\ndefault_rules: false\n"
DOWN = {"alertname": "DiskFull", "host": "web-1", "severity": "critical"}


def managers(*servers: RealAlertmanager, more: str = "") -> str:
    """The configuration of these Alertmanagers."""
    entries = "".join(f"  - {{url: '{server.url}', every: 100ms, timeout: 20s{more}}}\n" for server in servers)
    return f"alertmanager:\n{entries}"


@asynccontextmanager
async def running(folder: Path, config: str) -> AsyncIterator[tuple[Deck, Store]]:
    """A dashboard's deck at work."""
    file = folder / "fleetdeck.yaml"
    file.write_text(BASE + config)
    store = Store()
    deck = Deck(load(file, kind_tables()), store, SystemClock(), past=replace(no_past(), writes=True))
    work = asyncio.create_task(deck.run())
    try:
        yield deck, store
    finally:
        assert not work.done(), f"it ended by itself: {work.exception()!r}"
        work.cancel()
        await asyncio.wait([work])


async def until(condition: Callable[[], Any]) -> Any:
    """What `condition` gives once that is something; it must be within a minute."""
    async with asyncio.timeout(60):
        while not (found := condition()):  # noqa: ASYNC110  # servers tell nobody
            await asyncio.sleep(0.02)
    return found


def named(store: Store, name: str) -> list[Alert]:
    return [row for row in store.alerts.values() if row.name == name]


def one(store: Store, name: str = "DiskFull") -> Alert | None:
    """The only row of that name."""
    rows = named(store, name)
    assert len(rows) <= 1, rows
    return rows[0] if rows else None


def fire(server: RealAlertmanager, *alerts: dict[str, str]) -> None:
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    server.post("alerts", [{"labels": labels, "endsAt": ends} for labels in alerts])


@requires_alertmanager
async def test_a_silence_made_here_is_there_and_one_made_there_is_ended_here(tmp_path: Path) -> None:
    with RealAlertmanager(tmp_path / "am") as server:
        fire(server, DOWN)
        async with running(tmp_path, managers(server)) as (deck, store):
            row = await until(lambda: one(store))
            assert (row.state, row.source, row.receivers) == (AlertState.FIRING, server.name, ("team",))
            silencer = deck.judgement.silencer
            made = await silencer.silence(
                parse_matchers('host=~"web-.*", severity!="info"'), for_s=600, by="ann", comment="moving house"
            )
            assert made.origin == server.name
            # What the next look would bring is there at once.
            row = one(store)
            assert row is not None
            assert row.silenced_by == (made.id,)
            assert store.silences[made.id].matched == 1
            (there,) = server.api("silences")
            assert (there["id"], there["createdBy"], there["comment"]) == (made.id, "ann", "moving house")
            assert server.amtool("silence", "query", "--quiet") == made.id
            await silencer.expire((made.id,))
            assert server.api("silences")[0]["status"]["state"] == "expired"
            assert not one(store).silenced_by  # type: ignore[union-attr]

            id = await asyncio.to_thread(server.amtool, "silence", "add", "alertname=DiskFull", "-c", "theirs")
            await until(lambda: id in store.silences and one(store).silenced_by == (id,))  # type: ignore[union-attr]
            assert store.silences[id].origin == server.name
            await silencer.expire((id,))
            assert server.api("silences")[0]["status"]["state"] == "expired"
            assert store.silences[id].state is SilenceState.EXPIRED
            with pytest.raises(FleetdeckError, match="no local silence"):
                await silencer.expire(("nowhere",))


@requires_alertmanager
async def test_an_acknowledgement_is_karmas_and_is_renewed_while_the_alert_fires(tmp_path: Path) -> None:
    with RealAlertmanager(tmp_path / "am") as server:
        fire(server, DOWN, {**DOWN, "host": "web-2"})
        soon = (datetime.now(UTC) + timedelta(minutes=2)).isoformat()
        matchers = [{"name": "host", "value": "web-2", "isRegex": False}]
        theirs = {"matchers": matchers, "createdBy": "bob", "comment": "ACK! by karma"}
        server.post("silences", {**theirs, "startsAt": datetime.now(UTC).isoformat(), "endsAt": soon})
        async with running(tmp_path, managers(server)) as (deck, store):
            rows = await until(lambda: len(named(store, "DiskFull")) == 2 and named(store, "DiskFull"))
            mine = next(row for row in rows if row.labels["host"] == "web-1")
            (ack,) = await deck.judgement.silencer.acknowledge((mine.id,), by="ann", reason="on it")
            assert store.alerts[mine.id].acknowledged_by == "ann"
            there = {item["id"]: item for item in server.api("silences")}
            assert there[ack.id]["comment"] == "ACK! on it"
            assert {item["name"] for item in there[ack.id]["matchers"]} == set(DOWN)
            # Again, by somebody else: one of the two holds.
            (other,) = await deck.judgement.silencer.acknowledge((mine.id,), by="eve", reason="mine now")
            assert store.alerts[mine.id].acknowledged_by == "eve"
            active = {item["id"] for item in server.api("silences") if item["status"]["state"] == "active"}
            assert ack.id not in active
            assert other.id in active

            # One that somebody else made with karma would end in two minutes: it is renewed as kthxbye does.
            def renewed() -> bool:
                ends = [item["endsAt"] for item in server.api("silences") if item["createdBy"] == "bob"]
                left = datetime.fromisoformat(max(ends)) - datetime.now(UTC)
                return left > timedelta(minutes=10)

            await until(renewed)


@requires_alertmanager
async def test_our_own_alerts_are_posted_and_come_back_as_the_same_row(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(
        "groups: [{name: g, interval: 100ms, rules: [{alert: Ours, expr: 'vector(1)', "
        "labels: {severity: critical}, annotations: {summary: it is so}}]}]\n"
    )
    with RealAlertmanager(tmp_path / "am") as server:
        config = "rules: [rules.yml]\nexternal_labels: {fleet: blue}\n" + managers(server, more=", post: true")
        async with running(tmp_path, config) as (deck, store):
            row = await until(lambda: (row := one(store, "Ours")) and len(row.sources) == 2 and row)
            assert row.sources == ("rules", server.name)
            assert row.labels == {"alertname": "Ours", "severity": "critical"}
            (there,) = [item for item in server.api("alerts") if item["labels"]["alertname"] == "Ours"]
            assert there["labels"] == {"alertname": "Ours", "severity": "critical", "fleet": "blue"}
            assert there["annotations"] == {"summary": "it is so"}
            # It is acknowledged where it notifies, with the labels that it has there.
            (ack,) = await deck.judgement.silencer.acknowledge((row.id,), by="ann", reason="on it")
            assert (ack.origin, store.alerts[row.id].acknowledged_by) == (server.name, "ann")
            assert {m["name"] for m in server.api("silences")[0]["matchers"]} == {"alertname", "severity", "fleet"}
            (tmp_path / "rules.yml").write_text("groups: [{name: g, rules: []}]\n")
            await until(lambda: "Ours" not in [item["labels"]["alertname"] for item in server.api("alerts")])
            await until(lambda: store.alerts[row.id].state is AlertState.RESOLVED)


@requires_alertmanager
async def test_an_alertmanager_that_is_away_keeps_its_last_answer_and_recovers(tmp_path: Path) -> None:
    with RealAlertmanager(tmp_path / "am") as server:
        fire(server, DOWN)
        async with running(tmp_path, managers(server)) as (deck, store):
            row = await until(lambda: one(store))
            source = f"alertmanager:{server.name}"
            await asyncio.to_thread(server.stop)
            await until(lambda: store.alerts[row.id].stale)
            assert store.sources[source].state is SourceState.FAILING
            assert store.sources[source].last_success is not None
            # The look that was under way when it ended was cut off; the next ones are refused.
            await until(lambda: "refused" in store.sources[source].error)
            await until(lambda: one(store, "AlertSourceAway"))
            with pytest.raises(FleetdeckError, match="refused"):
                await deck.judgement.silencer.acknowledge((row.id,), by="ann", reason="?")
            # A silence is made here then, so that there is one.
            local = await deck.judgement.silencer.silence(
                parse_matchers("host=web-1"), for_s=60, by="ann", comment="while it is away"
            )
            assert store.silences[local.id].origin == "local"
            await asyncio.to_thread(server.start)
            fire(server, DOWN)
            await until(lambda: not store.alerts[row.id].stale)
            await until(lambda: store.sources[source].state is SourceState.OK)


@requires_alertmanager
async def test_a_pair_of_alertmanagers_shows_everything_once(tmp_path: Path) -> None:
    with RealAlertmanager(tmp_path / "a", peers=()) as first:  # noqa: SIM117
        with RealAlertmanager(tmp_path / "b", peers=(first.cluster_port,)) as second:
            async with running(tmp_path, managers(first, second)) as (deck, store):
                await until(lambda: len(second.api("status")["cluster"]["peers"]) == 2)
                await until(lambda: len(deck.judgement.servers.managers.clusters()) == 1)
                fire(first, DOWN)
                fire(second, DOWN)
                row = await until(lambda: (row := one(store)) and len(row.sources) == 2 and row)
                assert row.sources == (first.name, second.name)
                (ack,) = await deck.judgement.silencer.acknowledge((row.id,), by="ann", reason="on it")
                await until(lambda: [item["id"] for item in second.api("silences")] == [ack.id])
                await until(lambda: len(deck.judgement.servers.managers.having(ack.id)) == 2)
                assert list(store.silences) == [ack.id]
                # With the first one away the other does it.
                await asyncio.to_thread(first.stop)
                await until(lambda: not deck.judgement.servers.managers.answers(first.name))
                assert not store.alerts[row.id].stale
                await deck.judgement.silencer.expire((ack.id,))
                assert store.alerts[row.id].acknowledged_by is None
                assert second.api("silences")[0]["status"]["state"] == "expired"
                made = await deck.judgement.silencer.silence(
                    parse_matchers("host=web-1"), for_s=60, by="ann", comment="by the other"
                )
                assert made.origin == second.name


@requires_alertmanager
def test_get_shows_alerts_and_silences_after_one_sweep(tmp_path: Path) -> None:
    with RealAlertmanager(tmp_path / "am") as server:
        fire(server, DOWN)
        id = server.amtool("silence", "add", "alertname=DiskFull", "-c", "theirs\x1b]52;c;eA==\x07")
        file = tmp_path / "fleetdeck.yaml"
        file.write_text(BASE + managers(server, more=", post: true"))
        found = CliRunner().invoke(main, ["get", "alerts", "--config", str(file), "-o", "json"])
        (row,) = json.loads(found.stdout)
        assert (row["name"], row["state"], row["source"], row["silenced_by"]) == (
            "DiskFull",
            "firing",
            server.name,
            [id],
        )
        found = CliRunner().invoke(main, ["get", "silences", "--config", str(file), "-o", "json"])
        (silence,) = json.loads(found.stdout)
        assert (silence["id"], silence["origin"], silence["matched"]) == (id, server.name, 1)
        assert silence["comment"] == "theirs\\x1b]52;c;eA==\\x07"
        found = CliRunner().invoke(main, ["get", "alerts", "--config", str(file)])
        assert "DiskFull" in found.stdout


@requires_alertmanager
async def test_servers_come_and_go_with_the_configuration(tmp_path: Path) -> None:
    with RealAlertmanager(tmp_path / "am") as server:
        fire(server, DOWN)
        server.amtool("silence", "add", "alertname=DiskFull", "-c", "theirs")
        file = tmp_path / "fleetdeck.yaml"
        async with running(tmp_path, "") as (deck, store):
            made = await deck.judgement.silencer.silence(
                parse_matchers("a=b"), for_s=60, by="ann", comment="none is configured"
            )
            assert made.origin == "local"
            file.write_text(BASE + managers(server))
            deck.apply(load(file, kind_tables()))
            await until(lambda: one(store))
            file.write_text(BASE)
            deck.apply(load(file, kind_tables()))
            assert not store.alerts
            assert {row.origin for row in store.silences.values()} == {"local"}
            assert not [id for id in store.sources if id.startswith("alertmanager")]


@requires_alertmanager
async def test_inhibition_there_names_the_row_here(tmp_path: Path) -> None:
    with RealAlertmanager(tmp_path / "am") as server:
        fire(server, {"alertname": "HostDown", "host": "h"}, {"alertname": "Slow", "host": "h", "severity": "warning"})
        async with running(tmp_path, managers(server)) as (_, store):
            row = await until(lambda: (row := one(store, "Slow")) and row.inhibited_by and row)
            assert row.inhibited_by == (one(store, "HostDown").id,)  # type: ignore[union-attr]


PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s, external_labels: {{cluster: eu, replica: a}}}}
rule_files: ['{rules}']
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{manager}']}}]}}]}}
"""
RULES = """
groups:
  - name: hosts
    rules:
      - alert: AlwaysFiring
        expr: vector(42) > 1
        labels: {severity: page}
        annotations: {summary: 'is {{ $value }}'}
      - {alert: Waiting, expr: 'vector(1)', for: 1h}
"""


@requires_alertmanager
@requires_prometheus
async def test_an_alert_of_prometheus_is_one_row_with_what_both_servers_say(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES)
    with RealAlertmanager(tmp_path / "am") as manager:
        text = PROMETHEUS.format(rules=rules, manager=manager.name)
        config = managers(manager)
        # What it sends before it has found the Alertmanager is lost, and sent again only then.
        server = RealPrometheus(text, tmp_path, "--rules.alert.resend-delay=1s")
        with server:
            config += f"prometheus: {{url: '{server.url}', every: 100ms, timeout: 20s}}\n"
            async with running(tmp_path, config) as (_, store):
                row = await until(
                    lambda: (row := one(store, "AlwaysFiring")) and len(row.sources) == 2 and row.receivers and row
                )
                assert row.sources == ("prometheus", manager.name)
                assert (row.state, row.value, row.expr) == (AlertState.FIRING, 42.0, "vector(42) > 1")
                assert row.annotations == {"summary": "is 42"}
                assert (row.labels["cluster"], row.severity_raw) == ("eu", "page")
                waiting = await until(lambda: one(store, "Waiting"))
                assert (waiting.state, waiting.for_s) == (AlertState.PENDING, 3600)
                assert "Prometheus 2." in store.sources["prometheus"].summary
                await asyncio.to_thread(server.__exit__, None, None, None)
                await until(lambda: store.alerts[waiting.id].stale)
                # The Alertmanager still says the other.
                assert not store.alerts[row.id].stale
                assert store.sources["prometheus"].state is SourceState.FAILING


def past(folder: Path, days: int) -> None:
    """Blocks of `days` of samples up to now, every two minutes: 100 requests of which one fails, and a latency that is
    too high for the first sixth of each hour."""
    now = int(time.time()) // 120 * 120
    times = range(now - days * 86_400, now + 1, 120)
    lines = ["# TYPE requests counter"]
    lines += [f"requests_total {100 * place} {at}" for place, at in enumerate(times)]
    lines += ["# TYPE errors counter", *(f"errors_total {place} {at}" for place, at in enumerate(times))]
    lines += ["# TYPE latency gauge", *(f"latency {2 if at % 3600 < 600 else 0.1} {at}" for at in times), "# EOF", ""]
    (folder / "past.txt").write_text("\n".join(lines))
    promtool = prometheus_binary("promtool")
    assert promtool is not None
    subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", str(folder / "past.txt"), str(folder / "data")],
        check=True,
        capture_output=True,
        timeout=60,
    )


SLOS = """
slos:
  - {name: requests, objective: 99.5%, window: 7d, total: requests_total, bad: errors_total, source: prometheus}
  - {name: summed, objective: 99.5%, window: 7d, total: 'sum(requests_total) + 0', bad: 'sum(errors_total) + 0',
     source: prometheus}
"""
LATENCY = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: latency}
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{duration: 7d, isRolling: true}]
  indicator:
    metadata: {name: latency}
    spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: {query: latency}}}}
  objectives: [{op: lte, value: 1, target: 0.8}]
"""


@requires_prometheus
async def test_an_objective_with_prometheus_as_its_source_is_complete_from_the_first_look(tmp_path: Path) -> None:
    past(tmp_path, 8)
    (tmp_path / "latency.yaml").write_text(LATENCY)
    file = tmp_path / "fleetdeck.yaml"
    with RealPrometheus("global: {scrape_interval: 1m}\n", tmp_path) as server:
        file.write_text(f"{BASE}{SLOS}slo_files: [latency.yaml]\nprometheus: {{url: '{server.url}'}}\n")
        store = Store()
        deck = Deck(load(file, kind_tables()), store, SystemClock())
        try:
            assert await deck.sweep(60)
        finally:
            await deck.aclose()
    rows = store.slos
    assert set(rows) == {"requests", "summed", "latency"}
    for name in ("requests", "summed"):
        assert rows[name].sli_ratio == pytest.approx(0.99, abs=1e-4)
        assert rows[name].coverage_ratio == pytest.approx(1, abs=0.01)
    # Long past it is looked at every five minutes: of twelve looks an hour two are bad.
    assert rows["latency"].sli_ratio == pytest.approx(5 / 6, abs=0.01)
    assert rows["latency"].coverage_ratio == pytest.approx(1, abs=0.01)


@requires_prometheus
def test_a_query_may_be_asked_of_prometheus(tmp_path: Path) -> None:
    past(tmp_path, 1)
    file = tmp_path / "fleetdeck.yaml"
    with RealPrometheus("global: {scrape_interval: 1m}\n", tmp_path) as server:
        file.write_text(f"{BASE}prometheus: {{url: '{server.url}'}}\n")
        at = int(time.time()) // 120 * 120 - 3600
        asked = ["query", "requests_total - 100 * errors_total", "--config", str(file), "--source", "prometheus"]
        table = CliRunner().invoke(main, [*asked, "--time", str(at)])
        assert (table.exit_code, table.stdout) == (0, "0  {}\n")
        found = CliRunner().invoke(main, [*asked, "--time", str(at), "-o", "json"])
        assert json.loads(found.stdout)["data"] == server.api("query", query=asked[1], time=str(at))
        wrong = CliRunner().invoke(main, ["query", "1 +", *asked[2:]])
        assert wrong.exit_code == 1
        assert "parse error" in wrong.stderr
    away = CliRunner().invoke(main, asked)
    assert away.exit_code == 1
    assert "refused" in away.stderr
