"""The alert book: one table of what all sources say, by what changed."""

from msgspec.structs import replace

from fleet.alerts.book import AlertBook
from fleet.alerts.known import Reader
from fleet.alerts.model import Alert, AlertReading, AlertState
from fleet.severity import Severity
from fleet.store import Store
from tests.fleet.alerts.making import at, reading, silence

FIRING, PENDING, RESOLVED = AlertState.FIRING, AlertState.PENDING, AlertState.RESOLVED


def book(**options: object) -> tuple[AlertBook, Store]:
    store = Store()
    return AlertBook(store, **options), store  # type: ignore[arg-type]


def only(store: Store) -> Alert:
    (row,) = store.alerts.values()
    return row


def test_an_alert_lives_and_resolves_and_goes_after_a_quarter_of_an_hour() -> None:
    alerts, store = book()
    alerts.deliver("rules", (reading(state=PENDING, agent="a"),), at(0))
    assert (only(store).state, only(store).fired_at) == (PENDING, None)
    alerts.deliver("rules", (reading(agent="a"),), at(60))
    assert (only(store).state, only(store).since, only(store).fired_at) == (FIRING, at(0), at(60))
    alerts.deliver("rules", (), at(90))
    assert (only(store).state, only(store).resolved_at) == (RESOLVED, at(90))
    assert [change.to for change in only(store).timeline] == [PENDING, FIRING, RESOLVED]
    alerts.step(at(90 + 899))
    assert store.alerts
    alerts.step(at(90 + 900))
    assert not store.alerts
    assert not store.alert_groups


def test_an_alert_that_was_only_pending_was_never_one() -> None:
    alerts, store = book()
    alerts.deliver("rules", (reading(state=PENDING),), at(0))
    alerts.deliver("rules", (), at(15))
    assert not store.alerts


def test_the_same_alert_of_two_sources_is_one_row_until_neither_says_it() -> None:
    alerts, store = book()
    alerts.deliver("prometheus", (reading(agent="a", replica="0"),), at(0))
    alerts.deliver("alertmanager", (reading(agent="a", replica="1"),), at(1))
    row = only(store)
    assert (row.source, row.sources) == ("prometheus", ("prometheus", "alertmanager"))
    assert "replica" not in row.labels
    alerts.deliver("prometheus", (), at(2))
    assert (only(store).state, only(store).sources) == (FIRING, ("alertmanager",))
    alerts.deliver("alertmanager", (), at(3))
    assert only(store).state is RESOLVED


def test_an_id_is_the_same_in_every_run() -> None:
    assert Reader().id({"alertname": "Down", "agent": "a"}) == Reader().id({"agent": "a", "alertname": "Down"})
    assert Reader().id({"a": "b,c=d"}) != Reader().id({"a": "b", "c": "d"})


def test_a_source_that_is_away_keeps_its_last_answer_as_stale() -> None:
    alerts, store = book()
    said = (reading(agent="a"),)
    alerts.deliver("prometheus", said, at(0))
    alerts.deliver("prometheus", (), at(60), stale=True)
    assert (only(store).state, only(store).stale) == (FIRING, True)
    assert store.alerts.seen(only(store).id) == at(0)
    assert alerts.away() == {"prometheus": at(0)}
    alerts.deliver("rules", said, at(61))
    assert not only(store).stale, "another source says it still"
    alerts.deliver("rules", (), at(62))
    alerts.deliver("prometheus", said, at(70))
    assert not only(store).stale
    assert alerts.away() == {}


def test_a_source_that_is_no_longer_asked_takes_its_rows_along() -> None:
    alerts, store = book()
    alerts.deliver("a", (reading(agent="a"), reading(agent="b")), at(0))
    alerts.deliver("b", (reading(agent="b"),), at(0))
    alerts.forget("a", at(1))
    assert [row.labels["agent"] for row in store.alerts.values()] == ["b"]


def test_what_resolved_long_ago_is_no_row_and_does_not_come_back() -> None:
    alerts, store = book()
    old = AlertReading(labels={"alertname": "Old"}, state=RESOLVED, resolved_at=at(-100_000))
    fresh = AlertReading(labels={"alertname": "Fresh"}, state=RESOLVED)
    alerts.deliver("claims", (old, fresh), at(0))
    assert only(store).name == "Fresh"
    alerts.step(at(900))
    assert not store.alerts
    alerts.deliver("claims", (), at(901), stale=True)
    alerts.deliver("claims", (replace(old), replace(fresh)), at(902))
    assert not store.alerts


def test_the_operators_own_words_for_severities_come_first() -> None:
    alerts, store = book(reader=Reader({"blocker": Severity.INFO, "oops": Severity.CRITICAL}))
    alerts.deliver(
        "rules",
        (
            AlertReading(labels={"alertname": "A", "severity": "Oops"}),
            AlertReading(labels={"alertname": "B", "level": "blocker"}),
            AlertReading(labels={"alertname": "C", "priority": "P1"}),
            AlertReading(labels={"alertname": "D"}),
        ),
        at(0),
    )
    assert {row.name: (row.severity, row.severity_raw) for row in store.alerts.values()} == {
        "A": (Severity.CRITICAL, "Oops"),
        "B": (Severity.INFO, "blocker"),
        "C": (Severity.CRITICAL, "P1"),
        "D": (Severity.UNKNOWN, ""),
    }


