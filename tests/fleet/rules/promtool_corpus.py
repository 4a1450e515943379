"""Test files in promtool's format that both programs are run on. A case is the rules, the tests, and other files beside
them; `{rules}` need not be named: the tests of a case without `rule_files` get `rule_files: [rules.yml]`.

Cases whose expectations are wrong on purpose print what was found, so that more than the verdict can be compared.
"""

# A case is a line, however long: broken up they cannot be compared with each other.
# ruff: noqa: E501
# fmt: off

from typing import NamedTuple


class Case(NamedTuple):
    """Files by name; `tests.yml` is run."""

    name: str
    files: dict[str, str]


def _rules(*rules: str, group: str = "name: g") -> str:
    listed = "\n".join(f"    - {rule}" for rule in rules)
    return f"groups:\n- {group}\n  rules:\n{listed}\n"


def _tests(
    series: list[tuple[str, str]],
    *,
    alerts: list[str] | None = None,
    exprs: list[str] | None = None,
    top: str = "",
    more: str = "",
    interval: str = "1m",
) -> str:
    text = f"rule_files: [rules.yml]\n{top}\ntests:\n- interval: {interval}\n"
    if series:
        text += "  input_series:\n" + "".join(f"  - {{series: '{name}', values: '{values}'}}\n" for name, values in series)
    if alerts:
        text += "  alert_rule_test:\n" + "".join(f"  - {{{item}}}\n" for item in alerts)
    if exprs:
        text += "  promql_expr_test:\n" + "".join(f"  - {{{item}}}\n" for item in exprs)
    return text + "".join(f"  {line}\n" for line in more.splitlines())


def _case(name: str, rules: str, tests: str, **files: str) -> Case:
    more = {f"{key}.yml": text for key, text in files.items()}
    return Case(name, {"rules.yml": rules, "tests.yml": tests, **more})


_UP = [('up{job="api", instance="a"}', "1 1 1 0 0 0 0 0 0 0 1 1 1"), ('up{job="api", instance="b"}', "1x20")]
_DOWN = '{alert: Down, expr: up == 0, for: 2m, labels: {severity: page}, annotations: {summary: "{{ $labels.instance }} is {{ $value }}"}}'
_WANTED = 'exp_labels: {severity: page, job: api, instance: a}, exp_annotations: {summary: "a is 0"}'
_TIMES = ["0s", "2m", "3m", "4m", "5m", "6m", "9m", "10m", "11m", "12m", "26m"]


def _everywhere(alert: str, times: list[str]) -> list[str]:
    """Nothing is expected at any of these times: what fires is printed."""
    return [f"eval_time: {time}, alertname: {alert}" for time in times]


def _look(expr: str, *times: str) -> list[str]:
    return [f"expr: '{expr}', eval_time: {time}" for time in times]


