"""Completion by the real shells, and what a shell is told; a press of tab loads neither Textual nor an HTTP library."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from cli.shells import open_quote
from fleet.time_zones import zone_names
from tests.cli.conftest import Run, environment

CONFIG = """
name: x
filters: {mine: 'state:down', night-watch: 'state:up'}
discovery: [{kind: static, agents: [{name: planner-1}, {name: worker-1}]}]
templates:
  - {kind: http, name: ask, url: "http://h/", fields: [{name: prompt}, {name: size, choices: [small, large]}]}
  - {kind: http, name: embed, url: "http://h/"}
rollbacks: [{kind: symlink, name: gateway, link: /srv/current, releases: /srv/releases}]
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a configuration, and the command on a PATH."""
    (tmp_path / "fleetdeck.yaml").write_text(CONFIG)
    actions = tmp_path / "state" / "fleetdeck" / "actions"
    actions.mkdir(parents=True)
    for id, act, state in (("abc1", "rollback", "running"), ("abc2", "submit", "unknown")):
        plan = {"act": act, "source": "gateway", "title": "do it", "revision": "v41"}
        (actions / f"{id}.json").write_text(json.dumps({"id": id, "state": state, "plan": plan, "items": []}))
    outside = {"act": "rollback", "source": "shop", "revision": "$(touch owned)", "before": "\x1b]0;x\x07\nplain,y"}
    (actions / "abc3.json").write_text(json.dumps({"id": "abc3", "state": "failed", "plan": outside}))
    (actions / "torn.json").write_text("{")
    program = tmp_path / "bin" / "fleetdeck"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from cli.start import main; main()" "$@"\n')
    program.chmod(0o755)
    return tmp_path


def in_place(place: Path, **more: str) -> dict[str, str]:
    return environment(place) | {"PATH": f"{place / 'bin'}:{os.environ['PATH']}", "TERM": "dumb", **more}


def ways(place: Path, line: str, breaks: str = ":=@ ") -> list[str]:
    """What bash is told of a line."""
    environ = in_place(place, COMP_LINE=line, COMP_WORDBREAKS=breaks, _FLEETDECK_COMPLETE="bash_complete")
    done = subprocess.run(
        ["fleetdeck"], cwd=place, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "ending"),
    [
        ("fleetdeck scr", "plain,screenshot"),
        ("fleetdeck config val", "plain,validate"),
        ("FOO=1 fleetdeck --view over", "plain,overview"),
        ("fleetdeck screenshot 'agents sta", "nospace,agents state:"),
        ("fleetdeck --view 'agents state:do", "plain,agents state:down"),
        ("fleetdeck --view 'agents sort=-na", "plain,agents sort=-name"),
        ("fleetdeck get agents --filter state:do", "plain,down"),
        ("fleetdeck get agents --filter 'state:do", "plain,state:down"),
        ("fleetdeck get agents --filter '(!@mi", "plain,(!@mine"),
        ("fleetdeck get agents --filter @night", "plain,@night-watch"),
        ("fleetdeck get tasks --columns id,que", "plain,id,queue"),
        ("fleetdeck get tasks --sort pri", "plain,priority"),
        ("fleetdeck get ag", "plain,agents"),
        ("fleetdeck --config fl", "file,fl"),
        ("fleetdeck --theme high-contrast-l", "plain,high-contrast-light"),
        ("fleetdeck --tz europe/berl", "plain,Europe/Berlin"),
        ("fleetdeck --keys tm", "plain,tmux-safe"),
        ("fleetdeck keys check vi", "plain,vim"),
        ("fleetdeck doctor clip", "plain,clipboard"),
        ("fleetdeck completion fi", "plain,fish"),
        ("fleetdeck submit a", "plain,ask"),
        ("fleetdeck submit ask --to wor", "plain,worker-1"),
        ("fleetdeck submit ask --set pro", "nospace,prompt="),
        ("fleetdeck submit ask --set size=s", "plain,small"),
        ("fleetdeck submit embed --set p", ""),
        ("fleetdeck rollback g", "plain,gateway"),
        ("fleetdeck rollback gateway --to v", "plain,v41"),
        ("fleetdeck rollback shop --to ", r"plain,\$\(touch\ owned\)"),
        ("fleetdeck rollback shop --to '", "plain,$(touch owned)"),
        ('fleetdeck rollback shop --to "', r"plain,\$(touch owned)"),
        ("fleetdeck rollback watch abc1", "plain,abc1"),
        ("fleetdeck reconcile a", "plain,abc2"),
        ("fleetdeck undo a", "plain,abc3"),
        ("fleetdeck cancel a", "plain,abc2"),
    ],
)
def test_what_a_line_may_go_on_with(place: Path, line: str, ending: str) -> None:
    if "europe" in line and "Europe/Berlin" not in zone_names():
        pytest.skip("this machine has no time zones")
    assert " ".join(ways(place, line)) == ending


ACTING = (
    *("submit ", "submit ask --to ", "submit ask --set ", "rollback ", "rollback gateway --to "),
    *("reconcile ", "undo ", "cancel "),
)


@pytest.mark.parametrize(
    "text",
    [
        "filters: [",
        "templates: 3",
        "templates: [3, {name: [a]}, {fields: {}}]",
        "\0",
        "a: &a [*a]",
        "x" * 2_000_000,
        None,
    ],
    ids=["torn", "no list", "odd entries", "binary", "recursion", "huge", "folder"],
)
def test_a_broken_configuration_does_not_break_the_tab_key(place: Path, text: str | None) -> None:
    file = place / "fleetdeck.yaml"
    file.unlink()
    if text is None:
        file.mkdir()
    else:
        file.write_text(text)
    assert ways(place, "fleetdeck get agents --filter @m") == []
    assert ways(place, "fleetdeck get age") == ["plain,agents"]
    assert ways(place, "fleetdeck submit a") == []
    assert ways(place, "fleetdeck submit ask --set p") == []
    assert ways(place, "fleetdeck rollback g") == []


def test_nothing_is_asked_of_the_fleet_and_nothing_written(place: Path) -> None:
    """Whatever stands behind an address of the configuration may be dead: nobody goes there for a press of a key."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        here = f"127.0.0.1:{server.getsockname()[1]}"
        agents = f"discovery: [{{kind: redis, url: 'redis://{here}'}}, {{kind: http, url: 'http://{here}/agents'}}]"
        text = CONFIG.replace("http://h/", f"http://{here}/").replace(
            "discovery: [{kind: static, agents: [{name: planner-1}, {name: worker-1}]}]", agents
        )
        (place / "fleetdeck.yaml").write_text(text)
        before = _files(place)
        answers = [ways(place, f"fleetdeck {line}") for line in ACTING]
        assert ["plain,ask", "plain,embed"] in answers
        with pytest.raises(BlockingIOError):
            server.accept()
    assert _files(place) == before


