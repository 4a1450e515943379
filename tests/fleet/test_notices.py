"""When an operator is told of an alert, and in what words."""

from datetime import timedelta

from msgspec.structs import replace

from fleet.alerts.model import Alert, AlertState
from fleet.alerts.notices import LEAST_GAP_S, LONGEST, Notice, Notices, NotifyWish
from fleet.severity import Severity
from fleet.store import Slice
from tests.tui.alert_stores import alert
from tests.tui.factories import NOW

WISH = NotifyWish(bell=Severity.CRITICAL, osc9=Severity.HIGH)
LATER = timedelta(seconds=LEAST_GAP_S)


class Told:
    """Alerts as they are written, and what is told of them."""

    def __init__(self, *there: Alert, wish: NotifyWish = WISH) -> None:
        self.rows: Slice[str, Alert] = Slice()
        for one in there:
            self.rows.put(one.id, one)
        self.notices = Notices(self.rows, wish, "staging", NOW)
        self.heard = self.rows.subscribe(lambda: None)
        self.now = NOW

    def put(self, *alerts: Alert) -> Notice | None:
        for one in alerts:
            self.rows.put(one.id, one)
        diff = self.heard.drain()
        self.notices.note(diff.changed, diff.removed)
        return self.notices.take(self.now)


def new(name: str, severity: str = "critical", agent: str = "", **more: object) -> Alert:
    return alert(name, agent, severity, minutes=0, **more)


def test_an_alert_that_begins_to_fire_is_told_once() -> None:
    told = Told()
    words = "fleetdeck staging: critical AgentDown (coder-1)"
    assert told.put(new("AgentDown", agent="coder-1")) == Notice(True, words)
    told.now += LATER
    assert told.put(replace(new("AgentDown", agent="coder-1"), value=7.0)) is None


def test_each_way_has_a_severity_of_its_own() -> None:
    told = Told()
    assert told.put(new("Slow", "warning")) is None
    assert told.put(new("Errors", "error")) == Notice(False, "fleetdeck staging: high Errors")
    only_bell = Told(wish=NotifyWish(bell=Severity.WARNING))
    assert only_bell.put(new("Slow", "ticket")) == Notice(True, "")


def test_what_fired_before_is_no_news_wherever_it_comes_from() -> None:
    told = Told(new("AgentDown"))
    assert told.put(replace(new("AgentDown"), value=1.0)) is None
    assert told.put(alert("Elsewhere", minutes=600)) is None


def test_what_is_suppressed_is_told_when_nothing_holds_it_any_more() -> None:
    told = Told()
    row = new("AgentDown")
    assert told.put(replace(row, silenced_by=("s1",))) is None
    assert told.put(row) is not None
    told.now += LATER
    assert told.put(replace(row, acknowledged_by="mei")) is None
    assert told.put(row) is None


def test_pending_and_claimed_alerts_call_nobody_unless_asked_for() -> None:
    told = Told()
    assert told.put(new("AgentDown", state=AlertState.PENDING), new("claim", claimed=True)) is None
    asking = Told(wish=NotifyWish(bell=Severity.CRITICAL, claimed=True))
    assert asking.put(new("claim", claimed=True)) == Notice(True, "")


def test_an_alert_that_ended_and_fires_again_is_told_again() -> None:
    told = Told()
    assert told.put(new("AgentDown"))
    told.now += LATER
    assert told.put(new("AgentDown", state=AlertState.RESOLVED)) is None
    assert told.put(new("AgentDown"))


def test_many_are_one_notice_and_notices_keep_their_distance() -> None:
    told = Told()
    notice = told.put(*(new("AgentDown", agent=f"a-{number}") for number in range(5)), new("Errors", "high"))
    assert notice is not None
    assert notice.text == "fleetdeck staging: critical AgentDown (a-0), critical AgentDown (a-1) and 4 more"
    assert told.put(new("Other")) is None
    assert told.notices.due_in_s(told.now) == LEAST_GAP_S
    assert told.put(new("Other", state=AlertState.RESOLVED), new("Third")) is None
    told.now += LATER
    assert told.put() == Notice(True, "fleetdeck staging: critical Third")
    assert told.notices.due_in_s(told.now) is None


def test_a_hostile_name_cannot_end_the_sequence_or_flood_the_terminal() -> None:
    told = Told()
    notice = told.put(new("x\x07\x1b]52;c;eA==\x1b\\\u202e" + "y" * 9000, agent="\x9c" * 500))
    assert notice is not None
    assert notice.text.isprintable()
    assert len(notice.text) <= LONGEST
    assert notice.text.startswith("fleetdeck staging: critical x")