_ALERTING = [
    _case(
        "fires",
        _rules(_DOWN),
        _tests(_UP, alerts=[f"eval_time: 5m, alertname: Down, exp_alerts: [{{{_WANTED}}}]", "eval_time: 4m, alertname: Down"]),
    ),
    _case("fires-late", _rules(_DOWN), _tests(_UP, alerts=[f"eval_time: 4m, alertname: Down, exp_alerts: [{{{_WANTED}}}]"])),
    _case("wrong-label", _rules(_DOWN), _tests(_UP, alerts=[f"eval_time: 6m, alertname: Down, exp_alerts: [{{{_WANTED.replace('page', 'ticket')}}}]"])),
    _case("wrong-annotation", _rules(_DOWN), _tests(_UP, alerts=[f"eval_time: 6m, alertname: Down, exp_alerts: [{{{_WANTED.replace('is 0', 'is 1')}}}]"])),
    _case("too-many-expected", _rules(_DOWN), _tests(_UP, alerts=[f"eval_time: 6m, alertname: Down, exp_alerts: [{{{_WANTED}}}, {{{_WANTED}}}]"])),
    _case("all-times", _rules(_DOWN), _tests(_UP, alerts=_everywhere("Down", _TIMES))),
    _case("unknown-alert", _rules(_DOWN), _tests(_UP, alerts=["eval_time: 6m, alertname: Nope", f"eval_time: 6m, alertname: Nope, exp_alerts: [{{{_WANTED}}}]"])),
    _case("no-alertname", _rules(_DOWN), _tests(_UP, alerts=["eval_time: 6m"])),
    _case("named-no-alertname", _rules(_DOWN), _tests(_UP, alerts=["eval_time: 6m"], more="name: the one")),
    _case("named", _rules(_DOWN), _tests(_UP, alerts=_everywhere("Down", ["6m"]), more="name: the one")),
    _case("no-for", _rules("{alert: A, expr: up == 0}"), _tests(_UP, alerts=_everywhere("A", _TIMES))),
    _case("for-zero", _rules("{alert: A, expr: up == 0, for: 0s}"), _tests(_UP, alerts=_everywhere("A", _TIMES))),
    _case("keep-firing", _rules("{alert: A, expr: up == 0, for: 1m, keep_firing_for: 3m}"), _tests(_UP, alerts=_everywhere("A", [*_TIMES, "13m", "14m"]), exprs=_look("ALERTS", "11m", "13m", "14m"))),
    _case("keep-firing-flaps", _rules("{alert: A, expr: x > 0, for: 1m, keep_firing_for: 2m}"), _tests([("x", "1 1 0 1 0 0 0 0 1 0 1 1 0 0 0 0")], alerts=_everywhere("A", [f"{n}m" for n in range(16)]), exprs=_look("ALERTS_FOR_STATE", *[f"{n}m" for n in range(16)]))),
    _case("for-with-gaps", _rules("{alert: A, expr: x > 0, for: 4m}"), _tests([("x", "1 1 _x8 1 1 1 1 1 1")], alerts=_everywhere("A", [f"{n}m" for n in range(16)]))),
    _case("for-with-stale", _rules("{alert: A, expr: x > 0, for: 2m}"), _tests([("x", "1 1 1 1 stale _ 1 1 1 1 1")], alerts=_everywhere("A", [f"{n}m" for n in range(11)]))),
    _case("scalar-alert", _rules("{alert: Watchdog, expr: vector(1), labels: {severity: none}}", "{alert: Two, expr: 1 + 1}"), _tests([], alerts=[*_everywhere("Two", ["0s"]), "eval_time: 1m, alertname: Watchdog, exp_alerts: [{exp_labels: {severity: none}}]"])),
    _case("absent", _rules("{alert: Gone, expr: 'absent(up{job=\"x\"})', for: 1m}"), _tests(_UP, alerts=["eval_time: 3m, alertname: Gone, exp_alerts: [{exp_labels: {job: x}}]"])),
    _case("same-name-two-rules", _rules("{alert: A, expr: up == 0, labels: {severity: page}}", "{alert: A, expr: up == 1, labels: {severity: info}}"), _tests(_UP, alerts=_everywhere("A", ["5m"]))),
    _case("label-templates", _rules("{alert: A, expr: up == 0, labels: {who: '{{ $labels.instance }}-{{ $value }}', none: '{{ $labels.nope }}', job: other, empty: ''}, annotations: {empty: '', a: '{{ $labels.job }}'}}"), _tests(_UP, alerts=_everywhere("A", ["5m"]), exprs=_look("ALERTS", "5m"))),
    _case("label-by-value", _rules("{alert: A, expr: x > 2, for: 1m, labels: {v: '{{ $value }}'}}"), _tests([("x", "0+1x5 5x5")], alerts=_everywhere("A", ["3m", "5m", "6m", "7m"]), exprs=_look("ALERTS", "4m", "6m", "8m"))),
    _case("empty-expected-label", _rules(_DOWN), _tests(_UP, alerts=["eval_time: 6m, alertname: Down, exp_alerts: [{exp_labels: {severity: page, job: api, instance: a, x: ''}, exp_annotations: {summary: a is 0}}]"])),
    _case("empty-annotation", _rules("{alert: A, expr: up == 0, annotations: {a: ''}}"), _tests(_UP, alerts=["eval_time: 5m, alertname: A, exp_alerts: [{exp_labels: {job: api, instance: a}, exp_annotations: {a: ''}}]", "eval_time: 5m, alertname: A, exp_alerts: [{exp_labels: {job: api, instance: a}}]"])),
    _case("duplicates", _rules("{alert: A, expr: up, labels: {instance: x}}"), _tests(_UP, alerts=_everywhere("A", ["5m"]))),
    _case("limit-held", _rules("{alert: A, expr: up == 0}", group="{name: g, limit: 1}").replace("- {name: g, limit: 1}", "- name: g\n  limit: 1"), _tests(_UP, alerts=_everywhere("A", ["5m"]))),
    _case("limit-broken", _rules("{alert: A, expr: up == 1}").replace("name: g", "name: g\n  limit: 1"), _tests(_UP, alerts=_everywhere("A", ["0s", "5m"]))),
    _case("eval-time-between", _rules(_DOWN), _tests(_UP, alerts=_everywhere("Down", ["5m30s", "5m59s999ms", "6m", "90s"]))),
    _case("alerts-series", _rules("{alert: A, expr: up == 0, for: 2m, labels: {severity: page}}"), _tests(_UP, exprs=[*_look("ALERTS", "3m", "4m", "5m", "9m", "10m", "11m"), *_look("ALERTS_FOR_STATE", "3m", "9m", "10m"), *_look("count_over_time(ALERTS[20m])", "12m")])),
    _case("alert-on-alert", _rules("{alert: A, expr: up == 0}", "{alert: B, expr: 'count(ALERTS{alertname=\"A\"}) > 0', for: 1m}"), _tests(_UP, alerts=_everywhere("B", _TIMES))),
    _case("nan-value", _rules("{alert: A, expr: x / 0 != 1, annotations: {v: '{{ $value }}'}}"), _tests([("x", "0 1 -1 NaN")], alerts=_everywhere("A", ["0s", "1m", "2m", "3m"]))),
]

