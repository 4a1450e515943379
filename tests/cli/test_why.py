"""`fleetdeck why`: the ladder of a command, over the demo fleet."""

import json
from pathlib import Path

import pytest

from cli.why_command import NotThereError, subject_of
from fleet.alerts.model import Alert, AlertState
from fleet.model import AgentStatus
from fleet.severity import Severity
from fleet.store import Store
from fleet.why.model import Subject, SubjectKind
from tests.cli.conftest import Run
from tests.cli.test_get import A_WHOLE_SCRIPT_S
from tests.real_prometheus import eventually


def test_a_failing_agent_of_the_demo_fleet_is_explained(demo: Path, fleetdeck: Run) -> None:
    def failing() -> str | None:
        rows = json.loads(fleetdeck("get", "agents", "--config", str(demo), "-o", "json").stdout)
        bad = [row for row in rows if row["state"] in ("down", "degraded", "stale") and row["detail"]]
        return str(bad[0]["name"]) if bad else None

    name = eventually(failing, A_WHOLE_SCRIPT_S)
    ran = fleetdeck("why", "agent", name, "--config", str(demo), "-o", "json")
    assert ran.returncode == 0, ran.stderr
    tree = json.loads(ran.stdout)
    assert (tree["kind"], tree["name"]) == ("agent", name)
    rungs = [step["rung"] for step in tree["steps"]]
    assert rungs[0] == "subject"
    assert rungs[-1] == "health"
    assert any("logs are not collected" in text for text in tree["steps"][-1]["not_known"])

    text = fleetdeck("why", "agent", name, "--config", str(demo)).stdout
    assert text.startswith(f"# Why: agent {name}: ")
    assert "The chain ends" in text


def test_a_gate_of_the_demo_fleet_is_explained_with_its_query(demo: Path, fleetdeck: Run) -> None:
    ran = fleetdeck("why", "gate", "agent_health_checks", "--config", str(demo), "-o", "json")
    assert ran.returncode == 0, ran.stderr
    tree = json.loads(ran.stdout)
    asked = [one for step in tree["steps"] for one in step["asked"]]
    assert asked
    assert all(one["samples"] for one in asked)


def test_what_is_not_there_is_named_with_what_is_near(demo: Path, fleetdeck: Run) -> None:
    ran = fleetdeck("why", "gate", "agent_health_check", "--config", str(demo))
    assert ran.returncode == 1
    assert "did you mean agent_health_checks?" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not ran.stdout


def test_a_name_of_several_alerts_means_all_of_them() -> None:
    store = Store()
    store.status.put("a-1", AgentStatus(name="a-1"))
    for id in ("x", "y"):
        store.alerts.put(id, Alert(id=id, name="Down", state=AlertState.FIRING, severity=Severity.HIGH))
    assert subject_of("alert", "Down", store) == Subject(SubjectKind.GROUP, "Down", ("x", "y"))
    assert subject_of("alert", "y", store) == Subject(SubjectKind.ALERT, "y")
    with pytest.raises(NotThereError, match="there is no slo at all"):
        subject_of("slo", "any", store)
