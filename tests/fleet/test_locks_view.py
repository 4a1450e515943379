"""Who is at work on a row, in its words."""

from datetime import UTC, datetime, timedelta

from fleet.actions.action import Lock
from fleet.actions.revision import RollbackRow
from fleet.model import AgentStatus
from fleet.store import Store
from fleet.views.agents import VIEW
from fleet.views.locks import LOCKED_BY, lock_words
from fleet.views.view import Look

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_an_agent_says_who_rolls_the_service_that_it_runs() -> None:
    store = Store()
    store.now = NOW
    for name in ("gateway-1", "planner-1"):
        store.status.put(name, AgentStatus(name=name, detail="fine"))
    store.rollbacks.put("gateway", RollbackRow(name="gateway", kind="demo", agents=("gateway-1",)))
    store.locks.put("gateway", Lock(target="gateway", owner="anna@edge", since=NOW - timedelta(minutes=3)))
    said = {name: lock_words(name, Look(store, name, None)) for name in ("gateway-1", "planner-1", "gateway")}
    assert said == {"gateway-1": "locked 3m by anna@edge", "planner-1": "", "gateway": "locked 3m by anna@edge"}
    (detail,) = [column for column in VIEW.columns if column.id == "detail"]
    look = Look(store, "gateway-1", None)
    assert detail.cell(store.status["gateway-1"], look).text == "locked 3m by anna@edge; fine"
    assert LOCKED_BY.value(store.status["gateway-1"], look) == "anna@edge"
