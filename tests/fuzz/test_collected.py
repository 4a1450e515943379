"""The real program over a fleet that is hostile in every text: collected, shown, printed, drawn, logged."""

from pathlib import Path

from tests.fuzz.collected import show
from tests.fuzz.hostile import Hostile
from tests.fuzz.walk import Report


def test_a_hostile_fleet_is_collected_and_shown(tmp_path: Path) -> None:
    report = Report()
    show(tmp_path, Hostile(3), report, outputs=(["agents"], ["sources", "-o", "json"], ["tasks", "-o", "csv"]))
    assert not report.findings
    assert report.strings >= 1_000
    assert report.seen > 40
    assert not list(tmp_path.rglob("canary-*")), "a shell ran"
