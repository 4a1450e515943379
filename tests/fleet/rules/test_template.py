"""Templates of labels and annotations: what rules need, bounded, and never an exception.

What each function gives to the last character is compared with a real Prometheus in
`test_template_against_prometheus.py`.
"""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import QueryError
from fleet.promql.function import Vector
from fleet.promql.labels import Labels
from fleet.rules.template import TemplateData, TemplateError, check_template, expand
from fleet.rules.templates.limits import OUTPUT_CHARS, QUERIES
from tests.fleet.rules.template_cases import written

MANY = 20_000


def answer(expression: str) -> Vector:
    if expression == "many":
        labels = [Labels.of({"__name__": "up", "instance": f"agent-{at}"}) for at in range(MANY)]
        return Vector(labels, [1.0] * MANY)
    if expression == "up == 0":
        return Vector([Labels.of({"instance": "a"}), Labels.of({"instance": "b"})], [0.0, 0.0])
    if expression == "bad(":
        raise QueryError("unclosed left parenthesis")
    return Vector([], [])


def expanded(template: str, **more: Any) -> str:
    data = {"labels": {"agent": "planner-1", "team": "core"}, "value": 0.123456, "name": "Down", **more}
    return expand(template, TemplateData(**data), answer)


def test_labels_and_value() -> None:
    text = '{{ $labels.agent }}/{{ .Labels.team }} {{ $value | printf "%.2f%%" }} [{{ $labels.none }}]'
    assert expanded(text) == "planner-1/core 0.12% []"


def test_external_labels_and_url() -> None:
    text = "{{ $externalLabels.env }} {{ $externalURL }} {{ externalURL }} {{ pathPrefix }}"
    found = expanded(text, external_labels={"env": "prod"}, external_url="http://dash:8000/fleet")
    assert found == "prod http://dash:8000/fleet http://dash:8000/fleet /fleet"


def test_range_over_a_query() -> None:
    text = (
        "{{ range $i, $down := query `up == 0` }}{{ if $i }}, {{ end }}{{ $down.Labels.instance }}"
        "{{ else }}none{{ end }}"
    )
    assert expanded(text) == "a, b"
    assert expanded(text.replace("up == 0", "nothing")) == "none"


def test_a_million_is_written_as_go_writes_it() -> None:
    assert expanded("{{ $value }} {{ humanize $value }} {{ humanizeDuration $value }}", value=1e6) == (
        "1e+06 1M 11d 13h 46m 40s"
    )


def test_errors_become_text_with_their_place() -> None:
    found = expanded('ok {{ $labels.agent }}\n{{ query "bad(" | first }}')
    assert found == (
        "<error expanding template: error executing template __alert_Down: template: __alert_Down:2:3: "
        'executing "__alert_Down" at <query "bad(">: error calling query: unclosed left parenthesis>'
    )


def test_a_template_that_cannot_be_parsed_is_an_error_when_it_is_read() -> None:
    with pytest.raises(TemplateError, match=r'template: __alert_Down:2: function "humanise" not defined'):
        check_template("x\n{{ humanise $value }}", "Down")
    assert expanded("{{ humanise 1 }}").startswith("<error expanding template: error parsing template")


HOSTILE = {
    "recursion": '{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" . }}',
    "two that call each other": '{{ define "a" }}{{ template "b" }}{{ end }}{{ define "b" }}{{ template "a" }}{{ end }}'
    '{{ template "a" }}',
    "a tree of calls": '{{ define "t" }}{{ template "u" }}{{ template "u" }}{{ end }}'
    + "".join(
        f'{{{{ define "{name}" }}}}{{{{ template "{after}" }}}}{{{{ template "{after}" }}}}{{{{ end }}}}'
        for name, after in zip("uvwxyzabcdefghijklmno", "vwxyzabcdefghijklmnop", strict=True)
    )
    + '{{ define "p" }}{{ end }}{{ template "t" }}',
    "nested ranges": "{{ range query `many` }}{{ range query `many` }}x{{ end }}{{ end }}",
    "doubling": '{{ $x := "aaaaaaaa" }}' + "{{ $x = printf `%s%s` $x $x }}" * 60,
    "doubling maps": '{{ $x := "a" }}' + "{{ $x = args $x $x }}" * 60 + "{{ $x }}",
    "widths": "{{ printf `" + "%1000000d" * 2_000 + "` 1 }}",
    "replacements": "{{ $x := reReplaceAll `.` `aaaaaaaaaa` `aaaaaaaaaa` }}" + "{{ $x = reReplaceAll `.` $x $x }}" * 8,
    "queries": "{{ range query `many` }}{{ query `up == 0` }}{{ end }}",
    "parentheses": "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
    "blocks": "{{ if 1 }}" * 5_000 + "{{ end }}" * 5_000,
    "else ifs": "{{ if 0 }}" + "{{ else if 0 }}" * 4_000 + "{{ end }}",
    "a long text": "{{ 1 }}" + "x" * (OUTPUT_CHARS + 1),
    "an exploding pattern": "{{ match `(((a{0,100}){0,100}){0,100}){0,100}` `b` }}",
}


@pytest.mark.parametrize("template", HOSTILE.values(), ids=HOSTILE)
def test_hostile_templates_end_soon_with_a_clear_error(template: str) -> None:
    begin = time.process_time()
    found = expanded(template)
    assert found.startswith("<error expanding template: ")
    assert len(found) < 2_000
    assert time.process_time() - begin < 5


def test_a_pattern_that_explodes_elsewhere_is_harmless() -> None:
    assert expanded("{{ match `^(a+)+$` `" + "a" * 5_000 + "b` }}") == "false"


def test_the_number_of_queries_is_limited() -> None:
    assert f"more than {QUERIES} queries" in expanded('{{ query "up" }}' * (QUERIES + 1))


def test_nothing_of_python_can_be_reached() -> None:
    for template in (
        "{{ .__class__ }}",
        "{{ $labels.__class__.__mro__ }}",
        "{{ (query `up`).__len__ }}",
        "{{ .Labels.items }}",
    ):
        assert "class" not in expanded(template).partition("at <")[0]
        assert "built-in" not in expanded(template)


_PIECES = st.sampled_from(
    [
        "{{", "}}", "{{-", "-}}", " ", "if", "else", "end", "range", "with", "define", "template", "block", "break",
        "$x", ":=", "=", "$labels", "$value", ".", ".Labels", ".agent", "|", "(", ")", ",", "nil", "true", "1", "-1.5",
        "'a'", '"a"', "`b`", "eq", "and", "index", "slice", "len", "call", "printf", '"%v %d"', "first", "label",
        "value", "query", "args", "humanize", "toTime", "title", "sortByLabel", "safeHtml", "strvalue", "js", "html",
        "match", "reReplaceAll", "stripDomain", "parseDuration", "/*", "*/",
    ]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=25), st.floats())
def test_whatever_is_written_gives_a_text(pieces: list[str], value: float) -> None:
    assert isinstance(expanded(" ".join(["{{", *pieces, "}}"]), value=value), str)


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_text_gives_a_text(template: str, label: str) -> None:
    assert isinstance(expanded("{{ " + template + " }}", labels={"a": label}), str)
    assert expanded("{{ $labels.a }}", labels={"a": label}) == label


def test_every_template_of_the_corpus_gives_a_text() -> None:
    for case in written():
        assert isinstance(expanded(case.template, value=case.value), str)
