"""`fleetdeck rules check`, as an operator meets it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main

GOOD = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}, {record: x, expr: sum(up)}]}]\n"
BAD = "groups:\n- name: g\n  rules:\n  - {alert: Down, expr: up ==}\n  - {alert: Up, expr: up}\n"


def run(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, [*map(str, words)])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.yml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.yml"
    path.write_text(BAD)
    return path


def test_files_that_are_right(good: Path) -> None:
    assert run("rules", "check", good) == (0, f"Checking {good}\n  SUCCESS: 2 rules found\n\n", "")


def test_a_bad_file_does_not_stop_the_others(good: Path, bad: Path) -> None:
    code, out, err = run("rules", "check", bad, good)
    assert code == 1
    assert out == (
        f"Checking {bad}\n  FAILED: 1 problem; rules that are right: 1\n\nChecking {good}\n  SUCCESS: 2 rules found\n\n"
    )
    assert err.startswith(f'  {bad}:4: group "g", rule "Down": expr: ')


def test_warnings_are_said_and_are_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "twice.yml"
    path.write_text("groups: [{name: g, rules: [{record: x, expr: vector(1)}, {record: x, expr: vector(2)}]}]")
    code, out, err = run("rules", "check", path)
    assert (code, "SUCCESS: 2 rules found" in out) == (0, True)
    assert not err.strip() or err.startswith("  warning: ")


def test_json_for_scripts(good: Path, bad: Path) -> None:
    code, out, err = run("rules", "check", good, bad, "-o", "json")
    report = json.loads(out)
    assert (code, err) == (1, "")
    assert report["files"] == [
        {"file": str(good), "groups": 1, "rules": 2},
        {"file": str(bad), "groups": 1, "rules": 1},
    ]
    (problem,) = report["problems"]
    assert {name: problem[name] for name in ("file", "line", "group", "rule", "warning")} == {
        "file": str(bad),
        "line": 4,
        "group": "g",
        "rule": "Down",
        "warning": False,
    }


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    code, _, err = run("rules", "check", tmp_path / "absent.yml")
    assert (code, "there is no such file" in err) == (1, True)


def test_without_a_file_it_is_wrong_usage() -> None:
    assert run("rules", "check")[0] == 2


def test_config_validate_tells_of_rules(tmp_path: Path, bad: Path) -> None:
    config = tmp_path / "fleetdeck.yaml"
    config.write_text("rules: ['b*.yml']\n")
    code, _, err = run("config", "validate", config)
    assert (code, 'rule "Down": expr: ' in err) == (2, True)
    bad.write_text(GOOD)
    assert run("config", "validate", config)[0] == 0
