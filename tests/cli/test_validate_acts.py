"""`config validate` of what acts: mistakes end it with 2, as they end the start; what only may be wrong is a note."""

from pathlib import Path

from tests.cli.conftest import Run

GOOD = """\
default_rules: false
discovery: [{kind: static, agents: [{name: coder-1, labels: {role: coder}}]}]
gates:
  errors: {expr: up, target: ">= 1"}
templates:
  - kind: command
    name: say
    fields: [{name: message}]
    argv: [/nowhere/say, "{message}"]
rollbacks:
  - kind: symlink
    name: web
    link: now
    releases: /srv/releases
    gate: errors
    agents: role:nobody
"""


def test_what_only_may_be_wrong_is_noted_and_all_is_counted(fleetdeck: Run, tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(GOOD)
    done = fleetdeck("config", "validate", str(path))
    assert (done.returncode, done.stdout) == (
        0,
        "ok: 1 discovery source, 0 queues, 0 backlogs, 1 gate, 1 template, 1 rollback\n",
    )
    notes = [line.replace(str(tmp_path), "") for line in done.stderr.splitlines()]
    assert notes == [
        "note: f.yaml:9: templates[0].argv: there is no program /nowhere/say, or it must not be run",
        "note: f.yaml:13: rollbacks[0].link: it is relative, and is taken as /now",
        "note: f.yaml:16: rollbacks[0].agents: none of the configured agents is meant by it",
    ]
    path.write_text(GOOD.replace("role:nobody", "role:coder").replace("link: now", "link: /now"))
    assert fleetdeck("config", "validate", str(path)).stderr.count("note:") == 1


def test_what_is_wrong_ends_it_and_every_command_that_reads_it(fleetdeck: Run, tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(GOOD.replace("{message}", "{mesage}").replace("gate: errors", "gate: erors"))
    said = [
        "f.yaml:9: templates[0].argv: there is no field mesage, which it names as {mesage}; did you mean message? "
        "(known: message)",
        "f.yaml:15: rollbacks[0].gate: there is no gate erors; did you mean errors? (known: errors)",
    ]
    for words in (
        ("config", "validate", str(path)),
        ("rollback", "web", "-c", str(path), "--dry-run"),
        ("submit", "say", "-c", str(path), "--dry-run"),
    ):
        done = fleetdeck(*words)
        assert (done.returncode, done.stdout) == (2, "")
        lines = [line.replace(str(tmp_path), "").removeprefix("fleetdeck: ") for line in done.stderr.splitlines()]
        assert lines == said
