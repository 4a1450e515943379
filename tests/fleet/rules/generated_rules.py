"""Random rules over random series, as test files in promtool's format that expect nothing: what is found is printed."""

from typing import Any

import yaml
from hypothesis import strategies as st

from tests.fleet.rules.promtool_corpus import Case

_NAMES = ("x", "y", "r0", "r1", "ALERTS")
_NUMBERS = st.sampled_from(("0", "1", "2", "0.5", "-1", "10", "1e2", "NaN", "Inf"))
_TIMES = st.sampled_from(("0s", "30s", "1m", "90s", "2m", "3m", "5m", "7m30s", "10m"))
_ITEM = st.one_of(
    _NUMBERS,
    st.sampled_from(("_", "stale", "_x2", "_x7")),
    st.tuples(_NUMBERS, st.integers(0, 6)).map(
        lambda pair: f"{pair[0]}x{pair[1]}" if pair[0][-1].isdigit() else pair[0]
    ),
    st.tuples(
        st.sampled_from(("0", "5", "1.5")), st.sampled_from("+-"), st.sampled_from(("1", "0.25")), st.integers(0, 9)
    ).map(lambda parts: f"{parts[0]}{parts[1]}{parts[2]}x{parts[3]}"),
)
_SELECTOR = st.sampled_from(
    ("x", "y", 'x{a="1"}', 'x{a!="1"}', 'y{a=~"1|2"}', "r0", "r1", 'ALERTS{alertstate="firing"}')
)
_VECTOR = st.one_of(
    _SELECTOR,
    st.tuples(
        st.sampled_from(("rate", "increase", "delta", "changes", "max_over_time", "count_over_time", "last_over_time")),
        st.sampled_from(("x", "y", "r0")),
        st.sampled_from(("2m", "5m")),
    ).map(lambda parts: f"{parts[0]}({parts[1]}[{parts[2]}])"),
    st.tuples(st.sampled_from(("sum", "count", "max", "sum by (a)", "avg without (a)")), _SELECTOR).map(
        lambda parts: f"{parts[0]}({parts[1]})"
    ),
    st.sampled_from(
        (
            "absent(x)",
            'absent(y{a="1"})',
            "vector(1)",
            "x * on (a) y",
            "x unless y",
            "x or y",
            "x offset 1m",
            "time() - timestamp(x)",
            "max_over_time(x[5m:1m])",
            "x / y",
        )
    ),
)
_EXPR = st.one_of(
    _VECTOR,
    st.tuples(_VECTOR, st.sampled_from((">", ">=", "==", "!=", "<")), st.sampled_from(("0", "1", "2", "bool 1"))).map(
        " ".join
    ),
)
_TEXT = st.sampled_from(
    (
        "plain",
        "",
        "{{ $labels.a }}",
        "{{ $value }}",
        "{{ $value | humanize }} of {{ $labels.a }}",
        "{{ $labels.nope }}",
        '{{ printf "%.3f" $value }}',
        '{{ with query "sum(x)" }}{{ . | first | value }}{{ end }}',
        '{{ range query "sum(y)" }}{{ .Value }}{{ end }}',
        "{{ if gt $value 1.0 }}high{{ else }}low{{ end }}",
    )
)
_LABELS = st.dictionaries(st.sampled_from(("severity", "a", "team")), _TEXT, max_size=2)
_DURATION = st.sampled_from(("0s", "1m", "2m", "5m"))


@st.composite
def _rule(draw: st.DrawFn, number: int) -> dict[str, Any]:
    if draw(st.booleans()):
        return {
            "record": draw(st.sampled_from(("r0", "r1"))),
            "expr": draw(_EXPR),
            "labels": draw(st.dictionaries(st.just("n"), st.just(str(number)), max_size=1)),
        }
    return {
        "alert": draw(st.sampled_from(("A", "B"))),
        "expr": draw(_EXPR),
        "for": draw(_DURATION),
        "keep_firing_for": draw(_DURATION),
        "labels": {**draw(_LABELS), "n": str(number)},
        "annotations": draw(_LABELS),
    }


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A rule file and its tests."""
    count = draw(st.integers(1, 5))
    rules = [draw(_rule(number)) for number in range(count)]
    group = {
        "name": "g",
        "rules": rules,
        **({"limit": draw(st.integers(1, 2))} if draw(st.integers(0, 5)) == 0 else {}),
    }
    series = [
        {"series": f'{name}{{a="{number}"}}', "values": " ".join(draw(st.lists(_ITEM, max_size=8)))}
        for name in ("x", "y")
        for number in range(draw(st.integers(0, 3)))
    ]
    times = draw(st.lists(_TIMES, min_size=1, max_size=5, unique=True))
    tests = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": draw(st.sampled_from(("30s", "1m", "1m", "2m"))),
        "tests": [
            {
                "interval": draw(st.sampled_from(("15s", "1m", "1m", "90s"))),
                "input_series": series,
                "alert_rule_test": [{"eval_time": time, "alertname": name} for time in times for name in ("A", "B")],
                "promql_expr_test": [{"eval_time": time, "expr": name} for time in times for name in _NAMES],
            }
        ],
    }
    return Case("generated", {"rules.yml": yaml.safe_dump({"groups": [group]}), "tests.yml": yaml.safe_dump(tests)})
