"""The terminal's bell and OSC 9, as the driver gets them."""

import pytest

from fleet.alerts.notices import NotifyWish
from fleet.clipboard import Wrap
from fleet.severity import Severity
from tests.tui.alert_stores import alert, burning_store, put_alerts
from tests.tui.factories import deck
from tests.tui.test_app import until
from tui.app import FleetdeckApp
from tui.terminal.attention import osc9

pytestmark = pytest.mark.anyio


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was sent to the terminal beside frames."""
    sent: list[str] = []
    monkeypatch.setattr("textual.drivers.headless_driver.HeadlessDriver.write", lambda _, data: sent.append(data))
    return sent


async def test_a_new_critical_alert_rings_and_notifies_once(calls: list[str]) -> None:
    store = burning_store()
    app = deck(store, notify=NotifyWish(bell=Severity.CRITICAL, osc9=Severity.HIGH))
    async with app.run_test() as pilot:
        await pilot.pause()
        calls.clear()
        put_alerts(store, (alert("Fire", "a-1", minutes=0), alert("Fire", "a-2", minutes=0)))
        await until(pilot, lambda: any("]9;" in one for one in calls))
        put_alerts(store, (alert("Fire", "a-1", minutes=0, value=3.0),))
        await pilot.pause(0.3)
        assert [one for one in calls if one == "\x07"] == ["\x07"]
        notices = [one for one in calls if "]9;" in one]
        assert notices == ["\x1b]9;fleetdeck staging: critical Fire (a-1), critical Fire (a-2)\x07"]


async def test_nothing_is_sent_unless_it_is_asked_for(calls: list[str]) -> None:
    store = burning_store()
    app: FleetdeckApp = deck(store)
    async with app.run_test() as pilot:
        put_alerts(store, (alert("Fire", "a-1", minutes=0),))
        await pilot.pause(0.3)
        assert not [one for one in calls if one == "\x07" or "]9;" in one]


def test_a_multiplexer_lets_it_through() -> None:
    assert osc9("x", Wrap.TMUX) == "\x1bPtmux;\x1b\x1b]9;x\x07\x1b\\"
    assert osc9("x\x1b\\\x07y", Wrap.PLAIN) == "\x1b]9;x\\x1b\\\\x07y\x07"
