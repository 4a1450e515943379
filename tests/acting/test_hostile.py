"""What is entered, and what targets answer, tries to become something else: options, paths, headers, templates,
terminal sequences. Looked at where it arrives: at the server, in the process, on stdout, in the log."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fleet.actions.action import Action, ActionState
from fleet.actions.preview import preview
from fleet.errors import RefusedError
from tests.acting.bench import gateway, job, kept_in, lines_of, said, state_of, whole, written
from tests.acting.target import Cut, Target, status

pytestmark = pytest.mark.anyio

YES = ("--yes", "--reason", "a test")
HARMLESS = [
    "--all",
    "-rf",
    "../../etc/passwd",
    "a\nb",
    "\x1b[2J\x1b]52;c;aGk=\x07",
    "{other}",
    "{{text}}",
    "$(reboot)",
    "; reboot #",
    "`id`",
    "%0d%0aX-Evil: 1",
    "\r\nX-Evil: 1\r\n\r\nGET /evil HTTP/1.1",
    "\u202egnp.exe",
    "[/red][bold]",
    '"}, "admin": true, {"',
    "null\x00byte",
    "💥",
]
"""Texts that a JSON body carries as they are."""
DRIVING = re.compile(r"[\x00-\x08\x0b-\x1f]")
REFUSED = [*filter(DRIVING.search, HARMLESS), "⟦key⟧", "a⟦x⟧b", "\ud800"]
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def everywhere(url: str) -> dict[str, Any]:
    """A value in a path, a query, a header and the body."""
    return job(
        f"{url}",
        url=f"{url}/run/{{text}}/go?q={{text}}",
        headers={"X-Text": "{text}"},
        body={"text": "{text}", "said": "<{text}>", "list": ["{text}"]},
        follow=None,
    )


async def test_a_value_arrives_as_it_was_entered_and_as_nothing_else(tmp_path: Path) -> None:
    body = {"text": "{text}", "said": "<{text}>", "other": "{other}"}
    fields = [{"name": "text", "required": True, "lines": True}, {"name": "other", "default": "o"}]
    async with Target() as target:
        written(tmp_path, {"templates": [job(target.url, body=body, fields=fields)]})
        wanted = [text for text in HARMLESS if not DRIVING.search(text)]
        rows = [json.dumps({"text": text}) for text in wanted]
        (tmp_path / "items.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
        told = await said(tmp_path, "submit", "job", "--items", "items.jsonl", *YES, "-o", "json")
        assert told.code == 0, told
        assert sorted(wrote.body["text"] for wrote in target.wrote) == sorted(wanted)
        assert all(
            wrote.body == {"text": text, "said": f"<{text}>", "other": "o"}
            for wrote in target.wrote
            for text in [wrote.body["text"]]
        )
        assert not any("x-evil" in wrote.headers or wrote.path != "/run" for wrote in target.wrote)
        assert CONTROLS.search(told.err) is None
        assert "\x1b" not in told.out
        assert {line["decision"] for line in lines_of(state_of(tmp_path))} == {"intent", "sent", "outcome"}


async def test_what_cannot_be_told_from_a_template_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [job(target.url)]}) as it:
        for text in REFUSED:
            with pytest.raises(RefusedError):
                await it.desk.plan_submit("job", [{"text": text}], ())
            with pytest.raises(RefusedError):
                await it.desk.read_items("job", json.dumps({"text": text, "no": 1}))
        assert target.wrote == []


@pytest.mark.parametrize("text", [text for text in HARMLESS if "\x00" not in text and "\n" not in text])
async def test_a_value_in_an_address_or_header_stays_in_its_place_or_is_refused(text: str, tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [everywhere(target.url)]}) as it:
        try:
            done = await it.submit({"text": text})
        except RefusedError:
            assert target.wrote == []
            return
        (wrote,) = target.wrote
        assert done.state is ActionState.SUCCEEDED
        assert wrote.path.count("/") == 3
        assert wrote.path.count("?") == 1
        assert wrote.headers["x-text"] == text
        assert wrote.body == {"text": text, "said": f"<{text}>", "list": [text]}


@pytest.mark.parametrize(
    "text", ["--all", "-x", "$(reboot)", "; reboot", "`id`", "a b", "../../x", "{other}", "*", "'\"\\"]
)
async def test_a_program_gets_a_value_as_one_word_that_is_no_option(text: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(
        f"#!/usr/bin/env python3\nimport json,sys\njson.dump(sys.argv[1:],open({str(tmp_path / 'got')!r},'w'))"
    )
    script.chmod(0o755)
    template = {
        "kind": "command",
        "name": "job",
        "argv": [str(script), "{text}", "--name={text}"],
        "fields": [{"name": "text", "required": True}],
    }
    written(tmp_path, {"templates": [template]})
    async with whole(tmp_path, {"templates": [template]}) as it:
        if text.startswith("-"):
            with pytest.raises(RefusedError, match="option"):
                await it.desk.plan_submit("job", [{"text": text}], ())
            assert not (tmp_path / "got").exists()
            return
        done = await it.submit({"text": text})
        assert done.state is ActionState.SUCCEEDED, done.outcome
        assert json.loads((tmp_path / "got").read_text()) == [text, f"--name={text}"]


@pytest.mark.parametrize("pair", ["text=⟦key⟧", "other=1", "=1", "text", "text=a\nb", "text=\udcff"])
async def test_a_pair_of_the_command_line_that_cannot_be_sent_is_refused_with_exit_code_2(
    pair: str, tmp_path: Path
) -> None:
    async with Target() as target:
        written(tmp_path, {"templates": [job(target.url)]})
        told = await said(tmp_path, "submit", "job", "--set", pair, *YES)
        assert (told.code, target.wrote, told.out) == (2, [], ""), told
        assert "Traceback" not in told.err


# ── what targets answer ──

EVIL = "\x1b[2J\x1b]0;owned\x07\u202e[/red][b]\u2066\u0085" + "A" * 3_000_000


def harmless(text: str) -> None:
    assert CONTROLS.search(text) is None
    assert len(text) < 100_000


@pytest.mark.parametrize("line", ["200 OK", "422 Unprocessable Content"])
async def test_an_answer_can_drive_no_terminal_and_fill_no_disk(line: str, tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, {"templates": [job(target.url, id="id", follow={"url": f"{target.url}/tasks/{{key}}"})]})
        body = json.dumps({"id": EVIL, "detail": EVIL, "status": EVIL}, ensure_ascii=False).encode()
        target.faults = [status(line, "Content-Type: application/json", body=body)]
        target.texts, target.done = {"status": "done\x1b[2J", "output": EVIL}, {}
        told = await said(tmp_path, "submit", "job", "--set", "text=<\u202etitle [/red]", "--timeout", "2s", *YES)
        for text in (told.out, told.err):
            harmless(text)
        for words in (("audit", "show"), ("audit", "export"), ("get", "actions", "-o", "json")):
            shown = await said(tmp_path, *words)
            assert shown.code == 0, shown
            harmless(shown.out)
            harmless(shown.err)
        assert sum(path.stat().st_size for path in state_of(tmp_path).rglob("*") if path.is_file()) < 200_000


async def test_what_a_target_lists_is_harmless_in_the_preview_the_row_and_the_event(tmp_path: Path) -> None:
    async with Target() as target, whole(tmp_path, {"rollbacks": [gateway(target.url)]}) as it:
        target.instances = {f"gw\x1b[2J\u202e{number}": "r3" for number in range(2)}
        plan = await it.desk.plan_rollback("gateway", "r2")
        for entry in preview(plan, ("refused\x1b[2J",)):
            harmless(entry.text)
        target.faults = [status("403 Forbidden", body=EVIL.encode())]
        done = await it.run(plan)
        for text in (done.outcome, done.next_step, done.output, *(item.sentence for item in done.items)):
            harmless(text)
        for note in it.notes:
            harmless(" ".join(map(str, note)))


# ── secrets ──

TOKEN = "s3cr3t-tok3n-of-nobody"


def guarded(root: Path, url: str, mode: int = 0o600, **more: Any) -> dict[str, Any]:
    (root / "token").write_text(TOKEN)
    (root / "token").chmod(mode)
    return job(url, token={"file": "token"}, **more)


def holds(root: Path) -> list[str]:
    """The files below `root`, but for the token's own, in which the token stands."""
    paths = [path for path in root.rglob("*") if path.is_file() and path.name != "token"]
    return [str(path) for path in paths if TOKEN.encode() in path.read_bytes()]


