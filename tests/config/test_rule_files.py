"""Prometheus rule files: what is accepted is what promtool accepts, and every mistake is named where it stands."""

import subprocess
from pathlib import Path

import pytest

from config.rule_files import DEFAULT_RULES, RULES, named_rules, read_rules
from fleet.errors import ConfigError
from fleet.rules.durations import rule_duration
from tests.config.kinds import config_of
from tests.real_prometheus import prometheus_binary, requires_prometheus

CORPUS = sorted((Path(__file__).parent / "rules_corpus").glob("*.yml"))


def write(folder: Path, text: str, name: str = "rules.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@requires_prometheus
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_same_files_are_right_as_for_promtool(path: Path) -> None:
    promtool = prometheus_binary("promtool")
    assert promtool is not None
    done = subprocess.run([promtool, "check", "rules", "--lint=none", str(path)], capture_output=True, check=False)
    read = read_rules([path])
    if path.name.startswith("differs"):
        # docs/rules.md says in which ways.
        assert (done.returncode == 0) is bool(read.errors)
    else:
        assert (done.returncode == 0) is (not read.errors) is path.name.startswith("good")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_every_mistake_names_its_file(path: Path) -> None:
    read = read_rules([path])
    assert bool(read.errors) is (path.name.startswith("bad") or path.stem in ("differs_second_document", "differs_tag"))
    assert all(path.name in str(problem).partition(": ")[0] for problem in read.problems)
    assert all(str(problem).isprintable() for problem in read.problems)


def test_a_rule_with_everything(tmp_path: Path) -> None:
    read = read_rules([CORPUS[[path.stem for path in CORPUS].index("good_all_fields")]])
    (group,) = read.groups
    record, alert = group.rules
    assert (group.name, group.interval_s, group.limit) == ("agents", 30.0, 100)
    assert (record.record, record.labels, record.for_s) == ("agent:errors:rate5m", {"team": "core"}, 0.0)
    assert (alert.alert, alert.for_s, alert.keep_firing_for_s) == ("AgentErrors", 5400.0, 300.0)
    assert alert.where.endswith('good_all_fields.yml:9: group "agents", rule "AgentErrors"')
    assert alert.annotations["summary"].startswith("{{ $labels.agent }} fails")


def test_good_rules_of_a_broken_file_stay(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
groups:
  - name: agents
    rules:
      - alert: Good
        expr: up == 0
      - alert: Bad
        expr: up == 0
        for: 5 minutes
        labels:
          a-b: x
        annotations:
          text: "{{ nope }}"
  - name: broken
    rules: hello
  - name: fine
    rules: [{record: x, expr: sum(up)}]
""",
    )
    read = read_rules([path, tmp_path / "absent.yml"])
    assert [(group.name, [rule.name for rule in group.rules]) for group in read.groups] == [
        ("agents", ["Good"]),
        ("broken", []),
        ("fine", ["x"]),
    ]
    assert [str(problem).removeprefix(str(tmp_path)) for problem in read.errors] == [
        '/rules.yml:8: group "agents", rule "Bad": for: "5 minutes" is no duration; write one such as 5m, 1h30m or 0s '
        "(whole numbers, the largest unit first)",
        '/rules.yml:10: group "agents", rule "Bad": labels: "a-b" is no label name ([a-zA-Z_][a-zA-Z0-9_]*)',
        '/rules.yml:12: group "agents", rule "Bad": annotations.text: template: __alert_Bad:1: '
        'function "nope" not defined',
        '/rules.yml:14: group "broken": rules: a list is wanted, not text',
        "/absent.yml: there is no such file",
    ]


def test_a_misspelt_key_is_guessed_and_a_newer_one_is_dated(tmp_path: Path) -> None:
    path = write(tmp_path, "groups: [{name: a, query_offset: 1m, rules: [{alrt: X, expr: up}]}]")
    texts = " ".join(problem.text for problem in read_rules([path]).errors)
    assert "did you mean alert?" in texts
    assert "Prometheus has it since 2.53" in texts


def test_cycles_of_recording_rules_are_named_with_their_path(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
groups:
  - name: a
    rules:
      - {record: one, expr: three + 1}
      - {record: own, expr: own offset 1m or vector(0)}
      - {record: free, expr: 'own{kind="other"} + up'}
  - name: b
    rules:
      - {record: two, expr: sum(one)}
      - {record: three, expr: '{__name__=~"tw.*"}'}
      - {record: labelled, expr: 'labelled{kind="b"}', labels: {kind: a}}
""",
    )
    warnings = [problem for problem in read_rules([path]).problems if problem.warning]
    assert [(problem.group, problem.text.split(";")[0]) for problem in warnings] == [
        ("a", "reads what it writes: one → two → three → one"),
        ("a", "reads what it writes: own → own"),
    ]


def test_duplicates_are_a_warning(tmp_path: Path) -> None:
    read = read_rules([next(path for path in CORPUS if path.stem == "good_duplicate_rules")])
    assert not read.errors
    assert [problem.line for problem in read.problems if "the same name and labels" in problem.text] == [3, 5]


def test_what_never_works_is_a_warning() -> None:
    for stem, what in (("good_gives_a_range", "a range vector"), ("good_gives_a_string", "a string")):
        read = read_rules([next(path for path in CORPUS if path.stem == stem)])
        assert [what in problem.text for problem in read.problems] == [True]


def test_more_rules_than_the_limit(tmp_path: Path) -> None:
    rules = "".join(f"    - {{alert: A{at}, expr: up}}\n" for at in range(RULES - 1))
    path = write(
        tmp_path,
        f"groups:\n- name: many\n  rules:\n{rules}- name: two\n"
        "  rules: [{alert: X, expr: up}, {alert: Y, expr: up}]\n",
    )
    read = read_rules([path])
    assert [len(group.rules) for group in read.groups] == [RULES - 1]
    assert [(problem.group, problem.text) for problem in read.errors] == [
        ("two", "more than 10,000 rules in all files together; this group is left out")
    ]


def test_hostile_files_end_with_a_sentence(tmp_path: Path) -> None:
    deep = write(tmp_path, "groups: " + "[" * 500, "deep.yml")
    large = write(tmp_path, "#" * (8 * 1024 * 1024 + 1), "large.yml")
    nested = write(
        tmp_path, f"groups: [{{name: a, rules: [{{alert: X, expr: '{'(' * 20_000}up{')' * 20_000}'}}]}}]", "nested.yml"
    )
    template = write(
        tmp_path,
        "groups: [{name: a, rules: [{alert: X, expr: up, annotations: "
        f"{{a: '{{{{ {'(' * 5000}1{')' * 5000} }}}}'}}}}]}}]",
        "template.yml",
    )
    text = write(
        tmp_path,
        f"groups: [{{name: a, rules: [{{alert: X, expr: up, annotations: {{a: '{{{{ 1 }}}}{'x' * 70_000}'}}}}]}}]",
        "text.yml",
    )
    read = read_rules([deep, large, nested, template, text, tmp_path])
    words = [str(problem) for problem in read.errors]
    assert len(words) == 6
    for found, wanted in zip(
        words, ("levels", "larger than", "nested.yml", "nested deeper", "longer than", "directory"), strict=True
    ):
        assert wanted in found
        assert len(found) < 1_500


def test_terminal_escapes_in_names_are_harmless(tmp_path: Path) -> None:
    path = write(tmp_path, 'groups: [{name: "\\e]52;c;aGk=\\a", rules: [{alert: "\\e[2J", expr: "("}]}]')
    (problem,) = read_rules([path]).errors
    assert str(problem).isprintable()


def test_patterns_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    for name in ("b.yml", "a.yml"):
        write(tmp_path / "rules", f"groups: [{{name: {name[0]}, rules: []}}]", name)
    read = named_rules(["rules/*.yml", "none/*.yml", "one.yml"], tmp_path)
    assert [group.name for group in read.groups] == ["a", "b"]
    assert [(problem.warning, problem.text) for problem in read.problems] == [
        (True, "no file matches this pattern"),
        (False, "there is no such file"),
    ]


def test_the_configuration_names_rule_files(tmp_path: Path) -> None:
    config = config_of(tmp_path, "rules: [rules/*.yml]\ndefault_rules: false\nexternal_labels: {env: prod}\n")
    assert (config.rules, config.default_rules, config.external_labels) == (("rules/*.yml",), False, {"env": "prod"})
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, "rules: ['*/x.yml']\n")
    assert "rules[0]: wildcards stand in the last part of a path only" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, "external_labels: {a-b: c}\n")
    assert "external_labels" in str(caught.value)


def test_the_rules_that_ship_are_right() -> None:
    read = read_rules([DEFAULT_RULES])
    assert read.groups
    assert [str(problem) for problem in read.problems] == []


def test_the_fleets_own_rule_file_loads_unmodified(shared: Path) -> None:
    read = read_rules([shared / "fixtures" / "tools-automation" / "alert_rules.yml"])
    assert [str(problem) for problem in read.problems] == []
    assert sum(len(group.rules) for group in read.groups) == 10
    down = read.groups[0].rules[0]
    assert (down.alert, down.for_s, down.labels["severity"]) == ("AgentDown", 300.0, "critical")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("0s", 0.0), ("5m", 300.0), ("1h30m", 5400.0), ("1w", 604800.0), ("1y", 31536000.0), ("1s500ms", 1.5)],
)
def test_durations(text: str, seconds: float) -> None:
    assert rule_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "1.5h", "30m1h", "-5m", "5 m", "1m1m", "m", "５m", "300y"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        rule_duration(text)
