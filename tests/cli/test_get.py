"""`fleetdeck get`: rows on stdout, words on stderr, and the exit code."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from cli.dashboard.memory_file import MemoryFile, memory_path
from tests.cli.conftest import Run
from tests.real_prometheus import eventually
from tui.kept.memory import Memory

AGENT_FIELDS = {
    "name", "kind", "state", "claimed_state", "observed_at", "age_s", "latency_s", "detail", "sources", "labels",
    "tasks_queued", "tasks_failed", "tasks_completed", "cpu_percent", "memory_bytes",
}  # fmt: skip
BACKLOG_FIELDS = {
    "name", "kind", "total", "done", "claimed_total", "claimed_done", "done_ratio", "claimed_ratio", "anomalies",
    "rate_per_hour", "eta_s", "observed_at",
}  # fmt: skip
QUEUE_FIELDS = {
    "name", "kind", "queued", "running", "done", "failed", "dead_letter", "oldest_queued_s", "arrival_per_min",
    "completion_per_min", "anomalies",
}  # fmt: skip
A_WHOLE_SCRIPT_S = 90.0
"""Seconds within which the demo fleet, at six times the speed of life, shows every trouble of its script."""

STATES = {"up", "degraded", "down", "stale", "unknown", "waiting"}


def test_agents_of_a_live_fleet(fleetdeck: Run, demo: Path) -> None:
    done = fleetdeck("get", "agents", "--config", str(demo), "-o", "json", "--wait", "50")
    assert done.returncode == 0
    rows = json.loads(done.stdout)
    assert len(rows) >= 20
    assert all(row.keys() >= AGENT_FIELDS for row in rows)
    assert {row["state"] for row in rows} <= STATES
    observed = [row for row in rows if row["state"] == "up"]
    assert observed
    assert all(row["age_s"] is not None and row["latency_s"] > 0 and row["observed_at"] for row in observed)
    assert all(row["memory_bytes"] > 0 and row["labels"]["env"] in ("prod", "staging") for row in observed)


def test_the_liar_is_seen_through(fleetdeck: Run, demo: Path) -> None:
    def lying() -> list[dict[str, object]] | None:
        done = fleetdeck("get", "agents", "-c", str(demo), "-o", "json", "--filter", "state:degraded disagrees=true")
        return json.loads(done.stdout) or None

    for row in eventually(lying, A_WHOLE_SCRIPT_S):
        assert row["claimed_state"] != row["state"]
        assert row["detail"]


def test_queues_and_backlog_of_a_live_fleet(fleetdeck: Run, demo: Path) -> None:
    queues = json.loads(fleetdeck("get", "queues", "-c", str(demo), "-o", "json").stdout)
    assert {"coordinator", "task_file"} <= {row["kind"] for row in queues}
    assert all(row.keys() >= QUEUE_FIELDS for row in queues)
    # One look gives no rate, and no dead-letter file is no empty dead-letter queue.
    assert all(row["arrival_per_min"] is None for row in queues)
    assert [row["dead_letter"] for row in queues if row["kind"] == "task_file"] == [None]
    backlog = json.loads(fleetdeck("get", "backlog", "-c", str(demo), "-o", "json").stdout)
    assert {row["kind"] for row in backlog} == {"markdown", "batch_progress", "todo_list", "csv"}
    assert all(row.keys() >= BACKLOG_FIELDS for row in backlog)
    assert all(0 <= row["done_ratio"] <= 1 for row in backlog)


def test_every_output_says_the_same(fleetdeck: Run, demo: Path) -> None:
    def names(output: str) -> str:
        return fleetdeck("get", "agents", "-c", str(demo), "-o", output, "--filter", "kind=planner").stdout

    expected = {"planner-1", "planner-2"}
    assert {row["name"] for row in json.loads(names("json"))} == expected
    assert {json.loads(line)["name"] for line in names("jsonl").splitlines()} == expected
    assert {row["name"] for row in csv.DictReader(io.StringIO(names("csv")))} == expected
    assert {row["gone"] for row in csv.DictReader(io.StringIO(names("csv")))} == {"false"}
    table = names("table").splitlines()
    assert table[0].split()[:2] == ["STATE", "AGENT"]
    assert {line.split()[2] for line in table[1:]} == expected


def test_a_refused_agent_is_down_after_one_command(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text(
        'discovery: [{kind: static, agents: [{name: gone, health: "http://127.0.0.1:9/health"}]}]\n'
    )
    done = fleetdeck("get", "agents", "-o", "json")
    (row,) = json.loads(done.stdout)
    assert (done.returncode, row["state"], row["claimed_state"]) == (0, "down", None)
    assert "refused" in row["detail"]
    assert row["tasks_queued"] is None


def test_no_rows_are_no_data(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("discovery: [{kind: static, agents: [{name: a}]}]\n")
    done = fleetdeck("get", "agents", "--filter", "zzz")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "fleetdeck: no agents match 'zzz'\n")
    assert fleetdeck("get", "agents", "--filter", "zzz", "-o", "json").stdout == "[]\n"


def test_when_nothing_can_be_read_it_fails_and_says_why(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("queues: [{kind: task_file, path: absent.json}]\n")
    done = fleetdeck("get", "queues", "-o", "json")
    assert done.returncode == 1
    (row,) = json.loads(done.stdout)
    assert (row["queued"], row["failed"]) == (None, None)
    assert "absent.json" in done.stderr
    assert "nothing that fills queues could be read" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["get", "agents"], "fleetdeck demo"),
        ([], "There is no configuration"),
        (["get", "agents", "-c", "absent.yaml"], "there is no such file"),
        (["get", "nonsense"], "nonsense"),
        (["screenshot", "overview", "-o", "x.png"], "FILE.svg or FILE.txt"),
        (["demo", "--serve"], "-o FILE"),
        (["completion", "tcsh"], "tcsh"),
    ],
)
def test_usage_errors_exit_2_with_a_reason(fleetdeck: Run, arguments: list[str], words: str) -> None:
    done = fleetdeck(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_configuration_or_filter_exits_2(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("nmae: x\n")
    done = fleetdeck("get", "agents")
    assert (done.returncode, done.stdout) == (2, "")
    assert "fleetdeck.yaml:1: nmae: unknown key; did you mean name?" in done.stderr
    (tmp_path / "fleetdeck.yaml").write_text("name: x\n")
    done = fleetdeck("get", "agents", "--filter", "(")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'('" in done.stderr


def test_what_stands_in_the_shared_data(fleetdeck: Run, tmp_path: Path, shared: Path) -> None:
    fixtures, seeds = shared / "fixtures" / "tools-automation", sorted((shared / "seeds").iterdir())
    backlog = "".join(f"  - {{kind: markdown, path: {seed}, name: seed {n}}}\n" for n, seed in enumerate(seeds))
    (tmp_path / "fleetdeck.yaml").write_text(
        f"discovery: [{{kind: agent_status, path: {fixtures}/root_agent_status.json}}]\n"
        f"queues: [{{kind: task_file, path: {fixtures}/root_task_queue.json}}]\nbacklog:\n{backlog}"
    )
    agents = json.loads(fleetdeck("get", "agents", "-o", "json").stdout)
    assert len(agents) == 233
    assert not [row["name"] for row in agents if row["state"] == "up"]
    (queue,) = json.loads(fleetdeck("get", "queues", "-o", "json").stdout)
    assert (queue["queued"] + queue["running"], queue["done"], queue["failed"]) == (32, 36, 0)
    rows = {row["name"]: row for row in json.loads(fleetdeck("get", "backlog", "-o", "json").stdout)}
    counted = [(rows[f"seed {n}"]["total"], rows[f"seed {n}"]["done"]) for n in range(5)]
    assert counted == [(186, 120), (92, 42), (368, 0), (17, 0), (0, 0)]


def test_filter_sort_columns_and_limit(fleetdeck: Run, demo: Path, tmp_path: Path) -> None:
    config = tmp_path / "fleetdeck.yaml"
    config.write_text(demo.read_text() + "filters: {mine: 'kind=planner or kind=coder'}\n")
    asked = ["get", "agents", "--filter", "(@mine or kind:tester) not name:-2", "--sort=-kind,name", "--limit", "3"]
    rows = json.loads(fleetdeck(*asked, "-o", "json", "--columns", "name,kind,label:env").stdout)
    assert len(rows) == 3
    assert [row["kind"] for row in rows] == sorted((row["kind"] for row in rows), reverse=True)
    assert all(list(row) == ["name", "kind", "label:env"] and "-2" not in row["name"] for row in rows)
    table = fleetdeck(*asked, "--columns", "name,since").stdout.splitlines()
    assert table[0].split() == ["AGENT", "SINCE"]
    assert len(table) == 4
    assert all(re.fullmatch(r"\S+ +2\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line) for line in table[1:])


def test_what_the_dashboard_kept_can_be_used_by_name(fleetdeck: Run, tmp_path: Path) -> None:
    config = tmp_path / "fleetdeck.yaml"
    config.write_text("name: x\ndiscovery: [{kind: static, agents: [{name: a}, {name: b}]}]\n")
    kept = MemoryFile(memory_path(tmp_path / "state" / "fleetdeck", "x", config))
    assert kept.write(Memory(filters={"bees": "name=b"})) == ""
    (row,) = json.loads(fleetdeck("get", "agents", "--filter", "@bees", "-o", "json").stdout)
    assert row["name"] == "b"
    frame = fleetdeck("screenshot", "agents @bees").stdout
    assert "1/2  /@bees" in frame
    wrong = fleetdeck("get", "agents", "--filter", "up @bess")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.splitlines() == [
        "fleetdeck: no saved filter 'bess'; did you mean bees? (at character 4)",
        "    up @bess",
        "       ^",
    ]


def test_a_label_that_nobody_has_is_said(fleetdeck: Run, tmp_path: Path) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("discovery: [{kind: static, agents: [{name: a, labels: {env: prod}}]}]\n")
    done = fleetdeck("get", "agents", "--filter", "evn=prod")
    assert (done.returncode, done.stdout) == (0, "")
    assert "none of the agents has a label evn" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["get", "agents", "--sort", "nonsense"], "cannot be sorted by 'nonsense'"),
        (["get", "agents", "--columns", "nmae"], "no column 'nmae'"),
        (["get", "agents", "-o", "json", "--columns", "nmae"], "no field 'nmae'; did you mean name?"),
        (["get", "agents", "--limit", "0"], "0 is not in the range"),
        (["screenshot", "agents stat:down"], "did you mean state?"),
        (["--tz", "Europe/Berln"], "did you mean Europe/Berlin?"),
    ],
)
def test_what_cannot_be_asked_exits_2_before_anything_is_collected(
    fleetdeck: Run, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "fleetdeck.yaml").write_text("discovery: [{kind: static, agents: [{name: a}]}]\n")
    done = fleetdeck(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_times_are_shown_where_one_is_and_written_in_utc(fleetdeck: Run, tmp_path: Path) -> None:
    config = tmp_path / "fleetdeck.yaml"
    config.write_text("discovery: [{kind: static, agents: [{name: a}]}]\ntime: Asia/Kolkata\n")
    assert re.search(r"as of \d\d:\d\d:\d\d\+05:30", fleetdeck("screenshot", "agents").stdout)
    assert re.search(r"as of \d\d:\d\d:\d\d-09:30", fleetdeck("--tz", "Pacific/Marquesas").stdout)
    assert re.search(r"as of \d\d:\d\d:\d\d\+08:45", fleetdeck("--tz", "local", TZ="Australia/Eucla").stdout)
    for row in json.loads(fleetdeck("get", "agents", "-o", "json", TZ="Australia/Eucla").stdout):
        assert row["since"] is None or row["since"].endswith("Z")
