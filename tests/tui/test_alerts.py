"""The alert pane as an on-call engineer uses it: groups, filters, acknowledging, silencing, and what cannot be done."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from fleet.alerts.model import AlertState, Silence, SilenceState
from fleet.alerts.silences import MatchCounter, ack_comment, exactly
from fleet.errors import FleetdeckError
from fleet.promql.storage import Matchers
from fleet.store import Store
from tests.tui.acting_desk import settled
from tests.tui.alert_stores import (
    alert,
    away_store,
    burning_store,
    calm_store,
    claimed_store,
    held_store,
    many_store,
    regroup,
)
from tests.tui.alert_stores import put_alerts as put
from tests.tui.curves import Sinking, sinking
from tests.tui.factories import NOW, deck
from tests.tui.test_app import table_of, text_of, typed, until
from tui.alerts import acts
from tui.alerts.ack import AckSheet
from tui.alerts.ending import EndSheet
from tui.alerts.page import AlertPage
from tui.alerts.pane import AlertsScreen
from tui.alerts.silence import MatcherInput, SilenceSheet
from tui.app import FleetdeckApp
from tui.screens.agent import AgentScreen

pytestmark = pytest.mark.anyio

SIZE = (120, 40)


class InStore:
    """Keeps silences in the store as the book would, at once. `refusal` is what it says instead."""

    def __init__(self, store: Store, refusal: str = "") -> None:
        self.store = store
        self.refusal = refusal
        self.asked: list[tuple[Any, ...]] = []
        self.hangs = False

    async def silence(self, matchers: Matchers, *, for_s: float, by: str, comment: str) -> Silence:
        await self._may()
        self.asked.append(("silence", matchers, for_s, by, comment))
        made = self._made(f"s{len(self.asked)}", matchers, for_s, by, comment)
        for id in MatchCounter(self.store.alerts.values()).ids(matchers):
            self._hold(id, made)
        return made

    async def acknowledge(self, alert_ids: tuple[str, ...], *, by: str, reason: str) -> tuple[Silence, ...]:
        await self._may()
        self.asked.append(("acknowledge", alert_ids, by, reason))
        made = []
        for id in alert_ids:
            matchers = exactly(self.store.alerts[id].labels)
            one = self._made(f"ack-{id}", matchers, 900, by, ack_comment(reason), acknowledges=True)
            self._hold(id, one)
            made.append(one)
        return tuple(made)

    async def expire(self, silence_ids: tuple[str, ...]) -> None:
        await self._may()
        self.asked.append(("expire", silence_ids))
        for id in silence_ids:
            self.store.silences.put(id, replace(self.store.silences[id], state=SilenceState.EXPIRED))
        for key, row in list(self.store.alerts.items()):
            left = tuple(id for id in row.silenced_by if id not in silence_ids)
            by = row.acknowledged_by if any(self.store.silences[id].acknowledges for id in left) else None
            self.store.alerts.put(key, replace(row, silenced_by=left, acknowledged_by=by))
        regroup(self.store)

    async def _may(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.refusal:
            raise FleetdeckError(self.refusal)

    def _made(self, id: str, matchers: Matchers, for_s: float, by: str, comment: str, **more: Any) -> Silence:
        ends = NOW + timedelta(seconds=for_s)
        made = Silence(
            id=id, matchers=matchers, starts_at=NOW, ends_at=ends, created_by=by, comment=comment, matched=1, **more
        )
        self.store.silences.put(id, made)
        return made

    def _hold(self, id: str, by: Silence) -> None:
        row = self.store.alerts[id]
        name = by.created_by if by.acknowledges else row.acknowledged_by
        self.store.alerts.put(id, replace(row, silenced_by=(*row.silenced_by, by.id), acknowledged_by=name))
        regroup(self.store)


def pane(store: Store, line: str = "alerts", silencer: InStore | None = None, **options: object) -> FleetdeckApp:
    options.setdefault("operator", "ops@desk")
    options.setdefault("graphing", sinking)
    return deck(store, line, silencer=silencer or InStore(store), **options)


def told(pilot: Pilot[None]) -> str:
    """What the toasts say."""
    return "\n".join(toast.message for toast in pilot.app._notifications)


def alerts_screen(pilot: Pilot[None]) -> AlertsScreen:
    screen = pilot.app.screen
    assert isinstance(screen, AlertsScreen)
    return screen


# ── Groups and alerts ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_hundred_and_twenty_nine_of_each_are_two_lines_that_open_and_close() -> None:
    async with pane(many_store()).run_test(size=SIZE) as pilot:
        assert "2  groups of 458" in text_of(pilot)
        assert table_of(pilot).shown == 2
        await pilot.press("down", "enter")
        assert (table_of(pilot).view.name, table_of(pilot).shown) == ("alerts", 229)
        assert "/name=AgentUnhealthy severity=warning" in text_of(pilot)
        await pilot.press("escape")
        assert (table_of(pilot).view.name, table_of(pilot).cursor_key) == ("alert_groups", "warning:AgentUnhealthy")
        await pilot.press("left_square_bracket")
        assert table_of(pilot).shown == 229
        await pilot.press("right_square_bracket")
        assert table_of(pilot).shown == 2


async def test_one_key_goes_from_groups_to_alerts_and_back_and_is_remembered() -> None:
    app = pane(many_store())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("t")
        assert table_of(pilot).shown == 458
        assert app.memory.choices["alerts"] == "flat"
        await pilot.press("t")
        assert table_of(pilot).shown == 2
        assert "alerts" not in app.memory.choices
    again = pane(many_store(), memory=replace(app.memory, choices={"alerts": "flat"}))
    async with again.run_test(size=SIZE) as pilot:
        assert table_of(pilot).shown == 458


async def test_a_view_line_filters_alerts_and_typing_a_filter_leaves_the_groups() -> None:
    async with pane(burning_store(), "alerts name:AgentDown").run_test(size=SIZE) as pilot:
        assert table_of(pilot).shown == 3
        await pilot.press("escape")
        assert table_of(pilot).view.name == "alert_groups"
        await typed(pilot, "/coder")
        await until(pilot, lambda: table_of(pilot).shown == 2)
        assert table_of(pilot).view.name == "alerts"
        await pilot.press("enter")
        assert table_of(pilot).shown == 2
        await pilot.press("escape")
        assert table_of(pilot).view.name == "alert_groups"
        await pilot.press("slash", "escape")
        assert table_of(pilot).view.name == "alert_groups"
        assert table_of(pilot).has_focus


async def test_groups_may_be_by_any_label() -> None:
    app = pane(burning_store())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("T")
        assert "name and severity" in text_of(pilot)
        await pilot.press("down", "down", "down", "enter")
        assert app.memory.choices["alerts"] == "by agent"
        assert "groups by agent of 10" in text_of(pilot)
        assert "agent=coder-1" in text_of(pilot)
        table_of(pilot).go_to("agent=coder-6")
        await pilot.press("enter")
        assert [row.id for row in alerts_screen(pilot).meant()] == ["HighErrorRate/coder-6"]
        await pilot.press("escape", "g", "G")
        without = next(key for key in alerts_screen(pilot)._lines.slice if key == "agent=")
        table_of(pilot).go_to(without)
        await pilot.press("enter")
        assert table_of(pilot).shown == 3


async def test_the_cursor_stays_on_its_alert_while_others_come_and_go() -> None:
    store = many_store(40)
    async with pane(store).run_test(size=SIZE) as pilot:
        await pilot.press("t", "down", "down", "down")
        table = table_of(pilot)
        here = table.cursor_key
        put(store, (alert("Worse", "a-1", minutes=0), alert("Worse", "a-2", minutes=0)))
        store.alerts.drop("AgentDown/mcp-4")
        await until(pilot, lambda: table.total == 81)
        assert table.cursor_key == here
        table.action_top()
        put(store, (alert("Worst", "a-3", minutes=0),))
        await until(pilot, lambda: table.total == 82)


async def test_groups_follow_what_fires_and_an_alert_that_ends() -> None:
    store = burning_store()
    async with pane(store).run_test(size=SIZE) as pilot:
        assert "✖ 3 critical ▲ 1 high" in text_of(pilot).splitlines()[1]
        put(store, (replace(store.alerts["ErrorBudgetBurn/"], state=AlertState.RESOLVED),))
        await until(pilot, lambda: "✖ 2 critical ▲ 1 high" in text_of(pilot).splitlines()[1])
        await until(pilot, lambda: "✓ resolved" in text_of(pilot))


async def test_what_fires_is_seen_from_every_view() -> None:
    async with pane(burning_store(), "overview").run_test(size=(80, 24)) as pilot:
        assert "alerts  ✖ 3 critical  ▲ 1 high  ! 2 warning  ? 1 unknown" in text_of(pilot)
        for key in ("2", "4", "8"):
            await pilot.press(key)
            assert "✖ 3 critical ▲ 1 high" in text_of(pilot).splitlines()[1]


async def test_a_calm_fleet_says_nothing_of_alerts_in_other_views() -> None:
    async with pane(calm_store(), "overview").run_test(size=SIZE) as pilot:
        assert "critical" not in text_of(pilot)
        await pilot.press("3")
        assert "nothing is pending or firing" in text_of(pilot)
        await pilot.press("a", "s", "u")
        assert isinstance(pilot.app.screen, AlertsScreen)


async def test_what_is_claimed_is_in_quotes_at_every_width() -> None:
    for size in ((80, 24), SIZE):
        async with pane(claimed_store()).run_test(size=size) as pilot:
            assert "“cpu_high”" in text_of(pilot)
            await pilot.press("t")
            assert "“service_down” cl" in text_of(pilot)
            assert "“AgentDown”" not in text_of(pilot)


async def test_an_alertmanager_that_is_away_is_said_with_the_age_of_its_last_answer() -> None:
    store = away_store()
    async with pane(store).run_test(size=(80, 24)) as pilot:
        line = text_of(pilot).splitlines()[2]
        assert "✖ alertmanager:am-1 is away · last answer 7m ago · 3 alerts as last heard" in line
        store.sources.drop("alertmanager:am-1")
        for id in list(store.alerts):
            store.alerts.put(id, replace(store.alerts[id], stale=False))
        await until(pilot, lambda: "is away" not in text_of(pilot))


# ── Acknowledging ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_group_is_acknowledged_with_name_and_reason() -> None:
    store = many_store()
    silencer = InStore(store)
    async with pane(store, silencer=silencer).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("a")
        assert isinstance(pilot.app.screen, AckSheet)
        text = text_of(pilot)
        assert "Acknowledge 229 alerts" in text
        assert "and 225 more: AgentDown" in text
        await pilot.press("enter")
        assert "a reason is wanted" in text_of(pilot)
        assert silencer.asked == []
        await typed(pilot, "power cut")
        await pilot.press("enter")
        await until(pilot, lambda: "acknowledged: 229 alerts by ops@desk" in text_of(pilot))
        verb, ids, by, reason = silencer.asked[0]
        assert (verb, len(ids), by, reason) == ("acknowledge", 229, "ops@desk", "power cut")
        assert {id.partition("/")[0] for id in ids} == {"AgentDown"}
        await until(pilot, lambda: "▫ muted" in text_of(pilot))
        assert "critical" not in text_of(pilot).splitlines()[1]


async def test_marked_alerts_are_acknowledged_and_lose_their_marks() -> None:
    store = burning_store()
    silencer = InStore(store)
    async with pane(store, silencer=silencer).run_test(size=SIZE) as pilot:
        await pilot.press("t", "space", "down", "down", "space", "a")
        await typed(pilot, "mine")
        await pilot.press("tab", *["backspace"] * 8, *"mei", "enter")
        await until(pilot, lambda: bool(silencer.asked) and table_of(pilot).marked == ())
        assert silencer.asked == [("acknowledge", ("AgentDown/planner-5", "ErrorBudgetBurn/"), "mei", "mine")]
        await until(pilot, lambda: text_of(pilot).count("▪ acked") == 2)


async def test_escape_leaves_every_sheet_and_nothing_was_done() -> None:
    store = held_store()
    silencer = InStore(store)
    async with pane(store, silencer=silencer).run_test(size=SIZE) as pilot:
        table_of(pilot).go_to("critical:AgentDown")
        for key in "asuT":
            await pilot.press(key)
            assert not isinstance(pilot.app.screen, AlertsScreen)
            if isinstance(pilot.app.screen, EndSheet):
                await settled(pilot)
            await pilot.press("escape")
            assert isinstance(pilot.app.screen, AlertsScreen)
    assert silencer.asked == []


async def test_what_was_typed_before_the_sheet_that_ends_silences_could_be_read_ends_none() -> None:
    store = held_store()
    silencer = InStore(store)
    async with pane(store, silencer=silencer).run_test(size=SIZE) as pilot:
        table_of(pilot).go_to("critical:AgentDown")
        await pilot.press("u", "enter", "enter")
        assert isinstance(pilot.app.screen, EndSheet)
        assert silencer.asked == []
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: bool(silencer.asked))


@pytest.mark.parametrize(("keys", "sheet"), [(("a",), AckSheet), (("s",), SilenceSheet), (("u",), EndSheet)])
async def test_read_only_is_said_before_anything_is_typed(keys: tuple[str, ...], sheet: type) -> None:
    store = held_store()
    silencer = InStore(store)
    async with pane(store, silencer=silencer, read_only=True).run_test(size=(80, 24)) as pilot:
        table_of(pilot).go_to("critical:AgentDown")
        await pilot.press(*keys)
        assert isinstance(pilot.app.screen, sheet)
        assert "READ-ONLY: nothing will be changed from here" in text_of(pilot)
        await pilot.press("x", "enter")
        assert isinstance(pilot.app.screen, sheet)
    assert silencer.asked == []


async def test_a_refusal_is_told_as_text() -> None:
    store = burning_store()
    silencer = InStore(store, refusal="am-1: status 403 [bold]no\x1b]52;c;eA==\x07")
    async with pane(store, silencer=silencer).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("a", "x", "enter")
        await until(pilot, lambda: "not done: am-1: status 403 [bold]no\\x1b]52" in told(pilot))
        await until(pilot, lambda: "[bold]no" in text_of(pilot))
        assert "▪ acked" not in text_of(pilot)


async def test_a_silencer_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "PATIENCE_S", 0.05)
    store = burning_store()
    silencer = InStore(store)
    silencer.hangs = True
    async with pane(store, silencer=silencer).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("a", "x", "enter")
        await until(pilot, lambda: "whether it was done is not known" in told(pilot))


# ── Silencing ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_editor_counts_what_matches_as_one_types() -> None:
    store = burning_store()
    silencer = InStore(store)
    async with pane(store, silencer=silencer).run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("s")
        assert "matches 2 of 9" in text_of(pilot)
        boxes = list(pilot.app.screen.query(MatcherInput))
        assert [box.value for box in boxes] == ['alertname="AgentDown"', 'severity="critical"', ""]
        boxes[-1].focus()
        await typed(pilot, 'agent=~"cod.*"')
        await until(pilot, lambda: "matches 1 of 9" in text_of(pilot))
        await until(pilot, lambda: len(pilot.app.screen.query(MatcherInput)) == 4)
        pilot.app.screen.query_one("#for").focus()
        await pilot.press("down", "tab")
        await typed(pilot, "moving")
        await pilot.press("enter")
        await until(pilot, lambda: "silenced until 13:26:53" in text_of(pilot))
        _, matchers, for_s, by, comment = silencer.asked[0]
        assert list(map(str, matchers)) == ['alertname="AgentDown"', 'severity="critical"', 'agent=~"cod.*"']
        assert (for_s, by, comment) == (4 * 3600, "ops@desk", "moving")


async def test_the_editor_warns_of_everything_and_points_at_a_line_that_is_wrong() -> None:
    store = burning_store()
    silencer = InStore(store)
    async with pane(store, silencer=silencer).run_test(size=SIZE) as pilot:
        await pilot.press("s")
        screen = pilot.app.screen
        first, second, _ = screen.query(MatcherInput)
        second.value = ""
        first.value = 'alertname=~".+"'
        await until(pilot, lambda: "that is every alert there is" in text_of(pilot))
        first.value = 'alertname=~"["'
        await until(pilot, lambda: "✖ match" in text_of(pilot) and "line 1" in text_of(pilot))
        await typed(pilot, "why")
        await pilot.press("enter")
        assert first.has_focus
        first.value = 'alertname=~".*"'
        await pilot.press("enter")
        assert "would hold everything" in text_of(pilot)
        first.value = 'alertname="AgentDown"'
        screen.query_one("#for").value = "two hours"  # type: ignore[attr-defined]
        await pilot.press("enter")
        assert "no duration" in text_of(pilot)
    assert silencer.asked == []


async def test_u_asks_which_of_several_silences_ends() -> None:
    store = held_store()
    row = store.alerts["AgentDown/coder-1"]
    put(store, (replace(row, silenced_by=("ack-1", "b2f7")),))
    silencer = InStore(store)
    async with pane(store, "alerts agent:coder-1 name:AgentDown", silencer).run_test(
        size=SIZE, notifications=True
    ) as pilot:
        await pilot.press("u")
        assert "End 2 silences" in text_of(pilot)
        await settled(pilot)
        await pilot.press("down", "space", "enter")
        await until(pilot, lambda: "ended: 1 silence" in text_of(pilot))
        assert silencer.asked == [("expire", ("ack-1",))]


async def test_the_silences_are_a_view_and_are_ended_there() -> None:
    store = held_store()
    silencer = InStore(store)
    async with pane(store, silencer=silencer).run_test(size=SIZE) as pilot:
        await pilot.press("z")
        assert "Silences  2" in text_of(pilot)
        assert 'queue=~"ingest|jobs"' in text_of(pilot)
        await pilot.press("down", "u")
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: silencer.asked == [("expire", ("b2f7",))])
        await until(pilot, lambda: "◌ expired" in text_of(pilot))
        await pilot.press("minus")
        assert isinstance(pilot.app.screen, AlertsScreen)
        await typed(pilot, ":silences")
        await pilot.press("enter")
        assert "Silences  2" in text_of(pilot)


# ── The page of one alert ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("serves", "words"), [(True, "1h ago · threshold > 3"), (False, "there are no samples of it")])
async def test_what_is_not_kept_is_drawn_from_a_prometheus(serves: bool, words: str) -> None:
    store = burning_store()
    for id, row in list(store.alerts.items()):
        store.alerts.put(id, replace(row, expr="unknown > 3"))
    async with pane(store, "alerts name:AgentDown", graphing=Sinking(serves=serves)).run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: words in text_of(pilot))


async def test_the_page_says_all_and_leads_to_the_agent() -> None:
    async with pane(burning_store(), "alerts name:AgentDown agent:coder-1").run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, AlertPage)
        await until(pilot, lambda: "threshold == 0" in text_of(pilot))
        text = text_of(pilot)
        for words in (
            'up{job="agents"} == 0',
            "fires when == 0",
            "coder-1 does not answer",
            "https://runbooks.example/",
        ):
            assert words in text
        assert "△ pending" in text
        await pilot.press("tab", "tab", "enter")
        assert isinstance(pilot.app.screen, AgentScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, AlertsScreen | AlertPage))


async def test_the_page_follows_an_acknowledgement_and_an_alert_that_goes() -> None:
    store = burning_store()
    silencer = InStore(store)
    async with pane(store, "alerts name:AgentDown agent:coder-1", silencer).run_test(size=SIZE) as pilot:
        await pilot.press("enter", "a", *"mine", "enter")
        await until(pilot, lambda: "ACK! mine" in text_of(pilot))
        assert "by ops@desk" in text_of(pilot)
        assert "until 09:41:53 (in 15m)" in text_of(pilot)
        store.alerts.drop("AgentDown/coder-1")
        await until(pilot, lambda: "gone" in text_of(pilot).splitlines()[1])
        assert "coder-1 does not answer" in text_of(pilot)


async def test_hostile_text_reaches_the_screen_as_text() -> None:
    evil = "[bold red]x[/]\x1b]52;c;eA==\x07\u202e[@click=app.quit]go[/]"
    row = alert(
        "Evil[/]",
        labels={"agent": evil, "x[y]": evil},
        annotations={"summary": evil, "runbook_url": "\x1b]8;;http://evil\x07link"},
        expr=evil,
        source=evil,
    )
    store = put(calm_store(), (row,))
    async with pane(store).run_test(size=SIZE, notifications=True) as pilot:
        for keys in (("t",), ("a",), ("escape", "s"), ("escape", "enter")):
            await pilot.press(*keys)
            await pilot.pause()
            text = text_of(pilot)
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert "[bold" in text
