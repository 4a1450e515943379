"""A batch from the keyboard, where it goes wrong: lines have the numbers of their file, each can be changed or removed,
and a file is never an item by mistake."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from textual import events
from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.acting_desk import SIZE, SMALL, acting_deck, form, to_agent
from tests.tui.acting_stores import REVIEW, Remembered
from tests.tui.factories import agent_store
from tests.tui.test_app import text_of, typed, until
from tui.acting.batch_lines import BatchLines, is_path_like
from tui.acting.confirm import ConfirmSheet
from tui.acting.item_input import ItemInput
from tui.acting.many import BatchSheet
from tui.acting.plan_scroll import PlanScroll
from tui.acting.submit import SubmitSheet
from tui.alerts.form import Row
from tui.chrome.key_line import KeyLine

FILE = "project=a\n\nproject=b priority=12\n\n\nproject=c\nproject=NO\nproject=d\n"
"""Lines 3 and 7 are wrong."""


@asynccontextmanager
async def batch(acting: Remembered, size: tuple[int, int] = SIZE) -> AsyncIterator[Pilot[None]]:
    async with acting_deck(acting).run_test(size=size) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.focused, ItemInput))
        yield pilot


async def read(pilot: Pilot[None], path: str) -> None:
    await pilot.press("tab")
    await typed(pilot, path)
    await pilot.press("enter")


def lines_of(pilot: Pilot[None]) -> dict[int, str]:
    screen = pilot.app.screen
    assert isinstance(screen, BatchSheet)
    return dict(screen._draft.lines)


@pytest.mark.anyio
@pytest.mark.parametrize("size", [(60, 15), (60, 22), SMALL])
async def test_its_keys_and_lines_are_in_sight_however_much_there_is_to_say(size: tuple[int, int]) -> None:
    acting = Remembered(agent_store())
    acting.texts["tasks.txt"] = "project=NO\n" * 40
    async with batch(acting, size) as pilot:
        screen = pilot.app.screen
        screen.query_one("#desk", Static).update("\n".join(f"note {number}" for number in range(12)))
        await read(pilot, "tasks.txt")
        await until(pilot, lambda: "line 1: project" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "some lines are wrong" in text_of(pilot))
        for part in (*screen.query(Row), screen.query_one(KeyLine), screen.query_one(PlanScroll)):
            assert part.region.height >= 1
            assert part.region.bottom <= size[1], part
        assert "⏎ plan" in text_of(pilot)
        await pilot.press("up")
        await until(pilot, lambda: "▸40" in text_of(pilot))


@pytest.mark.anyio
@pytest.mark.parametrize("size", [SMALL, SIZE])
async def test_faults_have_the_numbers_of_the_file_and_each_line_can_be_changed_or_removed(
    size: tuple[int, int],
) -> None:
    acting = Remembered(agent_store())
    acting.texts["tasks.txt"] = FILE
    async with batch(acting, size) as pilot:
        await read(pilot, "tasks.txt")
        await until(pilot, lambda: "line 3: priority" in text_of(pilot) and "line 7: project" in text_of(pilot))
        await pilot.press("enter")
        assert "del removes it" in text_of(pilot)
        await pilot.press("up", "up")
        await until(pilot, lambda: "line 7: enter changes it, del removes it" in text_of(pilot))
        said = text_of(pilot)
        assert "▸7" in said
        assert "✖3" in said
        assert said.index("✖ line 7") < said.index("✖ line 3"), "of the line under the cursor it is said first"
        await pilot.press("delete")
        await until(pilot, lambda: "✖ line 3" in text_of(pilot) and "✖ line 7" not in text_of(pilot))
        await pilot.press("up", "up", "enter")
        await until(pilot, lambda: "line 3 is being changed" in text_of(pilot))
        assert "⏎ put it back" in text_of(pilot)
        await pilot.press("backspace", "enter")
        await until(pilot, lambda: "4 items" in text_of(pilot))
        assert lines_of(pilot) == {1: "project=a", 3: "project=b priority=1", 6: "project=c", 8: "project=d"}
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        (asked,) = [one for one in acting.asked if one[0] == "plan_submit"]
        assert [item["project"] for item in asked[2]] == ["a", "b", "c", "d"]


@pytest.mark.anyio
async def test_a_second_file_takes_the_place_of_the_first_once_that_is_meant() -> None:
    acting = Remembered(agent_store())
    acting.texts |= {"tasks.txt": FILE, "/tmp/good.jsonl": '{"project": "x"}\n{"project": "y"}\n'}
    async with batch(acting) as pilot:
        await read(pilot, "tasks.txt")
        await until(pilot, lambda: "line 7" in text_of(pilot))
        await read(pilot, "/tmp/good.jsonl")
        await until(pilot, lambda: "take the place of 5 lines" in text_of(pilot))
        assert len(lines_of(pilot)) == 5
        await pilot.press("enter")
        await until(pilot, lambda: "2 items" in text_of(pilot))
        assert lines_of(pilot) == {1: '{"project": "x"}', 2: '{"project": "y"}'}


@pytest.mark.anyio
async def test_a_path_of_a_file_that_is_typed_as_an_item_is_one_only_if_that_is_meant() -> None:
    acting = Remembered(agent_store(), (replace(REVIEW, fields=(replace(REVIEW.fields[0], pattern=""),)),))
    acting.texts["/tmp/good.jsonl"] = "x\n"
    async with batch(acting) as pilot:
        await typed(pilot, "/tmp/none.jsonl")
        await pilot.press("enter")
        await until(pilot, lambda: "1 item;" in text_of(pilot))
        await typed(pilot, "/tmp/good.jsonl")
        await pilot.press("enter")
        await until(pilot, lambda: "this is a file" in text_of(pilot))
        assert lines_of(pilot) == {1: "/tmp/none.jsonl"}
        await pilot.press("enter")
        await until(pilot, lambda: "2 items" in text_of(pilot))
        await typed(pilot, "/tmp/good.jsonl")
        await pilot.press("enter")
        await until(pilot, lambda: "this is a file" in text_of(pilot))
        await pilot.press("tab", "enter", "enter")
        await until(pilot, lambda: lines_of(pilot) == {1: "x"})


@pytest.mark.anyio
async def test_what_a_line_cannot_show_can_be_removed_and_is_never_changed_unseen() -> None:
    acting = Remembered(agent_store())
    acting.texts["tasks.txt"] = "project=a\nproject=b prompt=\u202eevil\n"
    async with batch(acting) as pilot:
        await read(pilot, "tasks.txt")
        await until(pilot, lambda: "2 items" in text_of(pilot))
        await pilot.press("up", "enter")
        assert "it can only be removed (del)" in text_of(pilot)
        assert len(lines_of(pilot)) == 2
        await pilot.press("delete")
        await until(pilot, lambda: "1 item" in text_of(pilot))


@pytest.mark.anyio
async def test_the_cursor_is_in_sight_among_thousands_of_lines() -> None:
    acting = Remembered(agent_store())
    async with batch(acting, SMALL) as pilot:
        pilot.app.post_message(events.Paste("\n".join(f"project=p-{number}" for number in range(1, 3001))))
        await until(pilot, lambda: "3,000 items" in text_of(pilot))
        await pilot.press(*["up"] * 30)
        await until(pilot, lambda: "▸2,971" in text_of(pilot))
        await pilot.press(*["down"] * 30)
        await until(pilot, lambda: "▸" not in text_of(pilot) and "p-3000" in text_of(pilot))


@pytest.mark.anyio
async def test_where_an_agent_must_be_named_the_form_says_so_at_the_line_in_which_it_is() -> None:
    acting = Remembered(agent_store(), (replace(REVIEW, for_agents=True),))
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await typed(pilot, ":submit review")
        await pilot.press("enter")
        screen = await form(pilot)
        assert "to*" in text_of(pilot)
        assert "its own target" not in text_of(pilot)
        await typed(pilot, "app-1")
        await pilot.press("enter")
        await until(pilot, lambda: "✖ to: name an agent that it is for" in text_of(pilot))
        assert screen._to is not None and pilot.app.focused is screen._to.box
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.focused, ItemInput))
        await typed(pilot, "project=a")
        await pilot.press("enter")
        await until(pilot, lambda: "1 item" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "to: name an agent that it is for" in text_of(pilot))
        assert not [one for one in acting.asked if one[0] == "plan_submit"]
        await typed(pilot, "coder-1")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("queue", "queued", "eta_s", "said", "unsaid"),
    [
        ("reviews", 3, 140.0, "reviews: 3 queued · worked off in 2m 20s", "not known"),
        ("reviews", 3, None, "reviews: 3 queued · 2 tasks sent before", "not known"),
        ("reviews", None, None, "reviews: depth not known", "worked off"),
        ("", None, None, "2 tasks sent before", "not known"),
    ],
)
async def test_of_a_queue_only_what_is_known_is_said(
    queue: str, queued: int | None, eta_s: float | None, said: str, unsaid: str
) -> None:
    acting = Remembered(agent_store(), (replace(REVIEW, queue=queue),))

    async def desk(template: str, to: object) -> object:
        found = await Remembered.desk(acting, template, ())
        return replace(found, queued=queued, eta_s=eta_s, notes=())

    acting.desk = desk  # type: ignore[method-assign, assignment]
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitSheet))
        await until(pilot, lambda: said in text_of(pilot))
        assert unsaid not in text_of(pilot).split("Submit review")[1].split("project")[0]


def test_lines_keep_their_numbers() -> None:
    lines = BatchLines()
    lines.read("a\r\n\nb\n\n\n")
    assert list(lines) == [(1, "a\r"), (3, "b")]
    lines.add("c\nd")
    assert lines.take(3) == "b"
    assert (list(lines), lines.text()) == ([(1, "a\r"), (4, "c"), (5, "d")], "a\r\n\n\nc\nd")
    assert [lines.beside(None, -1), lines.beside(1, -1), lines.beside(4, 1), lines.beside(5, 1)] == [5, 1, 5, None]
    for number in (1, 4, 5):
        lines.take(number)
    lines.add("again")
    assert list(lines) == [(1, "again")]


def test_the_only_line_is_changed_and_another_comes_behind_it() -> None:
    """Taken out it leaves no line; put back it must not be written over by the next one."""
    lines = BatchLines()
    lines.add("a")
    lines.put(1, lines.take(1) + "b")
    lines.add("c")
    assert list(lines) == [(1, "ab"), (2, "c")]


@pytest.mark.parametrize("text", ["/tmp/good.jsonl", "~/tasks", "./a", "tasks.TXT", "../up/a.csv"])
def test_these_look_like_paths(text: str) -> None:
    assert is_path_like(text)


@pytest.mark.parametrize("text", ["app-1", "path=/tmp/a.txt", '{"a": "/b.txt"}', "two words.txt", "v1.2"])
def test_and_these_do_not(text: str) -> None:
    assert not is_path_like(text)
