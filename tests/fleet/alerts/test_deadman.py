"""Not knowing is itself an alert."""

from datetime import datetime

from fleet.alerts.book import AlertBook
from fleet.alerts.deadman import DeadMan, Heartbeat, RuleState
from fleet.alerts.explained import needs_data
from fleet.alerts.model import AlertReading, AlertState
from fleet.model import ProbeKind, Source, SourceState
from fleet.store import Store
from tests.fleet.alerts.making import at, reading


def raised(store: Store) -> dict[str, str]:
    return {
        row.name: row.annotations["summary"]
        for row in store.alerts.values()
        if row.source == "fleetdeck" and row.state is AlertState.FIRING
    }


def source(id: str, state: SourceState, last: datetime | None = None, target: str = "") -> Source:
    return Source(id=id, kind=ProbeKind(id.partition(":")[0]), target=target, state=state, last_success=last, every_s=5)


UP = {"metrics:a": source("metrics:a", SourceState.OK, at(10_000))}


def test_rules_that_are_not_evaluated_or_fail_are_alerts() -> None:
    store = Store()
    deadman = DeadMan(AlertBook(store))
    rules = [
        RuleState(group="g", name="late", interval_s=15, evaluated_at=at(0)),
        RuleState(group="g", name="broken", interval_s=15, evaluated_at=at(60), error="many-to-many"),
        RuleState(group="h", name="never", interval_s=60),
    ]
    deadman.step(at(60), rules, UP)
    assert set(raised(store)) == {"FleetdeckRuleFails"}
    assert "broken" in raised(store)["FleetdeckRuleFails"]
    deadman.step(at(76), rules, UP)
    assert set(raised(store)) == {"FleetdeckRuleFails", "FleetdeckRulesNotEvaluated"}
    deadman.step(at(500), rules, UP)
    late = [row.labels["group"] for row in store.alerts.values() if row.name == "FleetdeckRulesNotEvaluated"]
    assert sorted(late) == ["g", "h"]
    deadman.step(at(501), (), UP)
    assert not raised(store)


def test_a_source_of_alerts_that_is_away_is_an_alert() -> None:
    store = Store()
    book = AlertBook(store)
    deadman = DeadMan(book)
    book.deliver("prometheus", (reading(),), at(0))
    book.deliver("prometheus", (), at(30), stale=True)
    deadman.step(at(30), (), UP)
    deadman.step(at(60), (), UP)
    assert set(raised(store)) == {"AlertSourceAway"}
    assert next(row.since for row in store.alerts.values() if row.name == "AlertSourceAway") == at(0)
    book.deliver("prometheus", (reading(),), at(61))
    deadman.step(at(61), (), UP)
    assert not raised(store)


def test_a_heartbeat_that_is_missing_is_an_alert() -> None:
    store = Store()
    book = AlertBook(store)
    deadman = DeadMan(book, [Heartbeat(alert="Watchdog", source="prometheus", every_s=300)])
    beat = (AlertReading(labels={"alertname": "Watchdog"}),)
    deadman.step(at(0), (), UP)
    book.deliver("prometheus", beat, at(200))
    deadman.step(at(200), (), UP)
    book.deliver("prometheus", (), at(300))
    book.deliver("other", beat, at(300))
    deadman.step(at(500), (), UP)
    assert not raised(store)
    deadman.step(at(501), (), UP)
    assert set(raised(store)) == {"DeadMansSwitch"}
    book.deliver("prometheus", beat, at(600))
    book.deliver("prometheus", (), at(601), stale=True)
    deadman.step(at(602), (), UP)
    assert "DeadMansSwitch" in raised(store), "a source that is away gives no heartbeat"


def test_nothing_observed_is_an_alert() -> None:
    store = Store()
    deadman = DeadMan(AlertBook(store))
    dead = {"metrics:a": source("metrics:a", SourceState.FAILING), "host:x": source("host:x", SourceState.OK, at(500))}
    deadman.step(at(0), (), dead)
    deadman.step(at(120), (), dead)
    assert not raised(store)
    deadman.step(at(121), (), dead)
    assert set(raised(store)) == {"NothingObserved"}


def test_what_answers_wholly_or_in_part_is_observed_as_long_as_it_does() -> None:
    # As the supervisor writes them: the row of a source that answers does not say when, what stands beside it does.
    store, seen = Store(), Store().sources
    deadman = DeadMan(AlertBook(store))
    for state in (SourceState.PARTIAL, SourceState.OK):
        rows = {"discovery:a": source("discovery:a", state)}
        seen.put("discovery:a", rows["discovery:a"])
        deadman.step(at(0), (), rows, seen.seen)
        seen.touch("discovery:a", at(600))
        deadman.step(at(600), (), rows, seen.seen)
        assert not raised(store)
        # Nobody looks any more, and the row stays as it was.
        deadman.step(at(800), (), rows, seen.seen)
        assert set(raised(store)) == {"NothingObserved"}
    deadman.step(at(122), (), {"metrics:a": source("metrics:a", SourceState.OK, at(122))})
    assert not raised(store)


def test_a_target_that_does_not_answer_inhibits_the_alerts_that_need_its_data() -> None:
    store = Store()
    book = AlertBook(store)
    deadman = DeadMan(book)

    def alert(name: str, expr: str, **labels: str) -> AlertReading:
        return AlertReading(labels={"alertname": name, **labels}, expr=expr)

    book.deliver(
        "rules",
        (
            alert("Slow", "rate(work_seconds_sum[5m]) > 1", agent="planner"),
            alert("Full", "queue_depth > 5", instance="127.0.0.1:9001"),
            alert("Gone", "up == 0", agent="planner"),
            alert("Other", "queue_depth > 5", agent="coder"),
            alert("Said", "", agent="planner"),
        ),
        at(0),
    )
    failing = source("metrics:planner", SourceState.FAILING, at(0), "http://127.0.0.1:9001/metrics")
    deadman.step(at(10), (), {"metrics:planner": failing, **UP})
    reason = next(row.id for row in store.alerts.values() if row.name == "AlertDataAway")
    assert {row.name: row.inhibited_by for row in store.alerts.values() if row.inhibited_by} == {
        "Slow": (reason,),
        "Full": (reason,),
    }
    deadman.step(at(20), (), UP)
    assert not any(row.inhibited_by for row in store.alerts.values())
    assert not raised(store)


def test_which_expressions_need_the_data_of_a_target() -> None:
    assert needs_data("agent_status == 0")
    assert needs_data("up == 0 or queue_depth > 5")
    assert needs_data('{job="x"} > 1')
    assert not needs_data("up == 0")
    assert not needs_data("fleetdeck_source_up == 0")
    assert not needs_data("vector(1)")
    assert not needs_data("")
    assert not needs_data("sum(")
