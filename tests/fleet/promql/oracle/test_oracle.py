"""Every answer of fleetdeck's PromQL is the answer of a real Prometheus, to the last label and within a billionth.

`FLEETDECK_ORACLE_PAIRS` says how many pairs of series set and expression are compared; `python -m
tests.fleet.promql.oracle --pairs N --seed N` compares others, and goes on after a difference.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fleet.promql.table import functions
from tests.fleet.promql.oracle.expressions import WHEN, expressions
from tests.fleet.promql.oracle.series_sets import SETS, Set
from tests.fleet.promql.oracle.session import Asking, Oracle, oracle
from tests.real_prometheus import requires_prometheus

_PAIRS = int(os.environ.get("FLEETDECK_ORACLE_PAIRS", "3000"))
_EACH = 16
_AGGREGATIONS = ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile")
_WORDS = (
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "and",
    "or",
    "unless",
    "bool",
    "offset",
    "atan2",
)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    """The oracle, one for the module: it starts once."""
    with oracle(tmp_path_factory.mktemp("oracle")) as session:
        yield session


@requires_prometheus
@settings(
    max_examples=max(1, _PAIRS // _EACH),
    phases=[Phase.generate],  # the difference names its question; making it smaller takes minutes
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(drawn=SETS, askings=st.lists(st.tuples(expressions(), WHEN), min_size=_EACH - 4, max_size=_EACH + 4))
def test_answers_as_prometheus(compared: Oracle, drawn: Set, askings: list[Asking]) -> None:
    assert compared.differences(drawn, askings) == []


@requires_prometheus
def test_many_pairs_were_compared_and_most_had_an_answer(compared: Oracle) -> None:
    """Guards the test above: expressions that give nothing, or errors only, would all be alike."""
    answered = compared.pairs - compared.errors - compared.empty
    assert compared.pairs >= _PAIRS // 2
    assert answered > 0.4 * compared.pairs
    assert compared.wavering < 0.01 * compared.pairs
    unasked = [word for word in (*functions(), *_AGGREGATIONS, *_WORDS) if not compared.words[word]]
    assert _PAIRS < 3000 or len(unasked) <= 3, unasked
