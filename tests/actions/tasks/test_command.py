"""Tasks that are programs of this machine: what is run, and what its end means."""

import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actions.tasks.command import BASE, KIND
from config.kinds import installed_kinds
from config.load import load
from fleet.actions.action import ActionState, Verdict
from fleet.actions.plan import CommandRun, Plan, public
from fleet.errors import ConfigError, RefusedError
from fleet.model import AgentStatus
from fleet.vocabulary import AgentState
from tests.actions.submit_parts import NOON, Sent, carry_out, client, entry, reach_of, submissions

pytestmark = pytest.mark.anyio
PYTHON = (sys.executable, "-I", "-S", "-c")
FIELDS = [{"name": "service", "required": True}, {"name": "n", "type": "integer", "default": 0}]


async def ran(item: dict[str, Any], tmp_path: Path, **options: Any) -> tuple[Plan, Sent, Any]:
    reach = reach_of(client(), tmp_path)
    desk = submissions(reach, entry(KIND, "run", options, fields=FIELDS))
    plan = await desk.plan("run", [item], [])
    doer = desk.doer("run")
    assert doer is not None
    return plan, await carry_out(reach, doer, plan), doer


def folder(root: Path) -> Path:
    work = root.resolve() / "work"
    work.mkdir()
    return work


def effect_of(plan: Plan) -> CommandRun:
    effect = plan.steps[0].effect
    assert isinstance(effect, CommandRun)
    return effect


async def test_the_plan_shows_all_that_the_program_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOWN", "plain")
    monkeypatch.setenv("API_TOKEN", "tok-3cret")
    monkeypatch.delenv("UNSET", raising=False)
    work = folder(tmp_path)
    program = "import os, sys; print(sys.argv[1:], os.getcwd(), os.environ['S'], os.environ['API_TOKEN'])"
    plan, sent, _ = await ran(
        {"service": "; touch x $(id)", "n": 4},
        tmp_path,
        argv=[*PYTHON, program, "--service={service}", "{n}", "{{literal}}"],
        cwd="work",
        env={"S": "for {service}"},
        pass_env=["SHOWN", "API_TOKEN", "UNSET"],
    )
    effect = effect_of(plan)
    assert effect.argv[-3:] == ("--service=; touch x $(id)", "4", "{literal}")
    assert effect.cwd == str(work)
    assert effect.env == {**BASE, "SHOWN": "plain", "S": "for ; touch x $(id)"}
    assert list(effect.secrets) == ["API_TOKEN"]
    assert b"tok-3cret" not in msgspec.json.encode(plan)
    assert sent.last.verdict is Verdict.DONE
    assert "for ; touch x $(id) ***" in sent.last.sentence
    assert os.listdir(work) == []  # noqa: PTH208


@pytest.mark.parametrize(
    ("code", "success", "verdict"),
    [(0, [0], Verdict.DONE), (1, [0], Verdict.FAILED), (3, [0, 3], Verdict.DONE), (0, [3], Verdict.FAILED)],
)
async def test_its_exit_code_says_what_became_of_it(
    code: int, success: list[int], verdict: Verdict, tmp_path: Path
) -> None:
    argv = [*PYTHON, f"import sys; print(sys.argv[1]); sys.exit({code})", "last {service}"]
    plan, sent, doer = await ran({"service": "words"}, tmp_path, argv=argv, success=success)
    assert sent.last.verdict is verdict
    assert sent.last.sentence == f"exit code {code}: last words"
    if verdict is Verdict.DONE:
        seen = await doer.look(plan, {0: sent.found[0]}, NOON)
        assert (seen[0].state, seen[0].final) == (ActionState.SUCCEEDED, True)
    assert await doer.cancel(plan, {0: sent.found[0]}) == ()