_TEMPLATES = [
    _case(f"template-{number}", _rules(f"{{alert: A, expr: x > 0, annotations: {{t: {template}}}}}"), _tests([('x{a="b", c="d e"}', "1 1234567 0.25 12345.678")], alerts=_everywhere("A", ["0s", "1m", "2m", "3m"])))
    for number, template in enumerate(
        [
            "'{{ $value | humanize }} {{ $value | humanize1024 }}'",
            "'{{ $value | humanizePercentage }} {{ $value | humanizeDuration }}'",
            "'{{ printf \"%.2f|%5.1f|%e|%g|%v\" $value $value $value $value $value }}'",
            "'{{ range query \"x\" }}{{ .Value }} {{ .Labels.a }};{{ end }}'",
            "'{{ with query \"x\" }}{{ . | first | value }}{{ end }} {{ query \"x\" | first | label \"c\" }}'",
            "'{{ if gt $value 1.0 }}big{{ else }}small{{ end }}'",
            "'{{ $labels.a | toUpper }} {{ $labels.c | title }} {{ $labels.nope }}{{ .Value }}'",
            "'{{ $x := $labels.a }}{{ $x }}{{- \" trimmed\" -}}   !'",
            "'{{ len $labels }} {{ index $labels \"a\" }} {{ reReplaceAll \"b\" \"z\" $labels.a }} {{ match \"b\" $labels.a }}'",
            "'{{ $externalLabels.none }}{{ $externalURL }}'",
            "'{{ humanizeTimestamp $value }}'",
            "'{{ range $k, $v := $labels }}{{ $k }}={{ $v }},{{ end }}'",
        ]
    )
]