def _files(place: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in place.rglob("*")}


def test_completing_loads_nothing_heavy(place: Path) -> None:
    program = (
        "import atexit, sys\n"
        "heavy = {'textual', 'httpx', 'aiohttp', 'redis', 'psutil', 'rich', 'actions.runner', 'cli.deck'}\n"
        "atexit.register(lambda: print(sorted(heavy & set(sys.modules)), file=sys.stderr))\n"
        "from cli.start import main; main()"
    )
    lines = ["", "get agents --filter @m", "--view 'tasks st", "--keys v", "doctor ", "keys check ", "--tz U", "init -"]
    lines += ["submit ", "submit ask --set s", "rollback g", "rollback watch ", "reconcile a", "undo a", "cancel a"]
    for line in (f"fleetdeck {rest}" for rest in lines):
        environ = in_place(place, COMP_LINE=line, COMP_WORDBREAKS=":", _FLEETDECK_COMPLETE="bash_complete")
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=place, env=environ, capture_output=True, text=True, check=False
        )
        assert done.stdout
        assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("line", "quote"),
    [("a", ""), ("a 'b", "'"), ("a 'b' c", ""), ('a "b\\"', '"'), ("a \\'b", ""), ("a 'b\\' c", "")],
)
def test_quotes_as_a_shell_reads_them(line: str, quote: str) -> None:
    assert open_quote(line) == quote


@pytest.fixture
def bash(place: Path) -> "Iterator[pexpect.spawn[str]]":
    """An interactive bash that has loaded the script."""
    found = shutil.which("bash")
    if found is None:
        pytest.skip("bash is not installed")
    child = pexpect.spawn(
        found, ["--norc", "--noprofile"], env=in_place(place), cwd=str(place), encoding="utf-8", timeout=30,
        dimensions=(24, 200),
    )  # fmt: skip
    child.sendline("bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; PS1=; unset PROMPT_COMMAND")
    child.sendline('eval "$(fleetdeck completion bash)" && echo load""ed')
    child.expect("loaded\r\n")
    yield child
    child.close(force=True)


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("fleetdeck doc", "fleetdeck doctor "),
        ("fleetdeck --view que", "fleetdeck --view queues "),
        ("fleetdeck --view 'agents sta", "fleetdeck --view 'agents state:'"),
        ("fleetdeck get agents --filter state:do", "fleetdeck get agents --filter state:down "),
        ("fleetdeck get agents --filter @mi", "fleetdeck get agents --filter @mine "),
        ("fleetdeck --config fleetd", "fleetdeck --config fleetdeck.yaml "),
    ],
)
def test_bash_completes_as_it_is_typed(bash: "pexpect.spawn[str]", typed: str, line: str) -> None:
    # At the end of the line the whole of it is handed to a function that says it.
    bash.sendline("said() { printf '%s|' '[' \"$READLINE_LINE\" ']'; }; bind -x '\"\\C-xs\": said'; echo bo\"\"und")
    bash.expect("bound\r\n")
    bash.send(typed + "\t\x18s")
    bash.expect(r"\[\|(.*)\|\]\|")
    assert bash.match is not None
    assert bash.match[1] == line


