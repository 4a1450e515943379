"""`fleetdeck query`, `gates` and `check`: what they print, and the exit codes that others rely on."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.conftest import Run

PAGE = """\
# TYPE agent_status gauge
agent_status{agent_name="planner"} 1
agent_status{agent_name="coder"} 0
# TYPE claimed_uptime gauge
claimed_uptime 0.9995
"""


@pytest.fixture
def exporter() -> Iterator[str]:
    """The address of a page over real sockets."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.encode() if self.path == "/metrics" else b'{"status": "healthy"}'
            self.send_response(200)
            self.send_header(
                "Content-Type", "text/plain; version=0.0.4" if self.path == "/metrics" else "application/json"
            )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def configured(folder: Path, exporter: str, more: str = "") -> str:
    file = folder / "fleetdeck.yaml"
    agent = f"{{name: exporter, health: '{exporter}/health', metrics: '{exporter}/metrics'}}"
    file.write_text(f"host: false\ndefault_rules: false\ndiscovery: [{{kind: static, agents: [{agent}]}}]\n{more}")
    return str(file)


def rules(folder: Path, *alerts: str) -> str:
    lines = "".join(f"      - {alert}\n" for alert in alerts)
    (folder / "rules.yml").write_text(f"groups:\n  - name: test\n    rules:\n{lines}")
    return "rules: [rules.yml]\n"


def test_a_query_is_answered_from_what_the_sweep_brought_in(fleetdeck: Run, tmp_path: Path, exporter: str) -> None:
    done = fleetdeck("query", "agent_status == 0", "-c", configured(tmp_path, exporter))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('0  agent_status{agent="exporter", agent_name="coder", instance="127.0.0.1:')


def test_json_is_the_envelope_of_prometheus(fleetdeck: Run, tmp_path: Path, exporter: str) -> None:
    done = fleetdeck("query", "sum(agent_status)", "-o", "json", "-c", configured(tmp_path, exporter))
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["data"]["resultType"]) == ("success", "vector")
    (only,) = answer["data"]["result"]
    assert (only["metric"], only["value"][1]) == ({}, "1")


def test_what_fleetdeck_observes_can_be_asked_for(fleetdeck: Run, tmp_path: Path, exporter: str) -> None:
    expr = 'fleetdeck_agent_state{state="up"} * on(agent) up'
    done = fleetdeck("query", expr, "-o", "json", "-c", configured(tmp_path, exporter))
    (only,) = json.loads(done.stdout)["data"]["result"]
    assert (only["metric"]["agent"], only["value"][1]) == ("exporter", "1")


def test_a_time_at_which_nothing_was_seen_has_no_series(fleetdeck: Run, tmp_path: Path, exporter: str) -> None:
    file = configured(tmp_path, exporter)
    done = fleetdeck("query", "agent_status", "--time", "2020-01-01T00:00:00Z", "-c", file)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no series match" in done.stderr
    wrong = fleetdeck("query", "agent_status", "--time", "noon", "-c", file)
    assert wrong.returncode == 2
    assert "is no time such as" in wrong.stderr


@pytest.mark.parametrize(("expr", "why"), [("sum(", "unclosed"), ("histogram_count(x)", "native histograms")])
def test_a_wrong_expression_is_refused_before_anything_is_asked(
    fleetdeck: Run, tmp_path: Path, exporter: str, expr: str, why: str
) -> None:
    done = fleetdeck("query", expr, "-c", configured(tmp_path, exporter))
    assert done.returncode == 2
    assert why in done.stderr


