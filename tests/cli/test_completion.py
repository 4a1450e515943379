"""Completion by the real shells, and what a shell is told; a press of tab loads neither Textual nor an HTTP library."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from cli.shells import is_quoted
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
        ("fleetdeck rollback watch ", "plain,abc1"),
        ("fleetdeck reconcile a", "plain,abc2"),
    ],
)
def test_what_a_line_may_go_on_with(place: Path, line: str, ending: str) -> None:
    if "europe" in line and "Europe/Berlin" not in zone_names():
        pytest.skip("this machine has no time zones")
    assert " ".join(ways(place, line)) == ending


def test_a_broken_configuration_does_not_break_the_tab_key(place: Path) -> None:
    (place / "fleetdeck.yaml").write_text("filters: [")
    assert ways(place, "fleetdeck get agents --filter @m") == []
    assert ways(place, "fleetdeck get age") == ["plain,agents"]


def test_completing_loads_nothing_heavy(place: Path) -> None:
    program = (
        "import atexit, sys\n"
        "heavy = {'textual', 'httpx', 'aiohttp', 'redis', 'psutil', 'rich', 'actions.runner', 'cli.deck'}\n"
        "atexit.register(lambda: print(sorted(heavy & set(sys.modules)), file=sys.stderr))\n"
        "from cli.start import main; main()"
    )
    lines = ["", "get agents --filter @m", "--view 'tasks st", "--keys v", "doctor ", "keys check ", "--tz U", "init -"]
    lines += ["submit ", "submit ask --set s", "rollback g", "rollback watch ", "reconcile a"]
    for line in (f"fleetdeck {rest}" for rest in lines):
        environ = in_place(place, COMP_LINE=line, COMP_WORDBREAKS=":", _FLEETDECK_COMPLETE="bash_complete")
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=place, env=environ, capture_output=True, text=True, check=False
        )
        assert done.stdout
        assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("line", "quoted"),
    [("a", False), ("a 'b", True), ("a 'b' c", False), ('a "b\\"', True), ("a \\'b", False), ("a 'b\\' c", False)],
)
def test_quotes_as_a_shell_reads_them(line: str, quoted: bool) -> None:
    assert is_quoted(line) is quoted


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


WHOLE = (("fleetdeck doc", "fleetdeck doctor "), ("fleetdeck --view que", "fleetdeck --view queues "))


@pytest.mark.parametrize(("typed", "line"), WHOLE)
def test_fish_completes_a_view_and_a_command(place: Path, typed: str, line: str) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not installed")
    program = f"fleetdeck completion fish | source; complete -C '{typed}'"
    done = subprocess.run(
        [fish, "--no-config", "-c", program],
        cwd=place, env=in_place(place), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stderr, done.stdout.split("\t")[0].strip()) == ("", line.rsplit(maxsplit=1)[-1])


@pytest.mark.parametrize(("typed", "line"), WHOLE)
def test_zsh_completes_a_view_and_a_command(place: Path, typed: str, line: str) -> None:
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("zsh is not installed")
    child = pexpect.spawn(
        zsh, ["-f", "-i"], env=in_place(place), cwd=str(place), encoding="utf-8", timeout=30, dimensions=(24, 200)
    )
    child.sendline("autoload -Uz compinit && compinit -u -D && source <(fleetdeck completion zsh)")
    child.sendline("said() { print -n -- '[|'\"$BUFFER\"'|]|' }; zle -N said; bindkey '^Xs' said")
    child.sendline("PS1=rea''dy")
    child.expect("ready")
    child.send(typed + "\t\x18s")
    child.expect(r"\[\|(.*)\|\]\|")
    assert child.match is not None
    assert child.match[1] == line
    child.close(force=True)
