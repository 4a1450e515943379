"""Inhibition as Alertmanager has it."""

import pytest

from fleet.alerts.book import AlertBook
from fleet.alerts.inhibition import Inhibitor, InhibitRule, default_rules
from fleet.alerts.matching import parse_matchers
from fleet.alerts.model import AlertReading, AlertState
from fleet.store import Store
from tests.fleet.alerts.making import at, reading


def rule(source: str, target: str, *equal: str) -> InhibitRule:
    return InhibitRule(source=parse_matchers(source), target=parse_matchers(target), equal=equal)


def test_a_source_inhibits_targets_with_equal_labels_while_it_fires() -> None:
    inhibitor = Inhibitor((rule("alertname=Down", "severity=warning", "agent"),))
    inhibitor.change("t", {"alertname": "Slow", "severity": "warning", "agent": "a"}, fires=True)
    inhibitor.change("u", {"alertname": "Slow", "severity": "warning", "agent": "b"}, fires=True)
    assert inhibitor.change("s", {"alertname": "Down", "agent": "a"}, fires=False) == set()
    assert inhibitor.change("s", {"alertname": "Down", "agent": "a"}, fires=True) == {"t"}
    assert (inhibitor.by("t"), inhibitor.by("u"), inhibitor.by("s")) == (("s",), (), ())
    assert inhibitor.change("s", None, fires=False) == {"t"}
    assert inhibitor.by("t") == ()


def test_an_alert_on_both_sides_is_not_inhibited_by_its_like_nor_by_itself() -> None:
    inhibitor = Inhibitor((rule("severity=critical", 'alertname=~".+"'),))
    inhibitor.change("one", {"alertname": "A", "severity": "critical"}, fires=True)
    inhibitor.change("two", {"alertname": "B", "severity": "critical"}, fires=True)
    inhibitor.change("minor", {"alertname": "C", "severity": "warning"}, fires=True)
    assert (inhibitor.by("one"), inhibitor.by("two"), inhibitor.by("minor")) == ((), (), ("one", "two"))


def test_absent_and_empty_labels_are_equal() -> None:
    inhibitor = Inhibitor((rule("alertname=A", "alertname=B", "zone"),))
    inhibitor.change("a", {"alertname": "A"}, fires=True)
    inhibitor.change("b", {"alertname": "B", "zone": ""}, fires=True)
    inhibitor.change("c", {"alertname": "B", "zone": "x"}, fires=True)
    assert (inhibitor.by("b"), inhibitor.by("c")) == (("a",), ())


def test_what_is_inhibited_still_inhibits() -> None:
    store = Store()
    book = AlertBook(store, inhibit=(rule("alertname=A", "alertname=B"), rule("alertname=B", "alertname=C")))
    book.deliver("rules", [AlertReading(labels={"alertname": name}) for name in "ABC"], at(0))
    rows = {row.name: row for row in store.alerts.values()}
    assert rows["B"].inhibited_by == (rows["A"].id,)
    assert rows["C"].inhibited_by == (rows["B"].id,)


@pytest.mark.parametrize("label", ["agent", "agent_name"])
def test_by_default_an_agent_that_is_down_explains_its_warnings_and_nothing_worse(label: str) -> None:
    store = Store()
    book = AlertBook(store, inhibit=default_rules())
    said = [
        AlertReading(labels={"alertname": name, "severity": severity, label: agent})
        for name, severity, agent in (
            ("AgentDown", "critical", "a"), ("Slow", "Warning", "a"), ("Sick", "high", "a"), ("Slow", "warning", "b"),
        )
    ]  # fmt: skip
    book.deliver("rules", [*said, AlertReading(labels={"alertname": "Disk", "severity": "warning"})], at(0))
    assert {(row.name, row.labels.get(label)) for row in store.alerts.values() if row.inhibited_by} == {("Slow", "a")}
    book.deliver("rules", said[1:], at(1))
    assert not any(row.inhibited_by for row in store.alerts.values())


def test_a_pending_alert_inhibits_nothing() -> None:
    store = Store()
    book = AlertBook(store, inhibit=(rule("alertname=A", "alertname=B"),))
    book.deliver("rules", [reading("A", AlertState.PENDING), reading("B")], at(0))
    assert not any(row.inhibited_by for row in store.alerts.values())