def test_texts_from_outside_are_harmless_in_rows() -> None:
    alerts, store = book()
    evil = "\x1b]52;c;AAAA\x07"
    alerts.deliver("rules", (AlertReading(labels={"alertname": evil}, annotations={"summary": evil + "\nb"}),), at(0))
    row = only(store)
    assert "\x1b" not in row.name + row.annotations["summary"]
    assert row.annotations["summary"].endswith("\nb")


def test_a_silence_holds_while_it_is_active_and_no_longer() -> None:
    alerts, store = book()
    alerts.deliver("rules", (reading(agent="a"), reading(agent="b")), at(0))
    alerts.put_silences(
        "local", (silence("s", 'agent="a"', 10, 20), silence("ack", 'agent="b"', 0, 900, by="ann", ack=True)), at(0)
    )
    by_agent = {row.labels["agent"]: row.id for row in store.alerts.values()}
    assert [store.alerts[by_agent[name]].suppressed for name in "ab"] == [False, True]
    assert store.alerts[by_agent["b"]].acknowledged_by == "ann"
    alerts.step(at(10))
    assert store.alerts[by_agent["a"]].silenced_by == ("s",)
    assert (store.silences["s"].state.value, store.silences["s"].matched) == ("active", 1)
    alerts.deliver("rules", (reading(agent="a"), reading(agent="b"), reading("Sick", agent="a")), at(11))
    assert store.silences["s"].matched == 2
    alerts.step(at(20))
    assert (store.silences["s"].state.value, store.silences["s"].matched) == ("expired", 0)
    assert not store.alerts[by_agent["a"]].suppressed
    alerts.put_silences("local", (), at(21))
    assert not store.silences
    assert not any(row.suppressed for row in store.alerts.values())


def test_a_broken_silence_of_a_server_holds_nothing() -> None:
    alerts, store = book()
    alerts.deliver("rules", (reading(agent="a"),), at(0))
    whole = silence("s", 'agent="a"')
    broken = replace(whole, matchers=(replace(whole.matchers[0], op=type(whole.matchers[0].op)("=~"), value="(["),))
    alerts.put_silences("alertmanager", (broken,), at(0))
    assert store.silences["s"].matched == 0


def test_what_flaps_keeps_its_place_and_calms_down() -> None:
    alerts, store = book()
    quiet = replace(reading("Other"), since=at(300))
    for minute in range(4):
        alerts.deliver("rules", (quiet, reading(agent="a")) if minute % 2 == 0 else (quiet,), at(60 * minute))
    row = next(row for row in store.alerts.values() if row.name == "Down")
    assert (row.state, row.flapping, row.flapping_since) == (RESOLVED, True, at(0))
    alerts.deliver("rules", (quiet, reading(agent="a")), at(240))
    row = next(row for row in store.alerts.values() if row.name == "Down")
    assert (row.state, row.flapping, row.flapping_since) == (FIRING, True, at(0))
    alerts.step(at(240 + 899))
    assert store.alerts[row.id].flapping
    alerts.step(at(240 + 900))
    assert not store.alerts[row.id].flapping


def test_a_delivery_that_changes_nothing_wakes_nobody() -> None:
    alerts, store = book()
    woken: list[int] = []
    alerts.deliver("rules", tuple(reading(agent=str(number)) for number in range(50)), at(0))
    for rows in (store.alerts, store.alert_groups, store.silences):
        rows.subscribe(lambda: woken.append(1))
    alerts.deliver("rules", tuple(reading(agent=str(number)) for number in range(50)), at(15))
    alerts.step(at(16))
    assert not woken


def test_a_source_may_shuffle_its_alerts() -> None:
    alerts, store = book()
    said = [reading(agent=str(number)) for number in range(5)]
    alerts.deliver("rules", said, at(0))
    rows = dict(store.alerts)
    alerts.deliver("rules", list(reversed(said)), at(1))
    alerts.deliver("rules", [replace(one) for one in said[2:] + said[:2]], at(2))
    assert dict(store.alerts) == rows
    assert all(row.resolved_at is None for row in rows.values())
    alerts.deliver("rules", said[1:], at(3))
    assert {row.labels["agent"]: row.state for row in store.alerts.values()} == {
        "0": RESOLVED, "1": FIRING, "2": FIRING, "3": FIRING, "4": FIRING,
    }  # fmt: skip


def test_the_lines_follow_the_alerts() -> None:
    alerts, store = book()
    alerts.deliver(
        "rules",
        tuple(
            replace(reading("Down" if number % 2 else "Sick", agent=str(number), job="x"), since=at(number))
            for number in range(458)
        ),
        at(500),
    )
    lines = {line.name: line for line in store.alert_groups.values()}
    assert {name: (line.firing, len(line.alerts)) for name, line in lines.items()} == {
        "Down": (229, 229),
        "Sick": (229, 229),
    }
    assert lines["Down"].shared == {"alertname": "Down", "severity": "critical", "job": "x"}
    assert store.alerts[lines["Down"].alerts[0]].labels["agent"] == "457"
    assert lines["Down"].since == at(457)
    alerts.group_by("job")
    (line,) = store.alert_groups.values()
    assert (line.by, line.name, line.firing) == ("job", "x", 458)


def test_other_rules_and_words_apply_at_once() -> None:
    alerts, store = book()
    alerts.deliver("rules", (AlertReading(labels={"alertname": "A", "severity": "odd"}),), at(0))
    alerts.reconfigure(Reader({"odd": Severity.HIGH}), (), at(1))
    assert only(store).severity is Severity.HIGH
    assert list(store.alert_groups) == ["high:A"]
    assert only(store).since == at(0)
