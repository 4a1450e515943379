"""Well-formed documents of what says what is wrong, for mutations to begin with."""

# ruff: noqa: E501

import json
from datetime import UTC, datetime

import msgspec

from fleet.alerts.model import AlertState
from fleet.rules.restore import EngineState, KeptAlert, KeptRule

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
_NOW_MS = round(NOW.timestamp() * 1000)

RULES = [
    b"groups:\n- name: g\n  interval: 1m\n  limit: 5\n  rules:\n  - alert: A\n    expr: up == 0 or x_total > 1\n    for: 0s\n"
    b'    keep_firing_for: 5m\n    labels: {severity: page}\n    annotations: {summary: "{{ $labels.job }} {{ $value | humanize }}"}\n',
    b'groups: [{name: b, rules: [{record: "a:b", expr: sum by (job) (rate(x_total[5m])), labels: {x: y}}]}]\n',
    b'groups:\n- name: c\n  rules:\n  - alert: L\n    expr: up\n    annotations:\n      t: \'{{ range query "up" }}{{ .Labels.job }}'
    b'{{ else }}none{{ end }}{{ with $x := 1 }}{{ printf "%d" 1 }}{{ end }}\'\n',
]
RULE_TESTS = [
    b"rule_files: [r.yml]\nevaluation_interval: 1m\ngroup_eval_order: [g]\ntests:\n- interval: 1m\n  input_series:\n"
    b"  - {series: 'up{job=\"a\"}', values: '1 0x5 _ stale 1+1x3'}\n  alert_rule_test:\n"
    b"  - {eval_time: 5m, alertname: A, exp_alerts: [{exp_labels: {job: a}, exp_annotations: {s: t}}]}\n"
    b"  promql_expr_test:\n  - {expr: up, eval_time: 4m, exp_samples: [{labels: 'up{job=\"a\"}', value: 1.5e3}]}\n",
]
TEMPLATES = [
    b'{{ $labels.job }} on {{ $labels.instance }}: {{ printf "%.2f" $value }} {{ $externalLabels.env }}',
    b'{{ range query "up" }}{{ .Labels.job }}={{ .Value | humanizePercentage }};{{ end }}{{ define "x" }}y{{ end }}',
    b"{{ if gt $value 1.0 }}{{ humanizeDuration 3600.5 }}{{ else }}{{ humanize1024 1e300 }}{{ end }}",
    b'{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}{{ with query "x_total" }}{{ . | first | value }}{{ end }}',
    b'{{ "a,b" | reReplaceAll "(a+)+" "$1" | title | toUpper }}{{ humanizeTimestamp -1e20 }}{{ -1 | len }}',
]
EXPRESSIONS = [
    b"sum by (job) (rate(x_total[5m])) / on(job) group_left up > bool 0",
    b'histogram_quantile(0.9, sum without (i) (h_bucket{le!="", job=~"a.*"}))',
    b'label_replace(up, "x", "$1", "job", "(.*)") unless ignoring(i) x_total offset 5m',
    b"max_over_time(sum(up)[10m:1m] @ end()) + topk(3, x_total) ^ -2 % 3 atan2 1e-3",
    b'count_values("v", round(x_total, 0x1f)) or absent(nothing{a="b"}) and predict_linear(up[5m], 1e9)',
    b"quantile_over_time(NaN, up[1h]) != Inf or holt_winters(up[10m], 0.5, 0.5) # remark",
]
SERIES = [b"up{job=\"a\", x='y'} 1 2x3 0+10x5 _ _x2 stale NaN -Inf 1e3-1.5x4", b"x_total 0+1x9 0x1fx2 017"]
_OPENSLO = (
    b"apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a, labels: {team: core}}\nspec:\n  service: s\n"
    b"  budgetingMethod: Timeslices\n  timeWindow: [{duration: 1M, isRolling: false, calendar: {startTime: "
    b"'2024-01-01 00:00:00', timeZone: Europe/Berlin}}]\n  indicator: {metadata: {name: i}, spec: {ratioMetric: "
    b"{counter: true, good: {metricSource: {type: Prometheus, spec: {query: x_total}}}, total: {metricSource: "
    b"{type: Prometheus, spec: {query: x_total}}}}}}\n  objectives: [{target: 0.999, timeSliceTarget: 0.9, "
    b"timeSliceWindow: 5m}]\n"
)
SLOS = [
    _OPENSLO,
    b"apiVersion: openslo/v1\nkind: AlertPolicy\nmetadata: {name: p}\nspec: {alertWhenBreaching: true, conditions: "
    b"[{conditionRef: c}], notificationTargets: []}\n---\n" + _OPENSLO.replace(b"Timeslices", b"Occurrences"),
    b"apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: p}\nspec: {target: '99', window: 4w, "
    b"indicator: {ratio: {errors: {metric: 'x_total{code=~\"5..\"}'}, total: {metric: x_total}}}}\n",
    b"version: prometheus/v1\nservice: s\nslos:\n- {name: a, objective: 99.9, sli: {events: {error_query: "
    b"'sum(rate(x_total[{{.window}}]))', total_query: 'sum(rate(x_total[{{.window}}]))'}}, alerting: {name: A}}\n",
]
TARGETS_JSON = [
    b'{"slo_targets": {"default": {"uptime": "99.9%", "response_time_p95": "<500ms", "error_rate": 1.0}, "tool": {"uptime": 99}}}'
]
TARGETS_YAML = [b"slos:\n  default: {uptime_percent: 99.5, latency_ms: 250}\n  planner: {error_rate: '<1%', cpu: 80}\n"]
TARGETS_PLAN = [b'# Plan\n- mcp_server_uptime: ">99.9%"\n- `response_time_p95`: "<500ms" | error rate = <1%\n']
TARGETS_PAGE = [b'agent_slo_uptime_target{agent_name="a"} 99.9\nslo_latency_ms{tool="b"} 500\n']
GATES = [b">99.9%", b"<500ms", b">= 5", b"203/203 passing", b"0", "≤ 1,000 KiB".encode(), b"<5min"]
MATCHERS = [b'{alertname="Down", env=~"prod|stage", x!~"(a+)+", y!=""}', b"a=b, c=~.*"]
SILENCES = [
    b'{"version":1,"silences":[{"id":"a","matchers":[{"name":"a","op":"=~","value":"b.*"}],"starts_at":'
    b'"2026-11-21T10:00:00Z","ends_at":"2026-11-21T14:00:00Z","created_by":"me","comment":"ACK! why"}]}'
]
STATES = [
    msgspec.msgpack.encode(
        EngineState(
            at_ms=_NOW_MS - 1000 * back,
            rules=(
                KeptRule(
                    group="f;g",
                    name="A",
                    labels={"severity": "page"},
                    number=0,
                    alerts=tuple(
                        KeptAlert(
                            labels={"alertname": "A", "job": str(state)},
                            sample={"__name__": "up"},
                            value=1.0,
                            state=state,
                            active_at=_NOW_MS - 60_000,
                            fired_at=_NOW_MS - 30_000,
                            resolved_at=_NOW_MS if state is AlertState.RESOLVED else None,
                        )
                        for state in AlertState
                    ),
                ),
            ),
        )
    )
    for back in (1, 600)
]
PROMETHEUS = [
    b'{"status":"success","data":{"groups":[{"name":"g","file":"f","rules":[{"name":"A","type":"alerting","query":"up",'
    b'"duration":5,"health":"err","lastError":"x","labels":{"a":"b"},"annotations":{},"alerts":[{"labels":{"alertname":'
    b'"A"},"annotations":{"s":"t"},"state":"firing","activeAt":"2026-11-21T10:00:00Z","value":"1e+00"}]}]}]}}',
    b'{"status":"success","data":{"alerts":[{"labels":{"alertname":"A"},"state":"pending","value":"NaN"}]},"warnings":["w"]}',
    b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1.5,"2"],[2,"+Inf"]]}]}}',
    b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}}',
    b'{"status":"error","errorType":"bad_data","error":"no"}',
]
ALERTMANAGER = [
    b'[{"labels":{"alertname":"A"},"annotations":{"s":"t"},"startsAt":"2026-11-21T10:00:00Z","endsAt":"0001-01-01T00:00:00Z",'
    b'"fingerprint":"f","receivers":[{"name":"r"}],"status":{"state":"suppressed","silencedBy":["x"],"inhibitedBy":[]},'
    b'"generatorURL":"http://h"}]',
    b'[{"id":"x","status":{"state":"active"},"comment":"c","createdBy":"me","startsAt":"2026-11-21T10:00:00Z","endsAt":'
    b'"2026-11-22T10:00:00Z","updatedAt":"2026-11-21T10:00:00Z","matchers":[{"name":"a","value":"(","isRegex":true}]}]',
    b'{"cluster":{"name":"n","status":"ready","peers":[{"name":"p","address":"h"}]},"versionInfo":{"version":"0.25"}}',
    b'[{"receiver":{"name":"r"},"labels":{},"alerts":[]}]',
    b'{"silenceID":"x"}',
]
CLAIMS = [
    json.dumps(
        {
            "alerts": {
                "active_alerts": [
                    {"id": "1", "level": "critical", "message": "m", "component": "c", "timestamp": 1.7e9}
                ],
                "alert_history": [{"type": "t", "severity": "LOW", "resolved_at": "2026-11-21T10:00:00Z", "value": 3}],
            }
        }
    ).encode(),
    b'[{"title":"t","status":"firing","labels":{"a":"b"},"startsAt":"2026-11-21T10:00:00Z","delta":"-3"}]',
    b'{"snapshots":[],"alerts":[{"type":"completed","message":"m","delta":5,"timestamp":"2026-11-21T10:00:00"}]}',
]
CLAIM_WORDS = (
    "alerts active_alerts alert_history level severity message type component timestamp status resolved id value"
)
API_WORDS = (
    "status data groups rules alerts labels annotations state activeAt value resultType result metric values name"
)
API_WORDS += " matchers isRegex isEqual startsAt endsAt id comment createdBy receivers fingerprint generatorURL"