_OUTSIDE = [
    _case("external", _rules("{alert: A, expr: up == 0, labels: {e: '{{ $externalLabels.zone }}'}, annotations: {u: '{{ $externalURL }} {{ .ExternalURL }}'}}"), _tests(_UP, alerts=["eval_time: 5m, alertname: A, exp_alerts: [{exp_labels: {job: api, instance: a, e: eu}, exp_annotations: {u: 'https://p.example/x https://p.example/x'}}]"], more="external_labels: {zone: eu, n: 1}\nexternal_url: https://p.example/x")),
    _case("external-wrong", _rules("{alert: A, expr: up == 0, annotations: {u: '{{ $externalLabels.zone }}'}}"), _tests(_UP, alerts=_everywhere("A", ["5m"]), more="external_labels: {zone: eu}")),
]

_RECORDING = [
    _case("recorded", _rules("{record: 'job:up:sum', expr: sum by (job) (up), labels: {kind: sum}}", "{alert: Half, expr: 'job:up:sum < 2', for: 1m}"), _tests(_UP, alerts=["eval_time: 4m, alertname: Half, exp_alerts: [{exp_labels: {job: api, kind: sum}}]"], exprs=["expr: 'job:up:sum', eval_time: 5m, exp_samples: [{labels: 'job:up:sum{job=\"api\", kind=\"sum\"}', value: 1}]"])),
    _case("recorded-chain", _rules("{record: a, expr: x * 2}", "{record: b, expr: a + 1}", "{record: c, expr: 'b offset 1m'}"), _tests([("x", "0+1x10")], exprs=_look("c", "0s", "1m", "5m"))),
    _case("recorded-backwards", _rules("{record: b, expr: a + 1}", "{record: a, expr: x * 2}"), _tests([("x", "0+1x10")], exprs=_look("b", "0s", "1m", "5m"))),
    _case("recorded-stale", _rules("{record: a, expr: x > 3}"), _tests([("x", "0+1x5 0 0 0")], exprs=_look("a", "3m", "4m", "5m", "6m", "7m"))),
    _case("recorded-duplicates", _rules("{record: a, expr: up, labels: {instance: x}}"), _tests(_UP, exprs=_look("a", "1m"))),
    _case("recorded-over-input", _rules("{record: x, expr: y}"), _tests([("x", "1x5"), ("y", "2x5")], exprs=_look("x", "1m"))),
    _case("recorded-same-as-input", _rules("{record: x, expr: y}"), _tests([("x", "1x5"), ("y", "1x5")], exprs=_look("x", "1m"))),
    _case("recorded-scalar", _rules("{record: a, expr: 1 + 2, labels: {l: m}}", "{record: t, expr: time()}"), _tests([], exprs=[*_look("a", "3m"), *_look("t", "3m")])),
    _case("recorded-matrix", _rules("{record: a, expr: 'x[5m]'}"), _tests([("x", "1x5")], exprs=_look("a", "3m"))),
    _case("recorded-string", _rules("{record: a, expr: '\"x\"'}"), _tests([("x", "1x5")], exprs=_look("a", "3m"))),
    _case("recorded-limit", _rules("{record: a, expr: up}").replace("name: g", "name: g\n  limit: 1"), _tests(_UP, exprs=_look("a", "3m"))),
    _case("recorded-many-to-many", _rules("{record: a, expr: 'up * on (job) up'}"), _tests(_UP, exprs=_look("a", "3m"))),
    _case("recorded-empty-label", _rules("{record: a, expr: up, labels: {instance: ''}}"), _tests(_UP[:1], exprs=_look("a", "1m"))),
    _case("two-rules-one-series", _rules("{record: a, expr: x}", "{record: a, expr: x + 1}"), _tests([("x", "1x5")], exprs=_look("a", "3m"))),
]

_ORDER = [
    _case(
        name,
        "groups:\n- name: second\n  rules:\n  - {record: b, expr: a + 1}\n- name: first\n  rules:\n  - {record: a, expr: x}\n",
        _tests([("x", "0+1x10")], exprs=_look("b", "0s", "5m"), top=order),
    )
    for name, order in (("order", "group_eval_order: [first, second]"), ("order-reversed", "group_eval_order: [second, first]"), ("order-repeated", "group_eval_order: [first, first]"), ("order-unknown", "group_eval_order: [first, nobody, second]"))
]

