"""`submit`, `rollback` and `reconcile` as an operator and a script use them: what they print where, how they ask, how
they end, and what has really arrived."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pexpect
import pytest

from actions.codes import STEP_S, from_base32, totp
from tests.acting.bench import Ended, ended, fleetdeck, gateway, job, kept_in, lines_of, said, state_of, written
from tests.acting.target import Cut, Target

pytestmark = pytest.mark.anyio

YES = ("--yes", "--reason", "a test")
ONE = ("submit", "job", "--set", "text=hi")


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Target]:
    """A server, and a configuration with a template of each tier and a rollback."""
    async with Target() as target:
        fields = [{"name": "text", "required": True}, {"name": "size", "type": "integer", "minimum": 1}]
        body = {"text": "{text}", "size": "{size}"}
        templates = [
            job(target.url, fields=fields, body=body, timeout="60s"),
            job(target.url, name="careful", tier=2),
        ]
        rollbacks = [gateway(target.url, timeout="60s", within="60s"), gateway(target.url, name="other")]
        written(tmp_path, {"templates": templates, "rollbacks": rollbacks})
        yield target


async def fed(root: Path, text: str, *words: str) -> Ended:
    """With something on its standard input."""
    (root / "input").write_text(text)
    with (root / "input").open("rb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cli.start",
            *words,
            cwd=root,
            env=environment(root),
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    return await ended(process)


def environment(root: Path) -> dict[str, str]:
    return {
        **os.environ,
        "XDG_STATE_HOME": str(root / "xdg"),
        "XDG_CONFIG_HOME": str(root / "config"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


def id_in(text: str) -> str:
    found = re.search(r"id ([0-9a-f]{32})", text)
    assert found, text
    return found[1]


# ── submit ──


async def test_a_task_is_submitted_and_followed_to_its_end(tmp_path: Path, target: Target) -> None:
    told = await said(tmp_path, *ONE, "--set", "size=3", "--yes")
    assert told.code == 0, told.err
    assert told.out.startswith("succeeded: submit job to ")
    assert target.wrote[0].body == {"text": "hi", "size": 3}
    # What is asked stands on stderr, and not how it would be confirmed, which it is.
    assert '{"text": "hi", "size": 3}' in told.err
    assert "confirm" not in told.err
    assert target.keys == [id_in(told.out)]


async def test_a_receipt_as_json_is_all_that_stands_on_stdout(tmp_path: Path, target: Target) -> None:
    told = await said(tmp_path, *ONE, "--yes", "-o", "json")
    receipt = json.loads(told.out)
    assert (told.code, receipt["state"], receipt["items"][0]["state"]) == (0, "succeeded", "succeeded")
    listed = await said(tmp_path, "get", "actions", "-o", "json")
    assert [row["id"] for row in json.loads(listed.out)] == [receipt["id"]]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("submit", "job", "--set", "txt=hi", "--yes"), "txt: there is no such field"),
        (("submit", "job", "--yes"), "text: is missing"),
        (("submit", "job", "--set", "text=hi", "--set", "size=0", "--yes"), "size: it must be of at least 1"),
        (("submit", "jop", "--set", "text=hi", "--yes"), "there is no template 'jop'"),
        (("submit", "job", "--set", "text=hi", "--to", "worker-1", "--yes"), "it goes to its own target"),
        (("submit", "careful", "--set", "text=hi", "--yes"), "it needs a reason"),
        (ONE, "--yes stands for the answer"),
        (("--read-only", *ONE, "--yes"), "read-only"),
        (("rollback", "gatewy", *YES), "nothing that can be rolled back is called 'gatewy'; did you mean gateway?"),
        (("rollback", "wach"), "did you mean watch?"),
        (("get", "rollback"), "there is no 'rollback'; did you mean rollbacks?"),
        (("rollback", "gateway", "--to", "r9", *YES), "r9"),
        (("rollback", "watch"), "no rollback is on record"),
        (("rollback", "watch", "abc"), "no action on record is 'abc'"),
        (("rollback", "watch", "--dry-run"), "`rollback watch` rolls nothing"),
        (("reconcile", "abc"), "no action on record is 'abc'"),
    ],
)
async def test_what_is_refused_is_refused_with_a_sentence_and_sends_nothing(
    tmp_path: Path, target: Target, words: tuple[str, ...], why: str
) -> None:
    told = await said(tmp_path, *words)
    assert (told.code, told.out) == (2, ""), told.err
    assert why in told.err
    assert "Traceback" not in told.err
    assert target.tried == 0


async def test_what_cannot_be_planned_because_its_target_is_gone_is_refused_by_its_name(tmp_path: Path) -> None:
    async with Target() as target:
        written(tmp_path, {"rollbacks": [gateway(target.url)]})
    told = await said(tmp_path, "rollback", "gateway", "--dry-run")
    assert (told.code, told.out) == (2, ""), told.err
    assert f"refused: gateway ({target.url}" in told.err
    assert "cannot be asked, so there is no plan: refused: nothing listens there" in told.err


async def test_whom_a_task_is_for_is_asked_for_by_the_option_that_says_it(tmp_path: Path, target: Target) -> None:
    fields = [{"name": "command", "required": True}]
    run = {"kind": "coordinator", "name": "run", "url": target.url, "agents": "name:worker", "fields": fields}
    written(tmp_path, {"templates": [run]})
    told = await said(tmp_path, "submit", "run", "--set", "command=status", "--yes")
    assert (told.code, told.err) == (2, "fleetdeck: refused: --to: name an agent that it is for\n")
    assert target.tried == 0


@pytest.mark.parametrize("given", ["file", "stdin"])
async def test_a_batch_with_values_that_its_items_share(tmp_path: Path, target: Target, given: str) -> None:
    lines = "".join(json.dumps({"text": f"part {number}"}) + "\n" for number in range(5))
    (tmp_path / "items.jsonl").write_text(lines)
    source = "-" if given == "stdin" else "items.jsonl"
    told = await fed(tmp_path, lines, "submit", "job", "--items", source, "--set", "size=2", *YES)
    assert told.code == 0, told.err
    assert "5 items: 5 succeeded" in told.out
    assert [one.body for one in target.wrote] == [{"text": f"part {number}", "size": 2} for number in range(5)]
    assert len(set(target.keys)) == 5


async def test_of_a_batch_every_line_that_is_wrong_is_named(tmp_path: Path, target: Target) -> None:
    told = await fed(
        tmp_path, '{"text": "a"}\n{"txt": "b"}\n{"text": "c", "size": 0}\n', "submit", "job", "--items", "-"
    )
    assert told.code == 2
    assert "line 2: txt" in told.err
    assert "line 3: size" in told.err
    assert target.tried == 0


async def test_of_a_batch_that_went_wrong_the_first_items_are_listed_and_the_others_counted(
    tmp_path: Path, target: Target
) -> None:
    refusal = b"HTTP/1.1 422 Unprocessable\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    target.faults = [refusal] * 30
    lines = "".join(f'text="part {number}"\n' for number in range(31))
    told = await fed(tmp_path, lines, "submit", "job", "--items", "-", *YES)
    assert told.code == 1, told.err
    assert len(re.findall(r"(?m)^  refused: ", told.out)) == 20
    assert "and 10 more, which -o json lists" in told.out
    assert "1 succeeded, 30 refused" in told.out
    # Progress is told now and then, and not item by item.
    assert len(told.err.splitlines()) < 250


@pytest.mark.parametrize("output", ["text", "json"])
async def test_a_dry_run_shows_the_plan_on_stdout_and_sends_nothing(
    tmp_path: Path, target: Target, output: str
) -> None:
    told = await said(tmp_path, *ONE, "--dry-run", "-o", output)
    assert told.code == 0, told.err
    assert target.tried == 0
    if output == "json":
        plan = json.loads(told.out)
        assert (plan["act"], plan["refused_because"], len(plan["plan_sha256"])) == ("submit", [], 64)
    else:
        assert f"POST {target.url}/run" in told.out
    audited = await said(tmp_path, "audit", "show")
    assert "planned" in audited.out
    refused = await said(tmp_path, "--read-only", *ONE, "--dry-run")
    assert refused.code == 2
    assert "read-only" in refused.out


async def test_what_is_known_of_an_agent_that_nobody_looks_at_is_said_to_be_old(tmp_path: Path) -> None:
    async with Target() as target:
        discovery = [{"kind": "static", "agents": [{"name": "a"}]}]
        templates = [job(target.url, agents="name:a"), job(target.url, name="careful", agents="name:a", tier=2)]
        written(tmp_path, {"discovery": discovery, "templates": templates})
        told = await said(tmp_path, *ONE, "--to", "a", "--dry-run")
        assert told.code == 0, told.err
        assert re.search(r"(?m)^warning +! what is known is too old: a is unknown$", told.out), told.out
        refused = await said(tmp_path, "submit", "careful", "--set", "text=hi", "--to", "a", "--dry-run")
        assert refused.code == 2
        assert re.search(r"(?m)^refused +! what is known is too old: a is unknown$", refused.out), refused.out


async def test_what_is_not_done_in_time_is_said_to_be_so_and_can_be_reconciled(tmp_path: Path, target: Target) -> None:
    target.truth = "running"
    told = await said(tmp_path, *ONE, "--yes", "--timeout", "1s")
    assert told.code == 1, told.err
    assert told.out.startswith("timed out: ")
    for words in ((), (id_in(told.out)[:8],)):
        going_on = await said(tmp_path, "reconcile", *words)
        assert (going_on.code, going_on.out.split(":")[0]) == (3, "running"), going_on.err
        assert "how 1 of 1 will end is not seen yet" in going_on.err
    target.truth = "done"
    known = await said(tmp_path, "reconcile", id_in(told.out)[:8])
    assert known.code == 0, known.err
    assert known.out.startswith("succeeded: ")
    assert len(target.wrote) == 1


async def test_an_interrupt_sends_nothing_more_and_says_what_is_on_record(tmp_path: Path, target: Target) -> None:
    target.faults = [Cut.HELD_UNDONE]
    lines = "".join(f'text="part {number}"\n' for number in range(3))
    (tmp_path / "items").write_text(lines)
    process = await fleetdeck(tmp_path, "submit", "job", "--items", "items", *YES)
    async with asyncio.timeout(30):
        await target.came.wait()
    process.send_signal(signal.SIGINT)
    told = await ended(process)
    assert (told.code, told.out) == (130, "")
    assert "interrupted, and nothing more is sent; on record as " in told.err
    assert "Traceback" not in told.err
    assert len(target.wrote) == 1
    (kept,) = kept_in(state_of(tmp_path)).values()
    assert kept.id in told.err
    assert f": {kept.state.value}: " in told.err
    assert [item.state.value for item in kept.items] == ["unknown", "cancelled", "cancelled"]


# ── rollback ──


async def test_a_rollback_by_its_name_to_a_revision(tmp_path: Path, target: Target) -> None:
    told = await said(tmp_path, "rollback", "gateway", "--to", "r1", *YES)
    assert told.code == 0, told.err
    assert set(target.instances.values()) == {"r1"}
    watched = await said(tmp_path, "rollback", "watch", "-o", "json")
    assert (watched.code, json.loads(watched.out)["id"]) == (0, id_in(told.out))


async def test_a_rollback_in_stages_tells_of_each(tmp_path: Path, target: Target) -> None:
    told = await said(tmp_path, "rollback", "gateway", "--stages", *YES)
    assert told.code == 0, told.err
    assert told.out.count(": passed") == 3
    assert [one.body["share"] for one in target.wrote] == [0.1, 0.5, 1]


async def test_one_thing_that_several_rollbacks_fit_is_asked_to_be_named(tmp_path: Path) -> None:
    async with Target() as target:
        agents = [{"name": "gw-1", "health": f"{target.url}/revisions"}]
        rollbacks = [gateway(target.url, name=name, agents="gw-1") for name in ("one", "two")]
        written(tmp_path, {"discovery": [{"kind": "static", "agents": agents}], "rollbacks": rollbacks})
        told = await said(tmp_path, "rollback", "gw-1", *YES)
        assert told.code == 2
        assert "gw-1 can be rolled back in several ways: one, two; name one of them" in told.err
        written(tmp_path, {"discovery": [{"kind": "static", "agents": agents}], "rollbacks": rollbacks[:1]})
        alone = await said(tmp_path, "rollback", "gw-1", "--dry-run")
        assert alone.code == 0, alone.err


async def test_a_rollback_that_another_command_started_is_watched_and_left_to_it(
    tmp_path: Path, target: Target
) -> None:
    target.faults = [Cut.HELD]
    rolling = await fleetdeck(tmp_path, "rollback", "gateway", *YES)
    async with asyncio.timeout(30):
        await target.came.wait()
    short = await said(tmp_path, "rollback", "watch", "--timeout", "200ms")
    assert "it goes on where it was started" in short.err
    watching = await fleetdeck(tmp_path, "rollback", "watch")
    target.go_on()
    done, seen = await asyncio.gather(ended(rolling), ended(watching))
    assert done.code == 0, done.err
    assert (seen.code, seen.out) == (0, done.out)
    assert len(target.wrote) == 1


# ── get ──


@pytest.mark.parametrize("what", ["actions", "templates", "rollbacks"])
@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
async def test_what_can_be_done_and_was_is_listed(tmp_path: Path, target: Target, what: str, output: str) -> None:
    assert (await said(tmp_path, *ONE, "--yes")).code == 0
    told = await said(tmp_path, "get", what, "-o", output)
    assert told.code == 0, told.err
    names = {"actions": "job", "templates": "careful", "rollbacks": "gateway"}
    assert names[what] in told.out
    if output == "json":
        assert json.loads(told.out)
    elif output == "jsonl":
        assert all(json.loads(line) for line in told.out.splitlines())


async def test_looking_at_actions_writes_nothing(tmp_path: Path, target: Target) -> None:
    target.faults = [Cut.HELD_UNDONE]
    process = await fleetdeck(tmp_path, *ONE, "--yes")
    async with asyncio.timeout(30):
        await target.came.wait()
    process.kill()
    await ended(process)
    before = kept_files(tmp_path)
    told = await said(tmp_path, "get", "actions", "-o", "json")
    # Nobody carries it out any more, and it is not for who only looks to have that on record.
    assert [row["state"] for row in json.loads(told.out)] == ["unknown"]
    assert kept_files(tmp_path) == before


def kept_files(root: Path) -> dict[str, bytes]:
    """The audit log and the records."""
    files = (path for path in state_of(root).rglob("*") if path.suffix in (".json", ".jsonl"))
    return {path.name: path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("words", "least"),
    [
        ("get agents", ()),
        ("--version", ()),
        ("submit --help", ()),
        ("undo --help", ()),
        ("submit job --dry-run", ("actions.runner",)),
    ],
)
def test_who_does_not_act_loads_nothing_that_acts(tmp_path: Path, words: str, least: tuple[str, ...]) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("discovery: [{kind: static, agents: [{name: a}]}]\n")
    program = (
        "import atexit, sys\n"
        "acts = {'actions.runner', 'actions.submitting', 'actions.rolling_back', 'cli.acting.acts', 'textual'}\n"
        "atexit.register(lambda: print('loaded', *sorted(acts & set(sys.modules)), file=sys.stderr))\n"
        "from cli.start import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words.split()],
        cwd=tmp_path, env=environment(tmp_path), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    loaded = done.stderr.splitlines()[-1].split()[1:]
    assert set(least) <= set(loaded)
    assert "textual" not in loaded
    assert least or not loaded


# ── asking in a terminal ──


def asked(root: Path, *words: str) -> "pexpect.spawn[str]":
    child = pexpect.spawn(
        sys.executable, ["-m", "cli.start", *words], cwd=str(root), env=environment(root) | {"TERM": "dumb"},
        encoding="utf-8", timeout=30, dimensions=(50, 200),
    )  # fmt: skip
    child.delaybeforesend = None
    return child


async def answered(child: "pexpect.spawn[str]", *pairs: tuple[str, str]) -> tuple[str, int]:
    """Answer questions; all that was seen, and the exit code."""

    def talk() -> tuple[str, int]:
        seen = ""
        for question, answer in pairs:
            child.expect(question)
            seen += child.before + child.after
            child.sendline(answer)
        child.expect(pexpect.EOF)
        seen += child.before
        child.close()
        return seen, child.exitstatus if child.exitstatus is not None else -(child.signalstatus or 0)

    return await asyncio.to_thread(talk)


@pytest.mark.parametrize(("answer", "code", "sent"), [("y", 0, 1), ("", 2, 0), ("yes", 2, 0), ("n", 2, 0)])
async def test_tier_1_is_confirmed_by_y_alone(
    tmp_path: Path, target: Target, answer: str, code: int, sent: int
) -> None:
    seen, ended_with = await answered(asked(tmp_path, *ONE, "--ticket", "INC-7"), ("Do it", answer))
    assert ended_with == code, seen
    assert len(target.wrote) == sent
    lines = lines_of(state_of(tmp_path))
    assert [line["decision"] for line in lines] == (["intent", "sent", "outcome"] if sent else ["cancelled"])
    assert {line["ticket"] for line in lines} == {"INC-7"}
    assert ("nothing was done" in seen) == (not sent)


async def test_what_was_typed_before_the_plan_could_be_read_is_no_answer_to_it(tmp_path: Path, target: Target) -> None:
    child = asked(tmp_path, *ONE)
    child.sendline("y")
    seen, ended_with = await answered(child, ("Do it?", ""))
    assert (ended_with, target.tried) == (2, 0), seen
    assert [line["decision"] for line in lines_of(state_of(tmp_path))] == ["cancelled"]


@pytest.mark.parametrize(("word", "reason", "code", "sent"), [("gateway", "it burns", 0, 1), ("gateway", "", 2, 0)])
async def test_tier_2_is_confirmed_by_the_name_and_a_reason(
    tmp_path: Path, target: Target, word: str, reason: str, code: int, sent: int
) -> None:
    child = asked(tmp_path, "rollback", "gateway")
    seen, ended_with = await answered(child, ("Type gateway to do it", word), ("Why", reason))
    assert ended_with == code, seen
    assert len(target.wrote) == sent


async def test_a_wrong_name_is_refused_before_anything_else_is_asked_and_is_on_record(
    tmp_path: Path, target: Target
) -> None:
    seen, ended_with = await answered(asked(tmp_path, "rollback", "gateway"), ("Type gateway to do it", "Gateway"))
    assert (ended_with, target.tried) == (2, 0), seen
    assert "type gateway exactly" in seen
    assert "Why" not in seen
    assert [line["decision"] for line in lines_of(state_of(tmp_path))] == ["refused"]


async def test_a_reason_that_is_missing_is_said_first_and_not_behind_the_whole_plan(
    tmp_path: Path, target: Target
) -> None:
    told = await said(tmp_path, "rollback", "gateway", "--yes")
    assert (told.code, target.tried) == (2, 0)
    assert told.err == "fleetdeck: refused: it needs a reason\n"
    assert [line["decision"] for line in lines_of(state_of(tmp_path))] == ["refused"]


async def test_tier_3_asks_for_a_code_and_does_not_show_it(tmp_path: Path, target: Target) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    (tmp_path / "code").write_text(secret)
    (tmp_path / "code").chmod(0o600)
    codes = {"bob": {"file": "code"}}
    written(tmp_path, {"actions": {"codes": codes}, "templates": [job(target.url, tier=3)]})
    code = totp(from_base32(secret), int(time.time()) // STEP_S)
    child = asked(tmp_path, *ONE, "--second", "bob")
    seen, ended_with = await answered(
        child, ("Type job to do it", "job"), ("Why", "it burns"), ("One-time code: ", code)
    )
    assert ended_with == 0, seen
    assert code not in seen
    assert len(target.wrote) == 1
    again = await said(tmp_path, *ONE, *YES, "--second", "bob", "--code", code)
    assert again.code == 2, again.err
    assert len(target.wrote) == 1


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["interrupt", "end"])
@pytest.mark.parametrize("first", [(), (("Type careful to do it", "careful"), ("Why", "it burns"))], ids=["1", "3"])
async def test_leaving_the_question_does_nothing_says_so_and_is_on_record(
    tmp_path: Path, target: Target, key: str, first: tuple[tuple[str, str], ...]
) -> None:
    if first:
        codes = {"bob": {"file": "code"}}
        written(tmp_path, {"actions": {"codes": codes}, "templates": [job(target.url, name="careful", tier=3)]})
    child = asked(tmp_path, "submit", "careful" if first else "job", "--set", "text=hi")

    def talk() -> str:
        for question, answer in first:
            child.expect(question)
            child.sendline(answer)
        child.expect("One-time code: " if first else "nothing: ")
        child.send(key)
        child.expect(pexpect.EOF)
        child.close()
        return str(child.before)

    said_then = await asyncio.to_thread(talk)
    assert said_then.replace("^C", "").replace("\x08", "") == "\r\nfleetdeck: nothing was done\r\n"
    assert child.exitstatus == 130
    assert target.tried == 0
    assert kept_in(state_of(tmp_path)) == {}
    (line,) = lines_of(state_of(tmp_path))
    assert (line["decision"], line["outcome"], line["error"]) == ("cancelled", "cancelled", "")
    assert line["plan_sha256"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_at_the_question_ends_it_and_is_on_record(
    tmp_path: Path, target: Target, number: signal.Signals
) -> None:
    child = asked(tmp_path, *ONE)

    def talk() -> None:
        child.expect("nothing: ")
        child.kill(number)
        child.expect(pexpect.EOF)
        child.close()

    await asyncio.to_thread(talk)
    assert child.exitstatus == 128 + number
    assert target.tried == 0
    assert [line["decision"] for line in lines_of(state_of(tmp_path))] == ["cancelled"]
