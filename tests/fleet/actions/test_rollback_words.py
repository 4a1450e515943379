"""What a plan that rolls back says of objectives: sentences, and nothing where none is named."""

import pytest

from fleet.actions.revision import Revision
from fleet.actions.rollback_plan import slo_effects, to_warnings
from fleet.slo.model import SloState, SloStatus


@pytest.mark.parametrize("good", [None, True, False])
def test_where_no_slo_is_named_nothing_is_said_of_objectives(good: bool | None) -> None:
    said = to_warnings(Revision(id="r1", name="2026-01-16", good=good), None, None)
    assert not any("objective" in words or "slo" in words for words in said)
    assert bool(said) is (good is False)


def test_where_one_is_named_what_is_not_known_of_it_is_said() -> None:
    said = to_warnings(Revision(id="r1", name="r1"), None, None, slo="task-success")
    assert said == ("whether r1 was inside its objective is not known: history has nothing of that time",)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (SloStatus(name="s", objective_ratio=0.9, window_s=60.0), "SLO s: no data yet (one sweep tells no ratio)"),
        (SloStatus(name="s", objective_ratio=0.9, window_s=60.0, samples=9), "SLO s: no data"),
        (
            SloStatus(
                name="s",
                objective_ratio=0.9,
                window_s=60.0,
                samples=9,
                state=SloState.BURNING,
                budget_remaining_ratio=0.25,
                burn_rate=6.0,
            ),
            "SLO s is burning: 25.0% of its budget is left, it burns at 6×",
        ),
    ],
)
def test_an_objective_is_told_in_a_sentence_also_after_one_sweep(row: SloStatus, said: str) -> None:
    assert slo_effects("s", row)[0] == said