_INTERVALS = [
    _case(f"interval-{evaluation}-{interval}", _rules("{alert: A, expr: x > 3, for: 1m}", "{record: r, expr: x}"), _tests([("x", "0+1x40")], alerts=_everywhere("A", ["1m", "2m", "150s", "5m", "7m"]), exprs=_look("r", "90s", "3m", "200s") + _look("x", "90s", "200s") + _look("rate(x[2m])", "5m", "320s") + _look("max_over_time(x[3m:])", "4m", "250s"), top=f"evaluation_interval: {evaluation}", interval=interval))
    for evaluation, interval in (("1m", "1m"), ("30s", "1m"), ("1m", "15s"), ("2m", "1m"), ("45s", "20s"), ("1m30s", "1m"), ("500ms", "10s"))
] + [_case("group-interval", _rules("{record: r, expr: x}").replace("name: g", "name: g\n  interval: 5m"), _tests([("x", "0+1x10")], exprs=_look("r", "3m")))]

_NOTATION = [
    _case(f"notation-{number}", _rules("{record: r, expr: x}"), _tests([("x", values)], exprs=_look("sum_over_time(x[1h])", "20m") + _look("count_over_time(x[1h])", "20m") + _look("x", "0s", "3m", "6m")))
    for number, values in enumerate(
        [
            "1 2 3", "1x3", "0+10x5", "10-2x5", "_ 1 _x3 2", "1 stale 2", "NaN 1", "Inf -Inf 1", "+Inf", "-1x2 -1-1x2 -1+1x2", "010 08", "1e2x2 .5 5.",
            "0.1+0.1x9", "  1   2  ", "", "stalex2", "_x0 1", "1x0", "1+1", "infx3", "inf-1x3", "1.5.2", "abc", "0x10", "1+2x-1", "+5", "{{schema:1 sum:2}}", "1,2",
            "__", "1_2", "1x1.5", "INF nAn", "1x0x2", "1e", "stale", "1 - 1", "1+0x3", "0-0.5x3", "1e400", "9223372036854775808", "1x 3",
        ]
    )
]

