"""`fleetdeck slo import` and `slo check`."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.kinds import kind_tables
from cli.main import main
from config.load import load

SETTINGS = """{
\t"custom_thresholds": {
\t\t"environments": {"production": {"disk": 80, "cpu_percent": 70}},
\t\t"tools": {
\t\t\t"default": {"response_time_ms": 1000, "error_rate_percent": 5, "uptime_percent": 99.5},
\t\t\t"Reviewer": {"response_time_ms": 2000, "error_rate_percent": 2, "uptime_percent": 99.9}
\t\t}
\t}
}
"""
PLAN = """# Goals
- mcp_server_uptime: ">99.9%"
- `response_time_p99`: "<1s"
- failure rate: <1%
- speed: fast
"""
PAGE = """# TYPE agent_slo_uptime_percent gauge
agent_slo_uptime_percent{agent_name="a"} 98.0
agent_slo_uptime_percent{agent_name="b"} 98.0
agent_slo_latency_ms{agent_name="a"} 250.0
agent_status{agent_name="a"} 1.0
"""


def imported(tmp_path: Path, **files: str) -> tuple[int, str, str]:
    paths = []
    for name, text in files.items():
        paths.append(tmp_path / name.replace("_", "."))
        paths[-1].write_text(text)
    done = CliRunner().invoke(main, ["slo", "import", *map(str, paths)])
    return done.exit_code, done.stdout, done.stderr


def test_what_is_printed_is_a_configuration(tmp_path: Path) -> None:
    code, out, err = imported(tmp_path, a_json=SETTINGS, plan_md=PLAN, page_prom=PAGE)
    assert (code, err) == (0, "")
    path = tmp_path / "fleetdeck.yaml"
    path.write_text(out)
    slos = {one.name: one for one in load(path, kind_tables()).slos}
    assert slos["availability"].objectives[0].target == 0.995
    assert slos["availability"].by == ("agent",)
    assert slos["Reviewer-latency"].where == "name:Reviewer"
    assert slos["Reviewer-errors"].objectives[0].target == 0.98
    assert slos["latency-2"].objectives[0].target == 0.99
    assert any(one.where == "name:a,b" and one.objectives[0].target == 0.98 for one in slos.values())
    assert "cpu_percent: 70" in out.partition("# Not made into objectives")[2]


def test_it_says_where_a_target_came_from_and_what_it_assumed(tmp_path: Path) -> None:
    _, out, _ = imported(tmp_path, plan_md=PLAN, page_prom=PAGE)
    assert "plan.md:2" in out
    assert "and 1 more like it" in out
    assert "95% is assumed" in out


def test_a_file_without_targets_gives_an_empty_section(tmp_path: Path) -> None:
    code, out, _ = imported(tmp_path, plan_md="# nothing\n")
    assert (code, out) == (0, "slos: []\n")


def test_a_broken_file_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    code, out, err = imported(tmp_path, bad_json='{"uptime": [1,', plan_md=PLAN)
    assert code == 1
    assert "bad.json" in err
    assert "availability" in out


def test_the_constants_of_the_captured_page_are_three_objectives(shared: Path) -> None:
    page = shared / "fixtures" / "tools-automation" / "exp_7_metrics_clean232.http"
    done = CliRunner().invoke(main, ["slo", "import", str(page)])
    assert done.exit_code == 0
    assert done.stdout.count("- name:") == 3
    assert "objective: 99.5%" in done.stdout


@pytest.mark.parametrize(("target", "code"), [("0.99", 0), ("99", 1)])
def test_check_says_whether_files_are_right(tmp_path: Path, target: str, code: int) -> None:
    path = tmp_path / "slo.yaml"
    path.write_text(
        "version: prometheus/v1\nservice: shop\nslos:\n"
        f"  - {{name: x, objective: {target}, sli: {{raw: {{error_ratio_query: r}}}}}}\n"
        if code == 0
        else "version: prometheus/v2\n"
    )
    done = CliRunner().invoke(main, ["slo", "check", str(path)])
    assert done.exit_code == code, done.output