async def test_a_token_reaches_its_server_and_is_nowhere_else(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, {"templates": [guarded(tmp_path, target.url)]})
        # A server that repeats what it was sent.
        echo = json.dumps({"detail": f"no: Bearer {TOKEN}"}).encode()
        target.faults = [status("422 Unprocessable Content", f"X-Echo: {TOKEN}", body=echo), Cut.AFTER]
        for words in ((), ("-o", "json")):
            told = await said(tmp_path, "submit", "job", "--set", "text=hi", *YES, *words)
            assert TOKEN not in told.out + told.err
        assert [wrote.headers["authorization"] for wrote in target.wrote] == [f"Bearer {TOKEN}"] * 2
        dry = await said(tmp_path, "submit", "job", "--set", "text=hi", "--dry-run", "-o", "json")
        assert dry.code == 0, dry
        shown = await said(tmp_path, "audit", "export")
        assert TOKEN not in dry.out + dry.err + shown.out
        drawn = await said(tmp_path, "screenshot", "actions", "--size", "200x50", "-o", "frame.svg")
        assert (drawn.code, "422" in (tmp_path / "frame.svg").read_text()) == (0, True), drawn
        assert holds(tmp_path) == []


async def test_what_a_server_that_is_only_asked_repeats_of_a_token_is_shown_nowhere(tmp_path: Path) -> None:
    async with Target() as target:
        template = guarded(tmp_path, target.url, follow={"url": f"{target.url}/tasks/{{key}}", "output": "output"})
        rolled = gateway(target.url, auth={"secret": {"file": "token"}})
        written(tmp_path, {"templates": [template], "rollbacks": [rolled]})
        target.texts = {"output": f"it came with Bearer {TOKEN}"}
        target.instances = {f"gw of Bearer {TOKEN}": "r3"}
        rolling = ("rollback", "gateway", "--to", "r2")
        words = [("submit", "job", "--set", "text=hi", *YES), (*rolling, "--dry-run"), (*rolling, *YES)]
        told = [await said(tmp_path, *one) for one in words]
        assert [one.code for one in told] == [0, 0, 0], told
        assert ("it came with Bearer ***" in told[0].out, "gw of ***" in told[1].out) == (True, True), told
        target.no = f"{TOKEN} is no token of ours"
        words = [("get", "rollbacks", "-o", "json"), rolling, ("screenshot", "rollbacks", "-o", "frame.svg")]
        told += [await said(tmp_path, *one) for one in words]
        assert "*** is no token of ours" in told[3].out
        assert TOKEN not in "".join(one.out + one.err for one in told)
        assert holds(tmp_path) == []


