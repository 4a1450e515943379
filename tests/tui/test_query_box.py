"""The query box: questions, answers, curves, and what cannot be answered."""

from datetime import timedelta

import pytest
from textual.pilot import Pilot

from fleet.store import Store
from fleet.text import scrub
from tests.tui.asked import Asked, series, waves
from tests.tui.factories import NOW, deck, healthy_store
from tests.tui.test_app import table_of, text_of, typed, until
from tui.app import FleetdeckApp
from tui.graph import Plot
from tui.kept.memory import Memory
from tui.queries import screen as query_screen
from tui.queries.box import completed, pointed_at
from tui.queries.screen import QueryScreen

pytestmark = pytest.mark.anyio

SIZE = (120, 40)


def box(asked: Asked | None, store: Store | None = None, **more: object) -> FleetdeckApp:
    return deck(store or healthy_store(), "agents", querying=asked, **more)


async def ask(pilot: Pilot[None], expr: str) -> QueryScreen:
    await typed(pilot, f":query {expr}")
    await pilot.press("enter")
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, QueryScreen)
    return screen


def plot_of(screen: QueryScreen) -> Plot:
    return screen._graph._plot


async def test_an_answer_is_a_table_with_curves() -> None:
    asked = Asked(waves())
    async with box(asked).run_test(size=SIZE) as pilot:
        screen = await ask(pilot, 'agent_health{env="staging"}')
        await until(pilot, lambda: len(screen._graph._curves) == 8)
        text = text_of(pilot)
        assert "12 series" in text
        assert "● " in text
        assert 'agent_health{agent="coder-11", env="staging"}' in text
        assert "8 of 12 curves are drawn" in text
        assert asked.followed == 'agent_health{env="staging"}'
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, QueryScreen)
        await until(pilot, lambda: asked.followed == "")


async def test_marks_and_enter_choose_what_is_drawn_and_the_filter_narrows() -> None:
    async with box(Asked(waves())).run_test(size=SIZE) as pilot:
        screen = await ask(pilot, "agent_health")
        await until(pilot, lambda: len(screen._graph._curves) == 8)
        await pilot.press("end", "space", "up", "space")
        await until(pilot, lambda: len(screen._graph._curves) == 2)
        await pilot.press("home", "enter")
        await until(pilot, lambda: not screen._graph._curves and len(plot_of(screen).values) > 0)
        await pilot.press("enter", "slash")
        await typed(pilot, "-l agent=coder-3")
        await pilot.press("enter")
        assert table_of(pilot).shown == 1


async def test_a_scalar_a_string_and_a_range_vector_are_answers() -> None:
    async with box(Asked(waves(2))).run_test(size=SIZE) as pilot:
        screen = await ask(pilot, "1 + 1")
        await until(pilot, lambda: " 2 {}" in " ".join(text_of(pilot).split()))
        await until(pilot, lambda: len(plot_of(screen).values) > 1)
        screen.ask_for('"a string"')
        await until(pilot, lambda: "a string" in "\n".join(text_of(pilot).splitlines()[3:]))
        screen.ask_for("agent_health[1m]")
        await until(pilot, lambda: "a range vector" in text_of(pilot))
        assert table_of(pilot).total == 2


async def test_a_wrong_expression_is_pointed_at_and_the_last_answer_stays() -> None:
    asked = Asked(waves(2))
    async with box(asked).run_test(size=SIZE) as pilot:
        await ask(pilot, "agent_health")
        await until(pilot, lambda: table_of(pilot).total == 2)
        await pilot.press("e", "end")
        await typed(pilot, " + rate(up)")
        await pilot.press("enter")
        lines = text_of(pilot).splitlines()
        question = next(line for line in lines if line.startswith("  ? "))
        pointer = lines[lines.index(question) + 1]
        assert pointer.strip() == "▲"
        assert pointer.index("▲") == question.index("rate(up)")
        assert "expected type matrix" in text_of(pilot)
        assert table_of(pilot).total == 2
        assert asked.followed == "agent_health"
        await pilot.press("backspace")
        await until(pilot, lambda: "expected type matrix" not in text_of(pilot))
        await pilot.press("escape")
        assert table_of(pilot).has_focus


async def test_an_empty_answer_and_no_data_at_all() -> None:
    async with box(Asked()).run_test(size=SIZE) as pilot:
        await ask(pilot, "nothing")
        await until(pilot, lambda: "no series match" in text_of(pilot))
        assert "there are no samples" in text_of(pilot)
    async with box(None).run_test(size=SIZE) as pilot:
        await ask(pilot, "up")
        assert "still picture" in text_of(pilot)


