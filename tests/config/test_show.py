"""`config show` and `config validate`: every value with its origin, and output that can be used."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.config_commands import config_group
from config.load import examine
from config.show import rows, text
from tests.config.kinds import TABLES, config_of

TEXT = """\
name: "a: b"
every: 90s
probes:
  health: {every: 3s}
discovery:
  - kind: static
    agents:
      - name: planner 1
        labels: {env: "no", v: "1.10", odd: "\\u202e\\e[2J"}
      - {name: b, every: 7s}
  - {kind: http_sd, url: "http://h/sd"}
queues: []
backlog:
  - {kind: markdown, path: TODO.md, name: to do, every: 5, done: [x, "y,"]}
host: {disks: [/, /srv]}
self_metrics: localhost:9105
"""

EVERY_KIND = """\
name: staging
every: 5s
discovery:
  - kind: static
    agents: [{name: planner-1, health: "http://127.0.0.1:9501/health", labels: {env: staging}}]
  - {kind: agent_status, path: agent_status.json}
  - {kind: coordinator, url: "http://127.0.0.1:5005"}
  - {kind: metrics_page, url: "http://127.0.0.1:8080/metrics", label: agent_name}
  - {kind: file_sd, files: ["targets/*.yml"]}
  - {kind: http_sd, url: "http://127.0.0.1:9000/sd"}
  - {kind: processes, match: "python .*agent"}
queues:
  - {kind: coordinator, url: "http://127.0.0.1:5005"}
  - {kind: task_file, path: task_queue.json}
  - {kind: redis_stream, url: "redis://127.0.0.1:6379/0", stream: "shield:ingestion_queue", group: lightrag-workers}
  - {kind: redis_list, url: "redis://127.0.0.1:6379/0", key: jobs}
backlog:
  - {kind: markdown, path: TODO.md}
  - {kind: batch_progress, path: todo_batch_progress.json}
  - {kind: todo_list, path: unified_todos.json}
  - {kind: csv, path: TASK-TRACKER.csv, status_column: Status, done: [Complete]}
