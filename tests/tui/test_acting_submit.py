"""Submitting from the keyboard: the form made from a template, whom it is for, its history, and the batch."""

import pytest
from msgspec.structs import replace
from textual import events

from fleet.work import Task
from tests.tui.acting_desk import SIZE, SMALL, acting_deck, form, settled, to_agent
from tests.tui.acting_stores import NOTE, REVIEW, Remembered
from tests.tui.factories import agent_store
from tests.tui.test_app import table_of, text_of, typed, until
from tui.acting.confirm import ConfirmSheet
from tui.acting.item_input import ItemInput
from tui.acting.many import BatchSheet
from tui.acting.receipt import ReceiptPage
from tui.acting.submits import Whom, whom_of
from tui.acting.task_fields import TaskInput
from tui.acting.which import WhichSheet

pytestmark = pytest.mark.anyio


async def test_t_opens_the_form_of_the_only_template_and_a_task_is_submitted() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        said = text_of(pilot)
        assert "reviews: 3 queued · worked off in 2m 20s" in said
        assert "the allow-list is not known" in said
        assert "review, test, document" in said
        await typed(pilot, "app-1")
        await pilot.press("tab", "down", "tab", "backspace")
        await typed(pilot, "7")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        (asked,) = [one for one in acting.asked if one[0] == "plan_submit"]
        assert asked[2] == ({"project": "app-1", "kind": "test", "priority": 7, "dry": False},)
        assert asked[3] == ("coder-1",)
        assert acting.writes() == []
        await settled(pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReceiptPage))
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_a_wrong_value_is_told_at_its_field() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        await typed(pilot, "app-1")
        await pilot.press("tab", "tab", "backspace")
        await typed(pilot, "12")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "✖ priority" in text_of(pilot))
        box = pilot.app.focused
        assert isinstance(box, TaskInput)
        assert box.value == "12"
        await pilot.press("backspace")
        assert "✖" not in text_of(pilot).split("Submit review")[1]


async def test_former_submissions_are_recalled_and_the_draft_comes_back() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        screen = await form(pilot)
        await typed(pilot, "draft")
        await pilot.press("ctrl+p")
        values = {name: row.box.value for name, row in screen._rows.items()}
        assert (values["project"], values["kind"], values["prompt"]) == ("app-7", "test", "one\\ntwo")
        await pilot.press("ctrl+p", "ctrl+p")
        assert screen._rows["project"].box.value == "app-6"
        await pilot.press("ctrl+n", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        (asked,) = [one for one in acting.asked if one[0] == "plan_submit"]
        assert asked[2][0]["prompt"] == "one\ntwo"
        await settled(pilot)
        await pilot.press("escape", "ctrl+n")
        assert screen._rows["project"].box.value == "draft"


async def test_of_several_templates_one_is_chosen_and_marked_agents_are_all_meant() -> None:
    other = replace(REVIEW, name="test")
    acting = Remembered(agent_store(), (REVIEW, other, NOTE))
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        for name in ("coder-1", "planner-0"):
            await to_agent(pilot, name)
            await pilot.press("space")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, WhichSheet))
        assert "2 agents" in text_of(pilot)
        assert "note" not in text_of(pilot).split("Submit what?")[1]
        await pilot.press("down", "enter")
        screen = await form(pilot)
        assert screen._desk.template.name == "test"
        assert screen._whom() == ("coder-1", "planner-0")


@pytest.mark.parametrize(
    ("line", "to"), [("queues name:reviews", ()), ("tasks t-0", ("coder-1",)), ("agent coder-1", ("coder-1",))]
)
async def test_t_on_a_queue_a_task_and_the_page_of_an_agent(line: str, to: tuple[str, ...]) -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting, line).run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("t")
        assert (await form(pilot))._whom() == to


async def test_a_task_of_ours_that_no_queue_shows_stands_in_the_view_and_on_the_page_of_its_agent() -> None:
    acting = Remembered(agent_store())
    for key, agent in (("k", "coder-1"), ("k-1", "")):
        row = Task(id=key, queue="" if agent else "ci.example", title=f"bake {key}", agent=agent)
        acting.store.submitted.put(key, row)
    async with acting_deck(acting, "tasks bake").run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "bake k-1" in text_of(pilot) and "ci.example" in text_of(pilot)
        table = table_of(pilot)
        for key, agents in (("k", ("coder-1",)), ("k-1", ())):
            assert whom_of(table, [key], acting.store) == Whom(agents), "its target is no queue to submit to"
    async with acting_deck(acting, "agent coder-1").run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "bake k" in text_of(pilot) and "bake k-1" not in text_of(pilot)


