"""The real rule file of tools-automation over the real page of its exporter: 233 agents, some 3,260 samples."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.rule_files import read_rules
from fleet.alerts.model import AlertState
from fleet.exposition.page import parse_page
from fleet.rules.engine import RuleEngine
from fleet.samples.samples import Samples

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY = timedelta(seconds=30)


def test_ten_rules_raise_two_storms_and_rest_while_nothing_changes(shared: Path) -> None:
    fixtures = shared / "fixtures" / "tools-automation"
    body = (fixtures / "exp_7_metrics_clean232.http").read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    page = parse_page(body)
    read = read_rules([fixtures / "alert_rules.yml"])
    assert not read.errors
    assert sum(len(group.rules) for group in read.groups) == 10
    samples = Samples()
    rules = RuleEngine(read.groups, samples, samples, interval_s=30.0)
    samples.want("rules", rules.wanted())
    now = START
    while now <= START + timedelta(minutes=12):
        samples.add_page("exporter", now.timestamp(), page, {"job": "exporter"})
        rules.step(now)
        now += EVERY
    readings = rules.readings()
    firing = Counter(one.name for one in readings if one.state is AlertState.FIRING)
    assert not [health.error for health in rules.health() if health.error]
    # The page has 233 agents, 230 of them with 0: one more than the fleet's own count, an entry named "agents".
    assert firing == {"AgentDown": 230, "AgentUnhealthy": 230, "SystemLowHealthScore": 1, "ManyAgentsDown": 1}
    assert all("{{" not in text for one in readings for text in one.annotations.values())
    samples.add_page("exporter", now.timestamp(), page, {"job": "exporter"})
    rules.step(now)
    assert rules.readings() is readings
