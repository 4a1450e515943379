"""The pane of what a command prints: what was left out stands in its title and where it is missing, and what more comes
is not paid for by what is there already."""

from typing import Any

import pytest
from msgspec.structs import replace

from fleet.actions.action import ActionState
from tests.tui.acting_desk import acting_deck
from tests.tui.acting_stores import Remembered, acted_store
from tests.tui.test_app import text_of, until
from tui.acting.output import _Section

pytestmark = pytest.mark.anyio


async def test_what_is_missing_in_the_middle_is_said_in_the_title_and_where_it_is() -> None:
    store = acted_store()
    id = list(store.actions)[1]
    head, tail = "first\nsecond\n", "".join(f"late {number}\n" for number in range(5))
    row = replace(store.actions[id], state=ActionState.SUCCEEDED, outcome="exit code 0")
    row = replace(row, output=head + tail, output_head=len(head), output_cut=12_345, output_cut_lines=678)
    async with acting_deck(Remembered(store), "actions").run_test(size=(120, 50)) as pilot:
        app: Any = pilot.app
        store.actions.put(id, row)
        await app.show_action(id)
        await until(pilot, lambda: "Output  685 lines" in text_of(pilot))
        assert "678 lines of them (12,345 characters) in the middle left out" in text_of(pilot)
        lines = [line.strip() for line in text_of(pilot).splitlines()]
        at = lines.index("… 678 lines (12,345 characters) left out …")
        assert lines[at - 2 : at + 2] == ["first", "second", "… 678 lines (12,345 characters) left out …", "late 0"]


def test_lines_that_are_there_are_not_broken_again() -> None:
    section = _Section()
    section.text = "one\n" + "x" * 25 + "\n"
    before = section.pieces(10)
    assert before == ["one", "x" * 10, "x" * 10, "x" * 5]
    section.text += "two\nthree"
    assert section.pieces(10) is before
    assert before[4:] == ["two", "three"]
    section.text += " and more"
    assert section.pieces(10) == ["one", "x" * 10, "x" * 10, "x" * 5, "two", "three and", "more"]
    section.text = ""
    assert section.pieces(10) == []
    section.text = "\na\n"
    assert section.pieces(10) == ["", "a"]
