"""`fleetdeck rules test` and `fleetdeck rules default`, as an operator meets them."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from cli.main import main
from config.rule_files import DEFAULT_RULES, read_rules

RULES = "groups: [{name: g, rules: [{alert: Down, expr: up == 0, for: 1m, labels: {severity: page}}]}]\n"
TESTS = """\
rule_files: [rules.yml]
tests:
- interval: 1m
  input_series: [{series: 'up{job="a"}', values: '1 0 0 0'}]
  alert_rule_test: [{eval_time: 2m, alertname: Down, exp_alerts: [{exp_labels: {severity: page, job: a}}]}]
"""


def run(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["rules", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES)
    path = tmp_path / "tests.yml"
    path.write_text(TESTS)
    return path


def test_tests_that_hold(tests: Path) -> None:
    assert run("test", tests) == (0, f"Unit Testing:  {tests}\n  SUCCESS\n\n", "")


def test_a_difference_is_printed_as_promtool_prints_it(tests: Path) -> None:
    tests.write_text(TESTS.replace("severity: page, ", ""))
    code, out, err = run("test", tests)
    assert code == 1
    assert out.startswith(f"Unit Testing:  {tests}\n")
    assert err == (
        "  FAILED:\n"
        "    alertname: Down, time: 2m, \n"
        "        exp:[\n"
        "            0:\n"
        '              Labels:{alertname="Down", job="a"}\n'
        "              Annotations:{}\n"
        "            ], \n"
        "        got:[\n"
        "            0:\n"
        '              Labels:{alertname="Down", job="a", severity="page"}\n'
        "              Annotations:{}\n"
        "            ]\n"
    )


def test_one_bad_file_does_not_stop_the_others(tests: Path) -> None:
    bad = tests.with_name("bad.yml")
    bad.write_text("tests: [{interval: 1m, alert_rule_tests: []}]\n")
    code, out, err = run("test", bad, tests.with_name("nothing.yml"), tests)
    assert code == 1
    assert out.count("SUCCESS") == 1
    assert "did you mean alert_rule_test?" in err
    assert "nothing.yml" in err


def test_bad_rules_are_named_with_their_line(tests: Path) -> None:
    tests.with_name("rules.yml").write_text(RULES.replace("up == 0", "up =="))
    code, _, err = run("test", tests)
    assert code == 1
    assert "rules.yml:1" in err


def test_a_million_values_are_refused(tests: Path) -> None:
    tests.write_text(TESTS.replace("1 0 0 0", "1x99999999999"))
    code, _, err = run("test", tests)
    assert code == 1
    assert "more than 1,000,000 values" in err


def test_a_test_that_would_never_end_is_refused(tests: Path) -> None:
    tests.write_text("evaluation_interval: 1ms\n" + TESTS.replace("2m", "292y"))
    code, _, err = run("test", tests)
    assert code == 1
    assert "evaluations" in err


def test_control_characters_do_not_reach_the_terminal(tests: Path) -> None:
    tests.write_text(TESTS.replace("Down", '"\\e]0;owned\\a"'))
    code, out, err = run("test", tests)
    assert code == 1
    assert "\x1b" not in out + err


def test_no_file_is_a_usage_error() -> None:
    assert run("test")[0] == 2


def test_the_default_rules_are_right_and_can_be_kept(tmp_path: Path) -> None:
    for name, words in (("fleet.yml", ()), ("fleet_test.yml", ("--tests",))):
        code, out, _ = run("default", *words)
        assert code == 0
        (tmp_path / name).write_text(out)
    assert run("check", tmp_path / "fleet.yml")[0] == 0
    assert run("test", tmp_path / "fleet_test.yml")[0] == 0


def test_every_default_rule_is_tested_and_says_what_to_do() -> None:
    rules = [rule for group in read_rules([DEFAULT_RULES]).groups for rule in group.rules]
    tests = yaml.safe_load(DEFAULT_RULES.with_name("fleet_test.yml").read_text(encoding="utf-8"))
    fired = {case["alertname"] for test in tests["tests"] for case in test["alert_rule_test"] if case.get("exp_alerts")}
    silent = {
        case["alertname"] for test in tests["tests"] for case in test["alert_rule_test"] if not case.get("exp_alerts")
    }
    assert fired == {rule.name for rule in rules}
    assert {rule.name for rule in rules if rule.for_s} - silent <= {"FleetAgentErrorRate", "FleetDiskFillsUp"}
    for rule in rules:
        assert rule.labels.keys() == {"severity"}
        assert rule.annotations.keys() == {"summary", "description", "runbook"}
