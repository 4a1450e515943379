"""The real rule file over the real exporter's page, served on a socket: what the dashboard shows of it, and that a real
Prometheus says the same, alert by alert."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.deck import Deck
from cli.kinds import kind_tables
from config.load import load
from fleet.clock import ManualClock
from fleet.store import Store
from tests.real_prometheus import RealPrometheus, eventually, requires_prometheus

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY = timedelta(seconds=60)
STORM = {
    # The page has 233 series of each, 230 with status 0 and health 0.5; 229 of these are the fleet's own, and one
    # is named "agents", the key of a nested mapping that its exporter took for an agent.
    ("AgentDown", "critical"): 230,
    ("AgentUnhealthy", "high"): 230,
    ("SystemLowHealthScore", "critical"): 1,
    ("ManyAgentsDown", "critical"): 1,
}


@pytest.fixture
def captured(shared: Path) -> Path:
    return shared / "fixtures" / "tools-automation"


@contextmanager
def exporter(captured: Path) -> Iterator[str]:
    """`host:port` of a server that answers, to the byte, as the exporter did."""
    text = (captured / "exp_7_metrics_clean232.http").read_bytes()
    answer = text[text.index(b"HTTP/1.") :]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def configured(folder: Path, rules: Path, address: str) -> Path:
    file = folder / "fleetdeck.yaml"
    source = f"{{kind: metrics_page, name: exporter, url: 'http://{address}/metrics'}}"
    file.write_text(
        f"host: false\nevery: 60s\ndefault_rules: false\nrules: ['{rules}']\ndiscovery: [{source}]\n", encoding="utf-8"
    )
    return file


async def watched(file: Path, looks: int) -> list[tuple[Store, timedelta]]:
    """The store after each of `looks` looks at the exporter, a minute apart, and how much time had passed."""
    store, clock = Store(), ManualClock(START)
    deck = Deck(load(file, kind_tables()), store, clock)
    seen: list[tuple[Store, timedelta]] = []
    for number in range(looks):
        await deck.sweep(30, ordered=True)
        seen.append((_copy(store), number * EVERY))
        clock.advance(EVERY.total_seconds())
    await deck.aclose()
    return seen


def _copy(store: Store) -> Store:
    copy = Store()
    for group in store.alert_groups.values():
        copy.alert_groups.put(group.key, group)
    for alert in store.alerts.values():
        copy.alerts.put(alert.id, alert)
    return copy


def lines(store: Store) -> dict[tuple[str, str], tuple[int, int]]:
    """The lines of the pane: name and severity → how many fire, how many are pending."""
    return {(one.name, one.severity.value): (one.firing, one.pending) for one in store.alert_groups.values()}


def key_of(labels: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def test_four_lines_stand_for_462_alerts_each_after_its_own_time(captured: Path, tmp_path: Path) -> None:
    with exporter(captured) as address:
        seen = asyncio.run(watched(configured(tmp_path, captured / "alert_rules.yml", address), 12))
    for store, passed in seen:
        expected = {
            line: (count, 0) if passed >= timedelta(minutes=10 if line[0] == "AgentUnhealthy" else 5) else (0, count)
            for line, count in STORM.items()
        }
        assert lines(store) == expected, passed
    last = seen[-1][0]
    assert len(last.alerts) == sum(STORM.values())
    opened = next(one for one in last.alert_groups.values() if one.name == "AgentDown")
    assert len(opened.alerts) == 230
    assert opened.shared["service"] == "agent"
    names = {last.alerts[id].labels["agent_name"] for id in opened.alerts}
    assert len(names) == 230
    assert "agents" in names


def _without_for(rules: Path, folder: Path) -> Path:
    file = folder / "rules.yml"
    file.write_text(re.sub(r"(?m)^ *for: .*\n", "", rules.read_text(encoding="utf-8")), encoding="utf-8")
    return file


@requires_prometheus
def test_a_real_prometheus_says_the_same_alert_by_alert(captured: Path, tmp_path: Path) -> None:
    """The page stands still, so only the times of `for` are left out, which another test looks at."""
    rules = _without_for(captured / "alert_rules.yml", tmp_path)

    def told(server: RealPrometheus) -> list[dict[str, Any]] | None:
        alerts: list[dict[str, Any]] = server.api("alerts")["alerts"]
        return alerts if len(alerts) >= sum(STORM.values()) else None

    with exporter(captured) as address:
        seen = asyncio.run(watched(configured(tmp_path, rules, address), 3))
        alerts = tuple(seen[-1][0].alerts.values())
        job = alerts[0].labels["job"]
        config = f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs: [{{job_name: "{job}", static_configs: [{{targets: ["{address}"]}}]}}]
"""
        with RealPrometheus(config, tmp_path) as server:
            theirs = eventually(lambda: told(server))
    assert {alert["state"] for alert in theirs} == {"firing"} == {one.state.value for one in alerts}
    ours = {key_of(one.labels): (one.value, one.annotations) for one in alerts}
    assert ours == {key_of(one["labels"]): (float(one["value"]), one["annotations"]) for one in theirs}
