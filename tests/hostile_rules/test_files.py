"""Rule files, SLO files and gates that are broken in every way: a clear error, and the rest goes on."""

import time
from pathlib import Path

import msgspec
import pytest

from config.rule_files import RULES, read_rules
from config.slo.files import read_slos
from config.slo.options import SloOptions
from fleet.gates.target import parse_target
from fleet.promql.evaluate import instant
from fleet.promql.function import Vector
from fleet.promql.parse import parse
from fleet.rules.engine import RuleEngine
from fleet.rules.template import TemplateData, expand
from fleet.samples.samples import Samples

GOOD = "groups: [{name: good, rules: [{alert: Good, expr: up == 0}]}]\n"
BUDGET_S = 30.0


def file_of(*rules: str, head: str = "") -> str:
    return f"groups:\n- name: g\n{head}  rules:\n" + "".join(f"  - {rule}\n" for rule in rules)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "values"),
        ("[" * 100_000, "nested deeper"),
        ("groups: !!python/object:os.system [x]\n", "tag"),
        ("groups: {a: b}\n", "a list is wanted"),
        ("groupz: []\n", "did you mean groups"),
        ("3\n", "mapping"),
        ("\x00", "control character"),
        (file_of("{alert: A, expr: up, for: 99999999999999999999y}"), "292 years"),
        (file_of("{alert: A, expr: up, for: -5m}"), "no duration"),
        (file_of("{alert: A, expr: up}", head="  interval: 1ns\n"), "no duration"),
        (file_of("{alert: A, expr: up, labels: {a b: x}}"), "no label name"),
        (file_of("{alert: A, expr: 'up{a=~\"((a{1,1000}){1,1000}){1,1000}\"}'}"), "repetition"),
        (file_of("{alert: A, expr: up, annotations: {a: '{{" + "(" * 5_000 + "1" + ")" * 5_000 + "}}'}}"), "nested"),
        (file_of("{alert: A, expr: up, annotations: {a: '{{" + "x" * 100_000 + "}}'}}"), "65,536 characters"),
        (file_of(*[f"{{alert: A{number}, expr: up}}" for number in range(RULES + 1)]), "10,000 rules"),
        (file_of(*[f"{{record: 'r:{n}', expr: 'r:{(n + 1) % 2_000}'}}" for n in range(2_000)]), "reads what it writes"),
        (file_of('{alert: "\\e[2J\\u202e", expr: up, labels: {"\\e]52;": "x"}}'), "\\x1b[2J"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_bad_rule_file_is_named_and_stops_no_other(tmp_path: Path, text: str, words: str) -> None:
    bad, good = tmp_path / "bad.yml", tmp_path / "good.yml"
    bad.write_text(text)
    good.write_text(GOOD)
    began = time.process_time()
    found = read_rules([bad, good])
    assert time.process_time() - began < BUDGET_S
    assert any(words in str(problem) and "bad.yml" in str(problem) for problem in found.problems)
    assert all(str(problem).isprintable() for problem in found.problems)
    assert "Good" in [rule.name for group in found.groups for rule in group.rules]


def test_ten_thousand_rules_are_evaluated_in_steps(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    path = tmp_path / "r.yml"
    path.write_text(file_of(*[f"{{alert: A{number}, expr: up == {number}}}" for number in range(RULES)]))
    found = read_rules([path])
    assert not found.problems
    samples = Samples()
    engine = RuleEngine((), samples, samples)
    engine.replace(found.groups, engine.made(found.groups))
    assert len(engine.wanted()) == 1
    engine.evaluate(datetime(2026, 11, 21, tzinfo=UTC))
    assert not any(health.error for health in engine.health())


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ('{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}', "error expanding template"),
        (
            '{{ define "x" }}{{ template "y" }}{{ end }}{{ define "y" }}{{ template "x" }}{{ end }}{{ template "x" }}',
            "error",
        ),
        ("{{ range query `up` }}" * 6 + "{{ query `up` }}" + "{{ end }}" * 6, "queries"),
        ('{{ printf "%1000000000d" 1 }}', ""),
        ('{{ printf "%*d" 1000000000 1 }}', ""),
        ("{{ $labels.a | reReplaceAll `(a+)+$` `$1$1` }}", ""),
        ("{{ humanizeTimestamp 1e300 }}", ""),
        ("{{ 1e999 }}", "error"),
        ("{{ index $labels 99999999999 }}", "error"),
    ],
    ids=lambda value: value[:40],
)
def test_a_template_that_runs_away_ends_as_an_error_in_its_text(template: str, words: str) -> None:
    def ask(text: str) -> Vector:
        value = instant(parse("vector(1) or label_replace(vector(2), 'a', 'b', '', '')"), Samples(), 0).value
        assert isinstance(value, Vector)
        return value

    began = time.process_time()
    text = expand(template, TemplateData(labels={"a": "a" * 50_000}, value=1.0), ask)
    assert time.process_time() - began < BUDGET_S
    assert words in text
    assert len(text) < 1_000_000


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"objective": "0%"}, "above 0%"),
        ({"objective": "100%"}, "below 100%"),
        ({"objective": 1}, "did you mean 1"),
        ({"objective": -1}, "above 0%"),
        ({"objective": "nan"}, "above 0%"),
        ({"objective": "99.9.9%"}, "such as 99.9%"),
        ({"objective": "9" * 400}, "above 0%"),
        ({"window": "1s"}, "from 1h"),
        ({"window": "1000y"}, "window"),
        ({"window": "month", "zone": "Mars/Olympus"}, "Mars"),
        ({"window": "month", "zone": "../../etc/passwd"}, "zone"),
        ({"slices": "7m"}, "divide an hour"),
        ({"latency": "1s"}, "only one"),
        ({"good": "m", "availability": None, "total": "sum("}, "unclosed"),
    ],
    ids=str,
)
def test_an_objective_that_cannot_be_is_refused_by_name(changed: dict[str, object], words: str) -> None:
    given = {"name": "s", "objective": "99.9%", "availability": True} | changed
    given = {name: value for name, value in given.items() if value is not None}
    with pytest.raises((ValueError, msgspec.ValidationError), match=words):
        options = msgspec.convert(given, SloOptions, dec_hook=lambda wanted, value: wanted.parse(value))
        for name in ("total", "good", "bad"):
            if (text := getattr(options, name)) is not None:
                from config.slo.values import check_query

                check_query(text)


@pytest.mark.parametrize(
    "target", [">NaN", "> 1e9999999", "9" * 400, "5/3", "%", ">>5", "1 parsec", "\x1b[2J", "-" * 99]
)
def test_a_target_of_a_gate_that_is_none_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match=r"target|unit|pass"):
        parse_target(target)


@pytest.mark.parametrize(
    "text", [BOMB, "[" * 50_000, "3\n", "kind: SLO\n", "apiVersion: openslo/v1\nkind: SLO\n", "\x00"]
)
def test_a_bad_slo_file_is_named_and_gives_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "slo.yml").write_text(text)
    found = read_slos([tmp_path / "slo.yml"])
    assert not found.definitions
    assert found.problems
    assert all("slo.yml" in problem and problem.isprintable() for problem in found.problems)
