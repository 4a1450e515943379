"""Alerts, their lines and silences as data: the fields that scripts rely on, and the order."""

from msgspec.structs import replace

from cli.get import rows_of
from fleet.alerts.book import AlertBook
from fleet.alerts.groups import grouped
from fleet.alerts.model import AlertReading, AlertState
from fleet.filters.filter import parse_filter
from fleet.store import Store
from fleet.views.alert_groups import VIEW as GROUPS
from fleet.views.alerts import VIEW as ALERTS
from fleet.views.silences import VIEW as SILENCES
from tests.fleet.alerts.making import at, silence


def alert(name: str, severity: str, since: float, state: AlertState = AlertState.FIRING, **more: bool) -> AlertReading:
    labels = {"alertname": name, "severity": severity, "agent": name.lower()}
    return AlertReading(labels=labels, state=state, since=at(since), **more)  # type: ignore[arg-type]


def filled() -> Store:
    store = Store()
    book = AlertBook(store)
    book.deliver(
        "rules",
        (
            alert("Old", "critical", 10),
            alert("New", "page", 500),
            alert("Minor", "warning", 900),
            alert("Waits", "critical", 950, AlertState.PENDING),
            alert("Muted", "critical", 960),
            alert("Ended", "critical", 970, AlertState.RESOLVED),
            alert("Claim", "critical", 980, claimed=True, stale=True),
        ),
        at(1000),
    )
    book.put_silences("local", (silence("s", "agent=muted", 0, 5000, by="ann", ack=True),), at(1000))
    store.now = at(1000)
    return store


def names(store: Store, text: str = "") -> list[str]:
    return [row.name for row, _ in rows_of(store, ALERTS, parse_filter(text, ALERTS))]


def test_the_worst_and_newest_first_what_is_suppressed_or_resolved_last() -> None:
    store = filled()
    assert names(store) == ["New", "Old", "Minor", "Waits", "Claim", "Muted", "Ended"]
    rows = {row.name: row for row in store.alerts.values()}
    assert [name for name in names(store) if ALERTS.fault(rows[name])] == ["New", "Old", "Minor", "Waits"]
    lines = [row.name for row, _ in rows_of(store, GROUPS, parse_filter("", GROUPS))]
    assert lines == names(store)
    assert [line.name for line in grouped(store.alerts.values())] == lines


def test_the_fields_of_an_alert() -> None:
    store = filled()
    rows = rows_of(store, ALERTS, parse_filter("", ALERTS))
    row, look = next((row, look) for row, look in rows if row.name == "Muted")
    fields = {field.name: field.value(row, look) for field in ALERTS.fields}
    wanted = {
        "name", "state", "severity", "severity_raw", "since", "value", "labels", "annotations", "acknowledged_by",
        "silenced_by", "source", "id", "summary", "claimed", "flapping", "inhibited_by", "sources",
    }  # fmt: skip
    assert wanted <= fields.keys()
    assert (fields["state"], fields["severity"], fields["acknowledged_by"]) == ("firing", "critical", "ann")
    assert (fields["silenced_by"], fields["since"], fields["value"]) == (["s"], "2026-03-01T12:16:00.000Z", None)


def test_alerts_are_filtered_by_state_severity_label_and_word() -> None:
    store = filled()
    assert names(store, "state:pending") == ["Waits"]
    assert names(store, "severity:warning") == ["Minor"]
    assert names(store, "-l agent=old") == ["Old"]
    assert names(store, "page") == ["New"]


def test_the_raw_word_is_shown_where_it_is_another() -> None:
    store = filled()
    columns = [next(column for column in ALERTS.columns if column.id == id) for id in ("severity", "severity_raw")]
    cells = {
        row.name: [column.cell(row, look).text for column in columns]
        for row, look in rows_of(store, ALERTS, parse_filter("", ALERTS))
    }
    assert (cells["New"], cells["Old"]) == (["critical", "page"], ["critical", ""])


def test_silences_show_what_they_hold() -> None:
    store = filled()
    ((row, look),) = rows_of(store, SILENCES, parse_filter("", SILENCES))
    cells = {column.id: column.cell(row, look).text for column in SILENCES.columns}
    assert (cells["kind"], cells["matchers"], cells["matched"], cells["by"], cells["left"]) == (
        "ack", 'agent="muted"', "1", "ann", "1h",
    )  # fmt: skip


def test_lines_by_a_label_have_the_worst_severity() -> None:
    rows = [replace(row, labels={**row.labels, "team": "core"}) for row in filled().alerts.values()]
    (line,) = grouped(rows, "team")
    assert (line.by, line.name, line.severity.value, len(line.alerts)) == ("team", "core", "critical", 7)
    assert (line.firing, line.pending, line.resolved, line.suppressed) == (5, 1, 1, 2)
