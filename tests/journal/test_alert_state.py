"""The file that keeps the state of alerts."""

import math
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.alerts.model import AlertState
from fleet.rules.restore import EngineState, KeptAlert, KeptRule
from journal import alert_state
from journal.alert_state import AlertStateFile, bounded


def kept(state: AlertState = AlertState.FIRING, value: float = 1.0, number: int = 0) -> KeptAlert:
    return KeptAlert(labels={"n": str(number)}, sample={}, value=value, state=state, active_at=number)


def of(*alerts: KeptAlert) -> EngineState:
    return EngineState(at_ms=1, rules=(KeptRule(group="f;g", name="A", labels={"l": "m"}, alerts=alerts),))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    file = AlertStateFile(tmp_path / "below" / "alerts")
    assert file.read() == (None, "")
    state = of(kept(value=math.inf), kept(AlertState.PENDING, -2.5))
    assert file.write(state) == ""
    assert AlertStateFile(file.path).read() == (state, "")
    assert [path.name for path in file.path.parent.iterdir()] == ["alerts"]
    assert file.path.stat().st_mode & 0o077 == 0


def test_nan_is_kept(tmp_path: Path) -> None:
    file = AlertStateFile(tmp_path / "alerts")
    file.write(of(kept(value=math.nan)))
    state, said = file.read()
    assert state is not None
    assert math.isnan(state.rules[0].alerts[0].value)
    assert said == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(broken=st.binary(max_size=200))
def test_a_broken_file_is_moved_aside(tmp_path: Path, broken: bytes) -> None:
    file = AlertStateFile(tmp_path / "alerts")
    file.path.write_bytes(b"\xc1" + broken)
    state, said = file.read()
    assert state is None
    assert "cannot be used" in said
    assert (tmp_path / "alerts.broken").read_bytes() == b"\xc1" + broken
    assert file.read() == (None, "")


def test_a_cut_file_is_moved_aside(tmp_path: Path) -> None:
    file = AlertStateFile(tmp_path / "alerts")
    file.write(of(kept()))
    file.path.write_bytes(file.path.read_bytes()[:-3])
    assert file.read()[0] is None
    assert (tmp_path / "alerts.broken").exists()


def test_another_version_is_moved_aside(tmp_path: Path) -> None:
    file = AlertStateFile(tmp_path / "alerts")
    file.path.write_bytes(msgspec.msgpack.encode(msgspec.structs.replace(of(), version=99)))
    assert "version 99" in file.read()[1]


def test_a_writer_that_dies_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = AlertStateFile(tmp_path / "alerts")
    file.write(of(kept()))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in file.write(of())
    assert file.read()[0] == of(kept())
    assert [path.name for path in tmp_path.iterdir()] == ["alerts"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be kept" in AlertStateFile(tmp_path / "file" / "alerts").write(of())


def test_firing_alerts_are_kept_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_state, "MOST_ALERTS", 3)
    alerts = (kept(AlertState.RESOLVED, number=1), kept(AlertState.PENDING, number=2), kept(number=3), kept(number=4))
    (rule,) = bounded(of(*alerts)).rules
    assert {alert.labels["n"] for alert in rule.alerts} == {"2", "3", "4"}
