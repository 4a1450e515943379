"""`w`: the page that says why something is red, as an operator comes to it, reads it, and goes on from it."""

import json
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from fleet.alerts.model import AlertState
from fleet.store import Store
from fleet.why.model import Ladder, Subject, SubjectKind
from tests.tui.alert_stores import alert, put_alerts
from tests.tui.factories import deck
from tests.tui.test_app import until
from tests.tui.why_stores import explainer, red_store
from tui.alerts.page import AlertPage
from tui.app import FleetdeckApp
from tui.screens.agent import AgentScreen
from tui.why.page import WhyPage
from tui.why.rungs import LadderScroll, Rungs

pytestmark = pytest.mark.anyio

SMALL, SIZE = (80, 24), (120, 40)


def red(view: str, store: Store | None = None, **more: Any) -> FleetdeckApp:
    store = store or red_store()
    return deck(store, view, **({"explain": explainer(store)} | more))


def shown(app: FleetdeckApp) -> str:
    rungs = app.screen.query_one(Rungs)
    return rungs.render().plain


async def why(pilot: Pilot[None], *keys: str) -> WhyPage:
    await pilot.press(*keys, "w")
    await until(pilot, lambda: isinstance(pilot.app.screen, WhyPage))
    page = pilot.app.screen
    assert isinstance(page, WhyPage)
    await until(pilot, lambda: bool(page.query_one(Rungs).render().plain))
    return page


@pytest.mark.parametrize(
    ("view", "keys", "kind"),
    [
        ("alerts", (), SubjectKind.GROUP),
        ("alerts", ("t",), SubjectKind.ALERT),
        ("alerts name:ErrorRate", ("enter",), SubjectKind.ALERT),
        ("slos", (), SubjectKind.SLO),
        ("slos", ("enter",), SubjectKind.SLO),
        ("agents", (), SubjectKind.AGENT),
        ("agent coder-1", (), SubjectKind.AGENT),
        ("gates", (), SubjectKind.GATE),
        ("gates", ("enter",), SubjectKind.GATE),
    ],
)
async def test_w_explains_what_the_cursor_or_the_page_is_about(
    view: str, keys: tuple[str, ...], kind: SubjectKind
) -> None:
    app = red(view)
    async with app.run_test(size=SIZE) as pilot:
        page = await why(pilot, *keys)
        visit = page.visit()
        assert visit.why is not None
        assert visit.why.kind is kind
        assert shown(app)[1:4] == " 1 "
        await pilot.press("escape")
        assert not isinstance(app.screen, WhyPage)


async def test_w_does_nothing_where_nothing_can_be_explained() -> None:
    app = red("queues")
    async with app.run_test(size=SIZE) as pilot:
        before = app.screen
        await pilot.press("w")
        await pilot.pause()
        assert app.screen is before


async def test_each_step_has_a_glyph_a_word_its_query_and_what_is_not_known() -> None:
    app = red("alerts name:ErrorRate")
    async with app.run_test(size=SIZE) as pilot:
        await why(pilot)
        text = shown(app)
        for words in (
            "✖ 2 Its expression",
            "bad · observed",
            "asked rate(failed_total[5m])",
            "? not known:",
            "67%",
            "What would make it longer:",
        ):
            assert words in text


async def test_enter_opens_the_page_of_an_agent_and_the_way_back_is_the_ladder() -> None:
    app = red("alerts name:ErrorRate")
    async with app.run_test(size=SIZE) as pilot:
        await why(pilot)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, AgentScreen))
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: isinstance(app.screen, WhyPage))


async def test_enter_opens_the_page_of_an_alert() -> None:
    app = red("alerts name:AgentDown")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("escape")
        await why(pilot)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, AlertPage))


async def test_it_scrolls_in_a_small_terminal_and_stays_there_while_it_follows_the_store() -> None:
    store = red_store()
    app = red("alerts name:ErrorRate", store)
    async with app.run_test(size=SMALL) as pilot:
        page = await why(pilot)
        scroll = page.query_one(LadderScroll)
        await pilot.press(*["pagedown"] * 2)
        await until(pilot, lambda: scroll.scroll_offset.y > 0)
        at = scroll.scroll_offset.y
        row = store.alerts["ErrorRate/"]
        store.alerts.put(row.id, replace(row, state=AlertState.RESOLVED))
        page._follow()
        await until(pilot, lambda: "resolved" in shown(app))
        assert scroll.scroll_offset.y == at
        await pilot.press("home")
        for _ in range(200):
            await pilot.press("down")
        assert scroll.scroll_offset.y == scroll.max_scroll_y


async def test_what_has_gone_stays_readable_and_says_so() -> None:
    store = red_store()
    app = red("alerts name:ErrorRate", store)
    async with app.run_test(size=SIZE) as pilot:
        page = await why(pilot)
        store.alerts.drop("ErrorRate/")
        page._follow()
        await until(pilot, lambda: "It is not there any more" in shown(app))
        assert "Who contributes" in shown(app)


async def test_what_was_never_there_says_so() -> None:
    app = red("alerts")
    async with app.run_test(size=SIZE) as pilot:
        await app.show_why(Subject(SubjectKind.AGENT, "nobody"))
        await until(pilot, lambda: "It is not there any more" in shown(app))


@pytest.mark.parametrize("explain", [None, lambda subject: None])
async def test_where_nothing_can_be_asked_yet_it_says_so(explain: Any) -> None:
    app = red("agents", explain=explain)
    async with app.run_test(size=SIZE) as pilot:
        await why(pilot)
        await until(pilot, lambda: "Nothing can be asked yet" in shown(app))


async def test_y_copies_the_ladder_as_markdown_and_shift_y_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    app = red("alerts name:ErrorRate")
    copied: list[tuple[str, str]] = []
    async with app.run_test(size=SIZE) as pilot:
        await why(pilot)
        monkeypatch.setattr(app, "copy", lambda text, what: copied.append((text, what)))
        await pilot.press("y", "Y")
        (markdown, what), (tree, _) = copied
        assert markdown.startswith("# Why: alert ErrorRate: firing")
        assert not markdown.endswith("\n")
        assert what == "1 ladder as Markdown"
        assert json.loads(tree)["name"] == "ErrorRate"


async def test_a_ladder_in_pieces_is_shown_as_it_grows_and_then_whole() -> None:
    store = red_store()
    whole = explainer(store)

    class Slowly:
        def __init__(self) -> None:
            self.calls = 0

        def __call__(self, subject: Subject) -> Ladder:
            self.calls += 1
            found = whole(subject)
            return found if self.calls > 3 else replace(found, steps=found.steps[: self.calls], complete=False, end="")

    app = red("alerts name:ErrorRate", store, explain=Slowly())
    async with app.run_test(size=SIZE) as pilot:
        await why(pilot)
        await until(pilot, lambda: "The chain ends" in shown(app))


async def test_words_from_outside_are_no_markup_and_drive_nothing() -> None:
    store = red_store()
    hostile = "[red]x[/red] [@click=app.exit()]y[/] \x1b]0;t\x07"
    put_alerts(store, (alert("Evil", "coder-1", annotations={"summary": hostile}, labels={"evil": hostile}),))
    app = red("alerts name:Evil", store)
    async with app.run_test(size=SIZE) as pilot:
        await why(pilot)
        await until(pilot, lambda: "[red]x[/red]" in shown(app))
        assert "\x1b" not in shown(app)