async def test_submit_can_be_typed_from_anywhere_and_t_stays_what_it_was_on_alerts() -> None:
    acting = Remembered(agent_store(), (REVIEW, NOTE))
    async with acting_deck(acting, "alerts").run_test(size=SIZE) as pilot:
        await pilot.press("t")
        assert len(pilot.app.screen_stack) == 1
        await typed(pilot, ":submit nope")
        await pilot.press("enter")
        assert "no template 'nope'" in text_of(pilot)
        await pilot.press("escape")
        await typed(pilot, ":submit note")
        await pilot.press("enter")
        assert (await form(pilot))._desk.template.name == "note"


async def test_submit_is_for_the_marked_rows_as_t_is() -> None:
    acting = Remembered(agent_store(), (REVIEW, NOTE))
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        for name in ("coder-1", "planner-0"):
            await to_agent(pilot, name)
            await pilot.press("space")
        await typed(pilot, ":submit note")
        await pilot.press("enter")
        toasts = [toast.message for toast in pilot.app._notifications]
        assert toasts == ["the template note does not submit to 2 agents"]
        await typed(pilot, ":submit")
        await pilot.press("enter")
        assert (await form(pilot))._whom() == ("coder-1", "planner-0")


async def test_of_a_batch_it_is_said_whom_it_is_for() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.focused, ItemInput))
        await typed(pilot, "project=a")
        await pilot.press("enter", "tab", "tab")
        await until(pilot, lambda: "1 item;" in text_of(pilot))
        await typed(pilot, ", planner-0")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        (asked,) = [one for one in acting.asked if one[0] == "plan_submit"]
        assert asked[3] == ("coder-1", "planner-0")


async def test_where_no_template_fits_it_says_so() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "tester-3")
        await pilot.press("t")
        assert [toast.message for toast in pilot.app._notifications] == ["no template submits to tester-3"]


async def test_a_batch_is_pasted_checked_line_by_line_and_followed() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=SMALL) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.focused, ItemInput))
        lines = "\n".join(f'{{"project": "app-{number}"}}' for number in range(200))
        pilot.app.post_message(events.Paste(lines + '\n{"project": "no such name"}'))
        await until(pilot, lambda: "line 201: project" in text_of(pilot))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, BatchSheet)
        await pilot.press("backspace", "ctrl+u")
        await until(pilot, lambda: "200 items" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmSheet))
        (asked,) = [one for one in acting.asked if one[0] == "plan_submit"]
        assert (len(asked[2]), asked[3]) == (200, ("coder-1",))
        await settled(pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReceiptPage))
        assert len(pilot.app.screen_stack) == 2
        assert "0 of 200 ended" in text_of(pilot)


async def test_a_batch_is_read_from_a_file_or_typed() -> None:
    acting = Remembered(agent_store())
    acting.texts["tasks.jsonl"] = '{"project": "a"}\n\n{"project": "b"}\n'
    async with acting_deck(acting).run_test(size=SIZE) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.focused, ItemInput))
        await pilot.press("tab")
        await typed(pilot, "nope.jsonl")
        await pilot.press("enter")
        await until(pilot, lambda: "there is no such file" in text_of(pilot))
        await pilot.press("ctrl+u")
        await typed(pilot, "tasks.jsonl")
        await pilot.press("enter")
        await until(pilot, lambda: "2 items" in text_of(pilot))
        await typed(pilot, "project=c")
        await pilot.press("enter")
        await until(pilot, lambda: "3 items" in text_of(pilot))


async def test_the_keys_of_the_form_are_in_sight_where_its_heading_takes_more_lines() -> None:
    acting = Remembered(agent_store())
    async with acting_deck(acting).run_test(size=(60, 15)) as pilot:
        await to_agent(pilot, "coder-1")
        await pilot.press("t")
        await form(pilot)
        await until(pilot, lambda: "f2 many at once" in text_of(pilot))