async def test_over_the_limit_it_says_so_and_shows_nothing_of_it() -> None:
    many = [series("x", [float(at)], n=str(at)) for at in range(10_000)]
    async with box(Asked(many, most=2_000)).run_test(size=SIZE) as pilot:
        screen = await ask(pilot, "x")
        await until(pilot, lambda: "more than 2,000 series" in text_of(pilot))
        assert len(screen._rows) == 0
        screen.ask_for("count(x)")
        await until(pilot, lambda: "more than 2,000 series" in text_of(pilot))
    async with box(Asked(many[:1_500], most=2_000)).run_test(size=SIZE) as pilot:
        await ask(pilot, "x")
        await until(pilot, lambda: "the first 500 of 1,500 series are shown" in text_of(pilot))
        assert table_of(pilot).total == 500


async def test_rows_follow_the_data_while_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_screen, "EVERY_S", 0.01)
    monkeypatch.setattr(query_screen, "RANGES_S", (1.0, 2.0))
    monkeypatch.setattr(query_screen, "FIRST_RANGE_S", 1.0)
    monkeypatch.setattr(query_screen, "_POLL_S", 0.01)
    store, asked = healthy_store(), Asked([series("up", [1.0], agent="a"), series("up", [1.0], agent="b")])
    async with box(asked, store).run_test(size=SIZE) as pilot:
        await ask(pilot, "up")
        await until(pilot, lambda: table_of(pilot).total == 2)
        await pilot.press("down")
        before = asked.asked
        asked.held.series = [series("up", [0.0], agent="b"), series("up", [1.0], agent="c")]
        assert asked.asked == before
        store.now = NOW + timedelta(seconds=5)
        await until(pilot, lambda: 'agent="c"' in text_of(pilot))
        assert 'agent="a"' not in text_of(pilot)
        assert table_of(pilot).cursor_key == 'up{agent="b"}'


async def test_hostile_labels_are_only_words() -> None:
    bad = "[/red]\x1b]52;c;eA==\x07\u202e[@click=app.quit]"
    async with box(Asked([series("up", [1.0], agent=bad), series("up", [2.0], other=bad)])).run_test(
        size=SIZE
    ) as pilot:
        await ask(pilot, "up")
        await until(pilot, lambda: table_of(pilot).total == 2)
        text = text_of(pilot)
        assert "[/red]" in text
        assert all(scrub(line) == line for line in text.splitlines())


async def test_every_key_is_text_in_the_line_and_words_are_completed() -> None:
    async with box(Asked(waves(1))).run_test(size=SIZE) as pilot:
        await typed(pilot, ":query")
        await pilot.press("enter")
        screen = pilot.app.screen
        assert isinstance(screen, QueryScreen)
        assert "PromQL, such as" in text_of(pilot)
        await typed(pilot, 'q:x/[?e r{a="1"}')
        assert screen._box.value == 'q:x/[?e r{a="1"}'
        screen._box.value = ""
        await typed(pilot, "sum(agent_h")
        await until(pilot, lambda: "agent_health" in text_of(pilot))
        await pilot.press("tab")
        assert screen._box.value == "sum(agent_health"
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, QueryScreen)


async def test_ranges_earlier_questions_and_the_way_back() -> None:
    async with box(Asked(waves(1)), memory=Memory(typed={"query": ("up",)})).run_test(size=SIZE) as pilot:
        screen = await ask(pilot, "agent_health")
        await until(pilot, lambda: "15m ago" in text_of(pilot))
        await pilot.press("r")
        await until(pilot, lambda: "1h ago" in text_of(pilot))
        await pilot.press("Z", "Z")
        await until(pilot, lambda: "5m ago" in text_of(pilot))
        await pilot.press("e", "end", "ctrl+u", "up", "up")
        await until(pilot, lambda: screen._box.value == "up")
        await pilot.press("enter", "left_square_bracket")
        await until(pilot, lambda: isinstance(pilot.app.screen, QueryScreen))
        back = pilot.app.screen
        assert isinstance(back, QueryScreen)
        await until(pilot, lambda: back.expr == "agent_health")
        await pilot.press("left_square_bracket")
        assert not isinstance(pilot.app.screen, QueryScreen)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sum(agent_h", "sum(agent_health"),
        ("ra", "rate"),
        ("r", None),
        ('up{agent="agent_h', None),
        ("up{age", None),
        ("up{a='1'} + agent_e", "up{a='1'} + agent_errors_total"),
        ("rate", None),
        ("", None),
    ],
)
def test_completion_of_the_last_word(text: str, found: str | None) -> None:
    assert completed(text, Asked().names()) == found


def test_the_place_of_an_error() -> None:
    assert pointed_at("1:5: parse error: x") == 4
    assert pointed_at("2:5: parse error: x") is None
    assert pointed_at("a selector matches more than 2,000 series") is None
