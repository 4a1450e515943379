"""What a real Prometheus makes of templates: what promtool says of those that cannot be parsed, and the annotations of
alerts that it raises for the others."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from fleet.errors import QueryError
from fleet.promql.function import Vector
from fleet.promql.labels import Labels
from tests.real_prometheus import RealPrometheus, eventually, prometheus_binary

SERIES = {
    "fruit": [({"kind": "pear", "n": "2"}, 3.0), ({"kind": "apple", "n": "10"}, 1.5), ({"kind": "Fig", "n": "1"}, 1e6)],
    "alone": [({"host": "web-1.example.org:9100"}, 42.0)],
}
"""What `query` finds: recorded series by name."""
EXTERNAL = {"region": "eu", "zone": "<z>"}
LABELS = {"a": "text", "host": "db-1.example.org:9100", "html": "<b>'&\"", "num": "12.5", "wide": "größe 京"}
"""The labels of every alert, beside `alertname` which is no part of `$labels`."""
_ERROR = re.compile(r'group "g", rule (\d+), "C\d+": annotation "out": (.*)')


class Case(NamedTuple):
    """A template and the value that its alert has."""

    template: str
    value: float


class Expanded(NamedTuple):
    """What came of a case: a text, or what is wrong with a template that cannot be parsed."""

    text: str
    refused: bool = False


def answer(expression: str) -> Vector:
    """What a query finds in `SERIES`, sorted as Prometheus has them in memory."""
    if not expression:
        raise QueryError("1:1: parse error: no expression found in input")
    found = sorted(SERIES.get(expression, []), key=lambda pair: sorted(pair[0].items()))
    return Vector([Labels.of({"__name__": expression, **labels}) for labels, _ in found], [value for _, value in found])


def expansions(cases: Sequence[Case], folder: Path) -> tuple[list[Expanded], str]:
    """What Prometheus makes of each case, and its external URL."""
    refused = _refused(cases, folder)
    good = [at for at in range(len(cases)) if at not in refused]
    rules: list[dict[str, Any]] = [
        {"record": name, "expr": _number(value), "labels": labels}
        for name, series in SERIES.items()
        for labels, value in series
    ]
    rules += [_rule(at, cases[at]) for at in good]
    rules.append(_rule(len(cases), Case("{{ $externalURL }}", 1.0)))
    _write(folder / "rules.yml", rules)
    config = {
        "global": {"evaluation_interval": "2s", "external_labels": EXTERNAL},
        "rule_files": [str(folder / "rules.yml")],
    }
    with RealPrometheus(yaml.safe_dump(config), folder) as server:
        alerts = eventually(lambda: _alerts(server, len(good) + 1))
    found = [Expanded(refused[at], refused=True) if at in refused else Expanded(alerts[at]) for at in range(len(cases))]
    return found, alerts[len(cases)]


def _alerts(server: RealPrometheus, count: int) -> dict[int, str] | None:
    found = server.api("alerts")["alerts"]
    texts = {int(alert["labels"]["alertname"][1:]): alert["annotations"].get("out", "") for alert in found}
    return texts if len(texts) >= count else None


def _refused(cases: Sequence[Case], folder: Path) -> dict[int, str]:
    """The cases that promtool refuses, and its words."""
    _write(folder / "check.yml", [_rule(at, case) for at, case in enumerate(cases)])
    promtool = prometheus_binary("promtool")
    assert promtool is not None
    done = subprocess.run(
        [promtool, "check", "rules", "--lint=none", str(folder / "check.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (_ERROR.search(line) for line in (done.stdout + done.stderr).splitlines())
    return {int(found[1]) - 1: found[2] for found in lines if found is not None}


def _rule(at: int, case: Case) -> dict[str, Any]:
    expr = f"vector({_number(case.value)})"
    for name, value in LABELS.items():
        expr = f"label_replace({expr}, {name!r}, {_string(value)}, '', '')"
    return {"alert": f"C{at}", "expr": expr, "annotations": {"out": case.template}}


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'


def _number(value: float) -> str:
    return repr(value).replace("inf", "Inf").replace("nan", "NaN")


def _write(path: Path, rules: list[dict[str, Any]]) -> None:
    for rule in rules:
        rule["expr"] = str(rule["expr"])
    document = {"groups": [{"name": "g", "rules": rules}]}
    path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
