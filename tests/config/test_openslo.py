"""OpenSLO, Pyrra and sloth files: what they mean, and how their mistakes are named."""

from datetime import datetime
from pathlib import Path

import pytest

from config.slo.files import SloFiles, named_slos, read_slos
from fleet.slo.definition import Calendar, Counted, Op, Raw, Rolling, Source, Threshold
from fleet.slo.model import Budgeting

HEAD = "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: web}\nspec:\n"
RATIO = (
    "  indicator: {spec: {ratioMetric: {counter: true, good: {metricSource: {spec: {query: good_total}}},"
    " total: {metricSource: {spec: {query: all_total}}}}}}\n"
)
WINDOW = "  timeWindow: [{duration: 4w, isRolling: true}]\n"
REST = "  budgetingMethod: Occurrences\n  objectives: [{target: 0.99}]\n"
SLI = """apiVersion: openslo/v1
kind: SLI
metadata: {name: latency, labels: {team: [core, web]}}
spec:
  thresholdMetric:
    metricSource:
      metricSourceRef: thanos
      spec: {query: latency_seconds}
"""
SPREAD = """# Several documents, which name one another.
apiVersion: openslo/v1
kind: SLO
metadata: {name: api, displayName: The API}
spec:
  description: calls
  service: shop
  indicatorRef: latency
  timeWindow:
    - duration: 1M
      isRolling: false
      calendar: {startTime: '2024-01-01 00:00:00', timeZone: Europe/Berlin}
  budgetingMethod: Timeslices
  objectives:
    - {displayName: slow, op: lte, value: 1, target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 5m}
    - {displayName: fast, op: lt, value: 0.2, targetPercent: 90, timeSliceTarget: 0.9, timeSliceWindow: 1m}
  alertPolicies:
    - alertPolicyRef: burning
    - kind: AlertPolicy
      metadata: {name: inline}
      spec:
        conditions:
          - kind: AlertCondition
            metadata: {name: slow-burn}
            spec: {severity: ticket, condition: {kind: burnrate, op: gt, threshold: 3, lookbackWindow: 1d}}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: burning}
spec: {conditions: [{conditionRef: fast-burn}], notificationTargets: [{targetRef: pager}]}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: fast-burn}
spec:
  severity: page
  condition: {kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: thanos}
spec: {type: Prometheus, connectionDetails: {url: 'http://127.0.0.1:9090'}}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, displayName: Shop}
spec: {}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: pager}
spec: {target: pager}
"""


def read(tmp_path: Path, *texts: str) -> SloFiles:
    paths = []
    for number, text in enumerate(texts):
        paths.append(tmp_path / f"{number}.yaml")
        paths[-1].write_text(text)
    return read_slos(paths)


def test_an_slo_over_counters(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + RATIO + WINDOW + REST)
    assert not found.problems
    (one,) = found.definitions
    assert one.window == Rolling(28 * 86_400.0)
    assert one.objectives[0].indicator == Counted(total="all_total", good="good_total")
    assert one.tiers is None
    assert one.source is Source.OWN