"""


def examined_text(folder: Path, content: str) -> str:
    path = folder / "fleetdeck.yaml"
    path.write_text(content, encoding="utf-8")
    return text(examine(path, TABLES))


def test_every_value_has_its_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleetdeck.yaml").write_text(TEXT, encoding="utf-8")
    found = {row.key: (row.value, row.origin, row.line) for row in rows(examine(tmp_path / "fleetdeck.yaml", TABLES))}
    assert found["name"] == ("a: b", "fleetdeck.yaml", 1)
    assert found["timeout"] == ("5s", "default", None)
    assert found["probes.health.every"] == ("3s", "fleetdeck.yaml", 4)
    assert found["probes.metrics.every"] == ("1m30s", "every", None)
    assert found["discovery[0].every"] == ("1m30s", "every", None)
    assert found["discovery[0].agents[0].labels.v"] == ("1.10", "fleetdeck.yaml", 9)
    assert found["discovery[0].agents[1].health"] == (None, "default", None)
    assert found["discovery[1].every"] == ("1m", "kind http_sd", None)
    assert found["discovery[1].name"] == ("h/sd", "the entry", None)
    assert found["queues"] == ([], "fleetdeck.yaml", 12)
    assert found["backlog[0].every"] == (5, "fleetdeck.yaml", 14)
    assert found["host.disks[1]"] == ("/srv", "fleetdeck.yaml", 15)
    assert found["limits.agents"] == (20_000, "default", None)


def test_the_text_can_be_read_back_as_the_same_configuration(tmp_path: Path) -> None:
    shown = examined_text(tmp_path, TEXT)
    assert all(line.isprintable() for line in shown.splitlines())
    first, second = config_of(tmp_path, TEXT), config_of(tmp_path, shown)
    for config in (first, second):
        assert [entry.name for entry in config.backlog] == ["to do"]
    assert [entry.options for entry in first.entries] == [entry.options for entry in second.entries]
    assert [entry.every_s for entry in first.entries] == [entry.every_s for entry in second.entries]
    assert (first.probes, first.limits, first.host, first.self_metrics, first.name) == (
        second.probes,
        second.limits,
        second.host,
        second.self_metrics,
        second.name,
    )


def test_comments_are_aligned(tmp_path: Path) -> None:
    shown = examined_text(tmp_path, "name: x\nevery: 5s\n")
    columns = {line.index("  # ") for line in shown.splitlines() if "  # " in line}
    assert len(columns) == 1


class TestCommands:
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)

    def test_validate_says_what_is_watched(self) -> None:
        Path("fleetdeck.yaml").write_text(
            "discovery: [{kind: static, agents: []}]\nbacklog: [{kind: markdown, path: a}, {kind: markdown, path: b}]\n"
        )
        result = CliRunner().invoke(config_group, ["validate"])
        assert (result.exit_code, result.stdout) == (0, "ok: 1 discovery source, 0 queues, 2 backlogs\n")

    def test_validate_names_mistakes_on_stderr_and_exits_2(self) -> None:
        Path("my.yaml").write_text("nme: x\nevery: 0s\n")
        result = CliRunner().invoke(config_group, ["validate", "my.yaml"])
        assert (result.exit_code, result.stdout) == (2, "")
        assert [line.split(": ")[:2] for line in result.stderr.splitlines()] == [
            ["my.yaml:1", "nme"],
            ["my.yaml:2", "every"],
        ]

    def test_validate_takes_a_note_of_secrets_that_are_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NOT_THERE", raising=False)
        Path("fleetdeck.yaml").write_text(
            "discovery: [{kind: http_sd, url: 'http://h', auth: {secret: {env: NOT_THERE}}}]"
        )
        result = CliRunner().invoke(config_group, ["validate"])
        assert (result.exit_code, result.stdout) == (0, "ok: 1 discovery source, 0 queues, 0 backlogs\n")
        assert result.stderr == (
            "note: fleetdeck.yaml:1: discovery[0]: the environment variable NOT_THERE is not set\n"
        )

    def test_without_a_configuration_they_say_how_to_get_one(self) -> None:
        for command in ("validate", "show"):
            result = CliRunner().invoke(config_group, [command])
            assert (result.exit_code, result.stdout) == (2, "")
            assert "fleetdeck demo" in result.stderr
            assert "fleetdeck.yaml" in result.stderr

    def test_show_as_json(self) -> None:
        Path("fleetdeck.yaml").write_text("name: x")
        result = CliRunner().invoke(config_group, ["show", "-o", "json"])
        assert result.exit_code == 0
        assert json.loads(result.stdout)[0] == {
            "key": "name",
            "value": "x",
            "origin": "fleetdeck.yaml",
            "line": 1,
            "secret": None,
        }

    def test_one_of_each_kind_is_valid_and_shown(self) -> None:
        Path("fleetdeck.yaml").write_text(EVERY_KIND)
        result = CliRunner().invoke(config_group, ["validate"])
        assert result.stdout == "ok: 7 discovery sources, 4 queues, 4 backlogs\n"
        Path("again.yaml").write_text(CliRunner().invoke(config_group, ["show"]).stdout)
        assert CliRunner().invoke(config_group, ["validate", "again.yaml"]).stdout == result.stdout
        shown = json.loads(CliRunner().invoke(config_group, ["show", "-o", "json"]).stdout)
        values = {row["key"]: row["value"] for row in shown}
        assert (values["discovery[6].name"], values["discovery[6].match"]) == ("python .*agent", "python .*agent")
        assert (values["backlog[3].kind"], values["backlog[3].done[0]"]) == ("csv", "Complete")

    def test_the_file_of_the_main_command_is_taken(self) -> None:
        Path("other.yaml").write_text("name: other")
        result = CliRunner().invoke(config_group, ["show"], obj={"config": Path("other.yaml")})
        assert result.stdout.startswith("name: other")