async def test_a_token_is_in_no_dialog_no_row_and_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Target() as target, whole(tmp_path, {"templates": [guarded(tmp_path, target.url)]}) as it:
        plan = await it.desk.plan_submit("job", [{"text": "hi"}], ())
        assert TOKEN not in "".join(line.text for line in preview(plan)) + repr(plan)

        async def crash(*_: object, **given: object) -> None:
            raise ZeroDivisionError(f"a bug, with {given}")

        monkeypatch.setattr(it.deck._http, "send", crash)
        done = await it.run(plan)
        assert done.state is ActionState.UNKNOWN
        assert "ZeroDivisionError" in done.outcome
        assert TOKEN not in repr(done) + repr(it.notes) + repr(it.kept())
        assert holds(tmp_path) == []


async def test_a_token_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, {"templates": [guarded(tmp_path, target.url, 0o640)]})
        told = await said(tmp_path, "submit", "job", "--set", "text=hi", *YES)
        assert (told.code, target.wrote) == (2, [])
        assert "token" in told.err
        assert TOKEN not in told.err + told.out
        assert [line["decision"] for line in lines_of(state_of(tmp_path))] == ["refused"]


async def test_a_redirect_to_another_origin_gets_nothing(tmp_path: Path) -> None:
    async with Target() as target, Target() as other:
        for code in ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent"):
            target.faults.append(status(code, f"Location: {other.url}/run"))
        async with whole(tmp_path, {"templates": [guarded(tmp_path, target.url)]}) as it:
            for _ in range(5):
                done = await it.submit()
                assert done.state in (ActionState.UNKNOWN, ActionState.REFUSED)
        assert (other.wrote, other.tried, other.looked) == ([], 0, 0)
        assert len(target.wrote) == 5


async def test_a_secret_of_a_command_is_in_its_environment_and_on_no_command_line(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(
        '#!/bin/sh\ntr "\\0" " " < /proc/$$/cmdline; env; [ "$TOKEN" = "' + TOKEN[:6] + '"* ] || exit 0\n'
    )
    script.chmod(0o755)
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    template = {"kind": "command", "name": "job", "argv": [str(script)], "secrets": {"TOKEN": {"file": "token"}}}
    async with whole(tmp_path, {"templates": [template]}) as it:
        done = await it.submit({})
        assert done.state is ActionState.SUCCEEDED, done
        assert "TOKEN=***" in done.output
        assert TOKEN not in repr(done)
        kept: Action = kept_in(it.state)[done.id]
        assert TOKEN not in repr(kept)
        assert holds(tmp_path) == []