@pytest.mark.parametrize(("shell", "check"), [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])])
def test_a_script_loads_without_an_error(fleetdeck: Run, tmp_path: Path, shell: str, check: list[str]) -> None:
    done = fleetdeck("completion", shell)
    assert (done.returncode, "_FLEETDECK_COMPLETE" in done.stdout) == (0, True), done.stderr
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(done.stdout)
    loaded = subprocess.run([found, *check, str(script)], capture_output=True, text=True, timeout=30, check=False)
    assert (loaded.returncode, loaded.stderr) == (0, "")


WHOLE = (
    ("fleetdeck doc", "fleetdeck doctor "),
    ("fleetdeck --view que", "fleetdeck --view queues "),
    ("fleetdeck get act", "fleetdeck get actions "),
    ("fleetdeck get templ", "fleetdeck get templates "),
    ("fleetdeck get rollb", "fleetdeck get rollbacks "),
    ("fleetdeck get tasks --columns id,que", "fleetdeck get tasks --columns id,queue "),
    ("fleetdeck get actions --filter state:suc", "fleetdeck get actions --filter state:succeeded "),
    ("fleetdeck sub", "fleetdeck submit "),
    ("fleetdeck submit a", "fleetdeck submit ask "),
    ("fleetdeck submit ask --to wor", "fleetdeck submit ask --to worker-1 "),
    ("fleetdeck submit ask --set pro", "fleetdeck submit ask --set prompt="),
    ("fleetdeck submit ask --set size=s", "fleetdeck submit ask --set size=small "),
    ("fleetdeck rollback g", "fleetdeck rollback gateway "),
    ("fleetdeck rollback gateway --to v", "fleetdeck rollback gateway --to v41 "),
    ("fleetdeck rollback watch abc1", "fleetdeck rollback watch abc1 "),
    ("fleetdeck reconcile a", "fleetdeck reconcile abc2 "),
    ("fleetdeck undo a", "fleetdeck undo abc3 "),
    ("fleetdeck cancel a", "fleetdeck cancel abc2 "),
    ("fleetdeck audit ver", "fleetdeck audit verify "),
    ("fleetdeck audit show --filter outc", "fleetdeck audit show --filter outcome:"),
)
"""What is typed, and what a press of tab makes of it."""
LAST_WORDS = tuple((typed, line.split()[-1]) for typed, line in WHOLE)


def spawned(shell: str, arguments: list[str], place: Path) -> "pexpect.spawn[str]":
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    return pexpect.spawn(
        found, arguments, env=in_place(place), cwd=str(place), encoding="utf-8", timeout=30, dimensions=(24, 200)
    )


def completed(child: "pexpect.spawn[str]", typed: str) -> str:
    """The line after a press of tab. The keys behind it hand the line to a function that says and empties it."""
    child.send(typed + "\t\x18s")
    child.expect(r"\[\|(.*?)\|\]\|")
    assert child.match is not None
    return str(child.match[1])


def test_bash_completes_what_acts(bash: "pexpect.spawn[str]") -> None:
    said = "said() { printf '%s|' '[' \"$READLINE_LINE\" ']'; READLINE_LINE=; }"
    bash.sendline(f'{said}; bind -x \'"\\C-xs": said\'; echo bo""und')
    bash.expect("bound\r\n")
    assert [(typed, completed(bash, typed)) for typed, _ in WHOLE] == list(WHOLE)


def test_zsh_completes_as_it_is_typed(place: Path) -> None:
    zsh = spawned("zsh", ["-f", "-i"], place)
    zsh.sendline("autoload -Uz compinit && compinit -u -D && source <(fleetdeck completion zsh)")
    zsh.sendline("said() { print -n -- '[|'\"$BUFFER\"'|]|'; BUFFER= }; zle -N said; bindkey '^Xs' said")
    zsh.sendline("PS1=rea''dy")
    zsh.expect("ready")
    assert [(typed, completed(zsh, typed)) for typed, _ in WHOLE] == list(WHOLE)
    zsh.close(force=True)


def test_fish_completes_what_it_is_asked(place: Path) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not installed")
    program = "fleetdeck completion fish | source; for line in $LINES_TYPED; complete -C $line; echo; end"
    lines = "\x1e".join(typed for typed, _ in LAST_WORDS)
    done = subprocess.run(
        [fish, "--no-config", "-c", f"set LINES_TYPED (string split \\x1e -- $TYPED); {program}"],
        cwd=place, env=in_place(place, TYPED=lines), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    told = [answer.split("\t")[0].strip() for answer in done.stdout.split("\n\n")]
    assert done.stderr == ""
    assert list(zip((typed for typed, _ in WHOLE), told, strict=False)) == list(LAST_WORDS)
