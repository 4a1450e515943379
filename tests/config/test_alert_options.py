"""What a configuration says of alerts."""

from pathlib import Path

import pytest

from config.alert_options import inhibit_rules
from config.kinds import installed_kinds
from config.load import load
from config.schema import Config
from fleet.alerts.inhibition import default_rules
from fleet.errors import ConfigError
from fleet.promql.storage import MatchOp
from fleet.severity import Severity


def read(tmp_path: Path, text: str) -> Config:
    (tmp_path / "fleetdeck.yaml").write_text(text, encoding="utf-8")
    return load(tmp_path / "fleetdeck.yaml", installed_kinds())


def test_words_rules_and_heartbeats(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
severities: {Wakeup: critical}
inhibit_rules:
  - source_matchers: ['alertname="X", env=~"a|b"']
    source_match: {team: core}
    target_match_re: {severity: warn.*}
    equal: [agent]
deadman: [{alert: Watchdog, every: 90s}]
alerts:
  - {kind: alert_files, folder: alerts}
  - {kind: alerts_json, path: agents/alerts.json, name: told, every: 1m, stale_after: 2h}
""",
    )
    assert config.alerting.severities == {"wakeup": Severity.CRITICAL}
    own = inhibit_rules(config.alerting.inhibit_rules)[len(default_rules()) :]
    assert [(one.name, one.op, one.value) for one in own[0].source] == [
        ("alertname", MatchOp.EQUAL, "X"),
        ("env", MatchOp.MATCHES, "a|b"),
        ("team", MatchOp.EQUAL, "core"),
    ]
    assert (own[0].target[0].op, own[0].equal) == (MatchOp.MATCHES, ("agent",))
    assert [(one.alert, float(one.every), one.severity) for one in config.alerting.deadman] == [
        ("Watchdog", 90, Severity.CRITICAL)
    ]
    assert [(entry.name, entry.every_s) for entry in config.alerts] == [("alerts", 30), ("told", 60)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("severities: {x: terrible}", "severities.x"),
        ("inhibit_rules: [{source_matchers: ['a=b']}]", "target_matchers"),
        ("inhibit_rules: [{source_matchers: ['a=~\"(\"'], target_match: {a: b}}]", "regular expression"),
        ("inhibit_rules: [{source_match_re: {a: '('}, target_match: {a: b}}]", "regular expression"),
        ("inhibit_rules: [{sources: 1}]", "inhibit_rules[0].sources"),
        ("deadman: [{every: 5m}]", "deadman[0].alert"),
        ("alerts: [{kind: nothing}]", "alerts[0].kind"),
        ("alerts: [{kind: alerts_json}]", "alerts[0].path"),
        ("alerts: [{kind: markdown, path: x}]", "backlog"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    assert said in str(error.value)
    assert ":1:" in str(error.value)