def test_an_answer_that_would_be_ambiguous_is_an_error_in_words_and_in_json(
    fleetdeck: Run, tmp_path: Path, exporter: str
) -> None:
    file = configured(tmp_path, exporter)
    expr = "claimed_uptime * on(agent) agent_status"
    done = fleetdeck("query", expr, "-c", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert "many" in done.stderr
    answer = json.loads(fleetdeck("query", expr, "-o", "json", "-c", file).stdout)
    assert (answer["status"], answer["errorType"]) == ("error", "execution")


GATES = """\
gates:
  uptime: {expr: 'avg(agent_status)', target: '>99.9%', claimed: claimed_uptime}
  health: {expr: 'count(fleetdeck_agent_state{state="up"} == 1)', target: '1/1 passing'}
  latency: {expr: 'quantile(0.95, nobody_measures_this_seconds)', target: '<500ms'}
"""


def test_gates_show_the_claim_beside_what_is_observed_and_fail(fleetdeck: Run, tmp_path: Path, exporter: str) -> None:
    done = fleetdeck("gates", "-o", "json", "-c", configured(tmp_path, exporter, GATES))
    assert done.returncode == 1, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert (rows["uptime"]["state"], rows["uptime"]["observed_text"]) == ("fail", "50%")
    assert rows["uptime"]["claimed"] == "99.95%"
    assert rows["health"]["state"] == "pass"
    assert (rows["latency"]["state"], rows["latency"]["observed"]) == ("no data", None)


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ("{expr: 'count(agent_status)', target: '>= 2'}", 0),
        ("{expr: 'count(agent_status)', target: '> 2'}", 1),
        ("{expr: 'nothing_of_that_name', target: '> 2'}", 3),
    ],
)
def test_the_exit_code_of_gates(fleetdeck: Run, tmp_path: Path, exporter: str, gate: str, code: int) -> None:
    done = fleetdeck("gates", "-c", configured(tmp_path, exporter, f"gates: {{one: {gate}}}\n"))
    assert done.returncode == code, done.stderr


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        ("{expr: 'sum(', target: '> 2'}", "unclosed"),
        ("{expr: 'up', target: 'fast'}", "is no target"),
        ("{expr: 'up', target: '<500ms', unit: bytes}", "counts in bytes"),
        ("{expr: 'up'}", "target"),
        ("{expr: 'up[5m]', target: '>= 1'}", "this gives a matrix"),
    ],
)
def test_a_wrong_gate_names_its_line(fleetdeck: Run, tmp_path: Path, exporter: str, gate: str, why: str) -> None:
    done = fleetdeck("gates", "-c", configured(tmp_path, exporter, f"gates:\n  one: {gate}\n"))
    assert done.returncode == 2
    assert "fleetdeck.yaml:5: gates.one" in done.stderr
    assert why in done.stderr


def test_no_gates_at_all_are_no_pass(fleetdeck: Run, tmp_path: Path, exporter: str) -> None:
    done = fleetdeck("gates", "-c", configured(tmp_path, exporter))
    assert done.returncode == 2
    assert "there are none" in done.stderr


@pytest.mark.parametrize(
    ("alert", "code", "line"),
    [
        ("", 0, "OK - nothing fires, 1 agent"),
        ("expr: agent_status == 0, labels: {severity: warning}", 1, "WARNING - 1 firing: One"),
        ("expr: agent_status == 0, labels: {severity: high}", 2, "CRITICAL - 1 firing (1 critical or high): One"),
        ("expr: agent_status == 0, for: 5m, labels: {severity: page}", 0, "OK - nothing fires, 1 agent, 1 pending"),
        ("expr: vector(1), labels: {severity: none}", 0, "OK - nothing fires, 1 agent"),
    ],
)
def test_check_is_a_nagios_plugin(
    fleetdeck: Run, tmp_path: Path, exporter: str, alert: str, code: int, line: str
) -> None:
    more = rules(tmp_path, f"{{alert: One, {alert}}}") if alert else ""
    done = fleetdeck("check", "-c", configured(tmp_path, exporter, more))
    assert done.returncode == code, done.stderr
    said, _, perf = done.stdout.partition(" | ")
    assert said == line
    assert perf.count("\n") == 1
    assert all(part.count("=") == 1 and part.endswith(";;;0") for part in perf.split())


@pytest.mark.parametrize("words", [["--nonsense"], ["--config", "/nowhere/at/all.yaml"], ["--wait", "never"]])
def test_check_answers_unknown_where_it_cannot_tell(fleetdeck: Run, words: list[str]) -> None:
    done = fleetdeck("check", *words)
    assert done.returncode == 3
    assert done.stdout.startswith("UNKNOWN - ")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{kind: agent_status, path: missing.json}", "no source answers"),
        ("{kind: file_sd, files: [missing.json]}", "nothing is there to be observed"),
    ],
)
def test_check_does_not_say_ok_where_nothing_is_seen(fleetdeck: Run, tmp_path: Path, source: str, why: str) -> None:
    file = tmp_path / "fleetdeck.yaml"
    file.write_text(f"host: false\ndefault_rules: false\ndiscovery: [{source}]\n")
    done = fleetdeck("check", "-c", str(file))
    assert (done.returncode, done.stdout.split(" | ")[0]) == (3, f"UNKNOWN - {why}")


def test_time_for_rules_that_wait(fleetdeck: Run, tmp_path: Path, exporter: str) -> None:
    alert = "{{alert: Down, expr: agent_status == 0, for: {}, labels: {{severity: high}}}}"
    file = configured(tmp_path, exporter, f"every: 1s\n{rules(tmp_path, alert.format('1h'))}")
    assert fleetdeck("check", "-c", file).returncode == 0
    rules(tmp_path, alert.format("2s"))
    assert fleetdeck("check", "--watch", "6s", "-c", file).returncode == 2
