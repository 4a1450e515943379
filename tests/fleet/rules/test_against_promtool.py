"""The same file gets the same verdict from promtool and from `fleetdeck rules test`, item by item."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from config.rule_files import DEFAULT_RULES
from tests.fleet.rules.generated_rules import cases
from tests.fleet.rules.promtool import Outcome, ours, promtool, written
from tests.fleet.rules.promtool_corpus import CASES, Case
from tests.real_prometheus import prometheus_binary

pytestmark = pytest.mark.skipif(prometheus_binary("promtool") is None, reason="no promtool here")


def test_every_file_of_the_corpus_has_the_same_outcome(tmp_path: Path) -> None:
    paths = written(CASES, tmp_path)
    theirs, mine = promtool(paths), ours(paths)
    differ = [
        f"{case.name}:\n  promtool {one}\n  ours     {other}"
        for case, one, other in zip(CASES, theirs[1], mine[1], strict=True)
        if one != other
    ]
    assert not differ, "\n".join(differ)
    assert theirs[0] == mine[0] == 1


def test_the_corpus_holds_and_fails(tmp_path: Path) -> None:
    outcomes = promtool(written(CASES, tmp_path))[1]
    held = sum(outcome.holds for outcome in outcomes)
    assert len(CASES) >= 60
    assert held >= 15
    assert len(CASES) - held >= 20


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(case=cases())
def test_generated_rules_do_the_same(case: Case) -> None:
    with TemporaryDirectory() as folder:
        paths = written([case], Path(folder))
        assert ours(paths) == promtool(paths), f"{case.files['rules.yml']}\n{case.files['tests.yml']}"


def test_the_default_rules_pass_their_tests_in_both() -> None:
    paths = [DEFAULT_RULES.with_name("fleet_test.yml")]
    assert ours(paths) == promtool(paths) == (0, [Outcome(True, ())])