_EXPRS = [
    _case("samples", _rules(_DOWN), _tests(_UP, exprs=["expr: up, eval_time: 1m, exp_samples: [{labels: 'up{job=\"api\", instance=\"b\"}', value: 1}, {labels: 'up{instance=\"a\", job=\"api\"}', value: 1}]", "expr: sum(up), eval_time: 4m, exp_samples: [{labels: '{}', value: 1}]", "expr: count(up) + 1, eval_time: 4m, exp_samples: [{value: 3}]"])),
    _case("samples-wrong", _rules(_DOWN), _tests(_UP, exprs=["expr: up, eval_time: 1m, exp_samples: [{labels: 'up{job=\"api\"}', value: 2e-7}]", "expr: up, eval_time: 1m", "expr: sum(up), eval_time: 4m, exp_samples: [{labels: '{a=\"b\"}', value: 1.5}]"])),
    _case("samples-nan", _rules(_DOWN), _tests([("x", "NaN")], exprs=["expr: x, eval_time: 0s, exp_samples: [{labels: x, value: .nan}]", "expr: x - x, eval_time: 0s, exp_samples: [{value: .nan}]"])),
    _case("samples-inf", _rules(_DOWN), _tests([("x", "Inf -Inf")], exprs=["expr: x, eval_time: 0s, exp_samples: [{labels: x, value: .inf}]", "expr: x, eval_time: 1m, exp_samples: [{labels: x, value: -.inf}]"])),
    _case("samples-bad-labels", _rules(_DOWN), _tests(_UP, exprs=["expr: up, eval_time: 1m, exp_samples: [{labels: 'up{', value: 1}]", "expr: up, eval_time: 1m, exp_samples: [{labels: 'up 1', value: 1}]", "expr: up, eval_time: 1m, exp_samples: [{labels: 'up{a=b}', value: 1}]"])),
    _case("samples-empty-label", _rules(_DOWN), _tests([("x", "1")], exprs=["expr: x, eval_time: 0s, exp_samples: [{labels: 'x{a=\"\"}', value: 1}]", "expr: -x, eval_time: 0s, exp_samples: [{labels: '{a=\"\"}', value: -1}]"])),
    _case("expr-errors", _rules(_DOWN), _tests(_UP, exprs=["expr: 'up +', eval_time: 1m", "expr: 'up[5m]', eval_time: 1m", "expr: '\"s\"', eval_time: 1m", "expr: '', eval_time: 1m", "expr: 'up * on (job) up', eval_time: 1m", "expr: 'nope(up)', eval_time: 1m"])),
    _case("expr-scalar", _rules(_DOWN), _tests([], exprs=["expr: '1 + 1', eval_time: 1m, exp_samples: [{value: 2}]", "expr: time(), eval_time: 90s, exp_samples: [{labels: '{}', value: 90}]"])),
    _case("expr-at", _rules(_DOWN), _tests([("x", "0+1x20")], exprs=[*_look("x @ 120", "5m"), *_look("x @ end()", "5m"), *_look("x offset -2m", "3m"), *_look("sum_over_time(x[5m] @ 600)", "15m")])),
    _case("expr-late", _rules(_DOWN), _tests([("x", "1x3")], exprs=_look("x", "3m", "8m", "7m59s", "9m"))),
    _case("histogram", _rules(_DOWN), _tests([('h_bucket{le="0.1"}', "0+1x20"), ('h_bucket{le="1"}', "0+3x20"), ('h_bucket{le="+Inf"}', "0+4x20")], exprs=_look("histogram_quantile(0.9, rate(h_bucket[5m]))", "10m") + _look("histogram_quantile(0.5, rate(h_bucket[5m]))", "10m"))),
    _case("quoted-values", _rules(_DOWN), _tests([('x{a="q\\"uo\\\\te", b="ü✓"}', "1")], exprs=_look("x", "0s"))),
    *(
        _case(f"series-form-{number}", _rules(_DOWN), _tests([(form, "7")], exprs=_look('{__name__=~".+"} or {a=~".+"}', "0s")))
        for number, form in enumerate(
            ['{__name__="x",a="1",}', 'y {b="2"}', "z{}", ' x', 'x{ a = "1" }', "x:y", "{}", 'x{a="1",a="2"}', 'x{a="\\\\q"}', "inf", "sum", 'on{a="1"}', "group", "x{,}", 'x{a="b"}{c="d"}', 'x{a="\\\\x41"}', "x{a=`b`}", "1x"]
        )
    ),
    _case("series-twice", _rules(_DOWN), _tests([("x", "1x5"), ("x", "2x5")], exprs=_look("x", "3m"))),
    _case("series-bad", _rules(_DOWN), _tests([("x{", "1")], exprs=_look("x", "0s"))),
    _case("series-nameless", _rules(_DOWN), _tests([('{a="b"}', "1")], exprs=_look('{a="b"}', "0s"))),
]

