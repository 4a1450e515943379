"""What an alert's expression is compared with, and which agents its labels name."""

import pytest

from fleet.alerts.related import named_agents
from fleet.alerts.threshold import LONGEST, Threshold, threshold_of


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        ("up == 0", Threshold("up", "==", 0.0)),
        ("5 < rate(x[5m])", Threshold("rate(x[5m])", ">", 5.0)),
        ("((sum by (a) (x)) >= 1e3)", Threshold("sum by (a) (x)", ">=", 1000.0)),
        ("x > bool -5", Threshold("x", ">", -5.0)),
        ("a > 1 and b < 2", None),
        ("x > y", None),
        ("absent(up)", None),
        ("1 > 2", None),
        ("no promql (", None),
        ("", None),
        ("x" * (LONGEST + 1), None),
    ],
)
def test_the_comparison_with_a_number_at_the_top(expr: str, found: Threshold | None) -> None:
    assert threshold_of(expr) == found


def test_agents_are_named_by_label_and_by_host_the_surest_first() -> None:
    known = ("coder-1", "Planner", "worker")
    labels = {"instance": "http://coder-1:9100/metrics", "agent": "planner", "job": "worker", "env": "coder-1"}
    assert named_agents(labels, known) == ("Planner", "coder-1", "worker")
    assert named_agents({"instance": "coder-1:9100"}, known) == ("coder-1",)
    assert named_agents({"instance": "http://[::1"}, known) == ()
    assert named_agents({}, known) == ()
