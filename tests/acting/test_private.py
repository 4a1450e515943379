"""What is private in a task, through the whole of acting: sent as it is, and found again in nothing that is kept, also
where its target repeats it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fleet.actions.action import Action, ActionState
from fleet.actions.untold import NOT_KEPT
from tests.acting.bench import came, fleetdeck, job, kept_in, said, state_of, whole, written
from tests.acting.target import Cut, Target, status

pytestmark = pytest.mark.anyio

PROMPT = 'Write to "Ms Ångström" about invoice 4711,\nand do not tell her husband of it.'
PIECES = ("Ångström", "\\u00c5ngstr", "invoice 4711", "do not tell", "her husband", "Write to")
FIELDS = [{"name": "text", "private": True, "lines": True, "required": True}]


def leaks(folder: Path, *shown: str) -> list[str]:
    """Where a piece of it stands: in a file below `folder`, or in what was `shown`."""
    assert folder.is_dir()
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = [(path.name, path.read_bytes().decode(errors="replace")) for path in files]
    assert any("plan_sha256" in text for _, text in texts), "the audit log is among them"
    return [f"{piece!r} in {where}" for where, text in [*texts, *enumerate(shown)] for piece in PIECES if piece in text]


def refused_with(detail: str) -> bytes:
    body = json.dumps({"error": "invalid", "detail": detail}).encode()
    return status("422 Unprocessable Content", "Content-Type: application/json", body=body)


@pytest.mark.parametrize(
    "detail",
    [PROMPT, f"text: {PROMPT!r} is not allowed", " ".join(PROMPT.split()), f"cannot use {PROMPT[:24]}…", PROMPT[9:40]],
    ids=["whole", "quoted", "in one line", "its beginning", "a piece"],
)
async def test_what_a_refusal_repeats_of_it_is_shown_and_kept_nowhere(detail: str, tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [job(target.url, fields=FIELDS)]}) as it:
        target.faults = [refused_with(detail)]
        done = await it.submit({"text": PROMPT})
        assert (done.state, target.wrote[0].body["text"]) == (ActionState.REFUSED, PROMPT)
        assert "422" in done.outcome and "***" in done.outcome
        assert leaks(it.state, repr(done)) == []


async def test_what_is_said_of_its_end_repeats_nothing_of_it(tmp_path: Path) -> None:
    async with Target() as target:
        template = job(target.url, fields=FIELDS)
        template["follow"] |= {"output": "log"}
        target.texts = {"log": f"> {PROMPT}\nfine\n"}
        async with whole(tmp_path, {"templates": [template]}) as it:
            done = await it.submit({"text": PROMPT})
            assert done.state is ActionState.SUCCEEDED
            assert "fine" in done.output
            assert leaks(it.state, repr(done)) == []


async def test_a_program_that_prints_its_arguments_is_shown_without_them(tmp_path: Path) -> None:
    show = "import sys; print('asked:', sys.argv[1]); print(repr(sys.argv[1])); print('over')"
    template = {"kind": "command", "name": "ask", "argv": [sys.executable, "-c", show, "{text}"], "fields": FIELDS}
    async with whole(tmp_path, {"templates": [template]}) as it:
        done = await it.submit({"text": PROMPT.replace("\n", " ")}, template="ask")
        assert done.state is ActionState.SUCCEEDED
        assert done.output.splitlines()[-1] == "over"
        assert leaks(it.state, repr(done)) == []


async def test_where_it_is_known_no_more_nothing_that_its_target_says_is_kept(tmp_path: Path) -> None:
    async with Target() as target:
        template: dict[str, Any] = job(target.url, fields=FIELDS)
        template["follow"] |= {"output": "log"}
        written(tmp_path, {"templates": [template]})
        target.faults, target.texts = [Cut.HELD], {"log": f"answered: {PROMPT}"}
        process = await fleetdeck(tmp_path, "submit", "job", "--set", f"text={PROMPT}", "--yes", "--reason", "a test")
        await came(target, process)
        process.kill()
        await process.communicate()
        told = await said(tmp_path, "reconcile")
        assert told.code == 0, told
        action: Action
        (action,) = kept_in(state_of(tmp_path)).values()
        assert (action.state, action.items[0].sentence) == (ActionState.SUCCEEDED, NOT_KEPT)
        assert leaks(state_of(tmp_path), told.out, told.err) == []
