"""A rollback that is proposed is named by the ladder of what it is about, and by nothing else."""

from msgspec.structs import replace

from fleet.actions.action import Proposal
from fleet.actions.revision import RollbackRow
from fleet.store import Store
from fleet.why.climb import ladder
from fleet.why.model import Subject, SubjectKind
from fleet.why.proposal import READY, ready_for, unready_for
from tests.fleet.promql.memory_storage import MemoryStorage
from tests.fleet.why.fleets import NOW, fleet_of


def _store() -> Store:
    store = fleet_of("gw-1", "planner")
    row = RollbackRow(name="gateway", kind="demo", agents=("gw-1",), slo="availability", gate="errors")
    store.rollbacks.put("gateway", row)
    store.proposals.put(
        "gateway", Proposal(target="gateway", revision="v41\x1b[2J", because="SLO availability burns", since=NOW)
    )
    return store


def test_an_agent_of_the_rollback_names_it_and_another_does_not() -> None:
    store = _store()
    said = {}
    for name in ("gw-1", "planner"):
        found = ladder(Subject(SubjectKind.AGENT, name), store, MemoryStorage(), NOW)
        said[name] = [row.value for row in found.steps[0].rows if row.label == READY]
    assert said == {"gw-1": ["gateway to v41\\x1b[2J (b): SLO availability burns"], "planner": []}


def test_it_is_found_by_its_objective_its_gate_and_a_group_of_the_objective() -> None:
    store = _store()
    for name in ("availability", "availability/gw-9", "errors", "gateway"):
        assert len(ready_for(store, (name,))) == 1
    assert ready_for(store, ("", "page", "planner")) == ()


def test_where_none_is_proposed_although_something_is_wrong_it_says_why() -> None:
    store = _store()
    store.rollbacks.put("gateway", replace(store.rollbacks["gateway"], said="auto in 12s"))
    store.rollbacks.put("model", RollbackRow(name="model", kind="demo", slo="availability", said="gateway has 97 %"))
    assert unready_for(store, ("availability",)) == ("model: gateway has 97 %",)
    assert ready_for(store, ("gw-1",))[0].startswith("gateway to v41\\x1b[2J (b): auto in 12s; SLO")