def test_documents_name_one_another_across_files(tmp_path: Path) -> None:
    found = read(tmp_path, SPREAD, SLI)
    assert not found.problems
    assert "AlertNotificationTarget pager is not used" in found.notes[0]
    (one,) = found.definitions
    assert one.service == "Shop"
    assert one.budgeting is Budgeting.TIMESLICES
    assert one.window == Calendar(count=1, unit="M", start=datetime(2024, 1, 1), zone="Europe/Berlin")
    slow, fast = one.objectives
    assert slow.indicator == Threshold(query="latency_seconds", op=Op.LTE, value=1)
    assert (fast.target, fast.slice_s, fast.slice_target) == (0.9, 60, 0.9)
    assert one.source is Source.PROMETHEUS
    assert [(tier.name, tier.factor, tier.long_s, tier.short_s, tier.severity) for tier in one.tiers or ()] == [
        ("fast-burn", 14.4, 3600, 300, "page"),
        ("slow-burn", 3, 86_400, 7200, "ticket"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + RATIO + WINDOW + REST + "  objektives: []\n", 9, "objektives: unknown key"),
        (HEAD + RATIO + WINDOW + REST.replace("0.99", "99"), 8, "did you mean 99.0%"),
        (HEAD + RATIO + WINDOW + REST.replace("Occurrences", "Timeslices"), 8, "timeSliceWindow is wanted"),
        (HEAD + RATIO + WINDOW + REST.replace("{target", "{compositeWeight: 1, target"), 8, "composite SLOs"),
        (HEAD + RATIO + REST, 5, "timeWindow: is missing"),
        (HEAD + RATIO + WINDOW.replace("4w", "4x") + REST, 6, "a duration such as"),
        (HEAD + "  indicatorRef: nowhere\n" + WINDOW + REST, 5, "there is no SLI nowhere"),
        (HEAD + RATIO.replace("good_total", "'good_total{'") + WINDOW + REST, 5, "parse error"),
        (HEAD + RATIO.replace("spec: {query: all", "type: Datadog, spec: {query: all") + WINDOW + REST, 5, "Datadog"),
        (HEAD + RATIO.replace("good:", "gut:") + WINDOW + REST, 5, "gut: unknown key"),
        (HEAD.replace("web", "Web Site") + RATIO + WINDOW + REST, 3, "letters a-z"),
        ("kind: SLO\n", 1, "not a format that is read here"),
        ("a: &x [1]\nb: [*x, *x\n", 3, "not valid YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    found = read(tmp_path, text)
    assert not found.definitions
    assert any(f"0.yaml:{line}:" in problem and words in problem for problem in found.problems), found.problems


def test_a_wrong_document_does_not_stop_the_others_and_lines_count_on(tmp_path: Path) -> None:
    good = HEAD + RATIO + WINDOW + REST
    found = read(
        tmp_path, good + "---\n" + good.replace("name: web", "name: other").replace("target:", "zarget:"), good
    )
    assert [one.name for one in found.definitions] == ["web"]
    assert any("0.yaml:17:" in problem and "zarget" in problem for problem in found.problems), found.problems
    assert any("a second SLO of the name web" in problem for problem in found.problems)


def test_a_yaml_bomb_is_refused(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    assert "more than" in read(tmp_path, bomb).problems[0]


def test_pyrra(tmp_path: Path) -> None:
    text = """apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: errors, namespace: monitoring}
spec:
  target: "99"
  window: 4w
  indicator:
    ratio:
      errors: {metric: 'http_total{code=~"5.."}'}
      total: {metric: http_total}
      grouping: [handler]
"""
    (one,) = read(tmp_path, text).definitions
    assert one.objectives[0].indicator == Counted(total="http_total", bad='http_total{code=~"5.."}')
    assert one.objectives[0].target == 0.99
    assert one.by == ("handler",)
    assert [tier.factor for tier in one.tiers or ()] == [14, 7, 2, 1]
    native = text.replace("ratio:", "latencyNative:")
    assert "latencyNative is not supported" in read(tmp_path, native).problems[0]


def test_sloth(tmp_path: Path) -> None:
    text = """version: prometheus/v1
service: shop
slos:
  - name: requests
    objective: 99.9
    sli: {events: {error_query: 'sum(rate(e[{{.window}}]))', total_query: 'sum(rate(t[{{.window}}]))'}}
    alerting: {name: X, page_alert: {labels: {severity: page}}}
  - {name: raw, objective: 99, sli: {raw: {error_ratio_query: 'errors:ratio'}}}
"""
    found = read(tmp_path, text)
    first, second = found.definitions
    assert first.name == "shop-requests"
    assert first.objectives[0].indicator == Counted(total="sum(rate(t[5m]))", bad="sum(rate(e[5m]))")
    assert second.objectives[0].indicator == Raw(query="errors:ratio", success=False)


def test_patterns_are_found_below_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "slos").mkdir()
    (tmp_path / "slos" / "a.yaml").write_text(HEAD + RATIO + WINDOW + REST)
    found = named_slos(("slos/*.yaml", "nowhere.yaml"), tmp_path)
    assert len(found.definitions) == 1
    assert [problem.partition("nowhere.yaml")[2] for problem in found.problems] == [": there is no such file"]
