"""Claimed alerts from their files to `get alerts`, and rules with `for` that are waited for."""

import json
from pathlib import Path

from tests.cli.conftest import Run


def rows(out: str) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(out)}


def test_alerts_that_a_system_writes_are_found_and_shown_as_claims(fleetdeck: Run, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    claim = {"title": "Disk", "severity": "HIGH", "description": "full", "status": "active"}
    (folder / "alerts.json").write_text(json.dumps({"alerts": {"active_alerts": [claim]}}))
    done = fleetdeck("init")
    assert done.returncode == 0, done.stderr
    assert "1 alert source" in done.stderr
    assert fleetdeck("config", "validate").stdout.strip().endswith("1 alert source")

    found = rows(fleetdeck("get", "alerts", "-o", "json").stdout)["Disk"]
    assert (found["claimed"], found["severity"], found["severity_raw"]) == (True, "high", "HIGH")
    assert (found["state"], found["source"], found["summary"]) == ("firing", "alerts.json", "full")


def test_waiting_lets_a_rule_with_for_fire(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text(
        "name: wait\nevery: 1s\ndefault_rules: false\nrules: [rules.yml]\n"
        "discovery: [{kind: static, agents: [{name: a}]}]\n"
    )
    rule = (
        "groups:\n- name: g\n  interval: 1s\n  rules:\n"
        "  - {alert: Always, expr: vector(1), for: 1h, labels: {severity: page}}\n"
    )
    (tmp_path / "rules.yml").write_text(rule)
    assert rows(fleetdeck("get", "alerts", "-o", "json").stdout)["Always"]["state"] == "pending"
    (tmp_path / "rules.yml").write_text(rule.replace("1h", "2s"))
    waited = rows(fleetdeck("get", "alerts", "-o", "json", "--wait", "60s").stdout)["Always"]
    assert (waited["state"], waited["severity"], waited["severity_raw"]) == ("firing", "critical", "page")