_FILES = [
    _case("empty", _rules(_DOWN), ""),
    _case("no-tests", _rules(_DOWN), "rule_files: [rules.yml]\n"),
    _case("nothing-tested", _rules(_DOWN), "rule_files: [rules.yml]\ntests:\n- interval: 1m\n"),
    _case("bad-rules-untested", "groups: [{name: g, rules: [{alert: A, expr: 'up +'}]}]", "rule_files: [rules.yml]\n"),
    _case("bad-rules", "groups: [{name: g, rules: [{alert: A, expr: 'up +'}]}]", _tests(_UP, alerts=_everywhere("A", ["1m"]))),
    _case("bad-rules-key", "groups: [{name: g, rules: [{alert: A, expr: up, fro: 1m}]}]", _tests(_UP, alerts=_everywhere("A", ["1m"]))),
    _case("bad-template", _rules("{alert: A, expr: up == 0, annotations: {a: '{{ $labels.x '}}"), _tests(_UP, alerts=_everywhere("A", ["1m"]))),
    _case("failing-template", _rules("{alert: A, expr: up == 1, annotations: {a: '{{ $labels.x | nope }}'}}"), _tests(_UP, alerts=_everywhere("A", ["1m"]))),
    _case("bad-yaml", _rules(_DOWN), "tests: [\n"),
    _case("unknown-key", _rules(_DOWN), "rule_files: [rules.yml]\nfuzzy: true\n"),
    _case("unknown-inner-key", _rules(_DOWN), "tests:\n- {interval: 1m, promql_expr_test: [{expr: '1', eval: 1m}]}\n"),
    _case("duplicate-key", _rules(_DOWN), "tests: []\ntests: []\n"),
    _case("wrong-type", _rules(_DOWN), "tests: 3\n"),
    _case("text-for-number", _rules(_DOWN), "tests:\n- {interval: 1m, promql_expr_test: [{expr: '1', eval_time: 1m, exp_samples: [{value: '1'}]}]}\n"),
    _case("bad-duration", _rules(_DOWN), "evaluation_interval: 1 minute\n"),
    _case("duration-number", _rules(_DOWN), "evaluation_interval: 5\n"),
    _case("duration-mixed", _rules(_DOWN), "evaluation_interval: 1h30m\ntests:\n- {interval: 1d, promql_expr_test: [{expr: '1', eval_time: 1d2h3m, exp_samples: [{value: 1}]}, {expr: '2', eval_time: 1w}, {expr: '2', eval_time: 61m}]}\n"),
    _case("null-items", _rules(_DOWN), "rule_files:\ntests:\n- {interval: 1m, input_series: , promql_expr_test: [{expr: '1', eval_time: 0, exp_samples: [{labels: , value: 1}]}]}\n"),
    _case("no-rules-match", _rules(_DOWN), "rule_files: [nothing*.yml]\ntests:\n- {interval: 1m, promql_expr_test: [{expr: '1', exp_samples: [{value: 1}]}]}\n"),
    _case("missing-rules", _rules(_DOWN), "rule_files: [nothing.yml]\ntests:\n- {interval: 1m, promql_expr_test: [{expr: '1', exp_samples: [{value: 1}]}]}\n"),
    _case("glob", _rules("{record: a, expr: x}"), "rule_files: ['r*.yml', 'mor[d-f].yml', 'm?re.yml']\ntests:\n- {interval: 1m, input_series: [{series: x, values: '1'}], promql_expr_test: [{expr: a + b}]}\n", more="groups: [{name: h, rules: [{record: b, expr: x + 1}]}]"),
    _case("numbers-as-text", _rules("{alert: 1, expr: 2, labels: {a: 1, b: true, c: 1.50}}"), "rule_files: [rules.yml]\ntests:\n- {interval: 1m, name: 7, alert_rule_test: [{alertname: 1, exp_alerts: [{exp_labels: {a: 1, b: true, c: 1.50}}]}, {alertname: 1, exp_alerts: [{exp_labels: {a: 1, b: true, c: 1.5}}]}]}\n"),
    _case("zero-interval", _rules("{record: a, expr: x}"), "rule_files: [rules.yml]\ntests:\n- {input_series: [{series: x, values: '1'}], promql_expr_test: [{expr: a}]}\n"),
    _case("anchors", _rules(_DOWN), "x: &a 1\n"),
    _case("merge", _rules(_DOWN), "tests:\n- &t {interval: 1m, promql_expr_test: [{expr: '1', exp_samples: [{value: 1}]}]}\n- *t\n- {<<: *t, name: again}\n"),
    _case("several-tests", _rules(_DOWN), _tests(_UP, alerts=_everywhere("Down", ["6m"]), more="name: one") + "- interval: 1m\n  name: two\n  promql_expr_test: [{expr: 'count(ALERTS)', eval_time: 6m}, {expr: '3', eval_time: 6m}]\n"),
]

CASES = (*_ALERTING, *_TEMPLATES, *_OUTSIDE, *_RECORDING, *_ORDER, *_INTERVALS, *_NOTATION, *_EXPRS, *_FILES)