async def test_what_was_ended_before_it_could_say_so_is_not_known(tmp_path: Path) -> None:
    argv = [*PYTHON, "import time; time.sleep(600)"]
    plan, sent, doer = await ran({"service": "x"}, tmp_path, argv=argv, timeout="300ms", kill_after="100ms")
    assert sent.last.verdict is Verdict.UNKNOWN
    assert "300ms" in sent.last.sentence
    seen = await doer.look(plan, {0: {"key": plan.key}}, NOON)
    assert (seen[0].state, seen[0].final) == (ActionState.UNKNOWN, True)


async def test_what_cannot_be_run_is_a_guard_and_is_not_taken_for_done(tmp_path: Path) -> None:
    plan, sent, doer = await ran({"service": "x"}, tmp_path, argv=["no-such-program"])
    assert sent.last.verdict is Verdict.FAILED
    assert "no program" in (await doer.guards(plan))[0]
    plan, sent, doer = await ran({"service": "x"}, tmp_path, argv=["true"], cwd="missing")
    assert sent.last.verdict is Verdict.FAILED
    assert "no folder" in (await doer.guards(plan))[0]
    plan, _, doer = await ran({"service": "x"}, tmp_path, argv=["true"])
    assert await doer.guards(plan) == ()


async def test_options_do_not_come_from_values(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="option"):
        await ran({"service": "--force"}, tmp_path, argv=["true", "{service}"])
    with pytest.raises(RefusedError, match="control character"):
        await ran({"service": "a\tb"}, tmp_path, argv=["true", "-x{service}"])
    plan, _, _ = await ran({"service": "--force"}, tmp_path, argv=["true", "{service}"], dash=["service"])
    assert effect_of(plan).argv == ("true", "--force")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('argv: ["{service}"]', "program is written out"),
        ("argv: [run, {service}]", "a mapping"),
        ('argv: [run, "{service"]', "a brace stands alone"),
        ("argv: []", ""),
        ("argv: run it", ""),
        ("argv: [run], env: {A: b}, pass_env: [A]", "given twice"),
        ("argv: [run], env: {A-B: b}", ""),
        ("argv: [run], secrets: {A: tok-3cret}", "a secret is not written here"),
    ],
)
def test_mistakes_are_told_when_the_configuration_is_read(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text(f"templates:\n  - {{kind: command, name: t, {text}}}\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "fleetdeck.yaml", installed_kinds())
    assert words in str(caught.value)
    assert "tok-3cret" not in str(caught.value)


async def test_what_is_private_is_a_hash_in_what_is_written_down(tmp_path: Path) -> None:
    reach = reach_of(client(), tmp_path)
    options = {"argv": ["true", "--ask={prompt}"], "env": {"PROMPT": "{prompt}"}}
    fields = [{"name": "prompt", "private": True}]
    desk = submissions(reach, entry(KIND, "run", options, fields=fields))
    plan = await desk.plan("run", [{"prompt": "do not tell"}], [])
    assert b"do not tell" in msgspec.json.encode(plan)
    assert b"do not tell" not in msgspec.json.encode(public(plan))


async def test_a_title_says_what_was_entered_but_for_what_is_private(tmp_path: Path) -> None:
    fields = [{"name": "shard"}, {"name": "prompt", "private": True}, {"name": "tags", "type": "list"}]
    options = {"argv": ["/bin/echo", "--shard={shard}", "{prompt}", "{tags}", "{key}", "{to}"]}
    head = {"fields": fields, "agents": "state:up"}
    reach = reach_of(client(), tmp_path)
    reach.store.status.put("a-1", AgentStatus(name="a-1", state=AgentState.UP))
    desk = submissions(reach, entry(KIND, "run", options, **head))
    items: list[dict[str, Any]] = [
        {"shard": "s-1", "prompt": "tell nobody", "tags": ["x", "y"]},
        {"shard": "{prompt}", "prompt": "nor this"},
    ]
    plan = await desk.plan("run", items, ["a-1"])
    assert [step.title for step in plan.steps] == [
        "run /bin/echo --shard=s-1 prompt x,y key a-1",
        "run /bin/echo --shard={prompt} prompt key a-1",
    ]
